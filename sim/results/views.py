"""Views of a result: quantiles of cash over time, and arrays by fiscal quarter and by line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np

from sim.calendar import month_end
from sim.lowering.line_records import LINE_OUTPUTS
from sim.results.estimates import QUANTILE_PERCENTS, quantile_rank
from sim.results.value import Parts, Value
from sim.terms import Case
from sim.text.lines import one_line
from sim.text.numbers import rounded, shared_decimals, with_decimals
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

_T = TypeVar("_T")


class PathsNotKept(KeyError):
    """Raised when per-path data is requested from a run with keep_paths=False."""

    def __str__(self) -> str:
        return "paths were not kept: simulate with keep_paths=True"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fan(Parts, Value, Readable):
    """Quantiles of cash ($) over `paths` paths at the opening and at each month's end, with shortfalls bridged."""

    _parts = "dates"

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
class Arrays(Value, Mapping[str, np.ndarray]):
    """Arrays by name, of one number of paths."""

    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return lookup(self.arrays, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByPeriod(Readable, Arrays):
    """Arrays (paths, periods): "raised" ($ in the period) and "cash_out" (whether cash has run out by its end).

    `periods` are the labels of the fiscal quarters.
    """

    periods: tuple[str, ...]

    def _blocks(self) -> Blocks:
        raised = _means(self["raised"] / 1e6)
        out = _means(100.0 * self["cash_out"])
        rows = [(label, *raised[i], *out[i]) for i, label in enumerate(self.periods)]
        columns = ("", "Raised, $M", "standard error", "Cash-out by its end, %", "standard error")
        return [Table(f"Means of {len(self['raised']):,} paths by fiscal quarter", columns, rows)]

    def _in_brief(self) -> str:
        paths, periods = self["raised"].shape
        return f"{', '.join(self)} of {paths:,} paths in {periods} periods"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OfLine(Readable, Arrays):
    """Arrays (paths,) of one line: "raised" ($), "shares_issued", "draws", "costs" ($)."""

    def _blocks(self) -> Blocks:
        return [Table(f"Means of {len(self['raised']):,} paths", _LINE_HEADS[1:], [_line_row(self)], ())]

    def _in_brief(self) -> str:
        return f"{', '.join(self)} of {len(self['raised']):,} paths"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ByLine(Readable, Value, Mapping[str, OfLine]):
    """What each line has of each path, by the line's name."""

    lines: dict[str, OfLine]

    def __getitem__(self, name: str) -> OfLine:
        return lookup(self.lines, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def _blocks(self) -> Blocks:
        rows = [(name, *_line_row(line)) for name, line in self.items()]
        return [Table(f"Means of {self._paths:,} paths by line", _LINE_HEADS, rows)]

    def _in_brief(self) -> str:
        return f"{one_line(', '.join(self), 200)} of {self._paths:,} paths"

    @property
    def _paths(self) -> int:
        return next(len(line["raised"]) for line in self.values())


_LINE_HEADS = (
    "", "Raised, $M", "standard error", "Shares, M", "standard error", "Draws", "standard error", "Costs, $M",
    "standard error",
)  # fmt: skip


def _line_row(line: OfLine) -> tuple[str, ...]:
    """Means of the arrays of a line and their standard errors."""
    scales = {"raised": 1e6, "shares_issued": 1e6, "draws": 1.0, "costs": 1e6}
    pairs = (_means(line[name][:, None] / scale)[0] for name, scale in scales.items())
    return tuple(text for pair in pairs for text in pair)


def _means(values: np.ndarray) -> list[tuple[str, str]]:
    """The mean of each column and its standard error as text, with one number of decimals."""
    paths = len(values)
    means = values.mean(axis=0)
    errors = values.std(axis=0, ddof=1) / math.sqrt(paths) if paths > 1 else np.full(means.shape, math.nan)
    decimals = shared_decimals(means.tolist(), errors.tolist(), 2)
    return [
        (rounded(mean, decimals), rounded(error, decimals) if math.isfinite(error) else "not known")
        for mean, error in zip(means.tolist(), errors.tolist(), strict=True)
    ]


def lookup(arrays: Mapping[str, _T], name: str, allowed: tuple[str, ...] = ()) -> _T:
    """The entry of a name, or KeyError with the names allowed."""
    if name not in arrays:
        raise KeyError(f"{name!r}: one of {', '.join(allowed or arrays)}")
    return arrays[name]


def arrays_by_line(case: Case, columns: Mapping[str, np.ndarray], rows: np.ndarray | None, costs: np.ndarray) -> ByLine:
    """`Result.by_line`. `rows`: what each line has of each path, None for a case with one line and `columns` alone."""
    lines = case.facilities
    if rows is None:
        alone = {name: costs if name == "costs" else columns[name] for name in LINE_OUTPUTS}
        return ByLine({lines[0].label: OfLine(alone)})
    of_lines = rows.reshape(len(lines), len(LINE_OUTPUTS), -1)
    named = ((line.label, dict(zip(LINE_OUTPUTS, own, strict=True))) for line, own in zip(lines, of_lines, strict=True))
    return ByLine({label: OfLine(own) for label, own in named})
