"""What a search found, in sentences."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.analysis.inputs import shown
from sim.text.dates import long_date

if TYPE_CHECKING:
    from sim.analysis.solve import Solution
    from sim.results.estimates import Estimate

EVEN = 0.5  # as likely as not
_Z95 = 1.959963984540054


def answer(found: Solution, base: Estimate) -> str:
    """What `solve` found; `base` is the probability as the case is."""
    unit = _unit(found)
    risk, odds = f"cash runs out by {long_date(found.by)}", f"with a probability of {found.probability.as_percent()}"
    wanted = f"with a probability of at most {shown(found.target, '1')}"
    own = f"The case has {shown(found.base, unit)}, and {base.as_percent()}."
    own = f"Without a cut it is {base.as_percent()}." if found.what == "cost_cut" else own
    if found.value is None and found.what == "burn" and found.probability.value <= found.target:
        return f"Whatever the burn, {risk} {wanted}. {own}"
    if found.value is None:
        assert found.reached is not None
        least = found.reached >= found.base if found.what == "burn" else found.reached <= found.base
        if least:
            return f"No {found.label} is enough: at best {risk} {odds}, much as now. {own}"
        more = "or less" if found.what == "burn" else "or more"
        return f"No {found.label} is enough: at best {risk} {odds}, at {shown(found.reached, unit)} {more}. {own}"
    if found.what != "burn" and found.value == 0.0:
        return f"No {found.label} is needed: even without, {risk} {odds}. {own}"
    kind = "largest" if found.what == "burn" else "smallest"
    return f"The {kind} {found.label} at which {risk} {wanted} is {_told(found)}. {own}"


def stress(found: Solution, base: Estimate) -> str:
    """What `reverse_stress` found; `base` is the probability as the case is."""
    worse, slips = base.value <= found.target, found.unit == "days"
    even = "as likely as not" if found.target == EVEN else f"as likely as {shown(found.target, '1')}"
    risk, own = f"a cash-out by {long_date(found.by)} {even}", f"It is {base.as_percent()} now."
    rises = worse == (found.what != "price")  # a lower price is the dangerous one
    if found.value is None:
        name = found.label.removeprefix("slip of ") if slips else f"the {found.label}"
        move = ("delay" if worse else "speeding up") if slips else ("rise" if rises else "fall")
        edge = "at most" if worse else "at least"
        return f"No {move} of {name} makes {risk}: it stays {edge} {found.probability.as_percent()}. {own}"
    if slips:
        name, late = found.label.removeprefix("slip of "), "later" if found.value >= 0.0 else "earlier"
        return f"{name} coming {_told(_positive(found))} {late} makes {risk}. {own}"
    way = "rises" if found.value >= found.base else "falls"
    change, error = abs(found.change or 0.0), _error(found) / found.base if found.base else math.nan
    return f"The {found.label} makes {risk} where it {way} by {shown(change, '1', error)} to {_told(found)}. {own}"


def _unit(found: Solution) -> str:
    """Without what the label says already."""
    return "$" if found.unit == "$/month" else found.unit


def _error(found: Solution) -> float:
    """The standard error that the interval stands for; NaN where it has no end or no width."""
    low, high = found.interval or (math.nan, math.nan)
    error = (high - low) / (2.0 * _Z95)
    return error if 0.0 < error < math.inf else math.nan


def _told(found: Solution) -> str:
    """The value and its interval."""
    assert found.value is not None
    unit, error = _unit(found), _error(found)
    text = shown(found.value, unit, error)
    low, high = found.interval or (found.value, found.value)
    if low == high:
        return text
    least, most = (shown(end, unit, error) if math.isfinite(end) else "" for end in (low, high))
    if least and most:
        return f"{text} (95% interval {least} to {most})"
    return f"{text} (95% interval: {f'at least {least}' if least else f'at most {most}'})" if least or most else text


def _positive(found: Solution) -> Solution:
    """A slip as a number of days, whichever way."""
    assert found.value is not None
    if found.value >= 0.0 or found.interval is None:
        return replace(found, value=abs(found.value))
    low, high = found.interval
    return replace(found, value=-found.value, interval=(-high, -low))
