"""How far a long command has come, on standard error."""

from __future__ import annotations

import sys
import threading
import time

from sim.cli.interrupt import AT_ONCE


class Meter:
    """Progress on standard error: a line that grows on a terminal, nothing elsewhere but a word when it takes long."""

    COMPILING_AFTER = 2.0  # seconds without a first sign of life: kernels are compiled, or the machine is busy

    def __init__(self, unit: str = "paths", leave_at_once: bool = False) -> None:
        """`unit` is what is counted; with `leave_at_once` an interrupt ends the process until the meter is closed."""
        self.unit, self.leave_at_once = unit, leave_at_once
        self.terminal = sys.stderr.isatty()
        self.started = self.shown = time.monotonic()
        self.wide = 0
        self.timer = threading.Timer(
            self.COMPILING_AFTER,
            lambda: self.say("preparing: the first run on a machine compiles, once, in some seconds", end="\n"),
        )
        self.timer.daemon = True
        self.timer.start()

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, done: int, paths: int) -> None:
        if self.leave_at_once:
            self.timer.cancel()
        else:
            self.ready()
        now = time.monotonic()
        if self.terminal and now - self.started > 0.5 and now - self.shown > 0.1:
            self.shown = now
            self.say(f"{done / paths:4.0%} of {paths:,d} {self.unit}, {now - self.started:.0f} s", end="")

    def say(self, text: str, end: str) -> None:
        print(f"\r{text:<{self.wide}}" if self.terminal else text, end=end, file=sys.stderr, flush=True)
        self.wide = len(text) if not end else 0

    def ready(self) -> None:
        """The kernels are there: interrupts are exceptions again."""
        self.timer.cancel()
        AT_ONCE.stop()

    def close(self) -> None:
        self.ready()
        if self.wide:
            print(f"\r{'':<{self.wide}}\r", end="", file=sys.stderr, flush=True)
