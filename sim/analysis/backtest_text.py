"""What really happened, as a table for a terminal, at most 100 columns wide."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.inputs import shown
from sim.analysis.tables import in_tables
from sim.text.dates import long_date
from sim.text.numbers import decimals_allowed, rounded
from sim.text.tables import wrapped

if TYPE_CHECKING:
    from sim.analysis.backtest import Backtest
    from sim.results.estimates import Estimate

_LARGE = 1e5  # from here on shares are counted in millions


def backtest_text(found: Backtest) -> str:
    """Every fact, the share of paths below it, and the quantiles of the paths in the fact's unit."""
    head = f"{found.case.title}\n{found.paths:,} paths, seed {found.seed}, from what was known on "
    blocks = [wrapped(head + long_date(found.case.valuation_date))]
    if found.rows:
        columns = {"it was": [amount(row.value, row.unit) for row in found.rows]}
        columns["below, %"] = [_percent(row.percentile) for row in found.rows]
        for i, name in enumerate(("p05", "p50", "p95")):
            written = (amount(getattr(row, name), row.unit, row.errors[i]) for row in found.rows)
            columns[name] = [words.partition(" ")[0] for words in written]
        names = [f"{row.date} {row.label}" for row in found.rows]
        blocks += in_tables("What really happened, and where it lies among the paths", names, columns)
    return "\n\n".join([*blocks, *map(wrapped, found.notes)])


def amount(value: float, unit: str, error: float = 0.0) -> str:
    """A value as people read it, with no more digits than its error allows: `$7.4M`, `$1.134`, `61.15M shares`."""
    if not math.isfinite(value):
        return "-"
    if unit == "shares" and abs(value) >= _LARGE:
        return shown(value / 1e6, "", error / 1e6).rstrip() + "M shares"
    return shown(value, unit, error)


def _percent(share: Estimate) -> str:
    return rounded(100.0 * share.value, min(max(decimals_allowed(100.0 * share.error), 0), 1))
