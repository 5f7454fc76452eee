"""Within the day: low, VWAP and volume of a session, and the statistics of pricing that use them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.verify.check import About, Check
from sim.verify.closed_forms import SESSIONS, normal_cdf
from sim.verify.samples import AMOUNT, DRIFT, S0, VOLATILITY, one_draw

SD = VOLATILITY / math.sqrt(SESSIONS)  # of a session's log return
MEAN = (DRIFT - VOLATILITY**2 / 2) / SESSIONS
BARRIER = "minimum of a Brownian motion; reflection principle"
AVERAGE = "the mean of a Brownian bridge over time is normal; section 4 of the model"
LATER = 40  # a session inside a month


def checks(paths: int, seed: int) -> Iterator[Check]:
    yield from lows(paths, seed)
    yield from averages(paths, seed)
    yield from lowest_of_a_window(paths, seed)
    yield from least_of_two(paths, seed)


def sold(n: int, pricing: dict[str, Any], paths: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Purchase price and close of a draw on session n, (paths,) each."""
    keys = {"window": 1, "timing": "through", **pricing}
    run = sim.simulate(
        one_draw(n, {f"line.pricing.{key}": value for key, value in keys.items()}), paths=paths, seed=seed
    )
    price = AMOUNT / run["shares_issued"]
    return price, price + run["discount_cost"] / run["shares_issued"]


def falls(y: float, mean: float, sd: float) -> float:
    """P(the minimum of Brownian motion with this mean and sd over a stretch is at most y), y <= 0."""
    return normal_cdf((y - mean) / sd) + math.exp(2 * mean * y / sd**2) * normal_cdf((y + mean) / sd)


def lows(paths: int, seed: int) -> Iterator[Check]:
    about = About("prices that a clause takes from the day's low", BARRIER)
    low, _ = sold(1, {"series": "low"}, paths, seed)
    yield about.mean("low over the close before: mean", 0.9553717838619, low / S0)
    yield about.mean("close before over the low: mean", 1.047968137225, S0 / low)
    for share in (0.99, 0.95, 0.90):
        yield about.share(
            f"low below {share:g} of the close before", falls(math.log(share), MEAN, SD), low < share * S0
        )
    low, close = sold(LATER, {"series": "low"}, paths, seed)
    yield about.mean("low over the close: mean", 0.9572595499418, low / close)
    yield about.mean("close over the low: mean", 1.045838293488, close / low)
    yield about.share("low below 0.95 of the close", falls(math.log(0.95), -MEAN, SD), low < 0.95 * close)


def averages(paths: int, seed: int) -> Iterator[Check]:
    about = About("prices that a clause takes from the day's VWAP", AVERAGE)
    vwap, _ = sold(1, {"series": "vwap"}, paths, seed)
    yield about.mean("VWAP over the close before: mean", math.exp(DRIFT / (2 * SESSIONS)), vwap / S0)
    yield about.mean("close before over the VWAP: mean", 1.00127064786, S0 / vwap)
    log = np.log(vwap / S0)
    mean = MEAN / 2 + SD**2 / 12
    yield about.mean("log VWAP over the close before: variance", SD**2 / 3, (log - mean) ** 2)
    for share, known in ((0.97, 0.1819084136185), (1.0, 0.508946707392)):
        yield about.share(f"VWAP below {share:g} of the close before", known, vwap < share * S0)
    vwap, close = sold(LATER, {"series": "vwap"}, paths, seed)
    yield about.mean("VWAP over the close: mean", 1.001807186552, vwap / close)
    yield about.share("VWAP below 0.97 of the close", 0.1661881752734, vwap < 0.97 * close)


def lowest_of_a_window(paths: int, seed: int) -> Iterator[Check]:
    """The lowest low of n sessions is the minimum of one Brownian motion over them."""
    about = About("the lowest low of a window", BARRIER)
    for n, share, known in ((5, 0.9, 0.9019009578466), (62, 0.7, 0.6821241438431)):
        low, _ = sold(n, {"series": "low", "window": n, "statistic": "lowest"}, paths, seed)
        below = falls(math.log(share), MEAN * n, SD * math.sqrt(n))
        yield about.mean(f"lowest low of sessions 1 to {n} over the opening: mean", known, low / S0)
        yield about.share(f"lowest low of sessions 1 to {n} below {share:g} of the opening", below, low < share * S0)


def least_of_two(paths: int, seed: int) -> Iterator[Check]:
    """The lesser of the day's low and the mean of the three lowest of ten closes, against the two sold one by one."""
    about = About("a price that is the lesser of two", "the lesser of two prices of the same path")
    few = min(paths, 20_000)
    low_leg: dict[str, Any] = {"series": "low"}
    mean_leg: dict[str, Any] = {"window": 10, "timing": "before", "statistic": "mean_of_lowest", "count": 3}
    low, mean = (sold(LATER, leg, few, seed)[0] for leg in (low_leg, mean_leg))
    both = sold(LATER, low_leg | {"lesser_of": [mean_leg]}, few, seed)[0]
    # Shares are whole: of hundreds of millions of them one moves a price by less than 1e-7 dollars.
    most_off = float(np.abs(both - np.minimum(low, mean)).max())
    yield about.exact("low, or mean of the three lowest of ten closes: farthest path, $", 0.0, most_off, within=1e-6)
    lowest, ten = (
        sold(LATER, mean_leg | {"statistic": statistic, "count": None}, few, seed)[0]
        for statistic in ("lowest", "mean")
    )
    one = sold(LATER, mean_leg | {"count": 1}, few, seed)[0]
    every = sold(LATER, mean_leg | {"count": 10}, few, seed)[0]
    yield about.exact("mean of the one lowest: farthest path, $", 0.0, float(np.abs(one - lowest).max()))
    off = float(np.abs(every / ten - 1.0).max())
    yield about.exact("mean of the ten lowest of ten: farthest path", 0.0, off, within=1e-6)
