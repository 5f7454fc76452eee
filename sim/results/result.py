"""`Result`: the paths of a run as arrays, estimates with their errors; saving, loading and merging results."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypedDict, Unpack

import numpy as np

from sim.calendar import month_end
from sim.lowering.line_records import LINE_OUTPUTS
from sim.results import measures
from sim.results.distribution import Distribution
from sim.results.estimates import QUANTILE_PERCENTS, Estimate, by_group, grouped_proportion, proportion, quantile_rank
from sim.results.figures import CAUSES, LineTallies, Period, Run, Tallies, arrays_of_lines
from sim.results.files import ResultError, hash_of_arrays, write_arrays, write_text_atomically
from sim.results.measures import MEASURES
from sim.results.sketch import Sketch, costs_of
from sim.results.summary import Summary, checked, checked_lines, days_at_close, fiscal_periods, frozen, jsonable
from sim.results.summary import manifest as manifest_of
from sim.results.value import same
from sim.results.views import ByPeriod, Fan, arrays_by_line, lookup
from sim.terms import Case
from sim.terms.options import day_of

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
    "cause": np.int8,  # 0 none, then the codes of CAUSES from 1
}


#: What a result has one array (paths,) of.
NAMES = (*MEASURES, "cash_out_days", "cause", "censored")


class PathsNotKept(KeyError):
    """Raised when per-path data is requested from a run with keep_paths=False."""

    def __str__(self) -> str:
        return "paths were not kept: simulate with keep_paths=True"


class How(TypedDict, total=False):
    """How a run was made. `written` is the manifest of a saved run; a new run makes its own."""

    antithetic: bool
    first_path: int
    elapsed_s: float
    workers: int
    written: dict[str, Any] | None
    line_tallies: LineTallies | None


class Result(Mapping[str, np.ndarray]):
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
        One array (paths,) for each of `COLUMNS`, and "raised_by_period" (periods, paths), $.
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
    0.702 +- 0.014
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
        self.run = Run(case, paths, seed, sampler, antithetic, first_path, elapsed_s, workers, made)
        self.periods = fiscal_periods(case)
        if sketch is not None and (sketch.paths, sketch.groups) != (paths, self.run.groups):
            expected = f"{paths} and {self.run.groups}"
            raise ValueError(f"sketch of {sketch.paths} paths in groups {sketch.groups}; must be {expected}")
        self.sketch = sketch
        self.columns: dict[str, np.ndarray] = {}
        if columns is not None:
            self.columns = {name: frozen(columns, name, (paths,), kind) for name, kind in COLUMNS.items()}
            shape = (len(self.periods), paths)
            self._raised_by_period = frozen(columns, "raised_by_period", shape, np.float64)
        self.tallies = checked(tallies, len(self.periods))
        self.line_tallies = how.get("line_tallies")
        self._by_line: np.ndarray | None = None
        if self.line_tallies is not None:
            self.line_tallies = checked_lines(self.line_tallies, len(self.periods), case, len(tallies.reasons))
            if columns is not None:
                rows = len(case.facilities) * len(LINE_OUTPUTS)
                self._by_line = frozen(columns, "by_line", (rows, paths), np.float64)
        self._summary: Summary | None = None

    case = property(lambda self: self.run.case, doc="The case that was run.")
    paths = property(lambda self: self.run.paths, doc="Number of paths.")
    seed = property(lambda self: self.run.seed, doc="The seed.")
    sampler = property(lambda self: self.run.sampler, doc='"philox" or "sobol".')
    manifest = property(lambda self: self.run.manifest, doc="Everything needed to repeat the run.")

    @property
    def sha256(self) -> str:
        """SHA-256 of the arrays of all paths, or of the quantile sketch of a run that keeps no paths."""
        return hash_of_arrays(self._arrays())

    def __getitem__(self, name: str) -> np.ndarray:
        """Array (paths,) of a measure or of a column of the ledger. Raises `PathsNotKept`, and KeyError.

        "censored" says whether the cash of a path lasts to the horizon, so that its runway is a lower bound.
        """
        columns, case = self._kept(), self.case
        if name == "dilution":
            return measures.dilution(columns["shares_issued"], case.company.shares_outstanding)
        if name == "effective_price":
            return measures.effective_price(columns["raised"], columns["shares_issued"])
        if name == "effective_discount":
            return measures.effective_discount(columns["discount_cost"], columns["raised"])
        if name == "runway_months":
            return measures.runway_months(columns["cash_out_days"], days_at_close(case, case.horizon))
        if name == "censored":
            return np.isinf(columns["cash_out_days"])
        if name == "costs":
            return costs_of(case, columns if self._by_line is None else columns | {"by_line": self._by_line})
        return lookup(columns, name, NAMES)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __bool__(self) -> bool:
        return True

    @property
    def by_period(self) -> ByPeriod:
        """Arrays (paths, periods) by fiscal quarter: "raised" and "cash_out"."""
        out = self._kept()["cash_out_days"][:, None] <= self._ends()
        return ByPeriod({"raised": self._raised_by_period.T, "cash_out": out})

    @property
    def by_line(self) -> dict[str, dict[str, np.ndarray]]:
        """Arrays (paths,) by the line's name: "raised" ($), "shares_issued", "draws", "costs" ($). [line] without a
        name is called "line"."""
        return arrays_by_line(self.case, self._kept(), self._by_line, self["costs"])

    def summary(self) -> Summary:
        """Distributions of the measures, the cash-out by quarter and cause, and what the line did."""
        if self._summary is None:
            sketch = self.sketch
            if sketch is not None:
                out, counts, raised = sketch.cash_out_by_period(), sketch.cash_out_counts(), sketch.raised_by_period()
            else:
                out, counts = tuple(self._out_by(end) for end in self._ends()), self._cash_out_counts()
                raised = tuple(self._distribution(row).estimate for row in self._raised_by_period)
            found = {
                name: sketch.distribution(name) if sketch else self._distribution(self[name], measure.bad_tail)
                for name, measure in MEASURES.items()
            }
            found["runway_months"] = replace(found["runway_months"], censored=self.paths - int(counts[-1].sum()))
            binned = sketch is not None
            tallies = self.tallies.without_fan()
            self._summary = Summary(
                self.run, self.periods, found, out, counts, raised, tallies, binned, self.sha256, self.line_tallies
            )  # fmt: skip
        return self._summary

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
        cash = self.tallies.fan
        months, paths = cash.shape
        first = self.case.valuation_date
        dates = (first, *(month_end(first, month) for month in range(months)))
        opening = np.full((1, paths), float(self.case.company.cash))
        ordered = np.sort(np.vstack([opening, cash]), axis=1)
        ranks = [quantile_rank(paths, percent) - 1 for percent in QUANTILE_PERCENTS]
        p05, p25, p50, p75, p95 = (ordered[:, r] if paths else np.full(months + 1, np.nan) for r in ranks)
        return Fan(dates, p05, p25, p50, p75, p95, paths)

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

    def _kept(self) -> dict[str, np.ndarray]:
        if self.sketch is not None:
            raise PathsNotKept
        return self.columns

    def paths_or_sketch(self) -> dict[str, np.ndarray]:
        """The arrays of all paths, or of the quantile sketch."""
        if self.sketch is not None:
            return self.sketch.to_arrays()
        found = self.columns | {"raised_by_period": self._raised_by_period}
        return found if self._by_line is None else found | {"by_line": self._by_line}

    def _arrays(self) -> dict[str, np.ndarray]:
        return self.paths_or_sketch() | self.tallies.arrays | arrays_of_lines(self.line_tallies)

    def _distribution(self, values: np.ndarray, bad_tail: str = "low") -> Distribution:
        return Distribution.from_values(values, bad_tail, self.run.groups)

    def _ends(self) -> np.ndarray:
        """Days at which the periods end."""
        return np.array([days_at_close(self.case, period.end) for period in self.periods])

    def _out_by(self, end: int) -> Estimate:
        """Probability that cash has run out by day `end`."""
        out = self.columns["cash_out_days"] <= end
        if self.run.groups is None:
            return proportion(int(out.sum()), self.paths)
        sizes = by_group(np.ones(self.paths, np.int64), self.run.groups)
        return grouped_proportion(by_group(out.astype(np.int64), self.run.groups), sizes)

    def _cash_out_counts(self) -> np.ndarray:
        """int64 (periods, causes): paths out of cash by the end of each period."""
        days, cause = self.columns["cash_out_days"], self.columns["cause"]
        by_cause = [np.sort(days[cause == code]) for code in range(1, len(CAUSES) + 1)]
        counts = [[np.searchsorted(times, end, side="right") for times in by_cause] for end in self._ends()]
        return np.array(counts, np.int64)


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
