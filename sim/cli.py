"""The command `fundrisk`: words in, words out. The only module that prints."""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
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
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names may hold what the terminal cannot show
    _AT_ONCE.start()
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
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        print(f"standard output: cannot be written: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNUSABLE
    finally:
        _AT_ONCE.stop()
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
    _check_outputs([options.case], options.json, options.save)
    if options.save == "-":
        raise _Unusable("--save = -: the name of a file is needed")
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
    _check_outputs([options.case], options.json)
    meter = _Meter()
    try:
        traced = trace(case, options.path, options.seed)
    except ValueError as error:
        raise _Unusable(f"--{error}") from None
    finally:
        meter.close()
    heading = f"{case.title}\nPath {traced.path} of seed {traced.seed}"
    text = f"{heading}\n\n{history_text(case, traced.history)}\n\n{ledger_text(case, traced.ledger)}"
    _put(options.json, traced.to_dict(), text)


def _replay(options: argparse.Namespace) -> None:
    from sim.audit import replay
    from sim.audit_text import ledger_text

    case = _case(options)
    _check_outputs([options.case, options.history], options.json)
    history, meter = _read_history(options.history), _Meter()
    try:
        ledger = replay(case, history, source=options.history)
    finally:
        meter.close()
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


def _check_outputs(inputs: Sequence[str], *names: str | None) -> None:
    """Refuse what can never be written, or would overwrite an input or another output, before any work is done."""
    taken = {os.path.realpath(name): "an input" for name in inputs}
    for name in names:
        if name in (None, "-"):
            continue
        try:
            _check_output(str(name), Path(str(name)))
        except (OSError, ValueError) as error:
            raise _Unusable(f"{name}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
        real = os.path.realpath(str(name))
        if real in taken and not real.startswith("/dev/"):
            raise _Unusable(f"{name}: cannot be written: it is {taken[real]} of the same command")
        taken[real] = "another output"


def _check_output(name: str, path: Path) -> None:
    folder = path.parent
    if not name.strip() or path.is_dir():
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


class _LeaveAtOnce:
    """Ends the process on an interrupt while modules are imported and kernels compiled, when nothing is written yet.

    An exception would be lost in the compiler's callbacks, and wait for the end of a long call. So the signal wakes a
    thread, which needs no word from the main one.
    """

    def __init__(self) -> None:
        self.watching = False

    def start(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        self.before = signal.signal(signal.SIGINT, lambda *_: None)
        signal.set_wakeup_fd(self.writer)
        self.watching = True
        threading.Thread(target=self.watch, args=(reader,), daemon=True).start()

    def watch(self, reader: int) -> None:
        if os.read(reader, 1) and self.watching:
            os.write(2, b"\nfundrisk: interrupted; nothing was written\n")
            os._exit(INTERRUPTED)
        os.close(reader)

    def stop(self) -> None:
        """From here on an interrupt is an exception."""
        if self.watching:
            self.watching = False
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, self.before)
            os.close(self.writer)


_AT_ONCE = _LeaveAtOnce()


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
        self.ready()
        now = time.monotonic()
        if self.terminal and now - self.started > 0.5 and now - self.shown > 0.1:
            self.shown = now
            self.say(f"{done / paths:4.0%} of {paths:,d} paths, {now - self.started:.0f} s", end="")

    def say(self, text: str, end: str) -> None:
        print(f"\r{text:<{self.wide}}" if self.terminal else text, end=end, file=sys.stderr, flush=True)
        self.wide = len(text) if not end else 0

    def ready(self) -> None:
        """The kernels are there: interrupts are exceptions again."""
        self.timer.cancel()
        _AT_ONCE.stop()

    def close(self) -> None:
        self.ready()
        if self.wide:
            print(f"\r{'':<{self.wide}}\r", end="", file=sys.stderr, flush=True)
