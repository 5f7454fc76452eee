"""`Result`: the paths of a run as arrays, estimates with their errors; saving, loading and merging results."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, TypedDict, Unpack

import numpy as np

from sim.lowering.line_records import LINE_OUTPUTS
from sim.results import statistics_of
from sim.results.cash_outs import counts_by, out_by
from sim.results.columns import NAMES, Columns
from sim.results.distribution import Distribution
from sim.results.estimates import Estimate
from sim.results.figures import LineTallies, Period, Run, Tallies, arrays_of_lines, causes_of
from sim.results.files import ResultError, hash_of_arrays, write_arrays, write_text_atomically
from sim.results.further import gap_ends
from sim.results.measures import MEASURES
from sim.results.sketch import FURTHER_PREFIX, Sketch
from sim.results.summary import (
    FURTHER,
    Summary,
    checked,
    checked_lines,
    checked_rows,
    days_at_close,
    fiscal_periods,
    frozen,
    jsonable,
)  # fmt: skip
from sim.results.summary import manifest as manifest_of
from sim.results.value import Frozen
from sim.results.views import ByLine, ByPeriod, Fan, PathsNotKept, arrays_by_line, fan_of, lookup
from sim.terms import Case
from sim.terms.options import day_of
from sim.text.frozen import FrozenDict, same, sealed

__all__ = [
    "Fan", "PathsNotKept", "Period", "Result", "ResultError", "Summary", "Tallies", "fiscal_periods",
    "write_text_atomically",
]  # fmt: skip

FORMAT = 1

#: Columns of a result, one value a path, with their types in memory and on disk. Money in dollars.
COLUMNS = {
    "raised": np.float64,
    "shares_issued": np.float64,
    "discount_cost": np.float64,
    "funding_gap": np.float64,
    "ending_cash": np.float64,
    "draws": np.int32,
    "cash_out_days": np.float64,  # infinite: never
    "cause": np.int8,  # 0 none, then those of `sim.lowering.program.CAUSES` from 1
}


class How(TypedDict, total=False):
    """How a run was made. `written` is the manifest of a saved run; a new run makes its own."""

    antithetic: bool
    first_path: int
    elapsed_s: float
    workers: int
    written: dict[str, Any] | None
    line_tallies: LineTallies | None


class Result(Frozen, Mapping[str, np.ndarray]):
    """The paths of a run. `result["raised"]` is an array with one value a path, in the order of the paths.

    A result is a mapping from the names of its arrays, empty where no paths were kept; it is true in any case.

    Results compare equal if case, seed, sampling options and all arrays are equal; run time and the number of workers
    are ignored.

    Parameters
    ----------
    case, paths, seed, sampler
        As in `sim.simulate`.
    tallies : Tallies
        Sums over the paths.
    columns : mapping of str to array, optional
        One array (paths,) for each of `COLUMNS`, and rows (number, paths): "raised_by_period", $; "gap_by_month", $,
        the funding gap up to the months of `sim.lowering.schedule.gap_months`; and "other_shares", one row of the
        shares that others than the investors of the lines got before the cash-out, or none. Files of versions up to
        0.4.0 lack the last two.
    sketch : Sketch, optional
        The quantile sketch of a run with keep_paths=False, instead of `columns`.
    **how
        `How`.

    Examples
    --------
    >>> import sim
    >>> result = sim.simulate(sim.load_case("valence-2002"), paths=1000, seed=7)
    >>> result["raised"].shape
    (1000,)
    >>> result.probability_of_cash_out(by="2003-03-31")
    0.950 +- 0.007
    """

    def __init__(
        self,
        case: Case,
        paths: int,
        seed: int,
        sampler: str,
        tallies: Tallies,
        columns: Mapping[str, np.ndarray] | None = None,
        sketch: Sketch | None = None,
        **how: Unpack[How],
    ) -> None:
        if (columns is None) == (sketch is None):
            raise ValueError("a result must have either the columns of its paths or their sketch")
        paths, seed = int(paths), int(seed)
        antithetic, first_path = bool(how.get("antithetic", False)), int(how.get("first_path", 0))
        made = how.get("written") or jsonable(manifest_of(case, paths, seed, sampler, antithetic, first_path))
        elapsed_s, workers = float(how.get("elapsed_s", 0.0)), int(how.get("workers", 1))
        run = Run(case, paths, seed, sampler, antithetic, first_path, elapsed_s, workers, sealed(made))
        periods = fiscal_periods(case)
        if sketch is not None:
            sketch.lock()
            found, expected = f"{sketch.paths} paths in groups {sketch.groups}", f"{paths} and {run.groups}"
            if (sketch.paths, sketch.groups) != (paths, run.groups):
                raise ValueError(f"sketch of {found}; must be {expected}")
        of_paths: dict[str, np.ndarray] = {}
        rows: dict[str, np.ndarray] = {}
        by_line = None
        line_tallies = how.get("line_tallies")
        if line_tallies is not None:
            line_tallies = checked_lines(line_tallies, len(periods), case, len(tallies.reasons))
        if columns is not None:
            of_paths = {name: frozen(columns, name, (paths,), kind) for name, kind in COLUMNS.items()}
            rows = checked_rows(case, columns, len(periods), paths)
            if line_tallies is not None:
                lines = len(case.facilities) * len(LINE_OUTPUTS)
                by_line = frozen(columns, "by_line", (lines, paths), np.float64)
        vars(self).update(
            run=run, periods=periods, sketch=sketch, columns=FrozenDict(of_paths), _by_line=by_line,
            tallies=checked(tallies, len(periods)), line_tallies=line_tallies, _rows=FrozenDict(rows),
        )  # fmt: skip

    run: Run
    periods: tuple[Period, ...]
    sketch: Sketch | None
    columns: Mapping[str, np.ndarray]
    tallies: Tallies
    line_tallies: LineTallies | None
    _rows: Mapping[str, np.ndarray]
    _by_line: np.ndarray | None

    case = property(lambda self: self.run.case, doc="The case that was run.")
    paths = property(lambda self: self.run.paths, doc="Number of paths.")
    seed = property(lambda self: self.run.seed, doc="The seed.")
    sampler = property(lambda self: self.run.sampler, doc='"philox" or "sobol".')
    manifest = property(lambda self: self.run.manifest, doc="Everything needed to repeat the run.")

    @property
    def sha256(self) -> str:
        """SHA-256 of the arrays of all paths, or of the quantile sketch of a run that keeps no paths.

        Of the arrays that every version has, so that it stays what it was.
        """
        later = (*FURTHER, FURTHER_PREFIX)
        return hash_of_arrays({name: each for name, each in self._arrays().items() if not name.startswith(later)})

    def __getitem__(self, name: str) -> np.ndarray:
        """Array (paths,) of a measure or of a column of the ledger. Raises `PathsNotKept`.

        "censored" says whether the cash of a path lasts to the horizon, so that its runway is a lower bound. KeyError
        for another name, and for what a file of an earlier version lacks.
        """
        self._kept()
        return Columns(self.case, self.paths_or_sketch())[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._names()

    def __bool__(self) -> bool:
        return True

    @property
    def has_further(self) -> bool:
        """Whether the result has what versions up to 0.4.0 did not keep."""
        return self.sketch.further is not None if self.sketch is not None else FURTHER[0] in self._rows

    @property
    def by_period(self) -> ByPeriod:
        """Arrays (paths, periods) by fiscal quarter: "raised" and "cash_out"."""
        out = self._kept()["cash_out_days"][:, None] <= self._ends()
        labels = tuple(period.label for period in self.periods)
        return ByPeriod({"raised": self._rows["raised_by_period"].T, "cash_out": out}, labels)

    @property
    def gap_by_month(self) -> dict[int, np.ndarray]:
        """Arrays (paths,): the funding gap, $, up to so many months after the valuation date, and up to the horizon.

        Raises `PathsNotKept`, and KeyError for a file of an earlier version, which lacks the months.
        """
        self._kept()
        spans = gap_ends(self.case)
        rows = iter(lookup(self._rows, "gap_by_month"))
        return FrozenDict(
            (months, self.columns["funding_gap"] if end == self.case.horizon else next(rows))
            for months, end in spans.items()
        )

    @property
    def by_line(self) -> ByLine:
        """Arrays (paths,) by line, "line" if it has no name: "raised" ($), "shares_issued", "draws", "costs" ($)."""
        return arrays_by_line(self.case, self._kept(), self._by_line, self["costs"])

    def summary(self) -> Summary:
        """Distributions of the measures, the cash-out by quarter and cause, and what the line did."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        sketch = self.sketch
        if sketch is not None:
            out, counts, raised = sketch.cash_out_by_period(), sketch.cash_out_counts(), sketch.raised_by_period()
        else:
            days, cause = self.columns["cash_out_days"], self.columns["cause"]
            out = tuple(map(self._out_by, self._ends()))
            counts = counts_by(days, cause, self._ends(), len(causes_of(self.case)))
            raised = tuple(self._distribution(row).estimate for row in self._rows["raised_by_period"])
        found = {}
        for name, measure in MEASURES.items():
            with suppress(KeyError):  # of an earlier version, which did not keep it
                found[name] = sketch.distribution(name) if sketch else self._distribution(self[name], measure.bad_tail)
        found["runway_months"] = replace(found["runway_months"], censored=self.paths - int(counts[-1].sum()))
        runway = found["runway_months"].estimate
        more = (
            statistics_of.of_sketch(self.run, sketch, runway)
            if sketch is not None
            else statistics_of.of_columns(self.run, self.periods, {**self.columns, **self._rows}, counts, runway)
        )
        tallies, binned = self.tallies.without_fan(), sketch is not None
        return Summary(
            self.run, self.periods, found, out, counts, raised, tallies, more, binned, self.sha256, self.line_tallies
        )  # fmt: skip

    def probability_of_cash_out(self, by: str | date | None = None) -> Estimate:
        """Probability that cash has run out by the close of a day.

        Parameters
        ----------
        by : str or date, optional
            A day of the simulated span, as an ISO date; the horizon unless given. Where no paths were kept, the end of
            a fiscal quarter.

        Returns
        -------
        Estimate
            With Wilson's 95% interval.

        Raises
        ------
        ValueError
            For any other `by`.
        """
        when = day_of(self.case, "by", by, self.case.horizon)
        if self.sketch is None:
            return self._out_by(days_at_close(self.case, when))
        ends = dict(zip((period.end for period in self.periods), self.summary().cash_out_by_period, strict=True))
        if when not in ends:
            raise ValueError(f"by = {when}: {PathsNotKept()}, or ask for {', '.join(map(str, ends))}")
        return ends[when]

    def fan(self) -> Fan:
        """Quantiles of cash at the opening and at each month's end, over the first paths (at most 4,096)."""
        return fan_of(self.case, self.tallies.fan)

    def save(self, path: str | os.PathLike[str], compress: bool = False) -> None:
        """Write the result to an .npz file atomically.

        Parameters
        ----------
        path : path-like
            The file; an existing one is replaced.
        compress : bool
            Smaller files and slower writes.

        Raises
        ------
        ResultError
            If the file cannot be written.
        """
        header = {
            "format": FORMAT,
            "manifest": self.manifest,
            "source": getattr(self.case, "source", ""),
            "elapsed_s": self.run.elapsed_s,
            "workers": self.run.workers,
            "reasons": list(self.tallies.reasons),
            "groups": self.run.groups,
        }
        arrays = self._arrays()
        text = np.frombuffer(json.dumps(header, allow_nan=False).encode(), dtype=np.uint8)
        write_arrays(path, {"header": text} | arrays, compress)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        return (
            self.case.sha256 == other.case.sha256
            and self.run[1:6] == other.run[1:6]
            and self.tallies.reasons == other.tallies.reasons
            and same(self._arrays(), other._arrays())
        )

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        columns = None if self.sketch else self.paths_or_sketch()
        return _remade, (self.run, self.tallies, columns, self.sketch, self.line_tallies)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    def __repr__(self) -> str:
        return f"<Result of {self.case.title!r}: {self.paths:,} paths, seed {self.seed}, {self.sampler}>"

    def _names(self) -> tuple[str, ...]:
        return NAMES if self.sketch is None else ()

    def _kept(self) -> Mapping[str, np.ndarray]:
        if self.sketch is not None:
            raise PathsNotKept
        return self.columns

    def paths_or_sketch(self) -> dict[str, np.ndarray]:
        """The arrays of all paths, or of the quantile sketch."""
        if self.sketch is not None:
            return self.sketch.to_arrays()
        found = {**self.columns, **self._rows}
        return found if self._by_line is None else found | {"by_line": self._by_line}

    def _arrays(self) -> dict[str, np.ndarray]:
        return self.paths_or_sketch() | self.tallies.arrays | arrays_of_lines(self.line_tallies)

    def _distribution(self, values: np.ndarray, bad_tail: str = "low") -> Distribution:
        return Distribution.from_values(values, bad_tail, self.run.groups)

    def _out_by(self, end: int) -> Estimate:
        return out_by(self.columns["cash_out_days"], end, self.run.groups)

    def _ends(self) -> np.ndarray:
        """Days at which the periods end."""
        return np.array([days_at_close(self.case, period.end) for period in self.periods])


def _remade(
    run: Run,
    tallies: Tallies,
    columns: dict[str, np.ndarray] | None,
    sketch: Sketch | None,
    line_tallies: LineTallies | None,
) -> Result:
    """The result of a copy or of a pickle."""
    return Result(
        run.case, run.paths, run.seed, run.sampler, tallies, columns, sketch, antithetic=run.antithetic,
        first_path=run.first_path, elapsed_s=run.elapsed_s, workers=run.workers, written=run.manifest,
        line_tallies=line_tallies,
    )  # fmt: skip
