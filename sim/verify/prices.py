"""The stock price: geometric Brownian motion on one day, on several days of one path, and inside a month."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.verify.check import About, Check
from sim.verify.closed_forms import Gbm
from sim.verify.samples import DRIFT, S0, VOLATILITY, YEAR, histories, one_draw, plain_case, prices, session

MARKET = Gbm(S0, DRIFT, VOLATILITY)
GLASSERMAN = "geometric Brownian motion; Glasserman (2004), section 3.2"
PERCENTS = (1, 5, 25, 50, 75, 95, 99)
RATIO = 40  # simulated paths for each one that is recorded day by day


def checks(paths: int, seed: int) -> Iterator[Check]:
    yield from one_day(paths, seed)
    yield from drift_and_shares(paths, seed)
    yield from days_of_one_path(paths, seed)
    yield from single_days(max(paths // RATIO, 1_000), seed)
    yield refinement(seed)


def one_day(paths: int, seed: int) -> Iterator[Check]:
    """A single draw shows the close of its day.

    The variance is checked after a quarter: after a year its square is so skewed that the estimate of its error is not
    reliable.
    """
    close = prices(one_draw(63), paths, seed)
    squares = (close - MARKET.mean(63)) ** 2
    spread = About("how far prices spread", GLASSERMAN)
    yield spread.mean("price after a quarter: variance", MARKET.variance(63), squares)
    n, value = YEAR, About("what a share is worth when it is sold", GLASSERMAN)
    close = prices(one_draw(n), paths, seed)
    log = np.log(close)
    yield value.mean("price after a year: mean, $", MARKET.mean(n), close)
    yield value.mean("log price after a year: mean", MARKET.log_mean(n), log)
    yield value.mean("log price after a year: variance", VOLATILITY**2, (log - MARKET.log_mean(n)) ** 2)
    for percent in PERCENTS:
        name, known = f"price after a year, {percent}% point", MARKET.quantile(percent, n)
        yield value.quantile(name, percent, known, close, source="lognormal quantile")


def drift_and_shares(paths: int, seed: int) -> Iterator[Check]:
    """E[S] = S0 exp(mu t); what a dollar buys, E[1/S] = exp((sigma^2 - mu) t) / S0."""
    drift = About("the price's drift", GLASSERMAN)
    for n in (1, 21, 126, 500):
        close = prices(one_draw(n, {"price.drift": 0.4, "price.volatility": 0.3}), paths, seed)
        yield drift.mean(f"drift 40%: mean price on session {n}, $", Gbm(S0, 0.4, 0.3).mean(n), close)
    dilution = About("dilution", "E[1/S] = exp((sigma^2 - mu) t) / S0")
    for n in (1, 63, YEAR):
        shares = 1 / prices(one_draw(n), paths, seed)
        yield dilution.mean(f"shares for one dollar on session {n}", MARKET.inverse(n), shares)


def days_of_one_path(paths: int, seed: int) -> Iterator[Check]:
    """Runs that need different days have the same market, so their prices are two days of one path."""
    about = About("runs are compared on one market", "cov(W_s, W_t) = min(s, t); Glasserman (2004), section 3.1")
    for n, m in ((63, 200), (10, 22), (30, 41)):
        one, other = (np.log(prices(one_draw(day), paths, seed)) for day in (n, m))
        product = (one - MARKET.log_mean(n)) * (other - MARKET.log_mean(m)) / VOLATILITY**2 * YEAR
        yield about.mean(f"covariance of sessions {n} and {m}, in sessions", n, product)


def single_days(paths: int, seed: int) -> Iterator[Check]:
    """Eleven sessions around a month's end: each day's standardised step is a standard normal of its own."""
    days = [session(n) for n in range(17, 28)]
    policy = {"kind": "schedule", "dates": [day.isoformat() for day in days], "amounts": [0] * len(days)}
    found = histories(plain_case({"policy": policy}), paths, seed)
    logs = np.log([[history["closes"][day.isoformat()] for day in days] for history in found])
    z = (np.diff(logs) - MARKET.log_mean(1) + math.log(S0)) / MARKET.log_sd(1)
    about = About("days inside a month: the Brownian bridge", "independent increments of Brownian motion")
    yield about.mean("daily steps: mean", 0, z.ravel())
    yield about.mean("daily steps: variance", 1, (z**2).ravel())
    for lag in (1, 2, 3):
        yield about.mean(f"daily steps: correlation {lag} sessions apart", 0, (z[:, lag:] * z[:, :-lag]).ravel())
    # One sum over all pairs of days would hide a pair that is wrong; the sum of squares does not. Over the paths, the
    # mean product of a pair is normal with variance 1 / paths, so that each pair adds a chi-square of one degree.
    size = z.shape[1]
    pairs = np.array([np.mean(z[:, i] * z[:, j]) for i in range(size) for j in range(i)])
    yield about.chi_square("daily steps: all pairs of days", float((pairs**2).sum()) * len(z), len(pairs))


def refinement(seed: int) -> Check:
    """Another cadence refines the same path: closes of the same day are the same bits."""
    coarse, fine = (
        histories(plain_case({"policy.cadence": cadence, "horizon": "2002-12-31"}), 128, seed)
        for cadence in ("quarter_end", "daily")
    )
    off = sum(
        one["closes"][day] != other["closes"][day]
        for one, other in zip(coarse, fine, strict=True)
        for day in set(one["closes"]) & set(other["closes"])
    )
    about = About("policies are compared on one market", "one Brownian path for each (seed, path)")
    return about.exact("closes that differ between quarter-ends and every day", 0, off)
