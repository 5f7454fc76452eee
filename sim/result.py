"""A run's paths: arrays with names, estimates with their errors, saving and loading."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

import numpy as np

from sim import measures
from sim.archive import ResultError, read_arrays, shown, write_arrays, write_text_atomically
from sim.measures import MEASURES, Distribution, Estimate, proportion
from sim.summary import CAUSES, Period, Run, Summary, Tallies, jsonable, manifest
from sim.terms.calendar import fiscal_quarter, month_end

if TYPE_CHECKING:
    from sim.digest import Digest
    from sim.terms import Case

__all__ = [
    "Fan", "Period", "Result", "ResultError", "Summary", "Tallies", "fiscal_periods", "load_result",
    "write_text_atomically",
]  # fmt: skip

FORMAT = 1

#: What the ledger of one path leaves behind, and its type in memory and on disk. Money in dollars.
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


class Fan(NamedTuple):
    """Quantiles of cash ($) over `paths` paths at the opening and at each month's end, shortfalls bridged."""

    dates: tuple[date, ...]
    p05: np.ndarray
    p25: np.ndarray
    p50: np.ndarray
    p75: np.ndarray
    p95: np.ndarray
    paths: int


@dataclass(frozen=True, slots=True, eq=False)
class ByPeriod(Mapping[str, np.ndarray]):
    """Arrays (paths, periods): "raised" ($ in the period) and "cash_out" (whether cash has run out by its end)."""

    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return _lookup(self.arrays, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


class How(TypedDict, total=False):
    """How a run was made. `written` is the manifest of a run that was saved; a new run writes its own."""

    antithetic: bool
    first_path: int
    elapsed_s: float
    workers: int
    written: dict[str, Any] | None


class Result:
    """Every path of a run. `result["raised"]` is an array with one value a path, in the order of the paths.

    `columns` holds one array (paths,) for each of `COLUMNS`, and "raised_by_period" (periods, paths). A run that kept
    no paths gives its `digest` instead. Two results are equal when they say the same about the same case, however long
    they took and however many workers computed them.
    """

    def __init__(
        self,
        case: Case,
        paths: int,
        seed: int,
        sampler: str,
        tallies: Tallies,
        columns: Mapping[str, np.ndarray] | None = None,
        digest: Digest | None = None,
        **how: Unpack[How],
    ) -> None:
        if (columns is None) == (digest is None):
            raise ValueError("a result needs either the columns of its paths or their digest")
        paths, seed = int(paths), int(seed)
        antithetic, first_path = bool(how.get("antithetic", False)), int(how.get("first_path", 0))
        made = how.get("written") or jsonable(manifest(case, paths, seed, sampler, antithetic, first_path))
        elapsed_s, workers = float(how.get("elapsed_s", 0.0)), int(how.get("workers", 1))
        self.run = Run(case, paths, seed, sampler, antithetic, first_path, elapsed_s, workers, made)
        self.periods = fiscal_periods(case)
        self.digest = digest
        self.columns: dict[str, np.ndarray] = {}
        if columns is not None:
            self.columns = {name: _frozen(columns, name, (paths,), kind) for name, kind in COLUMNS.items()}
            shape = (len(self.periods), paths)
            self._raised_by_period = _frozen(columns, "raised_by_period", shape, np.float64)
        self.tallies = _checked(tallies, len(self.periods))
        self._summary: Summary | None = None

    case = property(lambda self: self.run.case, doc="The case that was run.")
    paths = property(lambda self: self.run.paths, doc="Number of paths.")
    seed = property(lambda self: self.run.seed, doc="The seed.")
    sampler = property(lambda self: self.run.sampler, doc='"philox" or "sobol".')
    manifest = property(lambda self: self.run.manifest, doc="What it takes to repeat the run.")

    def __getitem__(self, name: str) -> np.ndarray:
        """One value a path, of a measure (section 7 of the contract) or of a column of the ledger."""
        columns, case = self.columns, self.case
        if name == "dilution":
            return measures.dilution(columns["shares_issued"], case.company.shares_outstanding)
        if name == "effective_price":
            return measures.effective_price(columns["raised"], columns["shares_issued"])
        if name == "effective_discount":
            return measures.effective_discount(columns["discount_cost"], columns["raised"])
        if name == "runway_months":
            return measures.runway_months(columns["cash_out_days"], _days(case, case.horizon))
        return _lookup(columns, name, (*MEASURES, "cash_out_days", "cause"))

    @property
    def by_period(self) -> ByPeriod:
        """Arrays (paths, periods) by fiscal quarter: "raised" and "cash_out"."""
        ends = np.array([_days(self.case, period.end) for period in self.periods])
        out = self.columns["cash_out_days"][:, None] <= ends
        return ByPeriod({"raised": self._raised_by_period.T, "cash_out": out})

    def summary(self) -> Summary:
        """Distributions of the measures, the cash-out by quarter and cause, and what the line did."""
        if self._summary is None:
            distributions = {
                name: Distribution.from_values(self[name], measure.bad_tail) for name, measure in MEASURES.items()
            }
            raised = tuple(Distribution.from_values(amounts).estimate for amounts in self._raised_by_period)
            self._summary = Summary(
                self.run, self.periods, distributions, self._cash_out_counts(), raised, self.tallies
            )
        return self._summary

    def probability_of_cash_out(self, by: str | date | None = None) -> Estimate:
        """Probability that cash has run out by the close of a day (ISO date; default the horizon). Prints with error.

        Raises ValueError for what is no date of the simulated span.
        """
        first, last = self.case.valuation_date, self.case.horizon
        try:
            when = last if by is None else by if isinstance(by, date) else date.fromisoformat(by)
            inside = first <= when <= last
        except (TypeError, ValueError):
            inside = False
        if not inside:
            raise ValueError(f"by = {by!r}: a date from {first} to {last}")
        return proportion(int((self.columns["cash_out_days"] <= _days(self.case, when)).sum()), self.paths)

    def fan(self) -> Fan:
        """How cash spreads over the months."""
        cash = self.tallies.fan
        months, paths = cash.shape
        first = self.case.valuation_date
        dates = (first, *(month_end(first, month) for month in range(months)))
        opening = np.full((1, paths), float(self.case.company.cash))
        ordered = np.sort(np.vstack([opening, cash]), axis=1)
        ranks = [measures.quantile_rank(paths, percent) - 1 for percent in measures.QUANTILE_PERCENTS]
        p05, p25, p50, p75, p95 = (ordered[:, r] if paths else np.full(months + 1, np.nan) for r in ranks)
        return Fan(dates, p05, p25, p50, p75, p95, paths)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes an .npz without pickles, whole or not at all. Raises ResultError."""
        header = {
            "format": FORMAT,
            "manifest": self.manifest,
            "source": getattr(self.case, "source", ""),
            "elapsed_s": self.run.elapsed_s,
            "workers": self.run.workers,
            "reasons": list(self.tallies.reasons),
        }
        arrays = dict(self.columns) | {"raised_by_period": self._raised_by_period}
        arrays |= {name: getattr(self.tallies, name) for name in Tallies._fields[1:]}
        text = np.frombuffer(json.dumps(header, allow_nan=False).encode(), dtype=np.uint8)
        write_arrays(path, {"header": text} | arrays)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        same_run = (
            self.case.sha256 == other.case.sha256
            and self.run[1:6] == other.run[1:6]
            and self.tallies.reasons == other.tallies.reasons
        )
        return same_run and all(
            np.array_equal(mine, theirs, equal_nan=True)
            for mine, theirs in zip(self._arrays(), other._arrays(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Result of {self.case.title!r}: {self.paths:,} paths, seed {self.seed}, {self.sampler}>"

    def _arrays(self) -> list[np.ndarray]:
        return [*self.columns.values(), self._raised_by_period, *self.tallies[1:]]

    def _cash_out_counts(self) -> np.ndarray:
        """int64 (periods, causes): paths out of cash by the end of each period."""
        days, cause = self.columns["cash_out_days"], self.columns["cause"]
        by_cause = [np.sort(days[cause == code]) for code in range(1, len(CAUSES) + 1)]
        ends = [_days(self.case, period.end) for period in self.periods]
        return np.array([[np.searchsorted(times, end, side="right") for times in by_cause] for end in ends], np.int64)


def load_result(path: str | os.PathLike[str]) -> Result:
    """The result that was saved. Raises ResultError (one line) for a file that is missing, damaged or something else.

    Nothing in the file is ever executed: no pickles are read.
    """
    from sim.terms import Case, CaseError

    arrays = read_arrays(path)
    try:
        header = json.loads(arrays["header"].tobytes())
        if header["format"] != FORMAT:
            raise ResultError(f"{shown(path)}: saved in format {header['format']}; this version reads format {FORMAT}")
        made = header["manifest"]
        tallies = Tallies(tuple(header["reasons"]), *(arrays[name] for name in Tallies._fields[1:]))
        case = Case.from_dict(made["case"], source=header["source"])
        return Result(
            case, made["paths"], made["seed"], made["sampler"], tallies, arrays,
            antithetic=made["antithetic"], first_path=made["first_path"],
            elapsed_s=header["elapsed_s"], workers=header["workers"], written=made,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, CaseError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ResultError(f"{shown(path)}: not a result that this version can read: {reason}") from None


def fiscal_periods(case: Case) -> tuple[Period, ...]:
    """The fiscal quarters that overlap the simulated span, the first and the last cut to it."""
    quarter = fiscal_quarter(case.valuation_date, case.company.fiscal_year_end_month)
    periods = []
    while quarter.start <= case.horizon:
        start, end = max(quarter.start, case.valuation_date), min(quarter.end, case.horizon)
        periods.append(Period(quarter.label, start, end))
        quarter = quarter.next()
    return tuple(periods)


def _days(case: Case, when: date) -> int:
    """t(d): days from the opening of the valuation date to the close of a date."""
    return (when - case.valuation_date).days + 1


def _lookup(arrays: Mapping[str, np.ndarray], name: str, allowed: tuple[str, ...] = ()) -> np.ndarray:
    if name not in arrays:
        raise KeyError(f"{name!r}: one of {', '.join(allowed or arrays)}")
    return arrays[name]


def _frozen(columns: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """A read-only view of a column, after a look at its shape; a wrong type that fits without loss is converted."""
    if name not in columns:
        raise ValueError(f"columns: {name} is missing")
    array = np.asarray(columns[name])
    if array.shape != shape:
        raise ValueError(f"columns: {name} has shape {array.shape}; allowed: {shape}")
    if array.dtype != kind and not np.can_cast(array.dtype, kind, "same_kind"):
        raise ValueError(f"columns: {name} has type {array.dtype}; allowed: {np.dtype(kind)}")
    view: np.ndarray = array.astype(kind, copy=False).view()
    view.flags.writeable = False
    return view


def _checked(tallies: Tallies, periods: int) -> Tallies:
    """The tallies with their arrays' shapes and types looked at."""
    reasons = len(tallies.reasons)
    arrays = {name: np.asarray(getattr(tallies, name)) for name in Tallies._fields[1:]}
    chunks = arrays["cut_by_chunk"].size
    expected = {"binding": (periods, reasons), "purchase_dates": (periods,), "cut_by_chunk": (chunks,)}
    expected["unraised_by_chunk"] = (chunks, reasons)
    expected["fan"] = arrays["fan"].shape if arrays["fan"].ndim == 2 else (-1, -1)
    ready = (
        _frozen(arrays, name, expected[name], np.int64 if name in ("binding", "purchase_dates") else np.float64)
        for name in arrays
    )
    return Tallies(tuple(tallies.reasons), *ready)
