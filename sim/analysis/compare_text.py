"""A comparison as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.paired import MEASURED, SHOWN
from sim.analysis.paired_text import changes, levels
from sim.text.readable import Blocks
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison


def comparison_blocks(comparison: Comparison) -> Blocks:
    """The values of every measure, then the differences from the base."""
    names, base = comparison.names, comparison.names[0]
    pairs = ", antithetic pairs" if comparison.antithetic else ""
    head = (
        f"{comparison.cases[0].title}\n{comparison.paths:,} paths each, seed {comparison.seed}, {comparison.sampler}"
        f"{pairs}, common random numbers"
    )
    heads = ("", *(SHOWN[name].column for name in MEASURED))
    values = zip(names, *(levels(name, comparison.estimates[name]) for name in MEASURED), strict=True)
    tables = [Table("Means and probabilities, of all paths", heads, list(values))]
    if len(names) > 1:
        moved = zip(names[1:], *(changes(name, comparison.differences[name][1:]) for name in MEASURED), strict=True)
        tables.append(Table(f"Difference from {base}, path by path (95% interval)", heads, list(moved)))
    return [head, *tables, *comparison.notes]
