"""The rows of a sweep in batches, on threads or on the workers of an executor."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any, Protocol

from sim.analysis.row import measured_rows
from sim.analysis.runs import SMALL
from sim.analysis.swept_plan import Plan
from sim.engine.executors import ExecutorError, Lost, spread, workers_of
from sim.engine.threads import jobs_done

#: Seconds that a worker works on one batch of rows, about, and rows of a batch at most.
BATCH_SECONDS, MOST_BATCH = 0.2, 64


class Rows(Protocol):
    """Where the rows that are done go, by their numbers from 0."""

    done: int

    def has(self, row: int) -> bool: ...

    def add(self, rows: Sequence[tuple[int, list[Any]]]) -> None: ...


@dataclass
class Memory:
    rows: dict[int, list[Any]]
    done: int = 0

    def has(self, row: int) -> bool:
        return row in self.rows

    def add(self, rows: Sequence[tuple[int, list[Any]]]) -> None:
        self.rows.update(rows)
        self.done += len(rows)


class Work:
    """The rows that are not done, in batches, on threads or on the workers of an executor."""

    def __init__(
        self, plan: Plan, workers: int, executor: Executor | None, progress: Callable[[int, int], Any] | None
    ) -> None:
        self.plan, self.progress, self.given = plan, progress, executor
        sizes = [case.simulation.paths if plan.paths is None else plan.paths for case in plan.cases.values()]
        alone = max(sizes) > SMALL  # one row at a time takes all threads
        self.workers, self.each = (1, workers) if executor is None and alone else (workers, 1)
        if executor is not None:
            self.workers = workers_of(executor)
        self.batch = 1

    def finish(self, rows: Rows) -> int:
        """Work off all rows that are not done; returns how many those were. ExecutorError if some could not be run."""
        before, lost = rows.done, []
        self.left = self.plan.size - before
        if self.given is None and self.left:  # compiles, before there are threads
            measured_rows(lambda: False, next(iter(self.plan.cases.values())), [(0, {})], 1, 0, 1)
        self._tell(rows)
        with closing(self._results(rows)) as results:
            for numbers, found in results:
                if isinstance(found, Lost):
                    lost += [(number, found.why) for number in numbers]
                    continue
                seconds, done = found
                self.batch = max(1, min(MOST_BATCH, int(BATCH_SECONDS / max(seconds, 1e-9))))
                lost += [(number, error) for number, values, error in done if values is None]
                rows.add([(number, values) for number, values, _ in done if values is not None])
                self._tell(rows)
        if lost:
            number, why = min(lost)
            raise ExecutorError(
                f"sweep: {len(lost):,} rows could not be run, the first of them row {number + 1}: {why}; rows that are "
                "done are kept: run the same sweep again"
            )
        return self.plan.size - before

    def _results(self, rows: Rows) -> Generator[tuple[list[int], Any], None, None]:
        calls, tick = self._batches(rows), partial(self._tell, rows)
        if self.given is not None:
            return spread(self.given, measured_rows, calls, tick)
        over = Event()
        jobs = ((numbers, partial(measured_rows, over.is_set, *call)) for numbers, call in calls)
        return jobs_done(jobs, self.workers, over.set, tick)

    def _batches(self, rows: Rows) -> Iterator[tuple[list[int], tuple]]:
        combinations = enumerate(self.plan.combinations())
        for _, same in itertools.groupby(combinations, key=lambda one: one[1][0]):
            pending = ((number, case, overrides) for number, (_, case, overrides) in same if not rows.has(number))
            while batch := list(itertools.islice(pending, self._size())):
                self.left -= len(batch)
                changes = [(number, overrides) for number, _, overrides in batch]
                call = (batch[0][1], changes, self.plan.paths, self.plan.seed, self.each)
                yield [number for number, _ in changes], call

    def _size(self) -> int:
        """Rows of the next batch: enough to make sending them cheap, few enough to leave work for every worker."""
        return min(self.batch, max(1, self.left // (4 * self.workers)))

    def _tell(self, rows: Rows) -> None:
        if self.progress is not None:
            self.progress(rows.done, self.plan.size)
