"""Recorded figures beside the simulated ones, as data and as text."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import Any

from sim.analysis.inputs import shown
from sim.analysis.paired import estimate_dict
from sim.results.estimates import Estimate
from sim.results.summary import jsonable, manifest
from sim.results.value import HashableValue, Parts
from sim.terms import Case
from sim.text.dates import long_date
from sim.text.frozen import in_brief
from sim.text.numbers import aligned
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

_LARGE = 1e5  # from here on shares are counted in millions

#: In place of the share of the paths with a lower value, of a figure that could not differ.
ALL_EQUAL = "all have this value"
BRIDGED = (
    "After a cash-out the simulation continues as if someone covered the missing cash at no cost. Cash is then shown "
    "as an amount below the minimum, and draws continue."
)
GROWTH = (
    "Simulated shares grow only by draws and by third parties' equity. Real share counts also grow by "
    "other sales to the investor, conversions and options, and by shares issued before the simulation begins."
)


@dataclass(frozen=True, eq=False)
class Fact(HashableValue):
    """One recorded figure and the same figure on the simulated paths.

    `percentile` is the share of paths strictly below `value`, `equal` the share with the very same value; p05, p50 and
    p95 are quantiles over the paths, `errors` their standard errors, in `unit`: "$", "$/share", "shares", "quarters".
    """

    date: datetime.date
    label: str
    value: float
    unit: str
    percentile: Estimate
    equal: float
    p05: float
    p50: float
    p95: float
    errors: tuple[float, float, float]
    source: str

    __repr__ = in_brief

    @property
    def inside(self) -> bool:
        """Whether it lies between the 5% and the 95% quantile."""
        return self.p05 <= self.value <= self.p95

    @property
    def could_differ(self) -> bool:
        """Whether not every path has this very value; a figure that could not differ says nothing about the model."""
        return self.equal < 1.0


@dataclass(frozen=True, eq=False, repr=False)
class Backtest(Parts, HashableValue, Readable):
    """Every recorded figure that can be compared, in the order of the dates; `notes` are for the reader."""

    _parts = "rows"

    case: Case
    rows: tuple[Fact, ...]
    paths: int
    seed: int
    notes: tuple[str, ...]

    @property
    def compared(self) -> tuple[Fact, ...]:
        """The figures that could differ."""
        return tuple(row for row in self.rows if row.could_differ)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        facts = [
            {name: getattr(row, name) for name in Fact.__dataclass_fields__}
            | {"percentile": estimate_dict(row.percentile)}
            for row in self.rows
        ]
        made = manifest(self.case, self.paths, self.seed, "philox")
        document = {"facts": facts, "paths": self.paths, "seed": self.seed, "notes": self.notes, "manifest": made}
        return jsonable(document)

    def _blocks(self) -> Blocks:
        return backtest_blocks(self)

    def _in_brief(self) -> str:
        return f"{len(self.rows)} recorded figures of {self.case.title}, {self.paths:,} paths"


def lying(inside: int, figures: int, kind: str = "figure") -> str:
    """`3 of 4 figures lie`, `1 of 4 figures lies`."""
    return f"{inside} of {figures} {kind}{'s' * (figures != 1)} {'lies' if 1 in (inside, figures) else 'lie'}"


def backtest_blocks(found: Backtest, notes: bool = True) -> Blocks:
    """Every recorded figure, the share of paths below it, and quantiles of the paths in the figure's unit."""
    told = found.notes if notes else ()
    head = (
        f"{found.case.title}\n{found.paths:,} paths, seed {found.seed}, simulated from "
        f"{long_date(found.case.valuation_date)}"
    )
    if not found.rows:
        return [head, *told]
    chances = [row.percentile for row in found.compared]
    below = iter(aligned([100.0 * each.value for each in chances], [100.0 * each.error for each in chances], 1))
    rows = [
        (
            f"{row.date} {row.label}",
            amount(row.value, row.unit),
            next(below) if row.could_differ else ALL_EQUAL,
            *_quantiles(row),
        )
        for row in found.rows
    ]
    columns = ("", "observed", "paths below, %", "5%", "median", "95%")
    return [head, Table("Recorded figures, and quantiles of the simulated paths", columns, rows), *told]


def _quantiles(row: Fact) -> tuple[str, ...]:
    """The three quantiles in the unit of the observed value, to the largest of their errors."""
    finite = [error for error in row.errors if math.isfinite(error)]
    error = max(finite, default=0.0)
    return tuple(amount(value, row.unit, error).partition(" ")[0] for value in (row.p05, row.p50, row.p95))


def amount(value: float, unit: str, error: float = 0.0) -> str:
    """A value with no more digits than its error allows: `$7.4M`, `$1.134`, `61.15M shares`."""
    if not math.isfinite(value):
        return "-"
    if unit == "shares" and abs(value) >= _LARGE:
        return shown(value / 1e6, "", error / 1e6).rstrip() + "M shares"
    return shown(value, unit, error)
