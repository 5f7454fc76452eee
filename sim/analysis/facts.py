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
from sim.text.numbers import aligned
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

_LARGE = 1e5  # from here on shares are counted in millions

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

    @property
    def inside(self) -> bool:
        """Whether it lies between the 5% and the 95% quantile."""
        return self.p05 <= self.value <= self.p95


@dataclass(frozen=True, eq=False, repr=False)
class Backtest(Parts, HashableValue, Readable):
    """Every recorded figure that can be compared, in the order of the dates; `notes` are for the reader."""

    _parts = "rows"

    case: Case
    rows: tuple[Fact, ...]
    paths: int
    seed: int
    notes: tuple[str, ...]

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


def backtest_blocks(found: Backtest, notes: bool = True) -> Blocks:
    """Every recorded figure, the share of paths below it, and quantiles of the paths in the figure's unit."""
    told = found.notes if notes else ()
    head = (
        f"{found.case.title}\n{found.paths:,} paths, seed {found.seed}, from what was known on "
        f"{long_date(found.case.valuation_date)}"
    )
    if not found.rows:
        return [head, *told]
    below = aligned(
        [100.0 * row.percentile.value for row in found.rows], [100.0 * row.percentile.error for row in found.rows], 1
    )
    rows = [
        (f"{row.date} {row.label}", amount(row.value, row.unit), share, *_quantiles(row))
        for row, share in zip(found.rows, below, strict=True)
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
