"""Command-line interface: one module for each command. This is the only package that writes to standard output."""

import argparse
import errno
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from sim.cli import (
    cases,
    check,
    clauses,
    compare,
    keys,
    model,
    new,
    outlook,
    replay,
    report,
    rerun,
    run,
    sensitivity,
    solve,
    trace,
    verify,
)
from sim.cli.arguments import Commands, Parser
from sim.cli.files import UNUSABLE, Unusable, complain
from sim.cli.interrupt import AT_ONCE, INTERRUPTED
from sim.terms import CaseError
from sim.text.version import __version__

#: The commands, in the order in which `fundrisk --help` lists them.
COMMANDS = (
    cases, new, check, keys, run, trace, replay, compare, clauses, sensitivity, solve, outlook, report, verify, model,
    rerun,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after `fundrisk`; those of the process by default.

    Returns
    -------
    int
        Exit status: 0; 1 if a check of `verify` fails or `rerun` finds a difference; 2 for input that cannot be used;
        130 after an interrupt.
    """
    warnings.showwarning = _print_warning
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the parent process closed it
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # escape characters that the terminal's encoding lacks
    AT_ONCE.start()
    try:
        options = _parser().parse_args(arguments)
        status = options.command(options) or 0
        sys.stdout.flush()
    except KeyboardInterrupt:
        complain("\nfundrisk: interrupted; nothing was written")
        if arguments is None:  # the process itself: an orderly exit of the interpreter would take half a second
            os._exit(INTERRUPTED)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of standard output has closed it. Python would report the error again when it flushes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CaseError, Unusable) as error:
        complain(str(error))
        return UNUSABLE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        complain(f"standard output: cannot be written: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNUSABLE
    finally:
        AT_ONCE.stop()
    return int(status)


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


def _print_warning(message: Any, *_: Any, **__: Any) -> None:
    print(f"fundrisk: note: {message}", file=sys.stderr)
