# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The four ways in which an overlay changes moto.

Operation names are AWS's (``DeleteVpc``); parameters arrive as plain dicts in AWS's member names, parsed by
the service's model whatever moto's own handler does; answers are plain dicts in AWS's member names, serialized
by the model in the protocol of the request.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model

Parameters = dict[str, Any]


def method_name(operation: str) -> str:
    """The name of the method of a moto response class that serves an operation."""
    return camelcase_to_underscores(operation)


def parameters(response: BaseResponse, operation: str | None = None) -> Parameters:
    """The request's parameters by the service's model. Members that were not sent are absent."""
    known = response.__dict__.get("_twin_parameters")
    if known is None:
        service = get_service_model(response.boto3_service_name)
        model: OperationModel = service.operation_model(operation or response._get_action())
        request = response.normalized_request
        protocol = determine_request_protocol(service, request.content_type)
        if not response.uri_match and protocol.startswith("rest"):
            response._get_action_from_method_and_request_uri(request)
        known = PROTOCOL_PARSERS[protocol](model, map_type=dict).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": response.uri_match,
            }
        )
        known.update({k: v for k, v in response.uri_match.items() if k not in known})
        response.__dict__["_twin_parameters"] = known
    return known


def operation(cls: type[BaseResponse], name: str) -> Callable[[Any], Any]:
    """Add an operation or replace moto's: ``def _(response, parameters) -> dict | None``."""

    def decorate(function: Callable[[Any, Parameters], Any]) -> Any:
        def serve(self: BaseResponse) -> Any:
            result = function(self, parameters(self, name))
            if isinstance(result, (ActionResult, tuple, str)):
                return result
            return EmptyResult() if result is None else ActionResult(result)

        serve.__name__ = method_name(name)
        setattr(cls, serve.__name__, serve)
        return function

    return decorate


def before(cls: type[BaseResponse], *names: str) -> Callable[[Any], Any]:
    """Run first, to refuse or to note something: ``def _(response, parameters) -> None``."""

    def decorate(function: Callable[[Any, Parameters], None]) -> Any:
        for name in names:
            original = getattr(cls, method_name(name))

            def serve(self: BaseResponse, *args: Any, _original: Any = original, _name: str = name, **kw: Any) -> Any:
                function(self, parameters(self, _name))
                return _original(self, *args, **kw)

            functools.update_wrapper(serve, original)
            setattr(cls, method_name(name), serve)
        return function

    return decorate


def after(cls: type[BaseResponse], *names: str) -> Callable[[Any], Any]:
    """Look at or change the answer: ``def _(response, parameters, result) -> Any``.

    ``result`` is what moto's handler returned, unwrapped if it was an ActionResult: a dict or a model object
    whose attributes the serializer picks. What the function returns is answered in its place, wrapped alike.
    """

    def decorate(function: Callable[[Any, Parameters, Any], Any]) -> Any:
        for name in names:
            original = getattr(cls, method_name(name))

            def serve(self: BaseResponse, *args: Any, _original: Any = original, _name: str = name, **kw: Any) -> Any:
                answer = _original(self, *args, **kw)
                wrapped = isinstance(answer, ActionResult)
                result = function(self, parameters(self, _name), answer.result if wrapped else answer)
                if not wrapped or isinstance(result, ActionResult):
                    return result
                if type(answer).__name__ == "PaginatedResult":
                    return type(answer)(result)
                return EmptyResult() if result is None else ActionResult(result)

            functools.update_wrapper(serve, original)
            setattr(cls, method_name(name), serve)
        return function

    return decorate


def around(cls: type, name: str) -> Callable[[Any], Any]:
    """Replace a method of a moto class (backend, model, response): ``def _(original, self, *args, **kw)``."""

    def decorate(function: Callable[..., Any]) -> Any:
        original = inspect.getattr_static(cls, name)
        if isinstance(original, property):
            setattr(cls, name, property(lambda self: function(original.fget, self)))
            return function

        @functools.wraps(original)
        def call(self: Any, *args: Any, **kw: Any) -> Any:
            return function(original, self, *args, **kw)

        setattr(cls, name, call)
        return function

    return decorate


def existing(backends: BackendDict[Any], account: str, region: str) -> Any:
    """A service's backend of the account and region if anything has used it yet, without making one; else None."""
    of_account = dict.get(backends, account)
    return None if of_account is None else dict.get(of_account, region)


def notes(owner: Any, name: str, default: Callable[[], Any] = dict) -> Any:
    """A place for an overlay's own state on a moto backend or model; a reset clears it with its owner."""
    place = owner.__dict__.setdefault("_twin_notes", {})
    if name not in place:
        place[name] = default()
    return place[name]
