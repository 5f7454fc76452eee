"""The drift of every session: what keeps the mean of the price at initial x exp(drift t) under every model."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np

from sim.terms import Case, Price
from sim.text.exact import FIFTY_DIGITS

SESSIONS_IN_YEAR = 252.0


class DailyDrift:
    """What is added to sigma W(n) in the log of session n's close, by n; with the bootstrap, what multiplies P(n)."""

    def __init__(self, case: Case, sessions: int) -> None:
        price = case.price
        if price.model == "bootstrap":
            kappa = _kappa(price.gross_returns, price.block_days, price.drift, sessions)
            self.values = float(price.initial) * np.array(kappa)
            return
        growth = case.price.drift - 0.5 * case.price.volatility * case.price.volatility - compensator(price)
        self.values = growth * (np.arange(sessions + 1) / SESSIONS_IN_YEAR)


def compensator(price: Price) -> float:
    """Growth of the mean that the jumps bring: rate x (exp(mean + sd^2 / 2) - 1). Merton (1976), equation 10."""
    if price.model != "merton":
        return 0.0
    return _compensator(price.jump_rate, price.jump_mean, price.jump_sd)


@lru_cache(maxsize=256)
def _compensator(rate: float, mean: float, sd: float) -> float:
    with localcontext(FIFTY_DIGITS):
        exponent = Decimal(mean) + Decimal(sd) * Decimal(sd) / 2
        return float(Decimal(rate) * (exponent.exp() - 1))


@lru_cache(maxsize=64)
def _kappa(gross: tuple[float, ...], days: float, drift: float, sessions: int) -> tuple[float, ...]:
    """kappa(n) = exp(drift n / 252) / E[P(n)] for n = 0, 1, ...: the mean of initial x kappa(n) P(n) is exact."""
    factors = [1.0]
    with localcontext(FIFTY_DIGITS):
        for n, mean in enumerate(mean_products(gross, days, sessions), start=1):
            growth = (Decimal(drift) * n / 252).exp()
            factors.append(float(growth / Decimal(mean)))
    return tuple(factors)


@lru_cache(maxsize=64)
def mean_products(gross: tuple[float, ...], days: float, sessions: int) -> tuple[float, ...]:
    """E[P(n)] of the product of n resampled gross returns, n = 1, 2, ....

    The position in the file is a Markov chain: e_(n+1)(j) = g_j ((1 - p) e_n(j - 1) + p sum(e_n) / N), p = 1 / `days`.
    """
    g, p = np.array(gross), 1.0 / days
    e = g / len(g)
    means = []
    for _ in range(sessions):
        total = math.fsum(e.tolist())
        means.append(total)
        e = g * ((1.0 - p) * np.roll(e, 1) + p * total / len(g))
    return tuple(means)
