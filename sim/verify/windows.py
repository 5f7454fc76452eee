"""The pricing window: mean and lowest of n closes, which days they are, and what shares cost on average."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.verify.check import About, Check
from sim.verify.closed_forms import Gbm, expectation
from sim.verify.samples import DRIFT, S0, VOLATILITY, one_draw, prices

MARKET = Gbm(S0, DRIFT, VOLATILITY)
DAYS = (1, 3, 5)
SUM, QUADRATURE = "sum over pairs of days", "Gauss-Hermite quadrature over each day's step"
SPITZER = "Spitzer's identity (1956) for the maximum of a random walk"
PRICE = About("the purchase price of a draw", SUM)
COST = About("shares issued: 1/A costs more than 1/E[A]", QUADRATURE)


def checks(paths: int, seed: int) -> Iterator[Check]:
    for n in DAYS:
        yield from first_closes(n, paths, seed)
    for n in DAYS[1:]:
        yield from before_the_purchase_date(n, paths, seed)
    yield from later(paths, seed)
    yield from before_the_valuation_date(paths, seed)


def window(n: int, timing: str, day: int, paths: int, seed: int, **pricing: object) -> np.ndarray:
    """The purchase price of a draw on session `day` (paths,)."""
    keys = {"window": n, "timing": timing, **pricing}
    return prices(one_draw(day, {f"line.pricing.{key}": value for key, value in keys.items()}), paths, seed)


def first_closes(n: int, paths: int, seed: int) -> Iterator[Check]:
    """Sessions 1 to n, the purchase date the last of them."""
    mean, what = window(n, "through", n, paths, seed), f"mean A of the first {n} closes"
    yield PRICE.mean(f"{what}: E[A], $", MARKET.window_mean(n), mean)
    yield PRICE.mean(f"{what}: E[A^2]", MARKET.window_second(n), mean**2)
    yield COST.mean(f"{what}: E[1/A]", MARKET.window_inverse(n), 1 / mean)
    if n > 1:
        lowest, known = window(n, "through", n, paths, seed, statistic="lowest"), MARKET.window_inverse_lowest(n)
        yield COST.mean(f"lowest of the first {n} closes: E[1/min]", known, 1 / lowest, source=SPITZER)


def before_the_purchase_date(n: int, paths: int, seed: int) -> Iterator[Check]:
    """Timing `before`: the purchase date's own close is not in the window."""
    mean, what = window(n, "before", n + 1, paths, seed), f"window of {n} before session {n + 1}"
    about = About("the window ends the day before the purchase date", SUM)
    yield about.mean(f"{what}: E[A^2]", MARKET.window_second(n), mean**2)
    yield about.mean(f"{what}: E[1/A]", MARKET.window_inverse(n), 1 / mean, source=QUADRATURE)


def later(paths: int, seed: int) -> Iterator[Check]:
    """A window of five over a month's end, with the discount of the documents: sessions 20 to 24."""
    price = window(5, "before", 25, paths, seed, multiplier=0.85)
    known = MARKET.window_inverse(5, 20) / 0.85
    yield COST.mean("shares for $1, 85% of 5 closes over a month's end", known, 1 / price)
    lowest = window(10, "through", 30, paths, seed, statistic="lowest")
    known = MARKET.window_inverse_lowest(10, 21)
    yield COST.mean("lowest of closes 21 to 30: E[1/min]", known, 1 / lowest, source=SPITZER)


def before_the_valuation_date(paths: int, seed: int) -> Iterator[Check]:
    """Days before the opening have the initial price (model, section 3): A = (4 S0 + S_1) / 5 on session 2."""
    about = About("windows that reach back before the valuation date", "model, section 3")
    opening = window(5, "before", 1, 1_024, seed)
    # Shares are whole: of 400 million of them one is 2.5e-9, which moves the price found by 7e-9 dollars.
    price = float(opening[np.argmax(np.abs(opening - S0))])
    yield about.exact("window of 5 before session 1, $, farthest path", S0, price, within=1e-8)
    mean, what = window(5, "before", 2, paths, seed), "window of 5 before session 2"
    expected = (4 * S0 + MARKET.mean(1)) / 5
    yield about.mean(f"{what}: E[A], $", expected, mean)
    yield about.mean(f"{what}: variance", MARKET.variance(1) / 25, (mean - expected) ** 2)
    known = expectation(lambda z: 5 / (4 * S0 + S0 * np.exp(MARKET.log_mean(1) - np.log(S0) + MARKET.log_sd(1) * z)))
    yield about.mean(f"{what}: E[1/A]", known, 1 / mean, source="quadrature over one close")
