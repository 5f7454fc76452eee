"""Survival, liquidity at risk, average price and total dilution of whole runs, against closed forms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

import sim
from sim.results.distribution import mean_of_all
from sim.verify import laws
from sim.verify.cash import CURVE, DAYS_A_MONTH, ONE_SHOCK, SD, OneShock
from sim.verify.check import About, Check
from sim.verify.closed_forms import FirstPassage, Gbm
from sim.verify.samples import DRIFT, S0, one_draw, plain_case

PASSAGE = FirstPassage(12.0, -8.0, 3.0)
MARKET, SESSION = Gbm(S0, DRIFT, 0.3), 63
MONTHS = 12
#: A third party that brings $8M a month with probability 1 - 1/e, at 90% of a price of $2.50: 3,555,555.56 shares.
PARTY = {"annual_rate": 12.0, "median_amount": 8e6, "log_sd": 0.0, "kind": "equity", "discount": 0.1}
COMES, SHARES, OUTSTANDING = -math.expm1(-1.0), 3_555_556, 1_000_000


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Times of a first passage, a year of one shock, one draw, one month's financing."""
    yield from _of_a_first_passage(paths, seed)
    yield from _of_one_shock(paths, seed)
    yield _of_one_draw(paths, seed)
    yield from _of_financing(paths, seed)


def _of_a_first_passage(paths: int, seed: int) -> Iterator[Check]:
    """Times from NumPy's generator of the inverse Gaussian law, whose mean is 1.5 years."""
    times = np.random.default_rng(seed).wald(PASSAGE.mean, PASSAGE.shape, paths)
    about = About("the restricted mean of the runway and its error", "first passage of a Brownian motion with drift")
    for until in (1.0, 1.5, 2.0):
        mean, error = mean_of_all(np.minimum(times, until), None)
        yield about.estimate(f"E[min(T, {until:g})] of a first passage, years", PASSAGE.limited(until), mean, error.se)


def _of_one_shock(paths: int, seed: int) -> Iterator[Check]:
    law, result = OneShock(), sim.simulate(plain_case({"line.commitment": 0} | ONE_SHOCK), paths=paths, seed=seed)
    found = result.summary().statistics
    about = About("the mean runway within a year", "integral of P(T > t), by quadrature")
    mean = next(each.mean for each in found.rmst if each.months == MONTHS)
    known = law.mean_days(MONTHS * DAYS_A_MONTH) / DAYS_A_MONTH
    yield about.estimate("E[min(runway, 12)], months", known, mean.value, mean.se)
    about = About("the probability of a cash-out in a quarter, of the survivors", "1 - P(T > end) / P(T > start)")
    hazard, known = found.hazard[4], 1 - law.alive(456) / law.alive(365)
    yield about.estimate("hazard of the fifth quarter", known, hazard.value, hazard.se)
    about = About("the causes of cash-outs", CURVE)
    of_operations = found.incidence["operations"][-1]
    yield about.estimate("out for operations by the end", 1 - law.alive(731), of_operations.value, of_operations.se)
    # The gap up to a month is what U takes until then less the cash, so its quantiles are those of U.
    taken, gaps = law.taken[MONTHS], result.gap_by_month[MONTHS]
    about = About("how much more cash is enough", "quantiles of one lognormal shock times a known curve")
    for percent in (90, 95, 99):
        most = taken * laws.lognormal_quantile(percent / 100, law.median, SD) - law.cash
        yield about.quantile(f"{percent}% liquidity at risk in a year", percent, most, gaps)
    about = About(
        "the expected shortfall of the liquidity at risk", "a lognormal's tail mean: L Phi(s - 1.6449) / 0.05"
    )
    worst = next(each.tail.shortfall for each in found.liquidity_at_risk if each.months == MONTHS)
    known = (taken * float(ndtr(SD - ndtri(0.95))) / 0.05 - law.cash) / 1e6
    yield about.estimate("5% expected shortfall in a year, $M", known, worst.value / 1e6, worst.se / 1e6)


def _of_one_draw(paths: int, seed: int) -> Check:
    """Every path raises the same amount, so that the average price is the harmonic mean of the prices."""
    case = one_draw(SESSION, {"price.volatility": MARKET.volatility})
    price = sim.simulate(case, paths=paths, seed=seed).summary().statistics.average_price
    about = About("the average price, E[raised] / E[shares], and its error", "1 / E[1/S]")
    return about.estimate("average price of one draw, $", 1 / MARKET.inverse(SESSION), price.value, price.se)


def _of_financing(paths: int, seed: int) -> Iterator[Check]:
    still: dict[str, Any] = {"price.drift": 0.0, "price.volatility": 1e-9, "company.shares_outstanding": OUTSTANDING}
    month = still | {"horizon": "2002-04-30", "line.commitment": 0, "third_party": PARTY}
    result = sim.simulate(plain_case(month), paths=paths, seed=seed)
    about = About("shares of third parties dilute", "1 - 1/e of a month, 8,000,000 / 2.25 shares; by hand")
    known = COMES * SHARES / (OUTSTANDING + SHARES)
    yield about.mean("E[total dilution] after a month's financing", known, result["total_dilution"])
    yield about.mean("E[retained ownership] after it", 1 - known, result["retained_ownership"])
    late = sim.simulate(plain_case(month | {"company.cash": 5e5}), paths=paths // 4, seed=seed)
    about = About("what is issued after the cash-out does not count", "cash is out on 15 April, financing on 30 April")
    yield about.exact("largest total dilution of a path out of cash", 0, late["total_dilution"].max())
    yield about.exact("largest retained ownership of a path out of cash", 0, late["retained_ownership"].max())
