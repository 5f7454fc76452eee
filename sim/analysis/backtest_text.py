"""A backtest as a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.inputs import shown
from sim.text.dates import long_date
from sim.text.numbers import aligned
from sim.text.readable import Blocks
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.analysis.backtest import Backtest, Fact

_LARGE = 1e5  # from here on shares are counted in millions


def backtest_blocks(found: Backtest) -> Blocks:
    """Every recorded figure, the share of paths below it, and quantiles of the paths in the figure's unit."""
    head = (
        f"{found.case.title}\n{found.paths:,} paths, seed {found.seed}, from what was known on "
        f"{long_date(found.case.valuation_date)}"
    )
    if not found.rows:
        return [head, *found.notes]
    below = aligned(
        [100.0 * row.percentile.value for row in found.rows], [100.0 * row.percentile.error for row in found.rows], 1
    )
    rows = [
        (f"{row.date} {row.label}", amount(row.value, row.unit), share, *_quantiles(row))
        for row, share in zip(found.rows, below, strict=True)
    ]
    columns = ("", "observed", "paths below, %", "5%", "median", "95%")
    return [head, Table("Recorded figures, and quantiles of the simulated paths", columns, rows), *found.notes]


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
