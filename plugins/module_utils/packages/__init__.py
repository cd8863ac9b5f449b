# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Functions that the collection brings along: their source, as it runs in Lambda. Each is one file with a `handler`."""

from __future__ import annotations

import inspect

from . import jwt_authorizer

_PACKAGES = {"jwt_authorizer": jwt_authorizer}

#: What there is, by name.
NAMES = tuple(sorted(_PACKAGES))


def source(name: str) -> str:
    """The source of one of `NAMES`, in one file of that name; its handler is `{name}.handler`."""
    return inspect.getsource(_PACKAGES[name])
