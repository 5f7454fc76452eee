"""`sweep`: many cases, each a combination of overrides, on one machine or on a cluster, to one file a row at a time."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from sim.analysis.compare import named_cases
from sim.analysis.design import Design, design_of, value_text
from sim.analysis.row import FIGURES, MOST_PATHS, figures, measured_rows
from sim.analysis.runs import SMALL, threads
from sim.analysis.swept import Failures, Sweep
from sim.engine.executors import ExecutorError, Lost, check_executor, spread, versions_that_matter, workers_of
from sim.results.files import ResultError, shown
from sim.results.journal import Journal, difference
from sim.results.row_files import Column, check_name, read_rows, write_rows
from sim.terms import Case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole

#: Seconds that a worker works on one batch of rows, about, and rows of a batch at most.
BATCH_SECONDS, MOST_BATCH = 0.2, 64


def sweep(
    cases: Mapping[str, Case | str] | Iterable[Case | str] | Case | str,
    grid: Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    paths: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Sweep:
    """Simulate every combination of a grid of overrides, for one case or several, to a row each.

    A row has the case, the overrides, the number of paths, the seed, the mean and the standard error of every measure,
    and the probability of cash-out with its interval. Rows of the same seed have common random numbers.

    Parameters
    ----------
    cases : mapping of str to Case, iterable of Case or str, or one of them
        As in `sim.compare`.
    grid : mapping or path
        The table of a grid, or a TOML file of it: {"axes": {key: [values]}} for all combinations; {"sobol": {"points":
        n, "seed": s}, "ranges": {key: [low, high]}} for a Sobol' design; {"overrides": [{key: value}, ...]} for a list.
    out : path, optional
        A file that ends in .csv or .parquet. Rows that are done are kept in `out`.partial until the file is complete:
        after an interruption the same call goes on where it ended. Without a file the rows are kept in memory.
    paths, seed : int, optional
        Each case's own unless given.
    workers : int, optional
        Threads; as many as there are cores unless given.
    executor : concurrent.futures.Executor, optional
        As in `sim.simulate`. Rows are the same to the last bit.
    progress : callable, optional
        Called as progress(rows done, rows).

    Returns
    -------
    Sweep
        Its `failures` are the rows that have no figures, and why.

    Raises
    ------
    CaseError, ValueError
        For a grid, a case or an option that cannot be used.
    ResultError
        If the file cannot be written, is being written by another sweep, or has the rows of another one.
    ExecutorError
        If the executor takes no more work, or its workers have other versions. Rows that are done are kept.

    Examples
    --------
    >>> found = sim.sweep("valence-2002", {"axes": {"price.volatility": [0.6, 0.9]}}, paths=1000)
    >>> [round(row["cash_out"], 2) for row in found.rows()]
    [0.95, 0.98]
    """
    check_executor(executor, workers)
    plan = _Plan.of(cases, grid, paths, seed)
    work = _Work(plan, threads(workers), executor, progress)
    if out is None:
        memory = _Memory({})
        new = work.finish(memory)
        values = (memory.rows[number] for number in range(plan.size))
        kept = [plan.row(label, found) for label, found in zip(plan.labels(), values, strict=True)]
        return plan.swept(None, new, (dict(zip(plan.names, row, strict=True)) for row in kept), kept)
    file = os.fsdecode(out)
    check_name(file)
    if os.path.exists(file):
        return plan.swept(file, 0, plan.checked(file))
    journal, complete = Journal(file, plan.facts, plan.size), False
    try:
        new = work.finish(journal)
        journal.sync()
        rows = (plan.row(label, values) for label, values in zip(plan.labels(), journal, strict=True))
        write_rows(file, plan.columns, rows)
        complete = True
    except ResultError as error:
        raise ResultError(f"{error}; rows that are done are kept: run the same sweep again") from None
    finally:
        journal.close(remove=complete)
    return plan.swept(file, new, read_rows(file))


@dataclass(frozen=True)
class _Plan:
    """What the rows of a sweep are."""

    cases: dict[str, Case]
    design: Design
    paths: int | None
    seed: int | None

    @classmethod
    def of(cls, cases: Any, grid: Any, paths: int | None, seed: int | None) -> _Plan:
        names, found = named_cases(cases, "sweep")
        named = dict(zip(names, found, strict=True))
        if paths is not None:
            paths = check_whole("paths", paths, 1, MOST_PATHS)
        if seed is not None:
            seed = seed_of(found[0], seed)
        return cls(named, design_of(grid, named), paths, seed)

    @property
    def size(self) -> int:
        return self.design.combinations * len(self.cases)

    @property
    def facts(self) -> dict[str, str]:
        """What decides the rows, in short."""
        cases = "".join(f"{name}\n{case.sha256}\n" for name, case in self.cases.items())
        return {
            **versions_that_matter(),
            "cases": hashlib.sha256(cases.encode()).hexdigest()[:12],
            "grid": self.design.sha256[:12],
            "paths": "each case's" if self.paths is None else str(self.paths),
            "seed": "each case's" if self.seed is None else str(self.seed),
        }

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of the file; `sweep` is the same in all rows, and says to which sweep they belong."""
        texts = [Column(name, "text") for name in ("case", "case_sha256")]
        keys = [Column(key, "number" if self.design.numeric(key) else "text") for key in self.design.keys]
        numbers = [Column(name, "number") for name in FIGURES]
        size = [Column("sweep", "text"), Column("paths", "whole"), Column("seed", "whole")]
        return (Column("row", "whole"), *texts, *keys, *size, *numbers, Column("error", "text"))

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def combinations(self) -> Iterator[tuple[str, Case, dict[str, Any]]]:
        """Case and overrides of each row, in the order of the rows."""
        return ((name, case, overrides) for name, case in self.cases.items() for overrides in self.design)

    def labels(self) -> Iterator[list[Any]]:
        """What each row has before its figures."""
        sha256 = {name: case.sha256 for name, case in self.cases.items()}
        sweep = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        numeric = {key: self.design.numeric(key) for key in self.design.keys}
        for number, (name, _, overrides) in enumerate(self.combinations(), start=1):
            values = [_shown(overrides, key, numeric[key]) for key in self.design.keys]
            yield [number, name, sha256[name], *values, sweep]

    @staticmethod
    def row(label: list[Any], values: list[Any]) -> tuple[Any, ...]:
        """A row of the columns, from its label and from what a worker found."""
        *found, error = values
        return (*label, *found, error or None)

    def checked(self, file: str) -> Iterator[Mapping[str, Any]]:
        """The rows of a file that is there already. ResultError unless it is this sweep's."""
        rows = iter(read_rows(file))
        first = next(rows, {})
        theirs = dict(pair.partition("=")[::2] for pair in str(first.get("sweep") or "").split(", "))
        if theirs.keys() != self.facts.keys() or list(first) != self.names:
            raise ResultError(f"{shown(file)}: is not a file of this sweep: must be removed, or use another file")
        if differs := difference(theirs, self.facts):
            raise ResultError(
                f"{shown(file)}: is the file of another sweep: {differs}: must be removed, or use another file"
            )
        return itertools.chain([first], rows)

    def swept(
        self, file: str | None, new: int, rows: Iterator[Mapping[str, Any]], kept: Iterable[tuple[Any, ...]] = ()
    ) -> Sweep:
        failures = Failures()
        size = sum(1 for _ in failures.passing(rows))
        return Sweep(file, self.columns, size, new, failures.count, tuple(failures.first), tuple(kept))


def _shown(overrides: Mapping[str, Any], key: str, numeric: bool) -> Any:
    """The value of an override in its column; None where the row does not override the key."""
    if key not in overrides:
        return None
    return overrides[key] if numeric else value_text(overrides[key])


class _Rows(Protocol):
    """Where the rows that are done go, by their numbers from 0."""

    done: int

    def has(self, row: int) -> bool: ...

    def add(self, row: int, values: list[Any]) -> None: ...


@dataclass
class _Memory:
    rows: dict[int, list[Any]]
    done: int = 0

    def has(self, row: int) -> bool:
        return row in self.rows

    def add(self, row: int, values: list[Any]) -> None:
        self.rows[row] = values
        self.done += 1


class _Work:
    """The rows that are not done, in batches, on threads or on the workers of an executor."""

    def __init__(
        self, plan: _Plan, workers: int, executor: Executor | None, progress: Callable[[int, int], Any] | None
    ) -> None:
        self.plan, self.progress, self.given = plan, progress, executor
        sizes = [case.simulation.paths if plan.paths is None else plan.paths for case in plan.cases.values()]
        alone = max(sizes) > SMALL  # one row at a time takes all threads
        self.threads, self.each = (1, workers) if executor is None and alone else (workers, 1)
        self.batch = 1

    def finish(self, rows: _Rows) -> int:
        """Work off all rows that are not done; returns how many those were. ExecutorError if some could not be run."""
        before, lost = rows.done, []
        self.left = self.plan.size - before
        if self.given is None and self.left:  # compiles, before there are threads
            figures(lambda *_: None, next(iter(self.plan.cases.values())), 1, 0, 1)
        self._tell(rows)
        with nullcontext(self.given) if self.given is not None else ThreadPoolExecutor(self.threads) as executor:
            self.workers = workers_of(executor)
            with closing(spread(executor, measured_rows, self._batches(rows), lambda: self._tell(rows))) as results:
                for numbers, found in results:
                    if isinstance(found, Lost):
                        lost += [(number, found.why) for number in numbers]
                        continue
                    seconds, done = found
                    self.batch = max(1, min(MOST_BATCH, int(BATCH_SECONDS / max(seconds, 1e-9))))
                    for number, values, error in done:
                        if values is None:
                            lost.append((number, error))
                        else:
                            rows.add(number, values)
                    self._tell(rows)
        if lost:
            number, why = min(lost)
            raise ExecutorError(
                f"sweep: {len(lost):,} rows could not be run, the first of them row {number + 1}: {why}; rows that are "
                "done are kept: run the same sweep again"
            )
        return self.plan.size - before

    def _batches(self, rows: _Rows) -> Iterator[tuple[list[int], tuple]]:
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

    def _tell(self, rows: _Rows) -> None:
        if self.progress is not None:
            self.progress(rows.done, self.plan.size)
