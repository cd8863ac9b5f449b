# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``/moto-api/data.json``: everything moto holds, although some of its attributes refuse to be read.

moto's own page ends at the first attribute whose getter raises, e.g. the password of a database.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.model_instances import model_data
from moto.moto_api._internal import urls

from twin.world import World

_UNREADABLE = object()


def _read(instance: Any, attribute: str) -> Any:
    """An attribute's value as JSON data, or a mark that it is none or cannot be read."""
    try:
        value = getattr(instance, attribute)
        json.dumps(value)
    except Exception:
        return _UNREADABLE
    return value


def _shown(instance: Any) -> dict[str, Any]:
    found = {name: _read(instance, name) for name in dir(instance) if not name.startswith("_")}
    return {name: value for name, value in found.items() if value is not _UNREADABLE}


def _data(_request: Any, _full_url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    shown = {
        service: {name: [_shown(one) for one in models[name].instances_tracked] for name in sorted(models)}
        for service, models in sorted(model_data.items())
    }
    return 200, {"Content-Type": "application/javascript"}, json.dumps(shown)


def install(world: World) -> None:
    urls.url_paths["{0}/moto-api/data.json"] = _data
