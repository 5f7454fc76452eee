"""GARCH(1,1) with normal or Student-t returns, by quasi maximum likelihood with the sample's long-run variance."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

LEAST_RETURNS = 250
_BACKCAST_DAYS, _BACKCAST_DECAY = 75, 0.94
_LEAST_NU, _MOST_NU = 2.5, 200.0
LEAST_RATIO = 6.0  # likelihood ratio to a constant variance below which there are no clusters: 95% of chi-square, 2
_MOST_PERSISTENCE = 0.9999
_NU_BOUNDS = (-8.0, 8.0)
_STARTS = [(p, a) for p in (0.7, 0.95, 0.99) for a in (0.04, 0.1, 0.2)]


class Garch(NamedTuple):
    """A fit: `nu` is infinite for normal returns, `variances` those of each session of standardised returns, `next`
    that of the session after the last one, `deviations` the standardised returns.
    """

    alpha: float
    beta: float
    nu: float
    log_likelihood: float
    variances: np.ndarray
    next: float
    deviations: np.ndarray


# --- the likelihood ---


def variances_of(squares: np.ndarray, omega: float, alpha: float, beta: float, backcast: float) -> np.ndarray:
    """`h(1) = omega + (alpha + beta) backcast`, `h(t+1) = omega + alpha e(t)^2 + beta h(t)`.

    Parameters
    ----------
    squares : ndarray, (n,)
        Squared deviations from the mean.

    Returns
    -------
    ndarray, (n + 1,)
        The last one is the variance of the session after the last return.
    """
    from scipy.linalg.lapack import dtbtrs  # solves h(t+1) - beta h(t) = omega + alpha e(t)^2, row after row

    shocks = np.empty((squares.size + 1, 1))
    shocks[0] = omega + (alpha + beta) * backcast
    shocks[1:, 0] = omega + alpha * squares
    bands = np.empty((2, squares.size + 1))
    bands[0], bands[1] = 1.0, -beta
    variances: np.ndarray = dtbtrs(bands, shocks, uplo="L", diag="U")[0][:, 0]
    return variances


def backcast_of(squares: np.ndarray) -> float:
    """The variance before the first return: the first 75 squares with weights of 0.94^k."""
    weights = _BACKCAST_DECAY ** np.arange(min(_BACKCAST_DAYS, squares.size))
    return float(squares[: weights.size] @ weights / weights.sum())


def log_densities(squares: np.ndarray, variances: np.ndarray, nu: float = math.inf) -> np.ndarray:
    """Log densities of deviations with the given variances: normal, or Student's t scaled to variance 1."""
    if math.isinf(nu):
        normal: np.ndarray = -0.5 * (math.log(2.0 * math.pi) + np.log(variances) + squares / variances)
        return normal
    scale = math.lgamma((nu + 1.0) / 2.0) - math.lgamma(nu / 2.0) - 0.5 * math.log(math.pi * (nu - 2.0))
    student: np.ndarray = (
        scale - 0.5 * np.log(variances) - 0.5 * (nu + 1.0) * np.log1p(squares / (variances * (nu - 2.0)))
    )
    return student


# --- the fit ---


def fit_garch(values: np.ndarray, student: bool) -> Garch:
    """Maximum likelihood over alpha, beta and, with `student`, nu; `omega = (1 - alpha - beta) s^2`.

    Francq, Horvath and Zakoian (2011), Merits and drawbacks of variance targeting in GARCH models, Journal of Financial
    Econometrics 9. Returns are less their mean and divided by their standard deviation s (divisor n). Without clusters,
    where the likelihood ratio to a constant variance is below 6, alpha and beta are 0.
    """
    from scipy.optimize import minimize

    scale = float(values.std())
    deviations = (values - values.mean()) / scale
    squares = deviations**2
    backcast = backcast_of(squares)

    def parts(point: np.ndarray) -> tuple[float, float, float]:
        persistence = _MOST_PERSISTENCE / (1.0 + math.exp(-point[0]))
        alpha = persistence / (1.0 + math.exp(-point[1]))
        return alpha, persistence - alpha, _nu(point[2]) if student else math.inf

    def loss(point: np.ndarray) -> float:
        alpha, beta, nu = parts(point)
        variances = variances_of(squares, 1.0 - alpha - beta, alpha, beta, backcast)
        return -float(log_densities(squares, variances[:-1], nu).mean())

    starts = [np.array([_logit(p), _logit(a / p), 0.0][: 2 + student]) for p, a in _STARTS]
    bounds = [(-6.0, 9.2), (-9.0, 6.0), _NU_BOUNDS][: 2 + student]
    options = {"ftol": 1e-13, "maxiter": 200}
    chosen = sorted(starts, key=loss)[:3]
    found = [minimize(loss, start, method="SLSQP", bounds=bounds, options=options) for start in chosen]
    best = min(found, key=lambda one: float(one.fun))
    fine = {"xatol": 1e-7, "fatol": 1e-14, "maxiter": 400}
    point = minimize(loss, best.x, method="Nelder-Mead", bounds=bounds, options=fine).x
    constant = _constant(squares, student)
    if 2.0 * values.size * (constant.fun - loss(point)) < LEAST_RATIO:
        flat, likelihood = np.ones(squares.size), -values.size * (constant.fun + math.log(scale))
        return Garch(0.0, 0.0, _nu(float(constant.x)) if student else math.inf, likelihood, flat, 1.0, deviations)
    alpha, beta, nu = parts(point)
    variances = variances_of(squares, 1.0 - alpha - beta, alpha, beta, backcast)
    likelihood = -values.size * (loss(point) + math.log(scale))
    return Garch(alpha, beta, nu, likelihood, variances[:-1], float(variances[-1]), deviations)


def _constant(squares: np.ndarray, student: bool) -> Any:
    """The minimum `fun` of minus the mean log density with a constant variance, and the place `x` of its nu."""
    from scipy.optimize import minimize_scalar

    flat = np.ones(squares.size)
    return minimize_scalar(
        lambda x: -float(log_densities(squares, flat, _nu(x) if student else math.inf).mean()),
        bounds=_NU_BOUNDS, method="bounded",
    )  # fmt: skip


def _nu(x: float) -> float:
    """Degrees of freedom between their limits; 0 stands for about 7."""
    return _LEAST_NU + (_MOST_NU - _LEAST_NU) / (1.0 + math.exp(3.75 - x))


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))
