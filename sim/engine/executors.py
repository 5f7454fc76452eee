"""Work on the workers of an executor: threads, a pool of processes, a Dask cluster, MPI.

Every piece of work is one call of `work`, whose arguments are short texts and bytes. A worker therefore reads no case
file, and compares versions before it reads anything that another version could have written differently. A function
that is spread takes `over` first, which says whether its result is still wanted, and then its own arguments. It must
be a function of a module, and its result must depend on its arguments alone.
"""

from __future__ import annotations

import importlib.metadata
import pickle
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import closing, suppress
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from sim.engine.interrupts import uninterrupted
from sim.text.version import __version__

#: Times that a call is submitted before it counts as lost.
TRIES = 3
#: Seconds between two looks at the number of workers, and between two ticks.
COUNT_EVERY, TICK = 5.0, 0.1
#: Calls that are submitted ahead of those that are done, for each worker and at least.
AHEAD, LEAST_AHEAD = 4, 16

_given_up: set[str] = set()  # batches whose results nobody wants any more; workers that are threads read it


class ExecutorError(RuntimeError):
    """An executor that cannot do its work; the message is one line."""


class Lost(NamedTuple):
    """In the place of a result: the worker of a call has been lost `TRIES` times. `why` is one line."""

    why: str


@cache
def versions_that_matter() -> dict[str, str]:
    """What decides the bits of a result: the version of fundrisk, and of the calendar of sessions."""
    return {"fundrisk": __version__, "holidays": importlib.metadata.version("holidays")}


def work(needs: Mapping[str, str], batch: str, call: str, payload: bytes) -> tuple[str, Any]:
    """Run one pickled (function, arguments) on a worker.

    Returns ("done", result), ("raised", what the function raised) or ("refused", the difference of versions). An error
    that a future raises is therefore one of the executor. `call` is different for each submission, as some executors
    take equal calls to be one.
    """
    here = versions_that_matter()
    for name, wanted in needs.items():
        if here.get(name) != wanted:
            return "refused", f"{name} {here.get(name)}; must be {name} {wanted}, as where the work comes from"
    function, arguments = pickle.loads(payload)
    try:
        return "done", function(lambda: batch in _given_up, *arguments)
    except Exception as error:
        return "raised", error


def workers_of(executor: Executor) -> int:
    """The number of workers that an executor has, as far as it can be known, and at least 1."""
    with suppress(Exception):  # whatever an executor of another library raises
        client = getattr(executor, "_client", None)  # of Dask
        if client is not None:
            return max(1, sum(client.nthreads().values()))
        for name in ("_max_workers", "num_workers"):
            if isinstance(getattr(executor, name, None), int):
                return max(1, int(getattr(executor, name)))
    return 1


def check_executor(executor: Any, workers: int | None) -> None:
    """ValueError unless `executor` is None, or an executor and `workers` is left out."""
    if executor is None:
        return
    if not isinstance(executor, Executor):
        raise ValueError(f"executor = {executor!r}: must be a concurrent.futures.Executor")
    if workers is not None:
        raise ValueError(f"workers = {workers}: must be left out with an executor, which has its own")


def spread(
    executor: Executor,
    function: Callable[..., Any],
    calls: Iterable[tuple[Any, tuple]],
    tick: Callable[[], Any] = lambda: None,
) -> Generator[tuple[Any, Any], None, None]:
    """Call a function on the workers of an executor.

    Parameters
    ----------
    executor : Executor
    function : callable
        A function of a module: function(over, *arguments).
    calls : iterable of (label, arguments)
        Taken as the executor gets free.
    tick : callable
        Called every tenth of a second, in the caller's thread.

    Yields
    ------
    (label, result)
        In the order in which they are done; `Lost` where the worker of a call was lost several times. What the
        function raises is raised here.

    Raises
    ------
    ExecutorError
        If the executor takes no more work, or a worker has other versions.

    Notes
    -----
    When the generator is closed, calls that have not begun are cancelled.
    """
    run = _Batch(executor, function, tick)
    try:
        yield from run.results(iter(calls))
    finally:
        run.give_up()


def in_order(
    executor: Executor,
    function: Callable[..., Any],
    calls: Iterable[tuple],
    done: Callable[[], Any] = lambda: None,
) -> Iterator[Any]:
    """As `spread`, of the arguments alone, in their order. A call that is lost is an error; `done` is called for each
    that is done."""
    waiting: dict[int, Any] = {}
    following = 0
    with closing(spread(executor, function, enumerate(calls))) as results:
        for number, result in results:
            waiting[number] = found(result)
            done()
            while following in waiting:
                yield waiting.pop(following)
                following += 1


def found(result: Any) -> Any:
    """A result; ExecutorError where there is `Lost` in its place."""
    if isinstance(result, Lost):
        raise ExecutorError(f"executor: a worker was lost {TRIES} times at the same work: {result.why}")
    return result


class _Submitted(NamedTuple):
    label: Any
    payload: bytes
    tries: int


class _Batch:
    """The calls of one `spread`: those that are submitted, and those that have been given up."""

    def __init__(self, executor: Executor, function: Callable[..., Any], tick: Callable[[], Any]) -> None:
        self.executor, self.function, self.tick = executor, function, tick
        self.name, self.submitted = secrets.token_hex(8), 0
        self.pending: dict[Future, _Submitted] = {}
        self.finished: SimpleQueue[Future] = SimpleQueue()
        self.ahead, self.counted = 0, -COUNT_EVERY

    def results(self, calls: Iterator[tuple[Any, tuple]]) -> Iterator[tuple[Any, Any]]:
        more = True
        while True:
            self._count_workers()
            while more and len(self.pending) < self.ahead:
                call = next(calls, None)
                more = call is not None
                if call is not None:
                    self._submit(_Submitted(call[0], pickle.dumps((self.function, call[1])), 1))
            if not self.pending:
                return
            try:
                future = self.finished.get(timeout=TICK)
            except Empty:
                self.tick()
                self._check_alive()
                continue
            submitted = self.pending.pop(future)
            result = self._outcome(future)
            if isinstance(result, Lost) and submitted.tries < TRIES:
                self._submit(submitted._replace(tries=submitted.tries + 1), result.why)
                continue
            yield submitted.label, result

    def give_up(self) -> None:
        if self.pending:
            _given_up.add(self.name)
        with uninterrupted():
            for future in reversed(self.pending):  # the last first, so that no worker begins one meanwhile
                future.cancel()

    def _count_workers(self) -> None:
        """A cluster may grow."""
        if time.monotonic() - self.counted >= COUNT_EVERY:
            self.ahead = max(LEAST_AHEAD, AHEAD * workers_of(self.executor))
            self.counted = time.monotonic()

    def _check_alive(self) -> None:
        """A Dask client that has lost its scheduler settles no future any more."""
        if getattr(getattr(self.executor, "_client", None), "status", "") in ("closing", "closed"):
            self.pending.clear()  # there is nobody to cancel them
            raise ExecutorError("executor: the connection to the scheduler is lost; start again with a new one")

    def _submit(self, call: _Submitted, why: str = "") -> None:
        self.submitted += 1
        name = f"{self.name}-{self.submitted}"
        try:
            with uninterrupted():
                future = self.executor.submit(work, versions_that_matter(), self.name, name, call.payload)
                self.pending[future] = call
                future.add_done_callback(self.finished.put)
        except (RuntimeError, OSError) as error:  # a pool that is broken or shut down, a scheduler that is gone
            reason = why or _one_line(error)
            none = isinstance(error, BlockingIOError) or "can't start new thread" in reason
            then = "the system starts no more threads or processes" if none else "start again with a new one"
            raise ExecutorError(f"executor: takes no more work: {reason}; {then}") from None

    @staticmethod
    def _outcome(future: Future) -> Any:
        """The result of a call, or `Lost`; what the function raised is raised here."""
        try:
            status, result = future.result()
        except CancelledError:
            return Lost("its work was cancelled")
        except (ImportError, AttributeError) as error:
            wanted = ", ".join(f"{name} {version}" for name, version in versions_that_matter().items())
            raise ExecutorError(f"executor: a worker must have {wanted}: {_one_line(error)}") from None
        except Exception as error:
            return Lost(_one_line(error))
        if status == "raised":
            raise result
        if status == "refused":
            raise ExecutorError(f"executor: a worker has {result}")
        return result


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
