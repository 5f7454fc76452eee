"""The commands about one case: its terms, its distributions, one of its paths, a history."""

from __future__ import annotations

import argparse

from sim.cli.arguments import Commands, simulated, simulation_options, whole
from sim.cli.files import Unusable, case_of, check_outputs, put, read_history, written
from sim.cli.meter import Meter
from sim.terms import shipped_cases

MOST_KEPT = 2_000_000  # paths that a run holds in memory unless they are to be saved; more are summed up on the way


def add(commands: Commands) -> None:
    commands.add("cases", cases, "the shipped cases, a line each", case=False)
    commands.add("check", check, "the terms in plain words, or every error in the file")
    run_ = commands.add("run", run, "simulate a case and print the distributions")
    simulation_options(run_)
    run_.add_argument("--json", metavar="FILE", help="write the summary as JSON; - is standard output")
    run_.add_argument("--save", metavar="FILE.npz", help="write every path's measures")
    trace_ = commands.add("trace", trace, "one simulated path's history and ledger")
    trace_.add_argument("--path", type=whole("--path"), required=True, metavar="K", help="number of the path, from 0")
    trace_.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: the case's)")
    trace_.add_argument("--json", metavar="FILE", help="write history and ledger as JSON; - is standard output")
    replay_ = commands.add("replay", replay, "the ledger of a history you give")
    replay_.add_argument("--history", required=True, metavar="FILE.json", help="a history, or what trace --json wrote")
    replay_.add_argument("--json", metavar="FILE", help="write the ledger as JSON; - is standard output")


def cases(options: argparse.Namespace) -> None:
    for name, title in shipped_cases():
        print(f"{name}  {title}")


def check(options: argparse.Namespace) -> None:
    from sim.terms.description import describe

    print(describe(case_of(options)))


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json, save=options.save)
    keep = bool(options.save) or (options.paths or case.simulation.paths) <= MOST_KEPT
    result = simulated(case, options, keep_paths=keep)
    if options.save:
        written(lambda: result.save(options.save))
    put(options.json, result.summary().to_dict(), str(result.summary()))


def trace(options: argparse.Namespace) -> None:
    from sim.engine.trace import trace
    from sim.engine.trace_text import history_text, ledger_text

    case = case_of(options)
    check_outputs([options.case], options.json)
    try:
        with Meter():
            traced = trace(case, options.path, options.seed)
    except ValueError as error:
        raise Unusable(f"--{error}") from None
    heading = f"{case.title}\nPath {traced.path} of seed {traced.seed}"
    text = f"{heading}\n\n{history_text(case, traced.history)}\n\n{ledger_text(case, traced.ledger)}"
    put(options.json, traced.to_dict(), text)


def replay(options: argparse.Namespace) -> None:
    from sim.engine.trace import replay
    from sim.engine.trace_text import ledger_text

    case = case_of(options)
    check_outputs([options.case, options.history], options.json)
    history = read_history(options.history)
    with Meter():
        ledger = replay(case, history, source=options.history)
    put(options.json, ledger.to_dict(), f"{case.title}\nReplay of {options.history}\n\n{ledger_text(case, ledger)}")
