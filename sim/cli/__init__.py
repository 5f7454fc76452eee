"""Command-line interface: one module for each command. This is the only package that writes to standard output."""

import argparse
import errno
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sim.cli import (
    backtest,
    calibrate,
    cases,
    check,
    clauses,
    compare,
    keys,
    live,
    model,
    new,
    outlook,
    replay,
    report,
    rerun,
    roll,
    run,
    sensitivity,
    solve,
    sweep,
    trace,
    verify,
)
from sim.cli.arguments import Commands, Parser
from sim.cli.environment import prepared_environment
from sim.cli.files import UNUSABLE, Unusable
from sim.cli.signals import SIGNALS, Ended, farewell, status_of
from sim.cli.streams import abandon, counted, prepared, say
from sim.terms import CaseError
from sim.text.version import __version__

#: The commands, in the order in which `fundrisk --help` lists them.
COMMANDS = (
    cases, new, check, keys, run, live, trace, replay, compare, clauses, sensitivity, solve, outlook, backtest, sweep,
    report, calibrate, roll, verify, model, rerun,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Streams, signals and warnings are afterwards as they were.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after `fundrisk`. By default those of the process, which is then taken to be the command's own: a
        signal that ends the command ends the process. Otherwise signals are left alone.

    Returns
    -------
    int
        Exit status: 0; 1 if a check of `verify` fails, `rerun` finds a difference or a row of `sweep` has no figures;
        2 for input that cannot be used and output that cannot be written; 130 after an interrupt, 143 after SIGTERM,
        129 after SIGHUP.
    """
    own = arguments is None
    with prepared(own), _warnings_as_notes(), prepared_environment(own):
        try:
            if own:
                SIGNALS.start()
            return _status(arguments)
        except KeyboardInterrupt as signalled:
            number = signalled.number if isinstance(signalled, Ended) else signal.SIGINT
            say(farewell(number, *getattr(signalled, "__notes__", ())[:1]))
            if own:  # an orderly exit of the interpreter would take half a second
                os._exit(status_of(number))
            return status_of(number)
        except (CaseError, Unusable) as error:
            say(str(error))
            return UNUSABLE
        except OSError as error:
            return _output_failed(error, own)
        finally:
            if own:
                SIGNALS.stop()


def _status(arguments: Sequence[str] | None) -> int:
    """Run the command. What it prints has then left the process, also after --help, which argparse ends itself."""
    left: SystemExit | None = None
    status = 0
    try:
        options = _parser().parse_args(arguments)
        status = int(options.command(options) or 0)
    except SystemExit as raised:
        left = raised
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()
    if left is not None:
        raise left
    return status


def _output_failed(error: OSError, own: bool) -> int:
    """Exit status after an error of standard output; any other error is raised again.

    A reader that has closed the pipe has what it wants.
    """
    gone = isinstance(error, BrokenPipeError)
    if not gone and error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
        raise error
    if own:
        abandon(sys.stdout)
    if gone:
        return 0
    say(f"standard output: cannot be written: {error.strerror}")
    return UNUSABLE


@counted
@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print each warning as one line for as long as a command runs."""
    before = warnings.showwarning
    warnings.showwarning = lambda message, *_, **__: say(f"fundrisk: note: {message}")
    try:
        yield
    finally:
        warnings.showwarning = before


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="fundrisk",
        description="Simulate how much a company raises under an equity line of credit, at what dilution, and how long "
        "its cash lasts.",
        epilog="`fundrisk COMMAND --help` lists the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"fundrisk {__version__}")
    commands = Commands(parser)
    for command in COMMANDS:
        command.add(commands)
    return parser
