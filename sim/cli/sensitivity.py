"""`fundrisk sensitivity CASE`."""

import argparse

from sim.cli.arguments import Commands, add_json, add_size, whole
from sim.cli.files import case_of, check_outputs, put
from sim.cli.meter import progress


def add(commands: Commands) -> None:
    summary = "print the effect of each uncertain input, varied from its low to its high value"
    parser = commands.add("sensitivity", run, summary)
    parser.add_argument(
        "--indexed", type=whole("--indexed"), default=6, metavar="K",
        help="number of inputs, those with the largest effects, whose Sobol' indices are estimated (default: 6)",
    )  # fmt: skip
    add_size(parser, "the case's number, at most 100,000, for each run")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json)
    from sim.analysis.sensitivity import sensitivity

    with progress() as meter:
        found = sensitivity(
            case, options.paths, options.seed, indexed=options.indexed, workers=options.workers, progress=meter
        )
    put(options.json, found.to_dict(), str(found))
