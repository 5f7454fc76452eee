"""The volatility of geometric Brownian motion, with an interval that holds when volatility comes in clusters."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.analysis.calibration.fitted import Fit, on_the_line
from sim.analysis.calibration.returns import YEAR, Returns
from sim.results.estimates import Estimate
from sim.text.frozen import in_brief, whole

STRETCHES = 6
_T975 = 2.5705818356363146  # Student's t with 5 degrees of freedom


@whole
class Volatility(NamedTuple):
    """Annual volatility, and that of each of the six stretches that its interval comes from."""

    estimate: Estimate
    stretches: tuple[float, ...]

    def __repr__(self) -> str:
        return in_brief(self)


def volatility_of(returns: Returns) -> Volatility:
    """Standard deviation of the log returns a year, with the interval of six stretches.

    `sigma^2 = 252/(n-1) sum (r - k m)^2/k`, where k is the number of sessions of a return and m the mean of a session.
    The returns are cut into six equal stretches. With the mean squared deviations of these, `cv = sd/(mean sqrt(6))`,
    the standard error is `sigma cv/2` and the interval `sigma exp(+- t cv/2)`, t the 97.5% point of Student's
    distribution with 5 degrees of freedom. Ibragimov and Mueller (2010), t-statistic based correlation and
    heterogeneity robust inference, Journal of Business and Economic Statistics 28.
    """
    r, k = returns.values, returns.spans
    squares = (r - k * (r.sum() / k.sum())) ** 2 / k
    sigma = math.sqrt(YEAR * float(squares.sum()) / (r.size - 1))
    means = np.array([part.mean() for part in np.array_split(squares, STRETCHES)])
    mean = float(means.mean())
    cv = float(means.std(ddof=1)) / (mean * math.sqrt(STRETCHES)) if mean > 0.0 else math.nan
    factor = math.exp(min(_T975 * cv / 2.0, 700.0))
    stretches = tuple(float(x) for x in np.sqrt(YEAR * means))
    return Volatility(Estimate(sigma, sigma * cv / 2.0, (sigma / factor, sigma * factor)), stretches)


def kurtosis(values: np.ndarray) -> float:
    """Fourth central moment over the squared variance, divisor n; 3 for normal returns."""
    deviations = values - values.mean()
    return float((deviations**4).mean() / (deviations**2).mean() ** 2)


def growth_of(returns: Returns, volatility: float) -> Estimate:
    """Growth of the mean price a year, `252 m + sigma^2/2`, with the error `sigma/sqrt(years)` of the mean return."""
    mean = YEAR * float(returns.values.sum() / returns.spans.sum())
    return on_the_line(mean + volatility**2 / 2.0, volatility / math.sqrt(returns.years))


def normal_log_likelihood(values: np.ndarray) -> float:
    """Largest log-likelihood of independent normal returns, each of one session."""
    return -0.5 * values.size * (math.log(2.0 * math.pi * float(values.var())) + 1.0)


def fit_gbm(returns: Returns, volatility: Volatility) -> Fit:
    """Geometric Brownian motion: the volatility alone."""
    estimate = volatility.estimate
    return Fit(
        "gbm", "gbm", {"volatility": estimate.value}, {"volatility": estimate},
        normal_log_likelihood(returns.values), 2,
    )  # fmt: skip
