"""The commands that ask whether a number can be believed."""

from __future__ import annotations

import argparse

from sim.cli.arguments import Commands, whole
from sim.cli.files import Unusable, check_outputs, put, written
from sim.cli.meter import Meter

FAILED = 1  # exit status


def add(commands: Commands) -> None:
    verify_ = commands.add("verify", verify, "the validation table, computed now", case=False)
    verify_.add_argument(
        "--paths", type=whole("--paths"), metavar="N", help="paths of each simulation (default: 1,000,000)"
    )
    verify_.add_argument("--seed", type=whole("--seed"), metavar="S", help="another seed (default: 20020401)")
    verify_.add_argument("--json", metavar="FILE", help="write the table as JSON; - is standard output")
    verify_.add_argument("--html", metavar="FILE", help="write a validation report that any browser opens")


def verify(options: argparse.Namespace) -> int:
    """Every check; exit status 1 if one fails."""
    from sim.verify import PATHS, SEED, verify

    check_outputs([], options.json, options.html)
    if options.html == "-":
        raise Unusable("--html = -: the name of a file is needed")
    paths = PATHS if options.paths is None else options.paths
    seed = SEED if options.seed is None else options.seed
    try:
        # Nothing is written before all is done, and some steps in arrays of a long run take more than half a second.
        with Meter("groups of checks", leave_at_once=True) as meter:
            table = verify(paths, seed, progress=meter)
    except ValueError as error:
        raise Unusable(f"--{error}") from None
    if options.html:
        from sim.board.page.validation import validation_page
        from sim.results.files import write_text_atomically

        written(lambda: write_text_atomically(options.html, validation_page(table)))
    put(options.json, table.to_dict(), str(table))
    return 0 if table.passed else FAILED
