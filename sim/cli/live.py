"""`fundrisk live CASE`."""

import argparse
import sys

from sim.cli.arguments import Commands, add_workers, whole
from sim.cli.files import Unusable, case_of, check_outputs
from sim.cli.meter import progress
from sim.cli.streams import say

PORT = 8765
EXTRA = 'live: needs the packages of an extra: pip install "fundrisk[live]"'


def add(commands: Commands) -> None:
    summary = "open the case as a page on this machine, with sliders and the numbers at once; Ctrl-C ends it"
    parser = commands.add("live", run, summary)
    words = f"port of the page, or the next one that is free (default: {PORT})"
    parser.add_argument("--port", type=whole("--port"), metavar="N", default=PORT, help=words)
    parser.add_argument("--open", action="store_true", help="open the page in a browser, too")
    parser.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: the case's seed)")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case])
    if not 1 <= options.port <= 65535:
        raise Unusable(f"--port = {options.port}: must be a whole number from 1 to 65535")
    try:
        from sim.live.server import free_socket, open_browser, serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise Unusable(EXTRA) from None
    from sim.live.engine import Engine

    with progress() as meter:
        engine = Engine(case, options.seed, options.workers, meter)
    try:
        opened = free_socket(options.port)
    except OSError as error:
        raise Unusable(f"--port = {options.port}: cannot be opened: {error.strerror or error}") from None
    port = opened.getsockname()[1]
    if port != options.port:
        say(f"fundrisk live: port {options.port} is in use: {port} is taken instead")

    def begun(address: str) -> None:
        print(address)
        sys.stdout.flush()
        say("Only this machine can open the page, and only with this address. Ctrl-C ends it.")
        if options.open:
            open_browser(address, lambda: say("fundrisk live: no browser could be opened: open the address in one"))

    try:
        serve(engine, opened, begun)
    except OSError as error:
        raise Unusable(f"live: {error}") from None
    except KeyboardInterrupt as interrupt:
        interrupt.add_note("the page has ended")
        raise
