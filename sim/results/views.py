"""Views of a result: quantiles of cash over time, and arrays by fiscal quarter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.calendar import month_end
from sim.lowering.line_records import LINE_OUTPUTS
from sim.results.estimates import QUANTILE_PERCENTS, quantile_rank
from sim.results.value import Value
from sim.terms import Case
from sim.text.numbers import with_decimals
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fan(Value, Readable):
    """Quantiles of cash ($) over `paths` paths at the opening and at each month's end, with shortfalls bridged."""

    dates: tuple[date, ...]
    p05: np.ndarray
    p25: np.ndarray
    p50: np.ndarray
    p75: np.ndarray
    p95: np.ndarray
    paths: int

    def _blocks(self) -> Blocks:
        bands = (self.p05, self.p25, self.p50, self.p75, self.p95)
        rows = [(f"{day}", *(with_decimals(band[i] / 1e6, 2) for band in bands)) for i, day in enumerate(self.dates)]
        heading = f"Cash at month ends, $M: quantiles of {self.paths:,} paths, shortfalls bridged"
        return [Table(heading, ("", "5%", "25%", "median", "75%", "95%"), rows)]

    def _in_brief(self) -> str:
        return f"cash of {self.paths:,} paths on {len(self.dates)} dates"


def fan_of(case: Case, cash: np.ndarray) -> Fan:
    """From the cash ($) at the month ends (months, paths)."""
    months, paths = cash.shape
    first = case.valuation_date
    dates = (first, *(month_end(first, month) for month in range(months)))
    opening = np.full((1, paths), float(case.company.cash))
    ordered = np.sort(np.vstack([opening, cash]), axis=1)
    ranks = [quantile_rank(paths, percent) - 1 for percent in QUANTILE_PERCENTS]
    p05, p25, p50, p75, p95 = (ordered[:, r] if paths else np.full(months + 1, np.nan) for r in ranks)
    return Fan(dates, p05, p25, p50, p75, p95, paths)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByPeriod(Value, Mapping[str, np.ndarray]):
    """Arrays (paths, periods): "raised" ($ in the period) and "cash_out" (whether cash has run out by its end)."""

    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return lookup(self.arrays, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __repr__(self) -> str:
        paths, periods = self.arrays["raised"].shape
        return f"<ByPeriod: {', '.join(self.arrays)} of {paths:,} paths in {periods} periods>"


def lookup(arrays: Mapping[str, np.ndarray], name: str, allowed: tuple[str, ...] = ()) -> np.ndarray:
    """The array of a name, or KeyError with the names allowed."""
    if name not in arrays:
        raise KeyError(f"{name!r}: one of {', '.join(allowed or arrays)}")
    return arrays[name]


def arrays_by_line(
    case: Case, columns: Mapping[str, np.ndarray], rows: np.ndarray | None, costs: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """`Result.by_line`. `rows`: what each line has of each path, None for a case with one line and `columns` alone."""
    lines = case.facilities
    if rows is None:
        return {lines[0].label: {name: costs if name == "costs" else columns[name] for name in LINE_OUTPUTS}}
    of_lines = rows.reshape(len(lines), len(LINE_OUTPUTS), -1)
    return {line.label: dict(zip(LINE_OUTPUTS, own, strict=True)) for line, own in zip(lines, of_lines, strict=True)}
