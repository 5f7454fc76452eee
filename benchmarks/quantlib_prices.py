"""The opponent for prices alone: QuantLib's path generator, from Python, on the same days."""

import math

import numpy as np

from benchmarks.facts import Facts

YEAR = 252  # sessions


def final_closes(facts: Facts, paths: int, seed: int) -> np.ndarray:
    """Close on the last row (paths,) of paths of geometric Brownian motion, sampled exactly on every row.

    The moves of the stock, the burn and the ledger are left out: QuantLib has no models of them.
    """
    import QuantLib as ql

    counter, calendar = ql.Actual365Fixed(), ql.NullCalendar()
    flat = ql.YieldTermStructureHandle(ql.FlatForward(0, calendar, 0.0, counter))
    sigma = facts.sigma * math.sqrt(YEAR)
    drift = facts.growth * YEAR + sigma**2 / 2
    growth = ql.YieldTermStructureHandle(ql.FlatForward(0, calendar, drift, counter))
    volatility = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(0, calendar, sigma, counter))
    spot = ql.QuoteHandle(ql.SimpleQuote(facts.initial))
    process = ql.BlackScholesMertonProcess(spot, flat, growth, volatility)
    grid = ql.TimeGrid((facts.row_session / YEAR).tolist())
    uniforms = ql.UniformRandomSequenceGenerator(len(grid) - 1, ql.UniformRandomGenerator(seed))
    generator = ql.GaussianPathGenerator(process, grid, ql.GaussianRandomSequenceGenerator(uniforms), False)
    closes, last = np.empty(paths), len(grid) - 1
    for i in range(paths):
        closes[i] = generator.next().value()[last]
    return closes


def z_of_log_close(facts: Facts, closes: np.ndarray) -> float:
    """(mean log close - growth x sessions) in standard errors."""
    n = facts.row_session[-1]
    error = facts.sigma * math.sqrt(n / closes.size)
    return float((np.log(closes / facts.initial).mean() - facts.growth * n) / error)
