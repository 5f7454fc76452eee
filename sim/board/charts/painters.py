"""Processes that draw figures beside this one, as Matplotlib keeps the threads of one process waiting for each other.

`python -m sim.board.charts.painters` is such a process. It reads one pickled list of calls from standard input, makes
them, and writes a byte to standard output after each. It ends with its list, or with the process that started it.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from typing import IO, Any

from sim.board.charts.images import save_figures

Call = Callable[[], Any]
#: Seconds that a process has to end, with its list drawn, and when it is told to stop.
_TO_END, _TO_STOP = 2.0, 0.25


class Painters:
    """At most `number` processes, which get ready while this one has other work, and then each draw a share.

    Calls must be of functions of modules, with arguments that can be pickled. Where a process cannot be started, or
    ends early, its calls are made in this process, which also shows their errors.
    """

    def __init__(self, number: int) -> None:
        self.processes = [process for _ in range(number) if (process := _started()) is not None]
        self.shares: list[Sequence[Call]] = []

    def begin(self, calls: Sequence[Call]) -> None:
        """Give each process its share of the calls."""
        number = max(len(self.processes), 1)
        self.shares = [calls[first::number] for first in range(number)]
        for process, share in zip(self.processes, self.shares, strict=False):
            assert process.stdin is not None
            with suppress(OSError):  # it has ended: `finish` makes the calls
                pickle.dump(share, process.stdin)
                process.stdin.close()

    def finish(self) -> Iterator[None]:
        """Yields once for each call that has been made, until all have."""
        for number, share in enumerate(self.shares):
            made = 0
            if number < len(self.processes):
                answers = self.processes[number].stdout
                assert answers is not None
                while made < len(share) and answers.read(1):
                    made += 1
                    yield
                self._wait(self.processes[number], _TO_END)
            for call in share[made:]:
                call()
                yield

    def close(self) -> None:
        """End the processes, and what they draw."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            if not self._wait(process, _TO_STOP):
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what was to be written is of no use any more
                    pipe.close()  # type: ignore[union-attr]

    @staticmethod
    def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
        """Whether a process ends within so many seconds, as Matplotlib then removes what it keeps for a process."""
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def _started() -> subprocess.Popen[bytes] | None:
    """A process that waits for its calls; None where the system starts none."""
    paths = os.pathsep.join(filter(None, sys.path))
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "sim.board.charts.painters"], env=os.environ | {"PYTHONPATH": paths},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
        )  # fmt: skip
    except (OSError, ValueError):
        return None


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Make the calls of a list that comes from a pipe, if one comes."""
    save_figures(_nothing, {"png": BytesIO(), "svg": BytesIO()})  # imports Matplotlib before the calls come
    with suppress(EOFError, BrokenPipeError):
        for call in pickle.load(asked):
            call()
            answers.write(b".")
            answers.flush()


def _nothing(ax: Any) -> None:
    """Draw nothing."""


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the process that started this one ends it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    serve(os.fdopen(0, "rb"), os.fdopen(1, "wb"))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends
