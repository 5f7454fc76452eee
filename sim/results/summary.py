"""Summary statistics of a run: as JSON (`to_dict`), as a data frame (`to_pandas`), as text and as HTML.

A `Summary` holds distributions, counts and sums but no paths, so that a run that keeps no paths has the same one.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.lowering.schedule import gap_months, issues_to_others
from sim.results import summary_text
from sim.results.estimates import QUANTILE_PERCENTS
from sim.results.figures import TALLIED_BY_LINE, Figures, LineFigures, LineTallies, Tallies
from sim.results.periods import Period as Period
from sim.results.periods import days_at_close as days_at_close
from sim.results.periods import fiscal_periods as fiscal_periods
from sim.results.provenance import Span, calendar_of, versions
from sim.results.value import locked
from sim.text.frozen import opened
from sim.text.readable import Blocks, Readable

if TYPE_CHECKING:
    import pandas

    from sim.terms import Case

#: Rows of a result (number, paths), by name. Results of versions up to 0.4.0 lack the last two.
ROWS = ("raised_by_period", "gap_by_month", "other_shares")
FURTHER = ROWS[1:]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Summary(Figures, Readable):
    """The figures of a run, as JSON, as a data frame and as text."""

    def to_dict(self) -> dict[str, Any]:
        """The document of `fundrisk run --json`. Absent and unbounded numbers are None."""
        run, waterfall = self.run, self.waterfall
        chances = self.cash_out_by_period
        document = {
            "case": run.case.title,
            "paths": run.paths,
            "seed": run.seed,
            "sampler": run.sampler,
            "version": run.manifest["versions"]["fundrisk"],
            "elapsed_s": run.elapsed_s,
            "measures": {name: distribution.to_dict() for name, distribution in self.distributions.items()},
            "cash_out": {
                "within_horizon": {
                    "probability": self.cash_out.value,
                    "se": self.cash_out.se,
                    "ci95": self.cash_out.ci95,
                },
                "by_period": [
                    {"period": period.label, "end": period.end, "probability": chance.value, "ci95": chance.ci95}
                    for period, chance in zip(self.periods, chances, strict=True)
                ],
                "causes": {cause: shares[-1] for cause, shares in self.causes_by_period.items()},
            },
            "line": None
            if len(run.case.facilities) > 1
            else {
                "by_period": [
                    {"period": period.label, "raised_mean": raised.value, "raised_mcse": raised.se, "binding": binding}
                    for period, raised, binding in zip(
                        self.periods, self.raised_by_period, self.binding_by_period, strict=True
                    )
                ],
                "waterfall": {
                    "commitment": waterfall.commitment,
                    "raised": waterfall.raised,
                    "cut_by_third_parties": waterfall.cut,
                    "unraised": waterfall.unraised,
                },
            },
            "lines": [self._line_document(line) for line in self.lines],
            **self.statistics.to_dict(self.periods, self.survival_by_period),
            "absent": list(self.absent) or None,
            "manifest": opened(run.manifest) | {"keep_paths": not self.binned, "results_sha256": self.sha256},
        }
        return jsonable({key: value for key, value in document.items() if value is not None})

    def _line_document(self, line: LineFigures) -> dict[str, Any]:
        waterfall = line.waterfall
        by_period = zip(self.periods, line.raised_by_period, line.binding_by_period, strict=True)
        return {
            "name": line.name,
            "raised": line.raised,
            "shares_issued": line.shares_issued,
            "by_period": [
                {"period": period.label, "raised_mean": raised, "binding": binding}
                for period, raised, binding in by_period
            ],
            "waterfall": None
            if waterfall is None
            else {
                "commitment": waterfall.commitment,
                "raised": waterfall.raised,
                "cut_by_third_parties": waterfall.cut,
                "unraised": waterfall.unraised,
            },
        }

    def to_pandas(self) -> pandas.DataFrame:
        """The measures as rows, in their own units. Raises ImportError where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas: pip install pandas; to_dict has the same numbers") from None
        rows = {}
        for name, distribution in self.distributions.items():
            row: dict[str, Any] = {}
            for key, value in distribution.to_dict().items():
                row |= {f"{key}_low": value[0], f"{key}_high": value[1]} if isinstance(value, list) else {key: value}
            rows[name] = {"censored": False, "censored_count": 0} | row
            rows[name] |= {
                f"p{percent:02d}_censored": distribution.is_censored(percent) for percent in QUANTILE_PERCENTS
            }
        return pandas.DataFrame.from_dict(rows, orient="index").rename_axis("measure")

    def _blocks(self) -> Blocks:
        return summary_text.blocks(self)

    def _in_brief(self) -> str:
        return f"{self.run.case.title}, {self.run.paths:,} paths, probability of cash-out {self.cash_out}"


def frozen(columns: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """A read-only view of a column after a check of its shape; a type that converts without loss is converted."""
    if name not in columns:
        raise ValueError(f"columns: {name} is missing")
    array = np.asarray(columns[name])
    if array.shape != shape:
        raise ValueError(f"columns: {name} has shape {array.shape}; must be {shape}")
    if array.dtype != kind and not np.can_cast(array.dtype, kind, "same_kind"):
        raise ValueError(f"columns: {name} has type {array.dtype}; must be {np.dtype(kind)}")
    read_only: np.ndarray = locked(array.astype(kind, copy=False))
    return read_only


def checked_rows(case: Case, columns: Mapping[str, np.ndarray], periods: int, paths: int) -> dict[str, np.ndarray]:
    """Those of `ROWS` that are given, after a check; the others are of an earlier version."""
    numbers = (periods, len(gap_months(case)), int(issues_to_others(case)))
    return {
        name: frozen(columns, name, (number, paths), np.float64)
        for name, number in zip(ROWS, numbers, strict=True)
        if name not in FURTHER or name in columns
    }


def checked(tallies: Tallies, periods: int) -> Tallies:
    """The tallies after a check of the shapes and types of their arrays."""
    reasons = len(tallies.reasons)
    if not all(isinstance(reason, str) for reason in tallies.reasons):
        raise ValueError("tallies: reasons must be strings")
    arrays = {name: np.asarray(array) for name, array in tallies.arrays.items()}
    chunks = arrays["cut_by_chunk"].size
    expected = {"binding": (periods, reasons), "purchase_dates": (periods,), "cut_by_chunk": (chunks,)}
    expected["unraised_by_chunk"] = (chunks, reasons)
    expected["fan"] = arrays["fan"].shape if arrays["fan"].ndim == 2 else (-1, -1)
    ready = (
        frozen(arrays, name, expected[name], np.int64 if name in ("binding", "purchase_dates") else np.float64)
        for name in arrays
    )
    return Tallies(tuple(tallies.reasons), *ready)


def checked_lines(tallies: LineTallies, periods: int, case: Case, reasons: int) -> LineTallies:
    """The tallies of lines after a check of the shapes and types of their arrays."""
    arrays = {name: getattr(tallies, name) for name in TALLIED_BY_LINE}
    lines = len(case.facilities)
    chunks = np.asarray(tallies.cut_by_chunk).shape[0]
    expected = {
        "binding": (lines, periods, reasons),
        "purchase_dates": (lines, periods),
        "cut_by_chunk": (chunks, lines),
        "unraised_by_chunk": (chunks, lines, reasons),
        "raised_by_chunk": (chunks, lines, periods),
        "shares_by_chunk": (chunks, lines),
    }
    counts = ("binding", "purchase_dates")
    return LineTallies(
        *(frozen(arrays, name, expected[name], np.int64 if name in counts else np.float64) for name in arrays)
    )


def jsonable(value: Any) -> Any:
    """`value` in the types of JSON: dates as ISO strings, tuples as lists, NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, date) else value


def manifest(
    case: Case, paths: int, seed: int, sampler: str, antithetic: bool = False, first_path: int = 0
) -> dict[str, Any]:
    """Everything needed to repeat a run: versions, platform, seed, paths, sampler, the case and its sessions."""
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "seed": seed,
        "paths": paths,
        "sampler": sampler,
        "antithetic": antithetic,
        "first_path": first_path,
        "case": case.to_dict(),
        "case_sha256": case.sha256,
        "calendar": calendar_of(*span_of(case)),
    }


def span_of(case: Case) -> Span:
    """The first and the last simulated day, and the dates of each kind of purchase: what `calendar_of` takes."""
    return case.valuation_date, case.horizon, *(dates for *_, dates in case.purchases)
