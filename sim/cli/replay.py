"""`fundrisk replay CASE --history FILE.json`."""

import argparse
from typing import Any

from sim.cli.arguments import Commands, add_json
from sim.cli.files import Unusable, case_of, check_inputs, check_outputs, put, shown
from sim.cli.meter import progress
from sim.terms.problems import show
from sim.text.nested import read_json
from sim.text.reading import Unreadable, name_of, read_text

#: Keys of the file that `trace --json` writes.
TRACED = {"case", "path", "seed", "version", "history", "ledger", "manifest"}
MOST_JSON = 64 * 2**20  # bytes of a history file


def add(commands: Commands) -> None:
    parser = commands.add("replay", run, "compute cash and draws for prices, burn and events that you supply")
    parser.add_argument(
        "--history", required=True, metavar="FILE.json",
        help="a history, or a file that trace --json wrote; - for standard input",
    )  # fmt: skip
    add_json(parser, "the ledger")


def run(options: argparse.Namespace) -> None:
    check_inputs(options.case, options.history)
    case = case_of(options)
    check_outputs([options.case, options.history], options.json)
    history = read_history(options.history)
    from sim.engine.trace import replay
    from sim.engine.trace_text import ledger_text

    with progress():
        ledger = replay(case, history, source=name_of(options.history))
    put(
        options.json,
        ledger.to_dict(),
        f"{case.title}\nReplay of {shown(options.history)}\n\n{ledger_text(case, ledger)}",
    )


def read_history(name: str) -> Any:
    """The history in a JSON file, which holds nothing else or is the file of a traced path."""
    try:
        document = read_json(read_text(name, MOST_JSON), _object)
    except Unreadable as error:
        needed = f"; must be a JSON object of at most {MOST_JSON // 2**20} MiB"
        raise Unusable(f"{shown(name)}: {error}{'' if 'cannot be read' in str(error) else needed}") from None
    except Unusable as error:
        raise Unusable(f"{shown(name)}: {error}") from None
    except RecursionError:
        raise Unusable(f"{shown(name)}: must be a JSON object; this one is nested too deeply") from None
    except ValueError as error:
        raise Unusable(f"{shown(name)}: must be JSON: {error}") from None
    if not isinstance(document, dict) or "history" not in document:
        return document
    if others := sorted(document.keys() - TRACED):
        raise Unusable(
            f"{shown(name)}: {show(others[0])}: must not stand beside history; allowed are the keys of trace"
        )
    return document["history"]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unusable(f"{twice!r} stands twice in one object: each key must stand once")
    return table
