"""`fundrisk verify`."""

import argparse

from sim.cli.arguments import Commands, add_json, whole
from sim.cli.files import Unusable, check_outputs, put, written
from sim.cli.meter import progress

FAILED = 1  # exit status


def add(commands: Commands) -> None:
    summary = "compute figures with known answers and print the validation table"
    parser = commands.add("verify", run, summary, case=False)
    parser.add_argument(
        "--paths", type=whole("--paths"), metavar="N", help="paths of each simulation (default: 1,000,000)"
    )
    parser.add_argument("--seed", type=whole("--seed"), metavar="S", help="another seed (default: 20020401)")
    add_json(parser, "the table")
    parser.add_argument("--html", metavar="FILE", help="write the validation report as a standalone HTML file")


def run(options: argparse.Namespace) -> int:
    check_outputs([], options.json, options.html)
    if options.html == "-":
        raise Unusable("--html = -: must be the name of a file")
    from sim.verify import PATHS, SEED, verify

    paths = PATHS if options.paths is None else options.paths
    seed = SEED if options.seed is None else options.seed
    # An interrupt ends the process at once: nothing is written before the end, and some array operations of a long run
    # take more than half a second.
    with progress("groups of checks", leave_at_once=True) as meter:
        table = verify(paths, seed, progress=meter)
    if options.html:
        from sim.board.page.validation import validation_page
        from sim.results.files import write_text_atomically

        written(lambda: write_text_atomically(options.html, validation_page(table)))
    put(options.json, table.to_dict(), str(table), beside=bool(options.html))
    return 0 if table.passed else FAILED
