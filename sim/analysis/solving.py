"""How much it takes: the smallest commitment, cash or cost cut, or the largest burn, at which the risk is bearable."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sim.estimates import Estimate
from sim.summary import jsonable


@dataclass(frozen=True)
class Solution:
    """The value at which the probability of cash-out by a date meets a target, or None where no value does.

    `value`, its 95% `interval` and the case's own figure `base` are in `unit`. `probability` is that at `value`, or the
    best that can be had. A side of the interval is infinite where no value bounds it.
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

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        document: dict[str, Any] = jsonable(asdict(self))
        return document
