"""Laws of the models in closed form or by quadrature: lognormal amounts, times and sums, exponential times.

A lognormal quantity is given by its median and the standard deviation of its log. Nothing here is simulated.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from sim.verify.closed_forms import Lognormal

NORMAL_90 = float(ndtri(0.9))
DAYS_IN_YEAR = 365.25  # of the events' calendar years
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_FAR = 9.0  # standard deviations: a normal is beyond them with a chance of 1e-19


def log_sd(median: float, p90: float) -> float:
    """Standard deviation of the log of a lognormal with this median and 90% point. Model, section 4."""
    return math.log(p90 / median) / NORMAL_90


def lognormal_by(x: Any, median: float, sd: float) -> Any:
    """P(X <= x) of a lognormal; 0 at x <= 0. `x` a number or an array."""
    x = np.asarray(x, dtype=float)
    score = np.log(np.where(x > 0, x, 1.0) / median) / sd
    found = np.where(x > 0, ndtr(score), 0.0)
    return found if found.ndim else float(found)


def lognormal_quantile(p: float, median: float, sd: float) -> float:
    """The x with P(X <= x) = p."""
    return float(median * np.exp(sd * ndtri(p)))


def lognormal_mean(median: float, sd: float) -> float:
    """E[X] = m e^(s^2/2)."""
    return median * math.exp(sd * sd / 2)


def lognormal_limited(limit: float, median: float, sd: float) -> float:
    """E[min(X, limit)], the limited expected value."""
    return Lognormal(lognormal_mean(median, sd), sd).limited(limit)


def lognormal_excess(limit: float, median: float, sd: float) -> float:
    """E[max(0, X - limit)] = E[X] - E[min(X, limit)]: the formula of Black and Scholes (1973) without interest."""
    return lognormal_mean(median, sd) - lognormal_limited(limit, median, sd)


def sum_by(x: Any, one: tuple[float, float], other: tuple[float, float], correlation: float = 0.0) -> Any:
    """P(A + B <= x) of two lognormals, each (median, log sd), whose logs are so correlated: quadrature over A's score.

    `x` a number or an array of any shape.
    """
    x = np.asarray(x, dtype=float)
    (median, sd), own = one, math.sqrt(1 - correlation**2)
    score = np.log(np.where(x > 0, x, 1.0) / median) / sd
    z, weight = _span(-_FAR, np.clip(score, -_FAR, _FAR)[..., None])
    left = x[..., None] - median * np.exp(sd * z)
    need = np.log(np.where(left > 0, left, 1.0) / other[0]) / other[1]
    inside = np.where(left > 0, ndtr((need - correlation * z) / own), 0.0)
    found = np.where(x > 0, np.sum(weight * _density(z) * inside, axis=-1), 0.0)
    return found if found.ndim else float(found)


def sum_of_three_by(x: float, median: float, sd: float) -> float:
    """P(A + B + C <= x) of three independent lognormals of one law: quadrature over one of them."""
    last = min(_FAR, math.log(x / median) / sd)
    z, weight = _span(-_FAR, last)
    return float(np.sum(weight * _density(z) * sum_by(x - median * np.exp(sd * z), (median, sd), (median, sd))))


def exponential_by(days: float, annual_rate: float) -> float:
    """P(T <= t) = 1 - e^(-rate t / 365.25), t in calendar days."""
    return -math.expm1(-annual_rate * days / DAYS_IN_YEAR)


def exponential_limited(days: float, annual_rate: float) -> float:
    """E[min(T, t)] = P(T <= t) / rate, in days."""
    return exponential_by(days, annual_rate) * DAYS_IN_YEAR / annual_rate


def _span(low: Any, high: Any) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights from `low` to `high`; the last axis runs over the nodes."""
    half = (high - low) / 2
    return low + half * (_NODES + 1), half * _WEIGHTS


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
