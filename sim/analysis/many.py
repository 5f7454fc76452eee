"""Many small runs under the same luck, several at once: what each leaves behind, in the order of the cases."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from sim.engine.simulate import available_workers, simulate
from sim.results.result import Result
from sim.terms import Case
from sim.terms.problems import check_whole

T = TypeVar("T")
Progress = Callable[[int, int], Any]

#: Up to here a run is left to one thread; larger ones take all threads, one run after another.
SMALL = 131_072
#: Paths of an analysis of many runs, unless the case asks for fewer.
MOST_PATHS = 100_000


def paths_and_seed(case: Case, paths: int | None, seed: int | None, most: int = MOST_PATHS) -> tuple[int, int]:
    """Paths and seed of an analysis: as given, else the case's, at most `most` paths. ValueError if not whole."""
    paths = check_whole("paths", min(case.simulation.paths, most) if paths is None else paths, 1, 10**7)
    return paths, check_whole("seed", case.simulation.seed if seed is None else seed, 0, 2**64 - 1)


class Counter:
    """Progress over several calls of `many` that belong together: paths done, of all that there will be."""

    def __init__(self, progress: Progress | None, paths: int) -> None:
        self.progress, self.paths, self.done = progress, paths, 0

    def __call__(self, more: int) -> None:
        self.done += more
        if self.progress is not None:
            self.progress(min(self.done, self.paths), self.paths)


def many(
    cases: Iterable[Case],
    leave: Callable[[Result], T],
    paths: int,
    seed: int,
    workers: int | None = None,
    counter: Callable[[int], Any] | None = None,
) -> list[T]:
    """`leave(result)` of each case's run of `paths` paths, in the order of the cases.

    `leave` must depend on its result only; it is called in several threads. `counter` is called with the paths of each
    run that is done. Cases are taken one by one, so that they may be made on the way.
    """
    workers = available_workers() if workers is None else check_whole("workers", workers, 1, 4096)
    count = counter if counter is not None else lambda _: None
    found: list[T] = []
    if paths > SMALL or workers == 1:
        for case in cases:
            found.append(leave(simulate(case, paths=paths, seed=seed, workers=workers)))
            count(paths)
        return found
    pool, waiting, over = ThreadPoolExecutor(workers), deque[Future[T]](), Event()

    def go_on(*_: int) -> None:
        """Between the chunks of a run: whether anybody still waits for it."""
        if over.is_set():
            raise InterruptedError

    def take() -> None:
        found.append(waiting[0].result())
        waiting.popleft()
        count(paths)

    def work(case: Case) -> T:
        return leave(simulate(case, paths=paths, seed=seed, workers=1, progress=go_on))

    try:
        for number, case in enumerate(cases):
            waiting.append(pool.submit(work, case))
            if number == 0 or len(waiting) >= 4 * workers:  # the first alone: it may have to compile
                take()
        while waiting:
            take()
    finally:
        over.set()
        pool.shutdown(wait=True, cancel_futures=True)
    return found
