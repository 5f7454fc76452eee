"""The runner of all analyses: many cases under common random numbers, in parallel, each run reduced to one value.

`many` is for many small runs, one a thread or a worker of an executor. `shards` is for few large ones: it simulates
the cases shard by shard on all of them, so that memory does not grow with the number of paths. `in_threads` runs any
other jobs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from threading import Event
from typing import Any, NamedTuple, TypeVar

from sim.engine.chunks import Drawn
from sim.engine.executors import check_executor, in_order
from sim.engine.machine import available_workers
from sim.engine.shards import stopping
from sim.engine.simulate import Rooms, columns_each
from sim.engine.threads import jobs_done
from sim.lowering.program import CHUNK
from sim.results.columns import Columns
from sim.terms import Case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole

T = TypeVar("T")
Progress = Callable[[int, int], Any]

#: Runs of up to so many paths take one thread each; larger ones take all threads, one run after another.
SMALL = 131_072
#: Paths of each run of an analysis of many runs, unless the case asks for fewer.
MOST_PATHS = 100_000
#: Chunks of paths in a shard.
CHUNKS_AT_ONCE = 16


def paths_and_seed(case: Case, paths: int | None, seed: int | None, most: int = MOST_PATHS) -> tuple[int, int]:
    """Paths and seed of an analysis: as given, else the case's, at most `most` paths. Raises ValueError."""
    paths = check_whole("paths", min(case.simulation.paths, most) if paths is None else paths, 1, 10**7)
    return paths, seed_of(case, seed)


def threads(workers: int | None) -> int:
    """The number of threads: `workers`, or as many as there are cores. Raises ValueError."""
    return available_workers() if workers is None else check_whole("workers", workers, 1, 4096)


class Counter:
    """Progress over several runs that belong together: paths done, of `paths` in all."""

    def __init__(self, progress: Progress | None, paths: int) -> None:
        self.progress, self.paths, self.done = progress, paths, 0

    def __call__(self, more: int) -> None:
        """`more` paths are done."""
        self.done += more
        self.told(0)

    def told(self, running: int, _: int = 0) -> None:
        """`running` paths of the run in progress are done."""
        if self.progress is not None:
            self.progress(min(self.done + running, self.paths), self.paths)


class Sampling(NamedTuple):
    """How the paths of an analysis are drawn, and by how many threads or by which executor."""

    seed: int
    sampler: str = "philox"
    antithetic: bool = False
    workers: int | None = None
    executor: Executor | None = None

    @property
    def drawn(self) -> Drawn:
        """The same for the engine."""
        return Drawn(self.seed, self.sampler, self.antithetic)

    @property
    def groups(self) -> str | None:
        """Which paths depend on one another, as in `sim.results.estimates`."""
        return "scrambles" if self.sampler == "sobol" else "pairs" if self.antithetic else None


def shards(
    cases: Sequence[Case], paths: int, how: Sampling, counter: Counter, size: int | None = None
) -> Iterator[tuple[int, Columns]]:
    """The number of a case and its columns for one shard of paths: all cases of the first shard, then of the next.

    Those of the first case can be used until its next shard comes, those of any other until the next case does.
    Scrambles need the whole run, so that a run with sobol is one shard.
    """
    size = paths if how.sampler == "sobol" else size or CHUNKS_AT_ONCE * CHUNK
    check_executor(how.executor, how.workers)
    calls = ((case, min(size, paths - first), how.drawn, first) for first in range(0, paths, size) for case in cases)
    if how.executor is not None:
        found = columns_each(calls, how.executor, counter.told)
    else:
        rooms, workers = itertools.cycle([Rooms(), *[Rooms()] * (len(cases) - 1)]), threads(how.workers)
        found = (room.columns(*call, workers, counter.told) for room, call in zip(rooms, calls, strict=False))
    for number, columns in enumerate(found):
        yield number % len(cases), columns
        counter(columns.paths)


def many(
    cases: Iterable[Case],
    reduce: Callable[[Columns], T],
    paths: int,
    how: Sampling,
    counter: Callable[[int], Any] = lambda _: None,
    then: Callable[[T], Any] = lambda reduced: reduced,
) -> list[Any]:
    """`then(reduce(columns))` of each case's run of `paths` paths, in the order of the cases.

    `reduce`, a function of a module or a partial of one, and `then` must depend on their argument only; `reduce` is
    called by a worker, `then` in this process. With threads both are called in several threads, and the next case has
    the arrays of the columns. `counter` is called with the paths of each run that is done. Cases are taken from the
    iterable as workers become free.
    """
    check_executor(how.executor, how.workers)
    workers, drawn = threads(how.workers), Drawn(how.seed)
    if how.executor is not None and paths <= SMALL:
        calls = ((reduce, case, paths, drawn) for case in cases)
        return [then(value) for value in in_order(how.executor, _reduced, calls, lambda: counter(paths))]
    if how.executor is not None:
        found = columns_each(((case, paths, drawn, 0) for case in cases), how.executor, lambda *_: None)
        return [_counted(then(reduce(columns)), counter, paths) for columns in found]
    at_once, each = (workers, 0) if paths <= SMALL else (1, workers)
    spare = [Rooms() for _ in range(at_once)]
    if at_once == 1:
        runs = (spare[0].columns(case, paths, drawn, 0, each) for case in cases)
        return [_counted(then(reduce(columns)), counter, paths) for columns in runs]
    over = Event()

    def job(case: Case) -> T:
        rooms = spare.pop()  # list.pop and append are atomic
        reduced = then(reduce(rooms.columns(case, paths, drawn, check=stopping(over.is_set))))
        spare.append(rooms)
        return reduced

    return in_threads((partial(job, case) for case in cases), workers, over.set, done=lambda: counter(paths))


def _reduced(over: Callable[[], bool], reduce: Callable[[Columns], T], case: Case, paths: int, drawn: Drawn) -> T:
    """On a worker."""
    return reduce(Rooms().columns(case, paths, drawn, check=stopping(over)))


def _counted(value: T, counter: Callable[[int], Any], paths: int) -> T:
    counter(paths)
    return value


def in_threads(
    jobs: Iterable[Callable[[], T]],
    workers: int,
    stop: Callable[[], Any],
    done: Callable[[], Any] = lambda: None,
    tick: Callable[[], Any] = lambda: None,
    first_alone: bool = True,
) -> list[T]:
    """What the jobs return, in their order; see `jobs_done`. `done` is called after each, in the caller's thread."""
    found: dict[int, T] = {}
    with closing(jobs_done(enumerate(jobs), workers, stop, tick, first_alone)) as results:
        for number, result in results:
            found[number] = result
            done()
    return [found[number] for number in range(len(found))]
