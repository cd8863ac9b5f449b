# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The HTTPS server: keep-alive, chunked answers, one thread for each connection."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from twin.kubernetes.errors import StatusError
from twin.kubernetes.messages import Request, Response
from twin.kubernetes.users import UserInfo

log = logging.getLogger("twin.kubernetes")

Authenticate = Callable[[str], UserInfo | None]
_ANONYMOUS = UserInfo("system:anonymous", ("system:unauthenticated",))
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version")
_MAX_BODY = 3 * 1024 * 1024
_UNSET_TIMEOUT = 300


class Server(ThreadingHTTPServer):
    """Serves one cluster on a free port of 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, context: ssl.SSLContext, handle: Callable[[Request], Response], authenticate: Authenticate
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.handle_api, self.authenticate = handle, authenticate
        self._context = context
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="kube-http", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = self.socket.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The handshake happens in the connection's own thread: a client that hangs must not block the others.
        wrapped = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._guard:
            self._open.add(wrapped)
        return wrapped, address

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection of %s failed", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024
    timeout = _UNSET_TIMEOUT
    server: Server

    def setup(self) -> None:
        self.request.settimeout(10)
        self.request.do_handshake()
        super().setup()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_BODY:
            self.close_connection = True
            self._send(_refused(StatusError(413, "request body too large")))
            return
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        body = self._read_chunks() if chunked else self.rfile.read(length) if length else b""
        try:
            response = self._answer(body)
        except StatusError as error:
            response = _refused(error)
        except Exception as error:
            log.exception("%s %s failed", self.command, self.path)
            response = _refused(StatusError(500, f"Internal error occurred: {error}"))
        try:
            self._send(response)
        except (OSError, ssl.SSLError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _answer(self, body: bytes) -> Response:
        parts = urlsplit(self.path)
        user = self._user(parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self.server.handle_api(Request(self.command, unquote(parts.path), query, headers, body, user))

    def _user(self, path: str) -> UserInfo:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            user = self.server.authenticate(token.strip())
            if user is not None:
                return user
        elif path.startswith(_PUBLIC):
            return _ANONYMOUS
        raise StatusError(401, "Unauthorized")

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0].strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, response: Response) -> None:
        self.send_response(response.code)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Cache-Control", "no-cache, private")
        for text in response.warnings:
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            self.send_header("Warning", f'299 - "{escaped}"')
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.stream is not None:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            try:
                for line in response.stream:
                    self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
            finally:
                response.stream.close()  # type: ignore[attr-defined]
        else:
            payload = response.payload()
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


def _refused(error: StatusError) -> Response:
    return Response(error.code, error.body())
