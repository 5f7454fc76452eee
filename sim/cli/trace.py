"""`fundrisk trace CASE --path K`."""

import argparse

from sim.cli.arguments import Commands, add_json, whole
from sim.cli.files import case_of, check_outputs, put
from sim.cli.meter import progress


def add(commands: Commands) -> None:
    parser = commands.add("trace", run, "print the history and the ledger of one simulated path")
    parser.add_argument("--path", type=whole("--path"), required=True, metavar="K", help="number of the path, from 0")
    parser.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: the case's seed)")
    add_json(parser, "history and ledger")


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json)
    from sim.engine.trace import trace
    from sim.engine.trace_text import history_text, ledger_text

    with progress():
        traced = trace(case, options.path, options.seed)
    heading = f"{case.title}\nPath {traced.path} of seed {traced.seed}"
    text = f"{heading}\n\n{history_text(case, traced.history)}\n\n{ledger_text(case, traced.ledger)}"
    put(options.json, traced.to_dict(), text)
