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

T = TypeVar("T")


class Threads:
    """At most `workers` threads, each started with the first job that it could take.

    A limit on the processes of a user, as of a container, can keep threads from starting. Jobs then wait for those
    that have started; where there is none, `submit` runs the job before it returns.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.jobs: SimpleQueue[tuple[Future, Callable[[], Any]] | None] = SimpleQueue()
        self.started: list[threading.Thread] = []

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """The future of what `job` returns; jobs are begun in their order."""
        future: Future[T] = Future()
        self._start_another()
        if self.started:
            self.jobs.put((future, job))
        else:
            _run(future, job, Exception)  # an interrupt is the caller's own
        return future

    def close(self) -> None:
        """Cancel jobs that have not begun, and wait for the others."""
        with suppress(Empty):
            while entry := self.jobs.get_nowait():
                entry[0].cancel()
        for _ in self.started:
            self.jobs.put(None)
        for thread in self.started:
            thread.join()

    def _start_another(self) -> None:
        if len(self.started) >= self.workers:
            return
        thread = threading.Thread(target=self._work, name="fundrisk")
        try:
            thread.start()
        except RuntimeError:  # the system starts no more
            self.workers = len(self.started)
            _say_once(max(self.workers, 1))
            return
        self.started.append(thread)

    def _work(self) -> None:
        while entry := self.jobs.get():
            _run(*entry)
            del entry  # a result must not live as long as the next job takes to come


def _run(future: Future, job: Callable[[], Any], errors: type[BaseException] = BaseException) -> None:
    if future.set_running_or_notify_cancel():
        try:
            result = job()
        except errors as error:
            future.set_exception(error)
        else:
            future.set_result(result)


@cache
def _say_once(threads: int) -> None:
    """Warn of fewer threads than were asked for. A user who has made warnings errors still gets the results."""
    used = f"{threads} threads are" if threads > 1 else "one thread is"
    with suppress(RuntimeWarning):
        warnings.warn(f"no more threads can be started: {used} used", RuntimeWarning, stacklevel=2)
