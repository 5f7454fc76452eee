"""Threads that run jobs: as many as the system starts, and if it starts none, the thread of the caller."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sim.engine.interrupts import uninterrupted

T = TypeVar("T")


class Threads:
    """At most `workers` threads, each started with the first job that it could take.

    A limit on the processes of a user, as of a container, can keep threads from starting. Jobs then wait for those
    that have started; where there is none, `submit` runs the job before it returns.

    An interrupt of the caller leaves no lock taken: he waits with `finished` alone, which is not Python code inside.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.jobs: SimpleQueue[tuple[Future, Callable[[], Any]] | None] = SimpleQueue()
        self.done: SimpleQueue[Future] = SimpleQueue()
        self.started: list[threading.Thread] = []

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """The future of what `job` returns; jobs are begun in their order."""
        future: Future[T] = Future()
        with uninterrupted():
            self._start_another()
        if self.started:
            self.jobs.put((future, job))
        else:
            self._run(future, job, Exception)  # an interrupt is the caller's own
        return future

    def finished(self, timeout: float) -> Future | None:
        """The next of the futures whose jobs have ended; None if none ends within `timeout` seconds."""
        try:
            return self.done.get(timeout=timeout)
        except Empty:
            return None

    def close(self) -> None:
        """Drop jobs that have not begun, and wait for the others."""
        with uninterrupted():
            with suppress(Empty):
                while self.jobs.get_nowait():
                    pass
            for _ in self.started:
                self.jobs.put(None)
        for thread in self.started:
            thread.join()

    def _start_another(self) -> None:
        if len(self.started) >= self.workers:
            return
        # A daemon, so that an interrupt of `close` itself does not keep the process from ending.
        thread = threading.Thread(target=self._work, name="fundrisk", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system starts no more
            self.workers = len(self.started)
            _say_once(max(self.workers, 1))
            return
        self.started.append(thread)

    def _work(self) -> None:
        while entry := self.jobs.get():
            self._run(*entry)
            del entry  # a result must not live as long as the next job takes to come

    def _run(self, future: Future, job: Callable[[], Any], errors: type[BaseException] = BaseException) -> None:
        try:
            result = job()
        except errors as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        self.done.put(future)


@cache
def _say_once(threads: int) -> None:
    """Warn of fewer threads than were asked for. A user who has made warnings errors still gets the results."""
    used = f"{threads} threads are" if threads > 1 else "one thread is"
    with suppress(RuntimeWarning):
        warnings.warn(f"no more threads can be started: {used} used", RuntimeWarning, stacklevel=2)
