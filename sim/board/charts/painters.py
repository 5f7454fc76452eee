"""Processes that draw figures beside this one, as Matplotlib keeps the threads of one process waiting for each other.

`python -m sim.board.charts.painters` is such a process: it reads pickled calls from standard input and writes what they
return to standard output, until its input ends, as it does when the process that started it ends in whatever way.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from io import BytesIO
from queue import Empty, SimpleQueue
from typing import IO, Any, NamedTuple, TypeVar

from sim.board.charts.images import save_figures

T = TypeVar("T")
_Entry = tuple[Future, Callable[[], Any]]


class _Process(NamedTuple):
    running: subprocess.Popen
    asked: IO[bytes]
    answers: IO[bytes]

    def end(self) -> None:
        """End it; whoever waits for its answers has the end of the pipe."""
        self.running.kill()
        self.running.wait()


class Painters:
    """At most `number` processes, and the caller's thread where it waits for what they draw.

    Calls must be of functions of modules, with arguments that can be pickled. Where a process cannot be started, or
    ends, its calls are made in this process.
    """

    def __init__(self, number: int) -> None:
        self.jobs: SimpleQueue[_Entry | None] = SimpleQueue()
        self.closed = False
        self.processes = [process for _ in range(number) if (process := _started()) is not None]
        self.threads = [
            threading.Thread(target=self._serve, args=(process,), name="fundrisk painter") for process in self.processes
        ]
        for thread in self.threads:
            thread.start()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """The future of what a call returns."""
        future: Future[T] = Future()
        self.jobs.put((future, call))
        return future

    def result(self, future: Future[T]) -> T:
        """What a call returned; calls that no process has begun are made here meanwhile."""
        while not future.done():
            try:
                entry = self.jobs.get_nowait()
            except Empty:
                break
            if entry is not None:
                _make(*entry)
        return future.result()

    def close(self) -> None:
        """Drop what has not begun, and end the processes."""
        with suppress(Empty):
            while entry := self.jobs.get_nowait():
                entry[0].cancel()
        self.closed = True
        for process in self.processes:
            process.end()
        for _ in self.threads:
            self.jobs.put(None)
        for thread in self.threads:
            thread.join()
        for process in self.processes:
            for pipe in (process.asked, process.answers):
                with suppress(OSError):  # what was to be written is of no use any more
                    pipe.close()

    def _serve(self, process: _Process) -> None:
        """Send calls to one process and take what they return."""
        while entry := self.jobs.get():
            future, call = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                pickle.dump(call, process.asked)
                process.asked.flush()
                future.set_result(pickle.load(process.answers))
            except Exception as error:  # the process is gone, or the call fails there: then it says why here
                if self.closed:
                    future.set_exception(error)
                else:
                    _run(future, call)
                if process.running.poll() is not None:
                    return


def _started() -> _Process | None:
    """A process that waits for calls; None where the system starts none."""
    paths = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-m", "sim.board.charts.painters"]
    reading, writing = os.pipe()
    try:
        running = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": paths},
        )  # fmt: skip
    except (OSError, ValueError):
        os.close(reading)
        return None
    finally:
        os.close(writing)
    assert running.stdin is not None
    return _Process(running, running.stdin, os.fdopen(reading, "rb"))


def _make(future: Future, call: Callable[[], Any]) -> None:
    if future.set_running_or_notify_cancel():
        _run(future, call)


def _run(future: Future, call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except Exception as error:
        future.set_exception(error)


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Make the calls of a pipe until it ends."""
    save_figures(_nothing, {"png": BytesIO(), "svg": BytesIO()})  # imports Matplotlib before the first call
    with suppress(EOFError, BrokenPipeError):
        while True:
            pickle.dump(pickle.load(asked)(), answers)
            answers.flush()


def _nothing(ax: Any) -> None:
    """Draw nothing."""


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the process that started this one ends it
    serve(os.fdopen(0, "rb"), os.fdopen(1, "wb"))
