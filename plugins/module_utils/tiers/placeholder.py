# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What containers run before the first release."""

from __future__ import annotations

#: What runs before the first release: a web server that answers every request with 200, so that a workload, its
#: health checks and its scaling stand before there is an image. It is Python's own, from Amazon's public registry.
IMAGE = "public.ecr.aws/docker/library/python:3.13-alpine"

_PROGRAM = """\
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"awaiting the first release")
    do_HEAD = do_POST = do_GET
http.server.ThreadingHTTPServer(("", {port}), Handler).serve_forever()
"""

_PORT = 8080


def program(port: int | None) -> list[str]:
    """The placeholder's entry point. It listens on a port, and takes no notice of a command that comes after it."""
    return ["python3", "-c", _PROGRAM.format(port=port or _PORT)]


def health_check(port: int | None) -> list[str]:
    """A command that ends with 0 while the placeholder answers; its image has no curl."""
    ask = f"c = http.client.HTTPConnection('127.0.0.1', {port or _PORT}, timeout=4); c.request('GET', '/')"
    return ["python3", "-c", f"import http.client; {ask}; exit(c.getresponse().status != 200)"]
