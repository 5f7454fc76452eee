"""A sensitivity as tables for a terminal, at most 100 columns wide."""

from __future__ import annotations

import math

from sim.analysis.inputs import shown
from sim.analysis.paired import SHOWN
from sim.analysis.sensitivity import Indices, Sensitivity, Swing
from sim.analysis.tables import share
from sim.text.numbers import decimals_allowed
from sim.text.tables import Table, table_text, wrapped

SHOWN_SWINGS = 15
_INDEXED = ("runway_months", "raised")


def as_text(sensitivity: Sensitivity) -> str:
    """The swings of the runway and of the capital raised, and the indices."""
    case = sensitivity.case
    head = f"{case.title}\n{sensitivity.paths:,} paths each, seed {sensitivity.seed}, philox, the same luck for all"
    labels = {swing.key: swing.label for swing in sensitivity.swings}
    blocks = [wrapped(head), *(_swings(sensitivity, measure) for measure in ("runway_months", "raised"))]
    if sensitivity.indices is not None:
        blocks.append(_indices(sensitivity.indices, labels))
    return "\n\n".join(blocks)


def _swings(sensitivity: Sensitivity, measure: str) -> str:
    ordered = sensitivity.ordered(measure)
    told, rest = ordered[:SHOWN_SWINGS], ordered[SHOWN_SWINGS:]
    name = SHOWN[measure]
    base = sensitivity.base[measure]
    heading = (
        f"{name.column}: {name.format_bare(base.value, base.error)}. What moves it, one input at a time, path by path"
    )
    note = "* low and high are those of the case's [ranges]; the others depend on the kind of the input only."
    if rest:
        widest = rest[0].width(measure)
        note += f" {len(rest)} more inputs move it by {name.format(*_upward(widest, name.reading.scale))} at most."
    rows = [_row(swing, measure) for swing in told]
    return table_text(Table(heading, ("Input", "Low", "High", "At low", "At high"), rows, (0,), note))


def _row(swing: Swing, measure: str) -> tuple[str, ...]:
    star = "*" if swing.stated else ""
    moves = (share(measure, swing.down[measure]), share(measure, swing.up[measure]))
    return (swing.label + star, shown(swing.low, swing.unit), shown(swing.high, swing.unit), *moves)


def _upward(value: float, scale: float) -> tuple[float, float]:
    """A value rounded up to one digit, and that digit's place as its error."""
    place = scale * 10.0 ** -decimals_allowed(value / scale) if value > 0.0 else 0.0
    return (math.ceil(value / place) * place if place else 0.0), place


def _indices(indices: Indices, labels: dict[str, str]) -> str:
    """First and total indices of the measures that a board asks for."""
    columns = [(order, name) for name in _INDEXED for order in ("first", "total")]
    rows = [
        (labels[key], *(getattr(indices, order)[name][i].as_percent() for order, name in columns))
        for i, key in enumerate(indices.keys)
    ]
    heads = [SHOWN[name].label if order == "first" else "total" for order, name in columns]
    note = (
        "Shares of the variance of a measure's mean, with the inputs uniform between low and high and independent of "
        f"one another: of each input alone, and (total) together with the others. {indices.evaluations:,} runs under "
        "common luck; errors are those of the sample of inputs."
    )
    return table_text(Table("Sobol' indices", ("Input", *heads), rows, (0,), note))
