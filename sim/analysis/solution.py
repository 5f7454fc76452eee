"""What a search found, as data and as text."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sim.analysis.inputs import shown
from sim.results.estimates import Estimate
from sim.results.summary import jsonable
from sim.text.dates import long_date
from sim.text.readable import Blocks, Readable

EVEN = 0.5  # as likely as not
_Z95 = 1.959963984540054


@dataclass(frozen=True, repr=False)
class Solution(Readable):
    """The value at which the probability of cash-out by a date meets a target, or None where no value does.

    `value`, its 95% `interval` and the case's own figure `base` are in `unit`. `probability` is that at `value`, or the
    one nearest to the target that can be had, and `reached` where that is had first, within its standard error. A side
    of the interval is infinite where no value bounds it: the interval holds all values at which the target lies within
    the 95% interval of the probability. `note` is a sentence for people.
    """

    what: str
    label: str
    target: float
    by: date
    base: float
    value: float | None
    interval: tuple[float, float] | None
    probability: Estimate
    unit: str
    note: str
    reached: float | None = None
    paths: int = 0
    seed: int = 0

    @property
    def change(self) -> float | None:
        """How far the value is from the case's own: relative, or as it is where the case's own is 0."""
        if self.value is None:
            return None
        return self.value / self.base - 1.0 if self.base else self.value

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, with "change"."""
        document: dict[str, Any] = jsonable(asdict(self) | {"change": self.change})
        return document

    def _blocks(self) -> Blocks:
        return [self.note]

    def _in_brief(self) -> str:
        value = "none" if self.value is None else f"{self.value:,.6g}"
        return f"{self.what} {value} {self.unit}, probability of cash-out {self.probability} by {self.by}"


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
            lowest = f"the lowest attainable probability is {found.probability.as_percent()}"
            return f"No {found.label} reaches the target: {lowest}, about the same as today. {own}"
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
