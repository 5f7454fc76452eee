"""The command `fundrisk`: words in, words out. The only room that prints."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from sim.cli import analysis, proof, repeat, report, runs, uncertainty
from sim.cli.arguments import Commands, Parser
from sim.cli.files import UNUSABLE, Unusable, complain
from sim.cli.interrupt import AT_ONCE, INTERRUPTED
from sim.terms import CaseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status.

    0; 1 when a check of `verify` fails or a number cannot be repeated; 2 for input that cannot be used; 130 when
    interrupted.
    """
    warnings.showwarning = _note
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names may hold what the terminal cannot show
    AT_ONCE.start()
    try:
        options = _parser().parse_args(arguments)
        status = options.command(options) or 0
        sys.stdout.flush()
    except KeyboardInterrupt:
        complain("\nfundrisk: interrupted; nothing was written")
        if arguments is None:  # the program itself: taking an interpreter full of libraries down takes half a second
            os._exit(INTERRUPTED)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more when it closes the stream.
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
    from sim import __version__

    parser = Parser(
        prog="fundrisk",
        description="How much will an equity line of credit really pay, at what dilution, and how long money lasts.",
    )
    parser.add_argument("--version", action="version", version=f"fundrisk {__version__}")
    commands = Commands(parser)
    for room in (runs, analysis, uncertainty, report, proof, repeat):
        room.add(commands)
    return parser


def _note(message: Any, *_: Any, **__: Any) -> None:
    print(f"fundrisk: note: {message}", file=sys.stderr)
