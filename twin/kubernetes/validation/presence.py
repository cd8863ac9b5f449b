# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fields that a schema requires, for kinds that have no checks of their own."""

from __future__ import annotations

from typing import Any

from twin.kubernetes.errors import FieldError, required
from twin.kubernetes.schemas import Schema


def missing(schema: Schema, value: Any, path: str = "") -> list[FieldError]:
    """Every required field that is not there, the status aside."""
    if isinstance(value, list):
        inner = schema.get("items", {})
        return [error for number, item in enumerate(value) for error in missing(inner, item, f"{path}[{number}]")]
    if not isinstance(value, dict):
        return []
    prefix = f"{path}." if path else ""
    errors = [required(prefix + name) for name in schema.get("required", []) if name not in value]
    more = schema.get("additionalProperties")
    for name, item in value.items():
        inner = schema.get("properties", {}).get(name, more)
        if isinstance(inner, dict) and (path or name not in ("metadata", "status")):
            errors += missing(inner, item, prefix + name)
    return errors
