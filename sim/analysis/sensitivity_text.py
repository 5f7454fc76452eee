"""A sensitivity as tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.inputs import shown
from sim.analysis.paired import SHOWN
from sim.analysis.paired_text import gains
from sim.results.estimates import Estimate
from sim.text.numbers import decimals_allowed, rounded, shared_decimals
from sim.text.readable import Blocks
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.analysis.sensitivity import Indices, Sensitivity

SHOWN_SWINGS = 15
_INDEXED = ("runway_months", "raised")


def sensitivity_blocks(sensitivity: Sensitivity) -> Blocks:
    """The swings of the runway and of the capital raised, and the indices."""
    head = (
        f"{sensitivity.case.title}\n{sensitivity.paths:,} paths each, seed {sensitivity.seed}, philox, common random "
        "numbers"
    )
    labels = {swing.key: swing.label for swing in sensitivity.swings}
    tables = [_swings(sensitivity, measure) for measure in ("runway_months", "raised")]
    return [head, *tables, *([] if sensitivity.indices is None else [_indices(sensitivity.indices, labels)])]


def _swings(sensitivity: Sensitivity, measure: str) -> Table:
    ordered = sensitivity.ordered(measure)
    listed, rest = ordered[:SHOWN_SWINGS], ordered[SHOWN_SWINGS:]
    name, base = SHOWN[measure], sensitivity.base[measure]
    heading = (
        f"{name.column}: {name.format_bare(base.value, base.error)}. Effect of one input at a time, path by path, with "
        "standard error"
    )
    note = "* low and high are those of the case's [ranges]; the others are the defaults of the kind of input."
    if rest:
        widest = rest[0].width(measure)
        note += (
            f" {len(rest)} more inputs have an effect of at most {name.format(*_upward(widest, name.reading.scale))}."
        )
    down = gains(measure, [swing.down[measure] for swing in listed])
    up = gains(measure, [swing.up[measure] for swing in listed])
    rows = [
        (swing.label + "*" * swing.stated, shown(swing.low, swing.unit), shown(swing.high, swing.unit), low, high)
        for swing, low, high in zip(listed, down, up, strict=True)
    ]
    return Table(heading, ("Input", "Low", "High", "At low", "At high"), rows, (0,), note)


def _upward(value: float, scale: float) -> tuple[float, float]:
    """A value rounded up to one digit, and that digit's place as its error."""
    place = scale * 10.0 ** -decimals_allowed(value / scale) if value > 0.0 else 0.0
    return (math.ceil(value / place) * place if place else 0.0), place


def _indices(indices: Indices, labels: dict[str, str]) -> Table:
    """First and total indices of the runway and of the capital raised."""
    columns = [(order, name) for name in _INDEXED for order in ("first", "total")]
    texts = [_percents(getattr(indices, order)[name]) for order, name in columns]
    rows = list(zip([labels[key] for key in indices.keys], *texts, strict=True))
    heads = [f"{SHOWN[name].label}, {order}" for order, name in columns]
    note = (
        "Share of the variance of a measure's mean that is due to each input alone (first) and together with the "
        "others (total), with the inputs uniform between low and high and independent of one another. "
        f"{indices.evaluations:,} runs under common random numbers; standard errors are those of the sample of inputs."
    )
    return Table("Sobol' indices", ("Input", *heads), rows, (0,), note)


def _percents(estimates: tuple[Estimate, ...]) -> list[str]:
    """Shares with their standard errors, with one number of decimals."""
    values, errors = [100.0 * each.value for each in estimates], [100.0 * each.error for each in estimates]
    decimals = shared_decimals(values, errors, 2)
    return [
        f"{rounded(value, decimals)}% +- {rounded(error, decimals)}%" if math.isfinite(value) else "absent"
        for value, error in zip(values, errors, strict=True)
    ]
