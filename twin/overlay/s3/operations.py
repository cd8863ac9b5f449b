# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Guards, followers and handlers for S3's bucket operations, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.responses import ActionResult
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response
from werkzeug.exceptions import NotFound

from twin.patch import Parameters, around

Guard = Callable[[Any, Parameters], None]
Handler = Callable[[Any, Parameters], Any]


class Handlers:
    """What to do before, after and in place of moto, by operation name."""

    def __init__(self) -> None:
        self.before: dict[str, list[Guard]] = {}
        self.after: dict[str, list[Guard]] = {}
        self.instead: dict[str, Handler] = {}

    def guard(self, *names: str) -> Callable[[Guard], Guard]:
        """Run first, to refuse: ``def _(response, parameters) -> None``."""

        def decorate(function: Guard) -> Guard:
            for name in names:
                self.before.setdefault(name, []).append(function)
            return function

        return decorate

    def follow(self, *names: str) -> Callable[[Guard], Guard]:
        """Run once moto has done it and not refused."""

        def decorate(function: Guard) -> Guard:
            for name in names:
                self.after.setdefault(name, []).append(function)
            return function

        return decorate

    def operation(self, name: str) -> Callable[[Handler], Handler]:
        """Replace moto's: ``def _(response, parameters) -> dict | None``."""

        def decorate(function: Handler) -> Handler:
            self.instead[name] = function
            return function

        return decorate


def install() -> Handlers:
    handlers = Handlers()

    @around(S3Response, "bucket_response")
    def serve(original: Any, self: Any, request: Any, full_url: str, headers: Any) -> Any:
        operation, uri = _match(request)
        name = operation.name if operation is not None else ""
        concerned = name in handlers.instead or name in handlers.before or name in handlers.after
        if operation is None or not concerned:
            return original(self, request, full_url, headers)
        self.setup_class(request)
        self.data["Action"] = name
        asked = _parse(operation, uri, request)
        try:
            self.backend.get_bucket(asked["Bucket"]) if name != "CreateBucket" else None
            for guard in handlers.before.get(name, []):
                guard(self, asked)
            if name in handlers.instead:
                result = handlers.instead[name](self, asked)
                return self._send_response(_serialize(operation, result))
            answer = original(self, request, full_url, headers)
            if answer[0] < 300:
                for follower in handlers.after.get(name, []):
                    follower(self, asked)
            return answer
        except S3ClientError as error:
            self.data["Action"] = name
            return self._send_response(self.serialized(ActionResult(error)))

    return handlers


def _match(request: Any) -> tuple[OperationModel | None, dict[str, Any]]:
    try:
        return get_service_router("s3").match(request)
    except (NotFound, NotImplementedError):
        return None, {}


def _parse(operation: OperationModel, uri: dict[str, Any], request: Any) -> Parameters:
    return PROTOCOL_PARSERS["rest-xml"](operation, map_type=dict).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": uri,
        }
    )


def _serialize(operation: OperationModel, result: Any) -> Any:
    serializer = get_serializer_class("s3", get_service_model("s3").protocol)
    answer = serializer(operation).serialize(result)
    return answer["status_code"], answer["headers"], answer["body"]
