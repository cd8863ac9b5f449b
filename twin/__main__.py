# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from twin import daemon


def delay(text: str) -> tuple[str, float]:
    name, sign, seconds = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SECONDS")
    try:
        return name, float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{seconds!r} is not a number of seconds") from None


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    options.add_argument(
        "--delay", type=delay, action="append", default=[], metavar="NAME=SECONDS", help="see twin/delays.py"
    )
    options.add_argument("--delays-scale", type=float, default=1.0, metavar="X", help="factor on all default delays")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--env-file", type=Path, default=Path(".twin.env"), help="default: %(default)s")
    place.add_argument("--directory", type=Path, default=Path(".twin"), help="pid and log; default: %(default)s")
    top = argparse.ArgumentParser(prog="python -m twin", description="A local AWS on 127.0.0.1.")
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", parents=[options], help="run in the foreground")
    commands.add_parser("start", parents=[options, place], help="run in the background; write the environment file")
    commands.add_parser("stop", parents=[place], help="end the one in the background")
    return top


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    if arguments.command == "stop":
        return daemon.stop(arguments.directory, arguments.env_file)
    delays = dict(arguments.delay)
    if arguments.command == "start":
        return daemon.start(arguments.directory, arguments.env_file, arguments.port, delays, arguments.delays_scale)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    return serve(arguments.port, delays, arguments.delays_scale)


def serve(port: int, delays: dict[str, float], scale: float) -> int:
    from twin import prepare

    prepare.settings()
    prepare.core()
    from twin.overlay import install_all
    from twin.server import serve as bind
    from twin.world import World

    try:
        world = World(delays, scale)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    install_all(world)
    server, _ = bind(world, port)
    print(f"AWS answers at http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
