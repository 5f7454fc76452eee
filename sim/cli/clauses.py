"""`fundrisk clauses CASE`."""

import argparse

from sim.cli.arguments import Commands, add_json, add_size
from sim.cli.files import case_of, check_outputs, put
from sim.cli.meter import progress


def add(commands: Commands) -> None:
    summary = "print the cost of each clause: removed alone, and its Shapley value over all clauses"
    parser = commands.add("clauses", run, summary)
    add_size(parser, "4,096; every set of clauses is simulated")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json)
    from sim.analysis.clauses import clauses

    with progress() as meter:
        costs = clauses(case, options.paths, options.seed, workers=options.workers, progress=meter)
    put(options.json, costs.to_dict(), str(costs))
