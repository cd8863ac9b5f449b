# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Code of functions: inline source as the archive that Lambda takes, and code to compare."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

#: The beginning of time as archives know it: the same source gives the same bytes, whenever and wherever it is packed.
_EPOCH = (1980, 1, 1, 0, 0, 0)
#: The files that inline source is in when none is named: CloudFormation calls it `index`, whatever the language.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
_DEFAULT_FILES = ("index.js", "index.py")


def archive(code: Mapping[str, Any]) -> bytes:
    """Inline source, `ZipFile`, as an archive: byte for byte the same for the same source.

    `FileName`, which is ours beside CloudFormation's, names the file, so that handlers need not be called `index`.
    """
    files = (str(code["FileName"]),) if code.get("FileName") else _DEFAULT_FILES
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as bundle:
        for name in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            bundle.writestr(entry, str(code["ZipFile"]))
    return packed.getvalue()


def digest(packed: bytes) -> str:
    """The digest of an archive as Lambda answers it."""
    return base64.b64encode(hashlib.sha256(packed).digest()).decode()


def code_parameters(code: Mapping[str, Any]) -> dict[str, Any]:
    """Code as requests carry it."""
    params = {name: value for name, value in code.items() if value is not None and name != "FileName"}
    return {**params, "ZipFile": archive(code)} if "ZipFile" in params else params


def template_code(code: Mapping[str, Any]) -> dict[str, Any]:
    """Code as a template says it."""
    return {"Code": {name: value for name, value in code.items() if name != "FileName"}}
