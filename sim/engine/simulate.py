"""Simulate a case: the options of a run, checked, and its paths over threads or the workers of an executor."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any

from sim.engine.chunks import Drawn, Run, bytes_of_path
from sim.engine.executors import check_executor, workers_of
from sim.engine.lane import Lane
from sim.engine.machine import available_workers, memory_limit
from sim.engine.shards import spread_runs
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.lowering.program import CHUNK
from sim.lowering.schedule import gap_months
from sim.results.columns import Columns
from sim.results.result import Result
from sim.results.summary import fiscal_periods
from sim.terms import Case, load_case
from sim.terms.options import seed_of
from sim.terms.problems import check_flag, check_whole, one_line

Progress = Callable[[int, int], Any]

#: Paths that a command keeps in memory when they are not to be saved; a longer run keeps its summary only.
MOST_KEPT = 2_000_000

SAMPLERS = ("philox", "sobol")


def simulate(
    case: Case | str,
    *,
    paths: int | None = None,
    seed: int | None = None,
    sampler: str = "philox",
    antithetic: bool = False,
    first_path: int = 0,
    workers: int | None = None,
    executor: Executor | None = None,
    keep_paths: bool = True,
    progress: Callable[[int, int], Any] | None = None,
) -> Result:
    """Simulate a case.

    Parameters
    ----------
    case : Case or str
        A case, the name of a shipped case, or the path of a case file.
    paths : int, optional
        Number of simulated paths, at least 1. Default: as in the case's [simulation].
    seed : int, optional
        From 0 to 2^64 - 1. Default: as in the case's [simulation].
    sampler : {"philox", "sobol"}
        Independent pseudo-random paths, or sixteen independently scrambled Sobol' sequences side by side: `paths` must
        be a multiple of 16, and 16 times a power of two is best.
    antithetic : bool
        Mirror the random numbers of paths 2m and 2m + 1 (philox only; `paths` must be even).
    first_path : int
        Number of the first path, a multiple of 16,384. `sim.merge` joins such shards into one run.
    workers : int, optional
        Number of threads. Default: every core that this process may use, at most its container's
        share. Results do not depend on it.
    executor : concurrent.futures.Executor, optional
        Simulate on its workers instead of on threads: a pool of processes, a Dask cluster, MPI. Results are the same to
        the last bit.
    keep_paths : bool
        Keep the measures of every path. Otherwise the result holds a summary in constant memory.
    progress : callable, optional
        Called as progress(paths done, paths) now and then, from the calling thread.

    Returns
    -------
    Result
        Equal to the last bit for any number of workers. The first n paths of a longer run are the run of n paths.

    Raises
    ------
    CaseError, ValueError
        If the case or an option cannot be used.
    ExecutorError
        If the executor takes no more work, or its workers have other versions.
    KeyboardInterrupt
        Within half a second of Ctrl-C.

    Examples
    --------
    >>> result = sim.simulate("valence-2002", paths=10_000, seed=7)
    >>> result["raised"].shape
    (10000,)
    """
    started = time.perf_counter()
    check_executor(executor, workers)
    workers = available_workers() if workers is None else check_whole("workers", workers, 1, 4096)
    case = load_case(case)
    paths = case.simulation.paths if paths is None else paths
    run = _checked(case, paths, Drawn(seed_of(case, seed), sampler, antithetic, keep_paths), first_path)
    if executor is None:
        run.finish(workers, progress)
        return run.result(time.perf_counter() - started, workers)
    for _ in spread_runs([run], executor, progress or _nothing):
        pass
    return run.result(time.perf_counter() - started, workers_of(executor))


class Rooms:
    """The arrays of a run, for the next one where it needs the same: for many runs whose columns alone are wanted."""

    def __init__(self) -> None:
        self.lane = Lane()

    def columns(
        self, case: Case, paths: int, how: Drawn, first_path: int = 0, workers: int = 0, check: Progress | None = None
    ) -> Columns:
        """The columns of a run, until the next call: their arrays are used again.

        With 0 workers it is made in the caller's thread, and not with sobol. `check` is called as `progress` of
        `simulate`; an exception in it ends the run.
        """
        if workers:
            run = _checked(case, paths, how, first_path, fan=0)
            run.finish(workers, check)
            return Columns(case, run.columns())
        self.lane.run(lower(case), paths, how, first_path, check)
        return self.lane.columns(case, paths)


def columns_each(
    runs: Iterable[tuple[Case, int, Drawn, int]], executor: Executor, told: Callable[[int, int], Any]
) -> Iterator[Columns]:
    """The columns of several runs, each the first arguments of `Rooms.columns`, in their order, on one executor.

    The next runs begin before one is done. `told` is called as the progress of `simulate`, with the paths of the first
    run that is not done.
    """
    for run in spread_runs((_checked(*each, fan=0) for each in runs), executor, told):
        yield Columns(run.case, run.columns())


def _nothing(*_: int) -> None:
    """No progress is shown."""


def _checked(case: Case, paths: int, how: Drawn, first_path: int, **arrays: Any) -> Run:
    """A run whose options have been checked; `arrays`: options of `Run`."""
    paths = check_whole("paths", paths, 1, 10**12)
    first_path = check_whole("first_path", first_path, 0, 2**62)
    antithetic, keep = check_flag("antithetic", how.antithetic), check_flag("keep_paths", how.keep)
    _check_sampling(how.sampler, antithetic, paths, first_path)
    return Run(case, paths, how._replace(antithetic=antithetic, keep=keep), first_path, **arrays)


def _check_sampling(sampler: str, antithetic: bool, paths: int, first_path: int) -> None:
    if not isinstance(sampler, str) or sampler not in SAMPLERS:
        raise ValueError(f"sampler = {one_line(repr(sampler))}: must be one of {', '.join(SAMPLERS)}")
    if first_path % CHUNK:
        raise ValueError(f"first_path = {first_path}: must be a multiple of {CHUNK}")
    if sampler == "sobol":
        if paths % r.SCRAMBLES:
            raise ValueError(f"paths = {paths}: must be a multiple of {r.SCRAMBLES} with the sampler sobol")
        if antithetic or first_path:
            wrong = f"antithetic = {antithetic}" if antithetic else f"first_path = {first_path}"
            raise ValueError(f"{wrong}: must be left out with the sampler sobol")
    if antithetic and paths % 2:
        raise ValueError(f"paths = {paths}: must be even with antithetic pairs")


def kept_by_default(case: Case, paths: int) -> bool:
    """Whether a command keeps so many paths in memory, although they are not to be saved.

    Not more than `MOST_KEPT`, nor than take a quarter of the memory: the summary needs as much again.
    """
    needed = paths * bytes_of_path(len(fiscal_periods(case)), len(gap_months(case)))
    return paths <= MOST_KEPT and needed <= (memory_limit() or math.inf) / 4
