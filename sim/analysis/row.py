"""The figures of one row of a sweep, and how a worker computes a few rows."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.paired import PROBABILITIES, Mean, twelve_months
from sim.engine.chunks import Drawn, Run
from sim.engine.lane import Lane
from sim.engine.shards import stopping
from sim.lowering.line_records import LINE_OUTPUTS
from sim.lowering.lower import Plan, lower
from sim.lowering.program import Output
from sim.results.estimates import proportion
from sim.results.measures import DAYS_PER_MONTH, MEASURES
from sim.results.summary import days_at_close
from sim.terms import Case, CaseError
from sim.terms.options import seed_of
from sim.terms.problems import check_whole, one_line

#: Paths of a row that are in memory at once; the sums of more are put together.
KEPT = 2**20
MOST_PATHS = 10**9
#: Rows whose cases are made, then run.
TOGETHER = 8
#: What a row has of each probability, after its name.
OF_PROBABILITY = ("", "_se", "_low", "_high")
FIGURES = (
    *(f"{name}{part}" for name in MEASURES for part in ("", "_se")),
    *(f"{name}{part}" for name in PROBABILITIES for part in OF_PROBABILITY),
    "censored",
)


class RowDone(NamedTuple):
    """A row by its number: paths, seed, `FIGURES` and error. Without values, the row must be run again: `error`."""

    number: int
    values: list[Any] | None
    error: str = ""


class Variant(NamedTuple):
    """A case of a row, as it will be run."""

    number: int
    case: Case
    plan: Plan
    paths: int
    seed: int


class Sums(NamedTuple):
    """What a row needs of its paths: of each of `MEASURES` the number of values, their mean and the squares of their
    distances from it; and how many are out of cash by each of two days, as `ends_of` has them."""

    measures: list[list[float]]
    out: list[int]


def measured_rows(
    over: Callable[[], bool],
    case: Case,
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    paths: int | None,
    seed: int | None,
    workers: int,
) -> tuple[float, list[RowDone]]:
    """Simulate a case with the overrides of a few rows; returns the seconds that a row took, and the rows."""
    started, check, room, done = time.perf_counter(), stopping(over), Room(), list[RowDone]()
    for at in range(0, len(rows), TOGETHER):  # one kind of work at a time: its code stays in the processor's caches
        variants = [_variant(case, *row, paths, seed) for row in rows[at : at + TOGETHER]]
        done += [one for one in variants if isinstance(one, RowDone)]
        simulated = [(one, _simulated(check, one, workers, room)) for one in variants if isinstance(one, Variant)]
        done += [_row(one, sums) for one, sums in simulated]
    return (time.perf_counter() - started) / len(rows), done


def _variant(
    case: Case, number: int, overrides: Mapping[str, Any], paths: int | None, seed: int | None
) -> Variant | RowDone:
    """The case of a row, or the row without figures."""
    try:
        variant = case.replace(overrides, blame="grid") if overrides else case
        most = check_whole("paths", variant.simulation.paths if paths is None else paths, 1, MOST_PATHS)
        return Variant(number, variant, lower(variant), most, seed_of(variant, seed))
    except CaseError as error:
        return _failed(number, "; ".join(problem.removeprefix("grid: ") for problem in error.problems))
    except Exception as error:
        return _error(number, error)


def _simulated(check: Callable[..., None], variant: Variant, workers: int, room: Room) -> Sums | Exception:
    """The sums of a row, or what went wrong."""
    check()
    try:
        return summed(check, variant, workers, room)
    except InterruptedError:
        raise
    except Exception as error:  # one row must not end a sweep
        return error


def _row(variant: Variant, sums: Sums | Exception) -> RowDone:
    if isinstance(sums, Exception):
        return _error(variant.number, sums)
    return RowDone(variant.number, [variant.paths, variant.seed, *figures(variant, sums), ""])


def _error(number: int, error: Exception) -> RowDone:
    text = f"{type(error).__name__}: {one_line(str(error), 200)}"
    of_the_machine = isinstance(error, MemoryError | OSError)  # another one, or another day, may do it
    return RowDone(number, None, text) if of_the_machine else _failed(number, text)


def _failed(number: int, why: str) -> RowDone:
    return RowDone(number, [*[None] * (2 + len(FIGURES)), one_line(why, 1000)])


class Room:
    """The arrays of a thread: those of one row serve the next, if it has the same structure and size."""

    def __init__(self) -> None:
        self.lane = Lane()
        self.values = np.zeros((2, 0))
        self.sums, self.out = np.zeros((len(MEASURES), 3)), np.zeros(len(PROBABILITIES), np.int64)

    def sums_of(
        self, check: Callable[..., None], variant: Variant, span: tuple[int, int], workers: int
    ) -> tuple[list[list[float]], list[int]]:
        """Simulate the paths from the first of `span` on, so many, and add them up."""
        from sim.kernels.measures import sum_measures

        output, by_line = self._columns(check, variant, span, workers)
        if self.values.shape[1] != span[1]:
            self.values = np.empty((2, span[1]))
        sum_measures(output, by_line, terms_of(variant.case), self.values, self.sums, self.out)
        return self.sums.tolist(), self.out.tolist()

    def _columns(
        self, check: Callable[..., None], variant: Variant, span: tuple[int, int], workers: int
    ) -> tuple[Output, np.ndarray]:
        first, paths = span
        if workers > 1:
            run = Run(variant.case, paths, Drawn(variant.seed), first, fan=0)
            run.finish(workers, check)
            assert run.out is not None
            assert run.by_line is not None
            return run.out, run.by_line
        self.lane.run(variant.plan, paths, Drawn(variant.seed), first, check)
        return self.lane.output, self.lane.by_line


def summed(check: Callable[..., None], variant: Variant, workers: int, room: Room) -> Sums:
    """Simulate a row; the sums of more paths than `KEPT` are put together. They do not depend on the workers."""
    paths = variant.paths
    if paths <= KEPT:
        return Sums(*room.sums_of(check, variant, (0, paths), workers))
    means, out = [Mean(None) for _ in MEASURES], [0 for _ in PROBABILITIES]
    for first in range(0, paths, KEPT):
        sums, more = room.sums_of(check, variant, (first, min(KEPT, paths - first)), workers)
        for mean, (n, of_them, squares) in zip(means, sums, strict=True):
            mean.add_sums(int(n), of_them, squares)
        out = [so_far + count for so_far, count in zip(out, more, strict=True)]
    return Sums([[mean.units, mean.mean, mean.squares] for mean in means], out)


def figures(variant: Variant, sums: Sums) -> list[float | None]:
    """`FIGURES`; None where no path has a value, or where the case does not reach that far."""
    whole, found = variant.paths <= KEPT, list[float]()
    for n, mean, squares in sums.measures:
        found += (mean if n else math.nan, _error_of_mean(n, squares, whole))
    for count, by in zip(sums.out, ends_of(variant.case), strict=True):
        chance = proportion(count, variant.paths)
        found += [math.nan] * len(OF_PROBABILITY) if by < 0 else [chance.value, chance.se, *chance.ci95]
    found.append(variant.paths - sums.out[0])  # paths whose runway is only a lower bound
    return [None if number != number else float(number) for number in found]


def _error_of_mean(n: float, squares: float, whole: bool) -> float:
    """Standard error, NaN of fewer than two values; that of a whole run as its summary has it."""
    if n < 2:
        return math.nan
    return math.sqrt(squares / (n - 1.0)) / math.sqrt(n) if whole else math.sqrt(squares / (n - 1.0) / n)


def terms_of(case: Case) -> Any:
    """What the sums of the measures need to know of a case."""
    from sim.kernels.measures import Terms

    return Terms(
        outstanding=float(case.company.shares_outstanding),
        horizon_days=float(days_at_close(case, case.horizon)),
        days_per_month=DAYS_PER_MONTH,
        legal_cost=float(case.facilities[0].legal_cost_per_draw),
        costs_row=LINE_OUTPUTS.index("costs"),
        rows_a_line=len(LINE_OUTPUTS),
        ends=ends_of(case),
    )


def ends_of(case: Case) -> tuple[float, float]:
    """Days by which a path is out of cash in each of `PROBABILITIES`: on any, or in twelve months; -1 where the case
    does not reach that far."""
    year = twelve_months(case)
    return sys.float_info.max, -1.0 if year is None else float(year)
