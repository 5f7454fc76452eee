"""Threads that run jobs: as many as the system starts, and if it starts none, the thread of the caller."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sim.engine.interrupts import NO_THREAD, uninterrupted

T = TypeVar("T")
Label = TypeVar("Label")

#: Seconds between two ticks while jobs run.
TICK = 0.1


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
        except NO_THREAD:
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


def jobs_done(
    jobs: Iterable[tuple[Label, Callable[[], T]]],
    workers: int,
    stop: Callable[[], Any],
    tick: Callable[[], Any] = lambda: None,
    first_alone: bool = False,
) -> Generator[tuple[Label, T], None, None]:
    """The label of each job and what it returns, in the order in which the jobs end; what a job raises is raised here.

    Jobs are taken as threads become free. `tick` is called every tenth of a second, in the caller's thread; `stop` when
    no more results are wanted, also after an interruption: it must end the jobs that run. `first_alone`: the first job
    runs alone, as it may have to compile the kernels.
    """
    pool, labels = Threads(workers), dict[Future[T], Label]()

    def ended(most: int) -> Generator[tuple[Label, T], None, None]:
        """Results until at most `most` jobs are left."""
        while labels:
            wait = len(labels) > most
            future = pool.finished(TICK if wait else 0)
            if future is not None:
                yield labels.pop(future), future.result()
            elif wait:
                tick()
            else:
                return

    try:
        for number, (label, job) in enumerate(jobs):
            labels[pool.submit(job)] = label
            yield from ended(0 if number == 0 and first_alone else 4 * workers - 1)
        yield from ended(0)
    finally:
        stop()
        pool.close()


@cache
def _say_once(threads: int) -> None:
    """Warn of fewer threads than were asked for. A user who has made warnings errors still gets the results."""
    used = f"{threads} threads are" if threads > 1 else "one thread is"
    with suppress(RuntimeWarning):
        warnings.warn(f"no more threads can be started: {used} used", RuntimeWarning, stacklevel=2)
