"""The table [[forecasts]] of a case: what earlier cases had said of figures that are known by now."""

from __future__ import annotations

import datetime

from sim.terms.base import NAME, PROBABILITY, terms
from sim.terms.ranges import Day, Number, Text
from sim.terms.schema import Terms, key

_FIGURE = Number(least=-1e300, most=1e300)


@terms
class Forecast(Terms):
    """One figure and where it lay in the distribution that an earlier case had simulated of it."""

    made: datetime.date = key(Day(), meaning="valuation date of the case that made the forecast")
    date: datetime.date = key(Day(), meaning="day of the figure")
    label: str = key(NAME, meaning="what the figure is")
    unit: str = key(Text(empty=True), "", meaning="its unit")
    value: float = key(_FIGURE, meaning="the actual figure")
    percentile: float = key(PROBABILITY, meaning="share of the scenarios below it")
    equal: float = key(PROBABILITY, 0.0, meaning="share of the scenarios with the very same figure")
    p05: float = key(_FIGURE, meaning="5% quantile of the forecast")
    p50: float = key(_FIGURE, meaning="its median")
    p95: float = key(_FIGURE, meaning="its 95% quantile")
