"""Progress of a long command on standard error, and how it turns errors into one line."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sim.cli.files import Unusable
from sim.cli.signals import SIGNALS
from sim.cli.streams import on_terminal, say
from sim.engine.interrupts import NO_THREAD
from sim.terms import CaseError

COMPILING = "Compiling kernels (first run only; this takes about half a minute)..."


class Meter:
    """A progress line on a terminal. Elsewhere it prints nothing but a notice that kernels are being compiled."""

    PATIENCE = 2.0  # seconds before the notice
    POLL = 0.25  # seconds between two looks at the compiler

    def __init__(self, unit: str = "paths", leave_at_once: bool = False) -> None:
        """`unit` is what is counted; with `leave_at_once` an interrupt ends the process until the meter is closed."""
        self.unit, self.leave_at_once = unit, leave_at_once
        self.terminal = on_terminal()
        self.started = self.shown = time.monotonic()
        self.width = 0
        self.computing = threading.Event()
        with suppress(*NO_THREAD):  # no thread can be started: there is no notice
            threading.Thread(target=self._watch_compiler, daemon=True).start()

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, done: int, of: int) -> None:
        if self.leave_at_once:
            self.computing.set()
        else:
            self.ready()
        now = time.monotonic()
        if self.terminal and now - self.started > 0.5 and now - self.shown > 0.1:
            self.shown = now
            self.say(f"{done / of:4.0%} of {of:,d} {self.unit}, {now - self.started:.0f} s", end="")

    def say(self, text: str, end: str) -> None:
        say(f"\r{text:<{self.width}}" if self.terminal else text, end)
        self.width = len(text) if not end else 0

    def ready(self) -> None:
        """Note that the computation has begun: from now on an interrupt raises KeyboardInterrupt."""
        self.computing.set()
        SIGNALS.ready()

    def close(self) -> None:
        self.ready()
        if self.width:
            say(f"\r{'':<{self.width}}\r", end="")

    def _watch_compiler(self) -> None:
        wait = self.PATIENCE
        while not self.computing.wait(wait):
            if compiling():
                self.say(COMPILING, end="\n")
                return
            wait = self.POLL


def compiling() -> bool:
    """Whether a kernel is being compiled: its machine code was not found on disk, and is not there yet."""
    block = sys.modules.get("sim.kernels.block")  # the commands import it when they need it
    kernels = [value for value in list(vars(block).values()) if hasattr(value, "stats")] if block else []
    return any(kernel.stats.cache_misses and not kernel.signatures for kernel in kernels)


@contextmanager
def progress(unit: str = "paths", leave_at_once: bool = False) -> Iterator[Meter]:
    """A meter around a computation; a ValueError about an option, as the library words it, becomes `Unusable`."""
    try:
        with Meter(unit, leave_at_once) as meter:
            yield meter
    except CaseError:  # has a line for each problem
        raise
    except ValueError as error:
        raise Unusable(f"--{error}") from None
