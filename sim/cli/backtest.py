"""`fundrisk backtest CASE...`."""

import argparse

from sim.cli.arguments import CASE, Commands, add_json, add_set, whole
from sim.cli.files import check_inputs, check_outputs, picture_kind, put, written
from sim.cli.meter import progress
from sim.terms import load_case, overridden


def add(commands: Commands) -> None:
    summary = "compare what really happened, the table [record] of cases, with the simulated distributions"
    parser = commands.add("backtest", run, summary, case=False)
    parser.add_argument("cases", metavar="CASE", nargs="+", help=CASE)
    add_set(parser)
    parser.add_argument("--paths", type=whole("--paths"), metavar="N",
                        help="number of paths of each case (default: the case's number, at most 1,024)")  # fmt: skip
    parser.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: each case's seed)")
    parser.add_argument(
        "--plot", metavar="FILE", help="draw the histogram of all figures' positions: a .png, .svg or .pdf file"
    )
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    kind = picture_kind(options.plot)
    check_inputs(*options.cases)
    cases = [overridden(load_case(name), options.overrides) for name in options.cases]
    check_outputs(options.cases, options.json, options.plot)
    from sim.analysis.backtest import backtest

    with progress() as meter:
        found = backtest(cases, options.paths, options.seed, progress=meter)
    if kind:
        from sim.board.charts.backtest import backtest_picture
        from sim.results.files import write_bytes_atomically

        written(lambda: write_bytes_atomically(options.plot, backtest_picture(found, kind)))
    put(options.json, found.to_dict(), str(found))
