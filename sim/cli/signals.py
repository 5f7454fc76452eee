"""Signals that end a command: at once while it imports and compiles, later by an exception, which removes drafts."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

from sim.engine.interrupts import NO_THREAD

#: Signals that end a command, as far as the system has them, with what is said of them.
ENDING = {
    number: word
    for name, word in (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "terminal closed"))
    if (number := getattr(signal, name, None)) is not None
}


class Ended(KeyboardInterrupt):
    """Raised by a signal that ends the command; `number` is the signal's."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__(number)
        self.number = number


def farewell(number: int, left: str = "nothing was written") -> str:
    """What is said when a signal ends the command, and of what it leaves behind."""
    return f"\nfundrisk: {ENDING[signal.Signals(number)]}; {left}"


def status_of(number: int) -> int:
    """Exit status after a signal: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
    return 128 + number


class Signals:
    """The handlers of the signals that end a command, for as long as the command runs.

    `start` takes the signals over. Until `ready`, a signal ends the process without the main thread: an exception would
    be lost in the compiler's callbacks, or wait for the end of a long call of native code. Python writes the number of
    each signal to a pipe, and a thread that reads the pipe ends the process. From `ready` on a signal raises `Ended` in
    the main thread. `stop` gives the signals back.
    """

    def __init__(self) -> None:
        self.watching = False
        self.left = 0  # a signal that was left to the thread
        self.before: dict[int, Any] = {}
        self.wakeup = -1

    def start(self) -> None:
        """Take the signals over; from another thread than the main one, or where no thread can be started, less."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in ENDING:
            before = signal.getsignal(number)
            if self._takes(number, before):
                self.before[number] = before
                signal.signal(number, self._raise)
        self._watch()

    def ready(self) -> None:
        """From now on a signal raises `Ended`."""
        self._unwatch()
        if self.left:  # the thread has come too late to end the process
            raise Ended(self.left)

    def stop(self) -> None:
        """Give the signals back to the handlers that they had before."""
        self._unwatch()
        for number, before in self.before.items():
            signal.signal(number, before)
        self.before.clear()
        self.left = 0

    @staticmethod
    def _takes(number: int, before: Any) -> bool:
        """Whether a signal is taken over: not from a handler of the program's own, nor where nohup ignores it.

        Background jobs of a shell script inherit SIG_IGN for SIGINT; an explicit signal must still interrupt them.
        """
        if number == signal.SIGINT:
            return before in (signal.default_int_handler, signal.SIG_DFL, signal.SIG_IGN)
        return before == signal.SIG_DFL

    def _raise(self, number: int, frame: FrameType | None) -> None:
        if not self.watching:
            raise Ended(number)
        self.left = number  # the thread ends the process

    def _watch(self) -> None:
        reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        numbers = tuple(self.before)
        try:
            threading.Thread(target=self._end_at, args=(reader, numbers), daemon=True).start()
        except NO_THREAD:  # no thread can be started: a signal raises `Ended` from the beginning
            os.close(reader)
            os.close(self.writer)
            return
        self.wakeup = signal.set_wakeup_fd(self.writer)
        self.watching = True

    def _unwatch(self) -> None:
        if self.watching:
            self.watching = False
            signal.set_wakeup_fd(self.wakeup)
            os.close(self.writer)

    def _end_at(self, reader: int, numbers: tuple[int, ...]) -> None:
        while (received := os.read(reader, 1)) and received[0] not in numbers:
            pass  # another signal that this process handles
        if received and self.watching:
            with suppress(OSError):
                os.write(2, f"{farewell(received[0])}\n".encode())
            os._exit(status_of(received[0]))
        os.close(reader)


SIGNALS = Signals()
