"""`fundrisk outlook CASE`."""

import argparse

from sim.cli.arguments import Commands, add_json, add_size
from sim.cli.files import case_of, check_outputs, put
from sim.cli.meter import progress


def add(commands: Commands) -> None:
    summary = "print the probability that cash falls below the minimum by 12 months after the accounts are issued"
    parser = commands.add("outlook", run, summary)
    parser.add_argument("--issued", metavar="DATE", help="date of issue of the accounts (default: the valuation date)")
    words = "add the probability of a cash-out within six months, by the months of cover at a month's end"
    parser.add_argument("--warning", action="store_true", help=words)
    add_size(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json)
    from sim.analysis.outlook import outlook

    with progress() as meter:
        found = outlook(
            case, options.issued, options.paths, options.seed, warning=options.warning, workers=options.workers,
            progress=meter,
        )  # fmt: skip
    put(options.json, found.to_dict(), str(found))
