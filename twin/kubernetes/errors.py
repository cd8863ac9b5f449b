# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API refuses, as the Status objects of Kubernetes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


class StatusError(Exception):
    """A refusal: an HTTP code, a machine-readable reason, a message and details."""

    def __init__(self, code: int, message: str, reason: str = "", details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.reason = reason or REASONS.get(code, "")
        self.details = details

    def body(self) -> dict[str, Any]:
        """The Status object that is sent."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            status["details"] = self.details
        return status


@dataclass(frozen=True)
class FieldError:
    """One field that is not as it should be."""

    reason: str
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}"

    def cause(self) -> dict[str, str]:
        return {"reason": self.reason, "message": self.text, "field": self.field}


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def required(field: str, detail: str = "") -> FieldError:
    return FieldError("FieldValueRequired", field, f"Required value{f': {detail}' if detail else ''}")


def invalid(field: str, value: Any, detail: str) -> FieldError:
    return FieldError("FieldValueInvalid", field, f"Invalid value: {_shown(value)}: {detail}")


def immutable(field: str, value: Any) -> FieldError:
    return invalid(field, value, "field is immutable")


def forbidden_field(field: str, detail: str) -> FieldError:
    return FieldError("FieldValueForbidden", field, f"Forbidden: {detail}")


def duplicate(field: str, value: Any) -> FieldError:
    return FieldError("FieldValueDuplicate", field, f"Duplicate value: {_shown(value)}")


def unsupported(field: str, value: Any, allowed: list[str] | tuple[str, ...]) -> FieldError:
    values = ", ".join(f'"{each}"' for each in sorted(allowed))
    return FieldError(
        "FieldValueNotSupported", field, f"Unsupported value: {_shown(value)}: supported values: {values}"
    )


def not_found(group: str, plural: str, name: str) -> StatusError:
    return StatusError(404, f'{qualified(plural, group)} "{name}" not found', details=_details(name, group, plural))


def already_exists(group: str, plural: str, name: str) -> StatusError:
    message = f'{qualified(plural, group)} "{name}" already exists'
    return StatusError(409, message, "AlreadyExists", _details(name, group, plural))


def conflict(group: str, plural: str, name: str, why: str) -> StatusError:
    message = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return StatusError(409, message, details=_details(name, group, plural))


def forbidden(group: str, plural: str, name: str, why: str) -> StatusError:
    what = qualified(plural, group) + (f' "{name}"' if name else "")
    return StatusError(403, f"{what} is forbidden: {why}", details=_details(name, group, plural))


def bad_request(message: str) -> StatusError:
    return StatusError(400, message)


def not_valid(group: str, kind: str, name: str, errors: list[FieldError]) -> StatusError:
    """The 422 that names every field at once."""
    what = "; ".join(dict.fromkeys(str(error) for error in errors)) if len(errors) == 1 else None
    text = what or "[" + ", ".join(dict.fromkeys(str(error) for error in errors)) + "]"
    details = _details(name, group, kind) | {"causes": [error.cause() for error in errors]}
    return StatusError(422, f'{qualified(kind, group)} "{name}" is invalid: {text}', details=details)


def _details(name: str, group: str, kind: str) -> dict[str, Any]:
    return {key: value for key, value in {"name": name, "group": group, "kind": kind}.items() if value}


def qualified(plural: str, group: str) -> str:
    return f"{plural}.{group}" if group else plural
