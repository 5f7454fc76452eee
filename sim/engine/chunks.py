"""The chunks of a run: paths over threads, progress, interruption, and sums in an order that nothing can change."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from sim.engine.line_sums import LineSums, line_sums, tally_lines
from sim.engine.machine import memory_limit
from sim.engine.sobol import SobolPoints
from sim.engine.threads import Threads
from sim.engine.workspace import Workspace, columns_room, no_points, output_room, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import Plan, lower
from sim.lowering.program import CHUNK
from sim.results.figures import LineTallies, Tallies
from sim.results.result import Result
from sim.results.sketch import Sketch
from sim.terms import Case

#: Paths whose month-end cash is kept for the fan of balances.
FAN_PATHS = CHUNK
#: Seconds after which the caller looks for an interrupt while threads work.
TICK = 0.1
#: Chunks of a part that a worker of an executor simulates, at most, and parts of a run for each worker.
MOST_CHUNKS, PARTS = 16, 4


class Part(NamedTuple):
    """What a worker makes of consecutive chunks of a run: columns of their paths or their sketch, the
    sums over their paths, and the fan's part if they are the first of the run."""

    first_path: int
    columns: dict[str, np.ndarray] | None
    sketch: Sketch | None
    fan: np.ndarray
    binding: np.ndarray
    unraised: np.ndarray
    cut: np.ndarray
    by_chunk: list[LineSums | None]


class Drawn(NamedTuple):
    """How the paths of a run are drawn, and whether they are kept."""

    seed: int
    sampler: str = "philox"
    antithetic: bool = False
    keep: bool = True


class Run:
    """The chunks of one run: where their results go, and how they are worked off.

    `first_path` of a run with sobol is that of a part of it. `fan`: of so many paths at most.
    """

    def __init__(
        self,
        case: Case,
        paths: int,
        drawn: Drawn,
        first_path: int = 0,
        fan: int = FAN_PATHS,
    ) -> None:
        self.case, self.plan = case, lower(case)
        self.paths, self.drawn, self.first_path = paths, drawn, first_path
        self.chunks = -(-paths // CHUNK)
        self.out: r.Output | None = None
        self.by_line: np.ndarray | None = None
        if drawn.keep:
            self.out, self.by_line = room_for(self.plan, paths), columns_room(self.plan, paths)
        self.by_chunk: list[LineSums | None] = [None] * self.chunks
        self.fan = np.zeros((len(self.plan.months), min(paths, fan)))
        self.binding = np.zeros((self.plan.periods, len(self.plan.reasons)), np.int64)
        self.unraised = np.zeros((self.chunks, len(self.plan.reasons)))
        self.cut = np.zeros(self.chunks)
        self.stop = np.zeros(1, np.int64)
        self.lock = threading.Lock()
        self.points = SobolPoints(self.plan, drawn.seed, first_path) if drawn.sampler == "sobol" else None
        self.groups = "scrambles" if drawn.sampler == "sobol" else "pairs" if drawn.antithetic else None
        self.sketches: list[Sketch] = []
        self.missing = paths

    def finish(self, workers: int, progress: Callable[[int, int], Any] | None) -> None:
        """Work off all chunks on `workers` threads; on an exception here, stop them and leave."""
        spare = [_ThreadRoom(self) for _ in range(min(workers, self.chunks))]
        self.sketches = [room.sketch for room in spare if room.sketch is not None]
        none = no_points(self.plan)
        self._compile(spare[0], none)
        if self.points is not None:
            self.points.turn(none)
        if progress is not None:
            progress(0, self.paths)
        threads = Threads(len(spare))
        started = finished = 0
        try:
            while finished < self.chunks:
                while started < self.chunks and started - finished < 4 * len(spare):
                    paths = min(CHUNK, self.paths - started * CHUNK)
                    points = none if self.points is None else self.points.take(paths)
                    threads.submit(partial(self._chunk, spare, points, started, paths))
                    started += 1
                if (future := threads.finished(TICK)) is not None:
                    future.result()
                    finished += 1
                if progress is not None:  # also where nothing is done: an exception in it ends the run
                    progress(min(finished * CHUNK, self.paths), self.paths)
        finally:
            self.stop[0] = 1
            threads.close()

    def parts(self, workers: int) -> Iterator[tuple]:
        """The arguments of `sim.engine.shards.simulate_part` for all parts of the run."""
        size = CHUNK * max(1, min(MOST_CHUNKS, -(-self.chunks // (PARTS * workers))))
        for first in range(0, self.paths, size):
            here, fan = min(size, self.paths - first), 0 if first else self.fan.shape[1]
            yield self.case, here, self.drawn, self.first_path + first, fan

    def part(self) -> Part:
        """The run, all of whose chunks are done, as a part of a longer one."""
        columns, sketch = (None, self.sketch()) if self.out is None else (self.columns(), None)
        return Part(
            self.first_path, columns, sketch, self.fan, self.binding, self.unraised, self.cut, self.by_chunk
        )  # fmt: skip

    def take(self, part: Part) -> None:
        """Put a part of the run in its place."""
        first = part.first_path - self.first_path
        c, chunks = first // CHUNK, len(part.cut)
        paths = min(chunks * CHUNK, self.paths - first)
        if self.out is not None and part.columns is not None:
            for name, rows in self.columns().items():
                rows[..., first : first + paths] = part.columns[name]
        if part.sketch is not None:
            self.sketches = self.sketches or [Sketch(self.case, self.groups)]
            self.sketches[0].merge(part.sketch)
        if first == 0:
            self.fan = part.fan
        self.unraised[c : c + chunks], self.cut[c : c + chunks] = part.unraised, part.cut
        self.by_chunk[c : c + chunks] = part.by_chunk
        self.binding += part.binding
        self.missing -= paths

    @staticmethod
    def _compile(room: _ThreadRoom, points: r.Points) -> None:
        """Compile, by simulating no path, before any thread starts: two threads never compile at once."""
        room.simulate(points, 0, 0)
        if room.sketch is not None:
            room.sketch.add(0, room.simulate(points, 0, 0))

    def _chunk(self, spare: list[_ThreadRoom], points: r.Points, c: int, paths: int) -> None:
        """Simulate chunk c in the arrays of a free thread. A chunk's sums depend on nothing but the chunk."""
        if self.points is not None:
            self.points.turn(points)
        room = spare.pop()  # list.pop and append are atomic
        columns = room.simulate(points, c, paths)
        self.unraised[c] = room.space.tally.unraised.sum(axis=1)
        self.cut[c] = room.space.tally.cut.sum()
        if room.sketch is not None:
            room.sketch.add(self.first_path // CHUNK + c, columns)
        if self.plan.has_tables:
            self.by_chunk[c] = sums = line_sums(self.plan, room.space.books)
            self.unraised[c], self.cut[c] = sums.unraised.sum(axis=0), sums.cut.sum()
            with self.lock:
                self.binding += sums.binding.sum(axis=0)
        else:
            with self.lock:
                self.binding += room.space.tally.binding.sum(axis=1).reshape(self.binding.shape)
        spare.append(room)

    def result(self, elapsed_s: float, workers: int) -> Result:
        """The result of the run, all of whose chunks are done."""
        seed, sampler, antithetic, keep = self.drawn
        return Result(
            case=self.case,
            paths=self.paths,
            seed=seed,
            sampler=sampler,
            antithetic=antithetic,
            first_path=self.first_path,
            elapsed_s=elapsed_s,
            columns=self.columns() if keep else None,
            sketch=None if keep else self.sketch(),
            tallies=self.tallies(),
            workers=workers,
            line_tallies=self.line_tallies(),
        )

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


class _ThreadRoom:
    """What one thread works with, and where the paths of its chunk go."""

    def __init__(self, run: Run) -> None:
        self.run, sobol = run, run.points is not None
        self.space = Workspace(run.plan, CHUNK, closes=sobol, output=run.out, columns=run.by_line, stop=run.stop)
        self.sketch = None if run.out is not None else Sketch(run.case, run.groups)

    def simulate(self, points: r.Points, c: int, paths: int) -> dict[str, np.ndarray]:
        """Simulate the first `paths` paths of chunk c, of chunk 0 the fan too; returns views of their columns."""
        run, space = self.run, self.space
        first = c * CHUNK
        column = first if run.out is not None else 0
        space.points = points
        space.recording = space.recording._replace(cash_month_end=run.fan if c == 0 else run.fan[:, :0])
        span = r.Span(
            np.uint64(run.first_path + first), paths, column, np.uint64(run.drawn.seed), int(run.drawn.antithetic)
        )
        run_chunk(space, run.plan.program, span)
        columns = _columns(space.output, column, paths)
        if run.plan.has_tables:
            columns["by_line"] = space.books.columns[:, column : column + paths]
        return columns


def _columns(output: r.Output, column: int, paths: int) -> dict[str, np.ndarray]:
    """Columns `column` ... of the output, by name."""
    return {name: rows[..., column : column + paths] for name, rows in output._asdict().items()}


def room_for(plan: Plan, paths: int) -> r.Output:
    """Room for the columns of a run. ValueError where the memory is too small."""
    # Systems promise memory that they do not have, and end the process that uses it.
    enough = paths * bytes_of_path(plan.periods, len(plan.gap_months)) <= (memory_limit() or math.inf)
    with suppress(MemoryError):
        if enough:
            return output_room(plan, paths)
    raise ValueError(f"paths = {paths}: too many to keep in memory: simulate with keep_paths=False")


def bytes_of_path(periods: int, gaps: int) -> int:
    """Memory of the columns of one path that is kept, at most. `gaps`: months at whose ends the gap is kept."""
    return 8 * (len(r.OUTPUTS) + 1 + periods + gaps)
