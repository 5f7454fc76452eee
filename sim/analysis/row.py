"""The figures of one row of a sweep, and how a worker computes a few rows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.paired import PROBABILITIES, Mean, twelve_months
from sim.engine.chunks import Drawn
from sim.engine.shards import stopping
from sim.engine.simulate import Rooms
from sim.lowering.lower import Plan, lower
from sim.results.distribution import mean_and_error
from sim.results.estimates import proportion
from sim.results.measures import MEASURES
from sim.terms import Case, CaseError
from sim.terms.options import seed_of
from sim.terms.problems import check_whole, one_line

#: Paths of a row that are in memory at once; the sums of more are put together.
KEPT = 2**20
MOST_PATHS = 10**9
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


def measured_rows(
    over: Callable[[], bool],
    case: Case,
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    paths: int | None,
    seed: int | None,
    workers: int,
) -> tuple[float, list[RowDone]]:
    """Simulate a case with the overrides of a few rows; returns the seconds that a row took, and the rows."""
    started, check = time.perf_counter(), stopping(over)
    variants = [_variant(case, number, overrides, paths) for number, overrides in rows]  # one kind of work at a time
    rooms = Rooms()
    done = [one if isinstance(one, RowDone) else _row(check, one, seed, workers, rooms) for one in variants]
    return (time.perf_counter() - started) / len(rows), done


class Variant(NamedTuple):
    """A case of a row, as it will be run."""

    number: int
    case: Case
    plan: Plan
    paths: int


def _variant(case: Case, number: int, overrides: Mapping[str, Any], paths: int | None) -> Variant | RowDone:
    """The case of a row, or the row without figures."""
    try:
        variant = case.replace(overrides, blame="grid") if overrides else case
        most = check_whole("paths", variant.simulation.paths if paths is None else paths, 1, MOST_PATHS)
        return Variant(number, variant, lower(variant), most)
    except CaseError as error:
        return _failed(number, "; ".join(problem.removeprefix("grid: ") for problem in error.problems))
    except Exception as error:
        return _error(number, error)


def _row(check: Callable[..., None], variant: Variant, seed: int | None, workers: int, rooms: Rooms) -> RowDone:
    check()
    try:
        rooms.plan = variant.plan
        seed = seed_of(variant.case, seed)
        return RowDone(variant.number, figures(check, variant.case, variant.paths, seed, workers, rooms))
    except InterruptedError:
        raise
    except Exception as error:  # one row must not end a sweep
        return _error(variant.number, error)


def _error(number: int, error: Exception) -> RowDone:
    text = f"{type(error).__name__}: {one_line(str(error), 200)}"
    of_the_machine = isinstance(error, MemoryError | OSError)  # another one, or another day, may do it
    return RowDone(number, None, text) if of_the_machine else _failed(number, text)


def _failed(number: int, why: str) -> RowDone:
    return RowDone(number, [*[None] * (2 + len(FIGURES)), one_line(why, 1000)])


def figures(
    check: Callable[..., None], case: Case, paths: int, seed: int, workers: int, rooms: Rooms | None = None
) -> list[Any]:
    """Paths, seed, `FIGURES` and no error. The bits do not depend on the workers. `rooms`: of a loop over rows."""
    rooms = rooms or Rooms()
    shards = (
        rooms.columns(case, min(KEPT, paths - first), Drawn(seed), first, workers if workers > 1 else 0, check)
        for first in range(0, paths, KEPT)
    )
    if paths <= KEPT:
        columns = next(shards)
        pairs = [mean_and_error(columns[name]) for name in MEASURES]
        out = [_out(columns, days) for days in _by(case)]
    else:
        means, out = [Mean(None) for _ in MEASURES], [0 for _ in _by(case)]
        for columns in shards:
            for mean, name in zip(means, MEASURES, strict=True):
                mean.add_present(columns[name])
            out = [count + _out(columns, days) for count, days in zip(out, _by(case), strict=True)]
        pairs = [(mean.mean, mean.error().se) for mean in means]
    found = [number for pair in pairs for number in pair]
    for count, days in zip(out, _by(case), strict=True):
        chance = proportion(count, paths)
        found += [math.nan] * len(OF_PROBABILITY) if days is None else [chance.value, chance.se, *chance.ci95]
    found.append(paths - out[0])  # paths whose runway is only a lower bound
    return [paths, seed, *(None if math.isnan(number) else float(number) for number in found), ""]


def _by(case: Case) -> tuple[float, int | None]:
    """Days by which a path is out of cash in each of `PROBABILITIES`; None where the case does not reach that far."""
    return math.inf, twelve_months(case)


def _out(columns: Mapping[str, np.ndarray], days: float | None) -> int:
    """Number of paths that are out of cash by a day."""
    out = columns["cash_out_days"]
    return int(np.count_nonzero(np.isfinite(out) if days is None or math.isinf(days) else out <= days))
