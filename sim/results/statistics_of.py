"""The statistics of a run, from its paths or from its sketch."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from sim.results.distribution import GroupError, Moments, mean_of_all
from sim.results.estimates import Estimate, LowerBound
from sim.results.exits import Exits
from sim.results.figures import Run, causes_of
from sim.results.further import NET, gap_ends, gap_row, restricted_days, rmst_row
from sim.results.measures import DAYS_PER_MONTH
from sim.results.periods import Period, days_at_close
from sim.results.sketch import Sketch
from sim.results.statistics import LiquidityAtRisk, Restricted, Statistics
from sim.results.tail import Tail

_UNKNOWN = (math.nan, math.nan)


def of_columns(
    run: Run, periods: tuple[Period, ...], columns: Mapping[str, np.ndarray], counts: np.ndarray, runway: Estimate
) -> Statistics:
    """From one value a path.

    `columns` as of `Result`, with gap_by_month unless an earlier version saved them; `counts` as
    `Figures.cash_out_counts`; `runway`: the mean.
    """
    case, groups, days = run.case, run.groups, columns["cash_out_days"]
    restricted = {}
    for months, most in restricted_days(case).items():
        mean, error = mean_of_all(np.minimum(days, most) / DAYS_PER_MONTH, groups)
        restricted[months] = error.estimate(mean)
    if groups is None:
        exits = Exits.of_cumulative(counts, causes_of(case), run.paths)
    else:
        ends = [days_at_close(case, period.end) for period in periods]
        exits = Exits.of(np.searchsorted(ends, days), columns["cause"], len(periods), causes_of(case), groups)
    gaps = iter(columns.get("gap_by_month", ()))
    tails = {
        months: Tail.of(columns["funding_gap"] if end == case.horizon else next(gaps), groups)
        for months, end in gap_ends(case).items()
        if end == case.horizon or "gap_by_month" in columns
    }
    price = average_price(columns["raised"], columns["shares_issued"], groups)
    return _assembled(run, restricted, runway, exits, tails, price)


def of_sketch(run: Run, sketch: Sketch, runway: Estimate) -> Statistics:
    """From the sketch of a run that keeps no paths."""
    case, further = run.case, sketch.further is not None
    restricted = {
        months: moments.error.estimate(moments.mean)
        for months in restricted_days(case)
        if further
        for moments in [sketch.mean(rmst_row(months))]
    }
    tails = {
        months: sketch.tail("funding_gap" if end == case.horizon else gap_row(months))
        for months, end in gap_ends(case).items()
        if end == case.horizon or further
    }
    raised, issued = sketch.mean("raised"), sketch.mean("shares_issued")
    net = sketch.mean(NET) if further else None
    price = _average_price_of(raised, issued, net, float(case.price.initial))
    return _assembled(run, restricted, runway, sketch.exits(), tails, price)


def _assembled(
    run: Run,
    restricted: Mapping[int, Estimate],
    runway: Estimate,
    exits: Exits | None,
    tails: Mapping[int, Tail],
    price: Estimate,
) -> Statistics:
    case = run.case
    horizon = days_at_close(case, case.horizon) / DAYS_PER_MONTH
    rmst = [Restricted(float(months), False, _lasting(mean, months)) for months, mean in restricted.items()]
    ends = gap_ends(case)
    return Statistics(
        rmst=(*rmst, Restricted(horizon, True, runway)),
        hazard=exits.hazard() if exits else (),
        incidence=exits.incidence() if exits else {},
        liquidity_at_risk=tuple(LiquidityAtRisk(months, ends[months], tail) for months, tail in tails.items()),
        average_price=price,
    )


def average_price(raised: np.ndarray, issued: np.ndarray, groups: str | None) -> Estimate:
    """E[raised] / E[shares issued], $/share, of all paths. Absent where no path issues shares.

    Delta method: the error is that of the mean of raised - ratio x issued, over the mean of issued. Cochran (1977),
    Sampling Techniques, section 2.11.
    """
    shares = float(issued.sum())
    if shares == 0.0:
        return Estimate(math.nan, math.nan, _UNKNOWN)
    ratio = float(raised.sum()) / shares
    _, error = mean_of_all(raised - ratio * issued, groups)
    return GroupError(error.se / (shares / issued.size), error.dof).estimate(ratio)


def _average_price_of(raised: Moments, issued: Moments, net: Moments | None, initial: float) -> Estimate:
    """The same from the moments of raised, issued and raised - initial price x issued, which has their covariance."""
    if not issued.mean > 0.0:
        return Estimate(math.nan, math.nan, _UNKNOWN)
    ratio = raised.mean / issued.mean
    if net is None:
        return Estimate(ratio, math.nan, _UNKNOWN)
    of_raised, of_issued, of_net = (each.error.se**2 for each in (raised, issued, net))
    covariance = (of_raised + initial**2 * of_issued - of_net) / (2.0 * initial)
    variance = max(of_raised - 2.0 * ratio * covariance + ratio**2 * of_issued, 0.0)
    return GroupError(math.sqrt(variance) / issued.mean, raised.error.dof).estimate(ratio)


def _lasting(mean: Estimate, months: float) -> Estimate:
    """A restricted mean; without a cash-out up to then it is that time itself, and a lower bound."""
    return LowerBound(mean.value, mean.se, mean.ci95) if mean.value >= months else mean
