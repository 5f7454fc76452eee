"""What a search found, as data and as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sim.analysis.inputs import as_shown, shown
from sim.results.estimates import Estimate
from sim.results.summary import jsonable
from sim.results.value import HashableValue
from sim.text.dates import long_date
from sim.text.readable import Blocks, Readable, html_of
from sim.text.tables import Table

EVEN = 0.5  # the target of `reverse_stress`, unless another is given
_Z95 = 1.959963984540054
_WITHOUT = {"commitment": "a commitment of $0", "cash": "opening cash of $0", "cost_cut": "no cut of the burn"}
_DELAY_OF = "delay of "
_FINE = 5e-4  # relative error that stands for one that is not known
_MOST_EXTRA = 6  # digits of a value beyond those that its error allows


@dataclass(frozen=True, eq=False, repr=False)
class Solution(HashableValue, Readable):
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

    def _repr_html_(self) -> str:
        return Solutions((self,))._repr_html_()

    def _in_brief(self) -> str:
        value = "none" if self.value is None else f"{self.value:,.6g}"
        return f"{self.what} {value} {self.unit}, probability of cash-out {self.probability} by {self.by}"


class Solutions(Readable, tuple[Solution, ...]):
    """What `reverse_stress` found, one change a row."""

    __slots__ = ()

    def _blocks(self) -> Blocks:
        return [found.note for found in self]

    def _repr_html_(self) -> str:
        return html_of([_table(self), *self._blocks()])

    def _in_brief(self) -> str:
        met = sum(found.value is not None for found in self)
        return f"{len(self)} inputs, of which {met} can meet the target: {', '.join(found.what for found in self)}"


def _table(found: Sequence[Solution]) -> Table:
    """The value of each input, its interval and the probability there."""
    rows = []
    for one in found:
        unit, error, ends = _unit(one), _error(one), one.interval or ()
        value = "none" if one.value is None else shown(one.value, unit, error)
        interval = " to ".join(shown(end, unit, error) if math.isfinite(end) else "no bound" for end in ends)
        chance = f"{one.probability.as_percent()} by {one.by}"
        rows.append((one.label, shown(one.base, unit), value, interval or "-", chance))
    heads = ("Input", "Base case", "Value", "95% interval", "Probability of cash-out")
    return Table("", heads, rows)


def answer(found: Solution, base: Estimate) -> str:
    """What `solve` found; `base` is the probability as the case is."""
    unit = _unit(found)
    risk, odds = f"cash runs out by {long_date(found.by)}", f"with a probability of {found.probability.as_percent()}"
    wanted = f"with a probability of at most {shown(found.target, '1')}"
    own = f"In the base case the {found.label} is {shown(found.base, unit)} and the probability is {base.as_percent()}."
    own = f"Without a cut the probability is {base.as_percent()}." if found.what == "cost_cut" else own
    if found.value is None and found.what == "burn" and found.probability.value <= found.target:
        return f"The target is met at any {found.label}: {risk} {wanted}. {own}"
    if found.value is None:
        assert found.reached is not None
        least = found.reached >= found.base if found.what == "burn" else found.reached <= found.base
        more = "or less" if found.what == "burn" else "or more"
        where = "about the same as in the base case" if least else f"at {shown(found.reached, unit)} {more}"
        return (
            f"The target cannot be met by changing the {found.label} alone: the lowest probability of a cash-out by "
            f"{long_date(found.by)} is {found.probability.as_percent()}, {where}. {own}"
        )
    if found.what != "burn" and found.value == 0.0:
        return f"Even with {_WITHOUT[found.what]} the target is met: {risk} {odds}. {own}"
    kind = "largest" if found.what == "burn" else "smallest"
    return f"The {kind} {found.label} at which {risk} {wanted} is {_told(found)}. {own}"


def stress(found: Solution, base: Estimate) -> str:
    """What `reverse_stress` found; `base` is the probability as the case is."""
    worse, in_days = base.value <= found.target, found.unit == "days"
    name = found.label.removeprefix(_DELAY_OF) if in_days else f"the {found.label}"
    target, risk = shown(found.target, "1"), f"the probability of a cash-out by {long_date(found.by)}"
    own = f"In the base case it is {base.as_percent()}."
    rises = worse == (found.what != "price")  # a lower price is the dangerous one
    if found.value is None:
        move = ("delay" if worse else "earlier date") if in_days else ("rise" if rises else "fall")
        edge = "at most" if worse else "at least"
        return f"No {move} of {name} brings {risk} to {target}; it stays {edge} {found.probability.as_percent()}. {own}"
    if in_days:
        late = "later" if found.value >= 0.0 else "earlier"
        return f"If {name} comes {_told(_positive(found))} {late}, {risk} is {target}. {own}"
    way = "rises" if found.value >= found.base else "falls"
    change, error = _relative(found)
    return f"If {name} {way} by {change} to {_told(found, error)}, {risk} is {target}. {own}"


def _relative(found: Solution) -> tuple[str, float]:
    """The relative change in percent, and an error that leaves the value enough digits to agree with it."""
    assert found.value is not None
    if not found.base:
        return shown(abs(found.change or 0.0), "1"), _error(found)
    error = _error(found)
    error = allowed = _FINE * found.base if math.isnan(error) else error

    def percent(value: float) -> str:
        return shown(abs(value / found.base - 1.0), "1", allowed / found.base)

    for _ in range(_MOST_EXTRA):
        if percent(as_shown(found.value, _unit(found), error)) == percent(found.value):
            break
        error /= 10.0
    return percent(found.value), error


def _unit(found: Solution) -> str:
    """Without what the label says already."""
    return "$" if found.unit == "$/month" else found.unit


def _error(found: Solution) -> float:
    """The standard error that the interval stands for; NaN where it has no end or no width."""
    low, high = found.interval or (math.nan, math.nan)
    error = (high - low) / (2.0 * _Z95)
    return error if 0.0 < error < math.inf else math.nan


def _told(found: Solution, error: float | None = None) -> str:
    """The value and its interval, with the digits that `error` allows, by default that of the interval."""
    assert found.value is not None
    unit, error = _unit(found), _error(found) if error is None else error
    text = shown(found.value, unit, error)
    low, high = found.interval or (found.value, found.value)
    if low == high:
        return text
    least, most = (shown(end, unit, error) if math.isfinite(end) else "" for end in (low, high))
    if least and most:
        return f"{text} (95% interval {least} to {most})"
    return f"{text} (95% interval: {f'at least {least}' if least else f'at most {most}'})" if least or most else text


def _positive(found: Solution) -> Solution:
    """A delay as a number of days, whichever way."""
    assert found.value is not None
    if found.value >= 0.0 or found.interval is None:
        return replace(found, value=abs(found.value))
    low, high = found.interval
    return replace(found, value=-found.value, interval=(-high, -low))
