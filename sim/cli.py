"""The command `fundrisk`: words in, words out. The only module that prints."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from sim.terms import Case, CaseError, load_case, overridden, shipped_cases

UNUSABLE, INTERRUPTED = 2, 130
MOST_KEPT = 2_000_000  # paths that a run holds in memory unless they are to be saved; more are summed up on the way
MOST_JSON = 64 * 2**20  # bytes of a history file


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line, as all others of this command."""

    def error(self, message: str) -> NoReturn:
        command = self.prog.removeprefix("fundrisk").strip()
        print(f"fundrisk{' ' + command if command else ''}: {message} (try --help)", file=sys.stderr)
        raise SystemExit(UNUSABLE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 2 for input that cannot be used, 130 when interrupted."""
    warnings.showwarning = _note
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names may hold what the terminal cannot show
    try:
        options = _parser().parse_args(arguments)
        options.command(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nfundrisk: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CaseError, _Unusable) as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    return 0


class _Unusable(Exception):
    """Input that cannot be used; the message is one line."""


def _parser() -> argparse.ArgumentParser:
    from sim import __version__

    parser = _Parser(
        prog="fundrisk",
        description="How much will an equity line of credit really pay, at what dilution, and how long money lasts.",
    )
    parser.add_argument("--version", action="version", version=f"fundrisk {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND", parser_class=_Parser)

    def add(name: str, command: Any, summary: str, *, case: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary)
        sub.set_defaults(command=command)
        if case:
            sub.add_argument("case", metavar="CASE", help="a shipped case's name, or the path of a case file")
            sub.add_argument(
                "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
                help="change a key of the case, such as price.volatility=0.8; may be repeated",
            )  # fmt: skip
        return sub

    add("cases", _cases, "the shipped cases, a line each", case=False)
    add("check", _check, "the terms in plain words, or every error in the file")
    run = add("run", _run, "simulate a case and print the distributions")
    run.add_argument("--paths", type=int, metavar="N", help="number of paths (default: the case's)")
    run.add_argument("--seed", type=int, metavar="S", help="seed (default: the case's)")
    run.add_argument("--sampler", choices=("philox", "sobol"), default="philox", help="source of random numbers")
    run.add_argument("--antithetic", action="store_true", help="mirrored pairs of paths (philox)")
    run.add_argument("--workers", type=int, metavar="W", help="threads (default: every core)")
    run.add_argument("--json", metavar="FILE", help="write the summary as JSON; - is standard output")
    run.add_argument("--save", metavar="FILE.npz", help="write every path's measures")
    trace = add("trace", _trace, "one simulated path's history and ledger")
    trace.add_argument("--path", type=int, required=True, metavar="K", help="number of the path, from 0")
    trace.add_argument("--seed", type=int, metavar="S", help="seed (default: the case's)")
    trace.add_argument("--json", metavar="FILE", help="write history and ledger as JSON; - is standard output")
    replay = add("replay", _replay, "the ledger of a history you give")
    replay.add_argument("--history", required=True, metavar="FILE.json", help="a history, or what trace --json wrote")
    replay.add_argument("--json", metavar="FILE", help="write the ledger as JSON; - is standard output")
    return parser


# --- commands ---


def _cases(options: argparse.Namespace) -> None:
    for name, title in shipped_cases():
        print(f"{name}  {title}")


def _check(options: argparse.Namespace) -> None:
    from sim.terms.words import describe

    print(describe(_case(options)))


def _run(options: argparse.Namespace) -> None:
    case = _case(options)
    _check_outputs(options.json, options.save)
    from sim.engine import simulate

    meter = _Meter()
    try:
        result = simulate(
            case,
            paths=options.paths,
            seed=options.seed,
            sampler=options.sampler,
            antithetic=options.antithetic,
            keep_paths=bool(options.save) or (options.paths or case.simulation.paths) <= MOST_KEPT,
            workers=options.workers,
            progress=meter,
        )
    except ValueError as error:
        raise _Unusable(f"--{error}") from None
    finally:
        meter.close()
    if options.save:
        _write(lambda: result.save(options.save))
    _put(options.json, result.summary().to_dict(), str(result.summary()))


def _trace(options: argparse.Namespace) -> None:
    from sim.audit import trace
    from sim.audit_text import history_text, ledger_text

    case = _case(options)
    _check_outputs(options.json)
    try:
        traced = trace(case, options.path, options.seed)
    except ValueError as error:
        raise _Unusable(f"--{error}") from None
    heading = f"{case.title}\nPath {traced.path} of seed {traced.seed}"
    text = f"{heading}\n\n{history_text(case, traced.history)}\n\n{ledger_text(case, traced.ledger)}"
    _put(options.json, traced.to_dict(), text)


def _replay(options: argparse.Namespace) -> None:
    from sim.audit import replay
    from sim.audit_text import ledger_text

    case = _case(options)
    _check_outputs(options.json)
    ledger = replay(case, _read_history(options.history), source=options.history)
    _put(options.json, ledger.to_dict(), f"{case.title}\nReplay of {options.history}\n\n{ledger_text(case, ledger)}")


# --- in and out ---


def _case(options: argparse.Namespace) -> Case:
    return overridden(load_case(options.case), options.overrides)


def _read_history(name: str) -> Any:
    """A history from a JSON file; a traced path's file holds one."""
    try:
        with open(name, "rb") as file:
            data = file.read(MOST_JSON + 1)
    except (OSError, ValueError) as error:
        raise _Unusable(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_JSON:
        raise _Unusable(f"{name}: larger than {MOST_JSON // 2**20} MiB: a history is a JSON object")
    try:
        document = json.loads(data.decode(), object_pairs_hook=_object)
    except _Unusable as error:
        raise _Unusable(f"{name}: {error}") from None
    except RecursionError:
        raise _Unusable(f"{name}: nested too deeply: a history is a JSON object") from None
    except ValueError as error:
        raise _Unusable(f"{name}: not JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("history"), dict):
        return document["history"]
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Unusable(f"{twice!r} stands twice in one object: each key once")
    return table


def _check_outputs(*names: str | None) -> None:
    """Refuse what can never be written before any work is done."""
    for name in names:
        if name in (None, "-"):
            continue
        path = Path(str(name))
        folder = path.parent
        if not str(name).strip() or path.is_dir():
            raise _Unusable(f"{name or '(empty)'}: cannot be written: the name of a file is needed")
        if not folder.is_dir():
            raise _Unusable(f"{name}: cannot be written: there is no folder {folder}")
        if not path.exists() and not os.access(folder, os.W_OK):
            raise _Unusable(f"{name}: cannot be written: folder {folder} is read-only")


def _write(write: Any) -> None:
    from sim.archive import ResultError

    try:
        write()
    except ResultError as error:
        raise _Unusable(str(error)) from None


def _put(name: str | None, document: dict[str, Any], text: str) -> None:
    """The text to standard output, the document to a file; `-` puts the document in the text's place."""
    if name == "-":
        print(json.dumps(document, indent=2, allow_nan=False))
        return
    if name is not None:
        from sim.archive import write_text_atomically

        _write(lambda: write_text_atomically(name, json.dumps(document, indent=2, allow_nan=False) + "\n"))
    print(text)


def _note(message: Any, *_: Any, **__: Any) -> None:
    print(f"fundrisk: note: {message}", file=sys.stderr)


class _Meter:
    """Progress on standard error: a line that grows on a terminal, nothing elsewhere but a word when it takes long."""

    COMPILING_AFTER = 2.0  # seconds without a first sign of life: the kernels are being compiled

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.started = self.shown = time.monotonic()
        self.wide = 0
        self.timer = threading.Timer(
            self.COMPILING_AFTER,
            lambda: self.say("compiling for this machine; this happens once and takes some seconds", end="\n"),
        )
        self.timer.daemon = True
        self.timer.start()

    def __call__(self, done: int, paths: int) -> None:
        self.timer.cancel()
        now = time.monotonic()
        if self.terminal and now - self.started > 0.5 and now - self.shown > 0.1:
            self.shown = now
            self.say(f"{done / paths:4.0%} of {paths:,d} paths, {now - self.started:.0f} s", end="")

    def say(self, text: str, end: str) -> None:
        print(f"\r{text:<{self.wide}}" if self.terminal else text, end=end, file=sys.stderr, flush=True)
        self.wide = len(text) if not end else 0

    def close(self) -> None:
        self.timer.cancel()
        if self.wide:
            print(f"\r{'':<{self.wide}}\r", end="", file=sys.stderr, flush=True)
