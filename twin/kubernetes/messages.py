# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests and answers, apart from the HTTP server that carries them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from twin.kubernetes import protobuf
from twin.kubernetes.errors import StatusError, bad_request
from twin.kubernetes.users import UserInfo


@dataclass
class Request:
    """One request of an authenticated caller."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    user: UserInfo

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body. Raises StatusError 400 for what cannot be read, 415 for protobuf."""
        if not self.body:
            return None
        if self.content_type == protobuf.MEDIA_TYPE:
            try:
                return protobuf.decode(self.body)
            except protobuf.Unreadable as error:
                known = "application/json, application/yaml"
                text = f"the body of the request was in an unknown format - accepted media types include: {known}"
                raise StatusError(415, f"{text} ({error})") from None
        try:
            return json.loads(self.body)
        except ValueError as error:
            if "yaml" not in self.content_type:
                raise bad_request(f"couldn't get version/kind; json parse error: {error}") from None
        try:
            return yaml.safe_load(self.body)
        except yaml.YAMLError as error:
            raise bad_request(f"error decoding YAML: {error}") from None

    def shape(self) -> tuple[str, str]:
        """What form of an object is asked for: ``Table``, ``PartialObjectMetadata`` or nothing, and its version."""
        for each in self.headers.get("accept", "").split(","):
            parts = dict(part.strip().partition("=")[::2] for part in each.split(";")[1:])
            kind = parts.get("as", "")
            if kind in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
                return kind.removesuffix("List"), parts.get("v", "v1")
            if each.strip().startswith(("application/json", "*/*")) and not parts.get("as"):
                break
        return "", ""


@dataclass
class Response:
    """An answer: a JSON value, bytes, or a stream of lines."""

    code: int = 200
    value: Any = None
    raw: bytes | None = None
    stream: Iterator[bytes] | None = None
    content_type: str = "application/json"
    warnings: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return json.dumps(self.value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
