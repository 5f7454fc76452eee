"""Paths in chunks over threads, progress, interruption, and sums in an order that nothing can change."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from sim.engine.line_sums import LineSums, line_sums, tally_lines
from sim.engine.machine import available_workers, memory_limit
from sim.engine.sobol import SobolPoints
from sim.engine.threads import Threads
from sim.engine.workspace import Workspace, columns_room, new_recording, no_points, output_room, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import Plan, lower
from sim.lowering.program import CHUNK
from sim.results.figures import LineTallies, Tallies
from sim.results.result import Result
from sim.results.sketch import Sketch
from sim.results.summary import fiscal_periods
from sim.terms import Case, load_case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole

#: Paths that a command keeps in memory when they are not to be saved; a longer run keeps its summary only.
MOST_KEPT = 2_000_000

#: Paths whose month-end cash is kept for the fan of balances.
FAN_PATHS = CHUNK


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
    KeyboardInterrupt
        Within half a second of Ctrl-C.

    Examples
    --------
    >>> result = sim.simulate("valence-2002", paths=10_000, seed=7)
    >>> result["raised"].shape
    (10000,)
    """
    case = load_case(case)
    paths = check_whole("paths", case.simulation.paths if paths is None else paths, 1, 10**12)
    seed = seed_of(case, seed)
    workers = available_workers() if workers is None else check_whole("workers", workers, 1, 4096)
    first_path = check_whole("first_path", first_path, 0, 2**62)
    _check_sampling(sampler, antithetic, paths, first_path)
    started = time.perf_counter()
    run = _Run(case, paths, seed, first_path, sampler, antithetic, keep_paths)
    run.finish(workers, progress)
    return Result(
        case=case,
        paths=paths,
        seed=seed,
        sampler=sampler,
        antithetic=antithetic,
        first_path=first_path,
        elapsed_s=time.perf_counter() - started,
        columns=run.columns() if keep_paths else None,
        sketch=None if keep_paths else run.sketch(),
        tallies=run.tallies(),
        workers=workers,
        line_tallies=run.line_tallies(),
    )


def _check_sampling(sampler: str, antithetic: bool, paths: int, first_path: int) -> None:
    if sampler not in SAMPLERS:
        raise ValueError(f"sampler = {sampler!r}: must be one of {', '.join(SAMPLERS)}")
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


class _Run:
    """The chunks of one run: where their results go, and how they are worked off."""

    def __init__(
        self, case: Case, paths: int, seed: int, first_path: int, sampler: str, antithetic: bool, keep: bool
    ) -> None:
        self.case, self.plan = case, lower(case)
        self.paths, self.seed, self.first_path, self.antithetic = paths, seed, first_path, antithetic
        self.chunks = -(-paths // CHUNK)
        self.out = _room(self.plan, paths) if keep else None
        self.by_line = columns_room(self.plan, paths) if keep else None
        self.by_chunk: list[LineSums | None] = [None] * self.chunks
        self.fan = np.zeros((len(self.plan.months), min(paths, FAN_PATHS)))
        self.binding = np.zeros((self.plan.periods, len(self.plan.reasons)), np.int64)
        self.unraised = np.zeros((self.chunks, len(self.plan.reasons)))
        self.cut = np.zeros(self.chunks)
        self.stop = np.zeros(1, np.int64)
        self.lock = threading.Lock()
        self.points = SobolPoints(self.plan, seed) if sampler == "sobol" else None
        self.groups = "scrambles" if sampler == "sobol" else "pairs" if antithetic else None
        self.sketches: list[Sketch] = []

    def finish(self, workers: int, progress: Callable[[int, int], Any] | None) -> None:
        """Work off all chunks on `workers` threads; on an exception here, stop them and leave."""
        spare = [_Desk(self) for _ in range(min(workers, self.chunks))]
        self.sketches = [desk.sketch for desk in spare if desk.sketch is not None]
        none = no_points(self.plan)
        self._compile(spare[0], none)
        if self.points is not None:
            self.points.turn(none)
        if progress is not None:
            progress(0, self.paths)
        threads = Threads(len(spare))
        waiting: set[Future] = set()
        started = finished = 0
        try:
            while finished < self.chunks:
                while started < self.chunks and len(waiting) < 4 * len(spare):
                    paths = min(CHUNK, self.paths - started * CHUNK)
                    points = none if self.points is None else self.points.take(paths)
                    waiting.add(threads.submit(partial(self._chunk, spare, points, started, paths)))
                    started += 1
                done, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                finished += len(done)
                if progress is not None and done:
                    progress(min(finished * CHUNK, self.paths), self.paths)
        finally:
            self.stop[0] = 1
            threads.close()

    @staticmethod
    def _compile(desk: _Desk, points: r.Points) -> None:
        """Compile, by simulating no path, before any thread starts: two threads never compile at once."""
        desk.simulate(points, 0, 0)
        if desk.sketch is not None:
            desk.sketch.add(0, desk.simulate(points, 0, 0)[1])

    def _chunk(self, spare: list[_Desk], points: r.Points, c: int, paths: int) -> None:
        """Simulate chunk c at a free desk. A chunk's sums depend on nothing but the chunk."""
        if self.points is not None:
            self.points.turn(points)
        desk = spare.pop()  # list.pop and append are atomic
        fan, columns = desk.simulate(points, c, paths)
        self.fan[:, c * CHUNK : c * CHUNK + fan.shape[1]] = fan
        self.unraised[c] = desk.space.tally.unraised.sum(axis=1)
        self.cut[c] = desk.space.tally.cut.sum()
        if desk.sketch is not None:
            desk.sketch.add(self.first_path // CHUNK + c, columns)
        if self.plan.has_tables:
            self.by_chunk[c] = sums = line_sums(self.plan, desk.space.books)
            self.unraised[c], self.cut[c] = sums.unraised.sum(axis=0), sums.cut.sum()
            with self.lock:
                self.binding += sums.binding.sum(axis=0)
        else:
            with self.lock:
                self.binding += desk.space.tally.binding.sum(axis=1).reshape(self.binding.shape)
        spare.append(desk)

    def columns(self) -> dict[str, np.ndarray]:
        """One array for each column, in the order of the paths, and raised_by_period (periods, paths)."""
        assert self.out is not None
        by_line = {"by_line": self.by_line} if self.plan.has_tables and self.by_line is not None else {}
        return self.out._asdict() | by_line

    def sketch(self) -> Sketch:
        """What the threads saw, put together."""
        whole = Sketch(self.case, self.groups)
        for sketch in self.sketches:
            whole.merge(sketch)
        return whole

    def line_tallies(self) -> LineTallies | None:
        """The same by line, where the lines are in tables."""
        sums = [each for each in self.by_chunk if each is not None]
        return tally_lines(self.plan, sums) if self.plan.has_tables else None

    def tallies(self) -> Tallies:
        """Sums over the paths, added up chunk by chunk."""
        periods = np.array([dates.period for dates in self.plan.draws], np.int64)
        return Tallies(
            reasons=self.plan.reasons,
            binding=self.binding,
            purchase_dates=np.bincount(periods, minlength=self.plan.periods),
            cut_by_chunk=self.cut,
            unraised_by_chunk=self.unraised,
            fan=self.fan,
        )


class _Desk:
    """What one thread works with: its arrays, and where the paths of its chunk go."""

    def __init__(self, run: _Run) -> None:
        self.run = run
        self.space = Workspace(
            run.plan, CHUNK, closes=run.points is not None, output=run.out, columns=run.by_line, stop=run.stop
        )
        self.sketch = None if run.out is not None else Sketch(run.case, run.groups)

    def simulate(self, points: r.Points, c: int, paths: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Simulate the first `paths` paths of chunk c; returns the fan's part and views of their columns."""
        run, space = self.run, self.space
        first = c * CHUNK
        column = first if run.out is not None else 0
        space.points = points
        space.recording = new_recording(run.plan, max(0, min(first + paths, FAN_PATHS) - first), draws=False)
        span = r.Span(np.uint64(run.first_path + first), paths, column, np.uint64(run.seed), int(run.antithetic))
        run_chunk(space, run.plan.program, span)
        columns = _columns(space.output, column, paths)
        if run.plan.has_tables:
            columns["by_line"] = space.books.columns[:, column : column + paths]
        return space.recording.cash_month_end, columns


def _columns(output: r.Output, column: int, paths: int) -> dict[str, np.ndarray]:
    """Columns `column` ... of the output, by name."""
    return {name: rows[..., column : column + paths] for name, rows in output._asdict().items()}


def _room(plan: Plan, paths: int) -> r.Output:
    # Systems promise memory that they do not have, and end the process that uses it.
    enough = paths * bytes_of_path(plan.periods) <= (memory_limit() or math.inf)
    with suppress(MemoryError):
        if enough:
            return output_room(plan, paths)
    raise ValueError(f"paths = {paths}: too many to keep in memory: simulate with keep_paths=False")


def bytes_of_path(periods: int) -> int:
    """Memory of the columns of one path that is kept."""
    return 8 * (len(r.OUTPUTS) + periods)


def kept_by_default(case: Case, paths: int) -> bool:
    """Whether a command keeps so many paths in memory, although they are not to be saved.

    Not more than `MOST_KEPT`, nor than take a quarter of the memory: the summary needs as much again.
    """
    needed = paths * bytes_of_path(len(fiscal_periods(case)))
    return paths <= MOST_KEPT and needed <= (memory_limit() or math.inf) / 4
