# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import functools
import io
import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.model import OperationModel
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from twin.delays import DEFAULTS
from twin.identify import Call, identify
from twin.refusal import Refusal
from twin.requestlog import RequestLog
from twin.world import World

log = logging.getLogger("twin")

StartResponse = Callable[..., Any]
Answer = tuple[int, list[tuple[str, str]], bytes]


class Application:
    """The WSGI application: the twin's own endpoints below /_twin/, everything else is AWS's or moto's."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests = RequestLog()
        self._moto = Dispatcher()
        self._started = time.time()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        body = _take_body(environ)
        if path.startswith("/_twin/"):
            status, headers, content = self._own(environ["REQUEST_METHOD"], path, body)
        elif path.startswith("/moto-api"):
            with self.world.lock:
                if path == "/moto-api/reset":
                    self.world.reset()
                status, headers, content = self._ask_moto(environ)
        else:
            call = identify(environ, body)
            with self.world.lock:
                status, headers, content = self._serve(call, environ)
                self.requests.record(call, status)
        if environ["REQUEST_METHOD"] != "HEAD":
            headers = [(k, v) for k, v in headers if k.lower() not in ("content-length", "connection")]
            headers.append(("Content-Length", str(len(content))))
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", headers)
        return [content]

    def _serve(self, call: Call, environ: dict[str, Any]) -> Answer:
        try:
            answer = self._ask_moto(environ)
            if answer[0] == 404 and answer[2].startswith(b"<!doctype html>"):
                raise NotImplementedError("moto has no such address")
            return answer
        except NotImplementedError as error:
            log.warning("%s.%s is not implemented: %s", call.service, call.operation, error)
            return _render(call, Refusal("NotImplemented", f"{call.service}.{call.operation}: {error}", 501, {}))
        except Exception as error:
            log.exception("%s.%s failed", call.service, call.operation)
            message = f"{call.service}.{call.operation}: {type(error).__name__}: {error}"
            return _render(call, Refusal("InternalFailure", message, 500, {}))

    def _ask_moto(self, environ: dict[str, Any]) -> Answer:
        captured: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., Any]:
            captured[:] = [int(status.split()[0]), headers]
            return lambda data: None

        chunks = self._moto(environ, start_response)
        try:
            content = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return captured[0], captured[1], content

    def _own(self, method: str, path: str, body: bytes) -> Answer:
        route = (method, path.rstrip("/"))
        if route == ("GET", "/_twin/health"):
            return _json(200, {"status": "ok", "uptime": round(time.time() - self._started, 3)})
        if route == ("GET", "/_twin/requests"):
            return _json(200, self.requests.as_dict())
        if route == ("DELETE", "/_twin/requests"):
            self.requests.clear()
            return _json(200, {})
        if route == ("GET", "/_twin/delays"):
            return _json(200, {"delays": self.world.delays, "defaults": DEFAULTS})
        if route == ("PUT", "/_twin/delays"):
            try:
                self.world.set_delays(json.loads(body))
            except (ValueError, TypeError, AttributeError) as error:
                return _json(400, {"error": str(error)})
            return _json(200, {"delays": self.world.delays})
        return _json(404, {"error": f"no {method} {path}"})


class Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which otherwise reads a directory and tries 150 patterns for each request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self.get_backend_for_host = functools.lru_cache(maxsize=4096)(super().get_backend_for_host)  # type: ignore[method-assign]


class RequestHandler(MotoRequestHandler):
    """HTTP/1.1 with connections kept alive; one packet per answer where it fits."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def handle_expect_100(self) -> bool:
        # Werkzeug's run_wsgi answers 100 Continue itself; the base class would answer a second time.
        return True

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
            del self.headers["Expect"]
        super().run_wsgi()
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(world: World, port: int = 0) -> tuple[BaseWSGIServer, Application]:
    """Bind 127.0.0.1 (port 0: a free one). The caller runs ``serve_forever()`` on what is returned."""
    application = Application(world)
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=RequestHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server, application


def _take_body(environ: dict[str, Any]) -> bytes:
    """Read the whole body before the world lock is taken, and leave it readable again."""
    if environ.get("wsgi.input_terminated"):
        body: bytes = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(status: int, value: Any) -> Answer:
    return status, [("Content-Type", "application/json")], json.dumps(value).encode()


def _render(call: Call, error: Refusal) -> Answer:
    """An error outside moto's own error handling, in the protocol of the service."""
    try:
        service = get_service_model(call.service)
        serializer = get_serializer_class(service.service_name, service.protocol)
        answer = serializer(OperationModel({}, service)).serialize(error)
    except Exception:
        return _json(error.status or 500, {"__type": error.code, "message": error.message})
    content = answer["body"]
    return (
        error.status or 500,
        [(k, str(v)) for k, v in answer["headers"].items()],
        content.encode() if isinstance(content, str) else bytes(content),
    )
