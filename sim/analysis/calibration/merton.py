"""Merton's jump diffusion by maximum likelihood, with the bounds that keep the likelihood finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.calibration.fitted import Fit, on_the_line, positive, sandwich, without
from sim.analysis.calibration.returns import YEAR, Returns
from sim.analysis.calibration.volatility import normal_log_likelihood
from sim.results.estimates import Estimate

LEAST_RETURNS = 250
TERMS = 12
_FEW_TERMS = 5  # while a start is chosen
LEAST_RATE, MOST_RATE = 0.05, 50.0
LEAST_SIGMA = 0.25  # of the total volatility
LEAST_SD, MOST_SD = 0.5, 40.0  # of a jump, in standard deviations of a session
LEAST_RATIO = 8.0  # likelihood ratio against gbm below which jumps are not believed; 95% point without jumps 3.7
_RATES, _SDS = (1.0, 4.0, 12.0, 30.0), (2.0, 4.0)
_NEAR = 1e-3  # of the logarithm of a bound: on it


class Merton(NamedTuple):
    """`drift` is that of the log price, a year; `sigma` the volatility of the diffusion; jumps a year, mean and sd."""

    drift: float
    sigma: float
    rate: float
    mean: float
    sd: float


def log_densities(values: np.ndarray, at: Merton) -> np.ndarray:
    """Log densities of the returns of a session: a mixture of normals over 0 to 11 jumps (Merton 1976).

    `sum_k P(k) N(drift/252 + k mean, sigma^2/252 + k sd^2)`, `P` Poisson with mean `rate/252`.
    """
    return _mixture(values, at)[0]


def _mixture(values: np.ndarray, at: Merton, terms: int = TERMS) -> tuple[np.ndarray, np.ndarray]:
    """Log densities, (n,), and their derivatives by drift, log sigma, log rate, mean and log sd, (5, n)."""
    k = np.arange(float(terms))[:, None]
    daily = at.rate / YEAR
    weight = k * math.log(daily) - daily - np.array([[math.lgamma(j + 1.0)] for j in range(terms)])
    variance = at.sigma**2 / YEAR + k * at.sd**2
    pull = (values - at.drift / YEAR - k * at.mean) / variance
    joint = weight - 0.5 * np.log(2.0 * math.pi * variance) - 0.5 * pull**2 * variance
    top = joint.max(axis=0)
    share = np.exp(joint - top)
    total = share.sum(axis=0)
    share /= total
    spread = 0.5 * share * (pull**2 - 1.0 / variance)
    pull *= share
    scores = np.stack([
        pull.sum(axis=0) / YEAR,
        spread.sum(axis=0) * (2.0 * at.sigma**2 / YEAR),
        (k * share).sum(axis=0) - daily,
        (k * pull).sum(axis=0),
        (k * spread).sum(axis=0) * (2.0 * at.sd**2),
    ])  # fmt: skip
    return top + np.log(total), scores


def fit_merton(values: np.ndarray, most_rate: float = MOST_RATE) -> Merton:
    """The parameters of the largest likelihood within bounds.

    Without bounds the likelihood is infinite, as sigma tends to 0 with the mean on a return (Kiefer 1978, Econometrica
    46; Honore 1998, Pitfalls in estimating jump-diffusion models): sigma is at least a quarter of the total volatility,
    the rate from 0.05 to `most_rate` a year, and the sd of a jump from 0.5 to 40 standard deviations of a session.
    """
    session = float(values.std())
    total = session * math.sqrt(YEAR)
    bounds = [
        (None, None), (math.log(LEAST_SIGMA * total), math.log(2.0 * total)),
        (math.log(LEAST_RATE), math.log(most_rate)),
        (-MOST_SD * session, MOST_SD * session), (math.log(LEAST_SD * session), math.log(MOST_SD * session)),
    ]  # fmt: skip
    number = float(values.size)

    def loss(point: np.ndarray, terms: int = TERMS) -> tuple[float, np.ndarray]:
        densities, scores = _mixture(values, _at(point), terms)
        return -float(densities.sum()) / number, -scores.sum(axis=1) / number

    mean = float(values.mean()) * YEAR
    starts = [
        np.array([mean, math.log(0.8 * total), math.log(min(rate, most_rate)), 0.0, math.log(sd * session)])
        for rate in _RATES
        for sd in _SDS
    ]
    found = [_minimum(loss, start, bounds, _FEW_TERMS) for start in starts]
    best = min(found, key=lambda one: float(one.fun))
    return _at(_minimum(loss, best.x, bounds, TERMS).x)


def _minimum(loss: Callable[..., Any], start: np.ndarray, bounds: list[Any], terms: int) -> Any:
    """The minimum from one start. SLSQP: each step of L-BFGS-B waits for the threads of the linear algebra."""
    from scipy.optimize import minimize

    rough = terms < TERMS
    options = {"maxiter": 60 if rough else 300, "ftol": 1e-8 if rough else 1e-14}
    return minimize(loss, start, (terms,), jac=True, method="SLSQP", bounds=bounds, options=options)


def _at(point: np.ndarray) -> Merton:
    drift, sigma, rate, mean, sd = map(float, point)
    return Merton(drift, math.exp(sigma), math.exp(rate), mean, math.exp(sd))


def as_model(returns: Returns) -> Fit:
    """The keys of `model = "merton"`; left out where a likelihood ratio shows no jumps."""
    values = returns.values
    found = fit_merton(values)
    changing = found.rate > MOST_RATE * math.exp(-_NEAR)
    found = found._replace(rate=MOST_RATE) if changing else found
    likelihood = float(log_densities(values, found).sum())
    ratio = 2.0 * (likelihood - normal_log_likelihood(values))
    if ratio < LEAST_RATIO:
        reason = f"no evidence of jumps: the likelihood ratio to gbm is {max(ratio, 0.0):.1f}, and must be at least 8"
        return replace(without("merton", "merton", reason), log_likelihood=likelihood, parameters=5)
    errors = _errors(values, found)
    total = math.sqrt(found.sigma**2 + found.rate * (found.mean**2 + found.sd**2))
    price = {"volatility": found.sigma, "jump_rate": found.rate, "jump_mean": found.mean, "jump_sd": found.sd}
    estimates = {
        "volatility": positive(found.sigma, found.sigma * errors[1]),
        "jump_rate": positive(found.rate, found.rate * errors[2]),
        "jump_mean": on_the_line(found.mean, errors[3]),
        "jump_sd": positive(found.sd, found.sd * errors[4]),
        "total volatility": Estimate(total, math.nan, (math.nan, math.nan)),
    }
    notes = []
    if changing:
        notes.append(
            f"The jump rate is at its bound of {MOST_RATE:g} a year: these are not jumps but changing volatility. "
            "Use garch."
        )
    elif found.sigma < LEAST_SIGMA * math.exp(_NEAR) * float(values.std()) * math.sqrt(YEAR):
        notes.append(
            "The volatility of the diffusion is at its bound, a quarter of the total: many returns are near 0."
        )
    return Fit("merton", "merton", price, estimates, likelihood, 5, tuple(notes), supported=not notes)


def _errors(values: np.ndarray, at: Merton) -> list[float]:
    """Robust standard errors of drift, log sigma, log rate, mean and log sd; NaN for those on a bound."""
    point = np.array([at.drift, math.log(at.sigma), math.log(at.rate), at.mean, math.log(at.sd)])
    steps = np.array([1e-3, 1e-4, 1e-3, 1e-4 * at.sd, 1e-3])
    free = [i for i in range(5) if i != 2 or LEAST_RATE * math.exp(_NEAR) < at.rate < MOST_RATE * math.exp(-_NEAR)]
    hessian = np.empty((5, 5))
    for i, step in enumerate(steps):
        move = np.eye(5)[i] * step
        ends = [_mixture(values, _at(point + sign * move))[1].sum(axis=1) for sign in (1.0, -1.0)]
        hessian[i] = (ends[0] - ends[1]) / (2.0 * step)
    hessian = (hessian + hessian.T) / 2.0
    covariance = np.full((5, 5), math.nan)
    covariance[np.ix_(free, free)] = sandwich(hessian[np.ix_(free, free)], _mixture(values, at)[1][free].T)
    return [float(error) for error in np.sqrt(np.diag(covariance))]
