"""`fundrisk rerun FILE`."""

import argparse

from sim.cli.arguments import Commands, add_workers
from sim.cli.files import Unusable
from sim.cli.meter import Meter

DIFFERS = 1  # exit status


def add(commands: Commands) -> None:
    parser = commands.add("rerun", run, "repeat a saved run and compare it to the last bit", case=False)
    parser.add_argument(
        "file", metavar="FILE",
        help="a file that run --save or run --json wrote, or the result.json of a report; - for standard input",
    )  # fmt: skip
    add_workers(parser)
    parser.add_argument(
        "--any-version", action="store_true", help="accept a file written by another version of fundrisk"
    )


def run(options: argparse.Namespace) -> int:
    """Returns 0 if the run is the same, 1 if anything differs."""
    from sim.engine.rerun import rerun
    from sim.results.files import ResultError

    try:
        with Meter() as meter:
            repeated = rerun(options.file, workers=options.workers, progress=meter, any_version=options.any_version)
    except ResultError as error:
        raise Unusable(str(error)) from None
    print(repeated)
    return 0 if repeated.same else DIFFERS
