"""GARCH(1,1) with normal or Student-t returns, by quasi maximum likelihood with the sample's long-run variance."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.analysis.calibration.fitted import Fit, on_the_line, positive, sandwich, share
from sim.analysis.calibration.returns import YEAR, Returns
from sim.analysis.calibration.volatility import Volatility
from sim.results.estimates import Estimate

LEAST_RETURNS = 250
_FEW_RETURNS = 750
_BACKCAST_DAYS, _BACKCAST_DECAY = 75, 0.94
_LEAST_NU, _MOST_NU = 2.5, 200.0
_LEAST_ALPHA = 1e-3  # below: there is no sign of clusters
_MOST_PERSISTENCE = 0.9999
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
    Econometrics 9. Returns are less their mean and divided by their standard deviation s (divisor n).
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
    bounds = [(-6.0, 9.2), (-9.0, 6.0), (-8.0, 8.0)][: 2 + student]
    options = {"ftol": 1e-13, "maxiter": 200}
    chosen = sorted(starts, key=loss)[:3]
    found = [minimize(loss, start, method="SLSQP", bounds=bounds, options=options) for start in chosen]
    best = min(found, key=lambda one: float(one.fun))
    fine = {"xatol": 1e-7, "fatol": 1e-14, "maxiter": 400}
    point = minimize(loss, best.x, method="Nelder-Mead", bounds=bounds, options=fine).x
    alpha, beta, nu = parts(point)
    variances = variances_of(squares, 1.0 - alpha - beta, alpha, beta, backcast)
    likelihood = -values.size * (loss(point) + math.log(scale))
    return Garch(alpha, beta, nu, likelihood, variances[:-1], float(variances[-1]), deviations)


def _nu(x: float) -> float:
    """Degrees of freedom between their limits; 0 stands for about 7."""
    return _LEAST_NU + (_MOST_NU - _LEAST_NU) / (1.0 + math.exp(3.75 - x))


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


# --- errors and the keys of a case ---


def as_model(returns: Returns, volatility: Volatility, found: Garch) -> Fit:
    """The keys of `model = "garch"`, with errors that take the estimate of the long-run variance into account."""
    student = math.isfinite(found.nu)
    cov = _covariance(found, 2.0 * volatility.estimate.se / volatility.estimate.value)
    errors = np.sqrt(np.diag(cov))
    persistence = found.alpha + found.beta
    clusters = found.alpha >= _LEAST_ALPHA
    alpha, beta = (found.alpha, found.beta) if clusters else (0.0, 0.0)
    sigma = volatility.estimate.value
    ahead = _next_session(found, sigma) if clusters else sigma
    price = {"volatility": sigma, "initial_volatility": ahead, "alpha": alpha, "beta": beta}
    estimates = {"volatility": volatility.estimate, "alpha": positive(alpha, float(errors[0]))}
    estimates["beta"] = share(beta, float(errors[1]))
    spread = math.sqrt(float(np.ones(2) @ cov[:2, :2] @ np.ones(2))) if np.isfinite(cov).all() else math.nan
    estimates["alpha + beta"] = share(persistence if clusters else 0.0, spread)
    if clusters:
        estimates["half-life, sessions"] = _half_life(estimates["alpha + beta"])
    estimates["initial_volatility"] = _ahead(found, cov, ahead, volatility) if clusters else volatility.estimate
    if student:
        price["degrees_of_freedom"] = found.nu
        estimates["degrees_of_freedom"] = positive(found.nu, float(errors[2]), 2.0)
    notes = [] if clusters else ["The returns show no clusters of volatility: alpha is 0."]
    if returns.values.size < _FEW_RETURNS:
        notes.append(f"{returns.values.size} returns are few for alpha and beta: better are {_FEW_RETURNS}.")
    return Fit(
        "garch", "garch t" if student else "garch normal", price, estimates, found.log_likelihood, 4 + student,
        tuple(notes), supported=clusters or student,
    )  # fmt: skip


def _per_return(found: Garch) -> Callable[[np.ndarray], np.ndarray]:
    """Log densities of the standardised returns as a function of (alpha, beta, nu, long-run variance)."""
    squares = found.deviations**2
    backcast = backcast_of(squares)

    def densities(point: np.ndarray) -> np.ndarray:
        alpha, beta, nu, longrun = point
        variances = variances_of(squares, (1.0 - alpha - beta) * longrun, alpha, beta, backcast)
        return log_densities(squares, variances[:-1], nu)

    return densities


def _covariance(found: Garch, spread: float) -> np.ndarray:
    """Covariance of (alpha, beta, nu): that of quasi maximum likelihood, and what the long-run variance adds to it.

    `spread` is the relative standard error of the long-run variance. With H the second derivatives of the
    log-likelihood and c its mixed derivatives with the long-run variance v, the estimate moves by `-H^-1 c dv`.
    """
    number = 2 + math.isfinite(found.nu)
    point = np.array([found.alpha, found.beta, found.nu, 1.0])
    room = min(found.alpha, found.beta, 1.0 - found.alpha - found.beta)
    if room < 1e-5 or found.alpha < _LEAST_ALPHA:
        return np.full((number, number), math.nan)
    steps = np.array([min(1e-3, room / 5.0), min(1e-3, room / 5.0), 1e-3 * found.nu, 1e-3])
    used = [*range(number), 3]
    densities = _per_return(found)
    moves = {i: np.eye(4)[i] * steps[i] for i in used}

    def total(at: np.ndarray) -> float:
        return float(densities(at).sum())

    scores = np.stack(
        [(densities(point + moves[i]) - densities(point - moves[i])) / (2 * steps[i]) for i in used[:-1]], 1
    )
    mixed = np.empty((number + 1, number + 1))
    for row, i in enumerate(used):
        for column, j in enumerate(used[: row + 1]):
            corners = [total(point + a * moves[i] + b * moves[j]) * a * b for a in (1, -1) for b in (1, -1)]
            mixed[row, column] = mixed[column, row] = sum(corners) / (4.0 * steps[i] * steps[j])
    hessian, cross = mixed[:number, :number], mixed[:number, number]
    own = sandwich(hessian, scores)
    if not np.isfinite(own).all():
        return own
    shift = np.linalg.solve(hessian, cross) * spread
    covariance: np.ndarray = own + np.outer(shift, shift)
    return covariance


def _half_life(persistence: Estimate) -> Estimate:
    """`ln(1/2)/ln(alpha + beta)` sessions: half of a shock to the variance is gone."""
    low, high = (math.log(0.5) / math.log(end) if 0.0 < end < 1.0 else math.nan for end in persistence.ci95)
    value = math.log(0.5) / math.log(persistence.value)
    slope = math.log(2.0) / (persistence.value * math.log(persistence.value) ** 2)
    return Estimate(value, slope * persistence.se, (low, high))


def _next_session(found: Garch, sigma: float) -> float:
    """Annual volatility of the session after the last one; `sigma` has the divisor n - 1, the likelihood n."""
    number = found.deviations.size
    return sigma * math.sqrt(found.next * (number - 1.0) / number)


def _ahead(found: Garch, cov: np.ndarray, value: float, volatility: Volatility) -> Estimate:
    """Volatility of the session after the last one, with the error that alpha, beta and the long-run variance leave."""
    squares = found.deviations**2
    backcast = backcast_of(squares)

    def log_volatility(alpha: float, beta: float, longrun: float = 1.0) -> float:
        omega = (1.0 - alpha - beta) * longrun
        return 0.5 * math.log(variances_of(squares, omega, alpha, beta, backcast)[-1])

    step = 1e-5
    slopes = [
        (
            log_volatility(found.alpha + a, found.beta + b, 1.0 + c)
            - log_volatility(found.alpha - a, found.beta - b, 1.0 - c)
        )
        / (2.0 * step)
        for a, b, c in np.eye(3) * step
    ]
    spread = 2.0 * volatility.estimate.se / volatility.estimate.value
    variance = float(np.array(slopes[:2]) @ cov[:2, :2] @ np.array(slopes[:2])) + (slopes[2] * spread) ** 2
    return positive(value, value * math.sqrt(variance)) if variance >= 0.0 else on_the_line(value, math.nan)


# --- Heston's model by way of GARCH ---


def as_heston(volatility: Volatility, normal: Garch) -> Fit:
    """Heston's keys from those of GARCH with normal returns.

    Nelson (1990), ARCH models as diffusion approximations, Journal of Econometrics 45: theta is the long-run variance,
    `mean_reversion = -252 log(alpha + beta)` and `vol_of_vol = alpha sqrt(504 theta)`.
    """
    if normal.alpha < _LEAST_ALPHA:
        return Fit("heston", "heston", {}, {}, supported=False, left_out="the returns show no clusters of volatility")
    sigma = volatility.estimate.value
    spread = 2.0 * volatility.estimate.se / sigma
    cov = _covariance(normal, spread)
    persistence = normal.alpha + normal.beta
    se_alpha, se_sum = math.sqrt(cov[0, 0]), math.sqrt(float(cov[:2, :2].sum()))
    reversion, xi = -YEAR * math.log(persistence), normal.alpha * math.sqrt(2.0 * YEAR) * sigma
    rate = positive(reversion, YEAR * se_sum / persistence)
    relative = math.hypot(se_alpha / normal.alpha, spread / 2.0)
    ahead = _next_session(normal, sigma)
    price = {
        "volatility": sigma, "initial_volatility": ahead, "mean_reversion": min(reversion, 100.0),
        "vol_of_vol": min(xi, 10.0), "correlation": 0.0,
    }  # fmt: skip
    estimates = {
        "volatility": volatility.estimate, "initial_volatility": _ahead(normal, cov, ahead, volatility),
        "mean_reversion": rate, "vol_of_vol": positive(xi, xi * relative),
    }  # fmt: skip
    notes = (
        "Rough values, mapped from GARCH: three years of closes cannot tell mean_reversion within a factor of three, "
        "nor the correlation, which is set to 0.",
    )
    return Fit("heston", "heston", price, estimates, notes=notes)
