"""Keys of the price models garch and heston from a GARCH fit, with their errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sim.analysis.calibration.fitted import Fit, on_the_line, positive, sandwich, share, without
from sim.analysis.calibration.garch import LEAST_RATIO, Garch, backcast_of, log_densities, variances_of
from sim.analysis.calibration.returns import YEAR, Returns
from sim.analysis.calibration.volatility import Volatility
from sim.results.estimates import Estimate

LARGE_RETURNS = (
    "They come from GARCH with normal shocks, for which single large returns look like clusters of volatility; with "
    "Student-t shocks, which the closes support better, there are none."
)
_FEW_RETURNS = 750
_LEAST_ROOM = 1e-5  # from alpha, beta and their sum to their bounds, for derivatives


def as_model(returns: Returns, volatility: Volatility, found: Garch) -> Fit:
    """The keys of `model = "garch"`, with errors that take the estimate of the long-run variance into account."""
    student, clusters = math.isfinite(found.nu), found.alpha > 0.0
    cov = _covariance(found, 2.0 * volatility.estimate.se / volatility.estimate.value)
    price = {"volatility": volatility.estimate.value, "alpha": found.alpha, "beta": found.beta}
    estimates, notes = {"volatility": volatility.estimate}, []
    if clusters:
        price["initial_volatility"] = _next_session(found, volatility.estimate.value)
        estimates |= _of_clusters(found, cov)
        estimates["initial_volatility"] = _ahead(found, cov, price["initial_volatility"], volatility)
    else:
        notes.append(
            f"The returns show no clusters of volatility: the likelihood ratio to a constant variance is below "
            f"{LEAST_RATIO:g}, so alpha and beta are 0."
        )
    if student:
        price["degrees_of_freedom"] = found.nu
        estimates["degrees_of_freedom"] = positive(found.nu, math.sqrt(cov[2, 2]), 2.0)
    if returns.values.size < _FEW_RETURNS:
        notes.append(f"{returns.values.size} returns are few for alpha and beta: better are {_FEW_RETURNS}.")
    return Fit(
        "garch", "garch t" if student else "garch normal", price, estimates, found.log_likelihood,
        2 + 2 * clusters + student, tuple(notes), supported=clusters or student,
    )  # fmt: skip


def _of_clusters(found: Garch, cov: np.ndarray) -> dict[str, Estimate]:
    """Alpha, beta, their sum and the half-life."""
    persistence = share(found.alpha + found.beta, math.sqrt(float(cov[:2, :2].sum())))
    return {
        "alpha": positive(found.alpha, math.sqrt(cov[0, 0])), "beta": share(found.beta, math.sqrt(cov[1, 1])),
        "alpha + beta": persistence, "half-life, sessions": _half_life(persistence),
    }  # fmt: skip


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
    log-likelihood and c its mixed derivatives with the long-run variance v, the estimate moves by `-H^-1 c dv`. NaN for
    what is not estimated: alpha and beta without clusters or on a bound, and nu of normal returns.
    """
    covariance = np.full((3, 3), math.nan)
    room = min(found.alpha, found.beta, 1.0 - found.alpha - found.beta)
    free = [0, 1] * (room > _LEAST_ROOM) + [2] * math.isfinite(found.nu)
    if not free:
        return covariance
    point = np.array([found.alpha, found.beta, found.nu, 1.0])
    steps = np.array([min(1e-3, room / 5.0), min(1e-3, room / 5.0), 1e-3 * found.nu, 1e-3])
    used = [*free, 3]
    densities = _per_return(found)
    moves = [np.eye(4)[i] * steps[i] for i in used]
    scores = [
        (densities(point + moves[k]) - densities(point - moves[k])) / (2.0 * steps[i]) for k, i in enumerate(free)
    ]
    second = np.empty((len(used), len(used)))
    for row in range(len(used)):
        for column in range(row + 1):
            corners = [
                a * b * float(densities(point + a * moves[row] + b * moves[column]).sum())
                for a in (1, -1)
                for b in (1, -1)
            ]
            second[row, column] = second[column, row] = sum(corners) / (4.0 * steps[used[row]] * steps[used[column]])
    hessian, cross = second[:-1, :-1], second[:-1, -1]
    own = sandwich(hessian, np.stack(scores, axis=1))
    if np.isfinite(own).all():
        shift = np.linalg.solve(hessian, cross) * spread
        covariance[np.ix_(free, free)] = own + np.outer(shift, shift)
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


def as_heston(volatility: Volatility, normal: Garch) -> Fit:
    """Heston's keys from those of GARCH with normal returns.

    Nelson (1990), ARCH models as diffusion approximations, Journal of Econometrics 45: theta is the long-run variance,
    `mean_reversion = -252 log(alpha + beta)` and `vol_of_vol = alpha sqrt(504 theta)`.
    """
    if normal.alpha == 0.0:
        return without("heston", "heston", "the returns show no clusters of volatility")
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
