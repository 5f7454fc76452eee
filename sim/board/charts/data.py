"""Charts as data: deck, page and figures draw the same ones.

Values are in the unit that the axis shows (millions of dollars, percent, months) and unrounded; `decimals` says how
many digits their errors allow. Intervals are 95% confidence intervals. Colours differ in lightness, so that they can
be told apart in grey and by colour-blind readers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sim.text.bidi import texts_of
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.results.figures import Run

__all__ = ["COLOURS", "KINDS", "NEUTRAL", "Chart", "Mark", "Series", "Source", "Table", "round_step"]

#: For series side by side or stacked: neighbours differ in lightness.
COLOURS = ("#08306b", "#c46a00", "#7fb2d9", "#7a4f00", "#cfe1f2", "#4d4d4d", "#f0e0b0", "#bdbdbd")
NEUTRAL = "#bdbdbd"
#: More names than these along an axis are shortened.
_MOST_LONG_NAMES = 8

#: What each kind takes.
KINDS = {
    "fan": "categories: dates; series p05, p25, p50, p75, p95, and one with the role limit; marks: dates",
    "columns": "one column a category and series, with intervals where a series has them",
    "stacked": "columns on top of each other; a series with the role total carries the sum and its interval",
    "waterfall": "one series; its first and last value are totals, those between are subtracted from the first",
    "bars": "horizontal, the first category on top; one series, or two (down and up) around 0",
    "histogram": "categories: the bins' middles; one series; `edges` has the bins' edges; marks: values",
    "table": "`table` has the words",
}


@dataclass(frozen=True, slots=True)
class Series:
    """Named values, one a category; None where there is none.

    `low` and `high` are the ends of 95% confidence intervals, or empty. `role` is "" (drawn as the kind says), "total"
    (the sum of a stack) or "limit" (a horizontal line). `colour` is #rrggbb. `labels` are the values as text.
    """

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    role: str = ""
    colour: str = COLOURS[0]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.role not in ("", "total", "limit"):
            raise ValueError(f'role = {self.role!r}: must be "", "total" or "limit"')
        for name in ("low", "high", "labels"):
            if len(getattr(self, name)) not in (0, len(self.values)):
                raise ValueError(f"{name} of {self.name!r}: must be as many as values, or none")
        if any(value is not None and not math.isfinite(value) for value in (*self.values, *self.low, *self.high)):
            raise ValueError(f"values of {self.name!r}: must be finite numbers, or None where there is none")


@dataclass(frozen=True, slots=True)
class Mark:
    """A named place on the horizontal axis: a date, or a value in the axis's unit."""

    at: date | float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. `alt` is its description for readers who cannot see it."""

    key: str
    kind: str
    title: str
    alt: str
    categories: tuple[str, ...] | tuple[date, ...] | tuple[float, ...] = ()
    series: tuple[Series, ...] = ()
    unit: str = ""  # of the values: "$M", "%", "months", "$", "millions"
    x_title: str = ""
    y_title: str = ""
    decimals: int = 0
    marks: tuple[Mark, ...] = ()
    edges: tuple[float, ...] = ()
    table: Table | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind = {self.kind!r}: must be one of {', '.join(KINDS)}")
        if (self.kind == "table") != (self.table is not None):
            raise ValueError(f"chart {self.key!r}: `table` must be given for a table, and for a table only")
        for series in self.series:
            if len(series.values) != len(self.categories):
                raise ValueError(f"series {series.name!r} of {self.key!r}: must have one value a category")
        if self.kind == "histogram" and len(self.edges) != len(self.categories) + 1:
            raise ValueError(f"chart {self.key!r}: must have one more edge than bins")

    def named(self, name: str) -> Series:
        """The series of a name."""
        return next(series for series in self.series if series.name == name)

    @property
    def axis_names(self) -> tuple[str, ...]:
        """The categories as an axis has room for them: of many fiscal quarters, `FY2027 Q1` is `FY27 Q1`."""
        names = tuple(str(name) for name in self.categories)
        if len(names) <= _MOST_LONG_NAMES:
            return names
        return tuple(re.sub(r"\bFY\d\d(\d\d)\b", r"FY\1", name) for name in names)


class Source(NamedTuple):
    """What a figure says of the run that it comes from: its case, and how it was made; `letters`: the case's, beyond
    those of ASCII."""

    title: str
    made: str
    letters: str

    @classmethod
    def of(cls, run: Run) -> Source:
        """That of a run."""
        version = run.manifest["versions"]["fundrisk"]
        made = f"{run.paths:,} scenarios, seed {run.seed}, {run.sampler}, fundrisk {version}"
        letters = {letter for text in texts_of(run.case.to_dict()) for letter in text if not letter.isascii()}
        return cls(run.case.title, made, "".join(sorted(letters)))


def round_step(span: float, most: int = 8) -> float:
    """A step of 1, 2 or 5 times a power of ten, of which at most `most` cover a span."""
    if span <= 0.0:
        return 1.0
    least = span / most
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * n for n in (1.0, 2.0, 5.0, 10.0) if power * n >= least * (1.0 - 1e-9))
