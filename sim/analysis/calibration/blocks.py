"""The mean block length of the stationary bootstrap."""

from __future__ import annotations

import math

import numpy as np

from sim.analysis.calibration.fitted import Fit, without
from sim.analysis.calibration.returns import Returns
from sim.results.estimates import Estimate

LEAST_RETURNS = 100
_MOST_PART = 20  # block_days is at most this part of the returns
_LEAST_RUN = 5  # autocorrelations in a row that are not significant
FEW_RETURNS, FEW_BLOCKS = 500, 20


def block_length(values: np.ndarray) -> float:
    """Mean block length of the stationary bootstrap with the smallest mean squared error of a mean's variance.

    Politis and White (2004), Automatic block-length selection for the dependent bootstrap, Econometric Reviews 23, with
    the correction of Patton, Politis and White (2009): `(2 G^2/D)^(1/3) n^(1/3)`, where `G = sum L(k/m) |k| R(k)`,
    `D = 2 (sum L(k/m) R(k))^2`, R the autocovariances, L the flat-top window, and m twice the lag after which five
    autocorrelations (or log10 n, if more) are within `2 sqrt(log10(n)/n)`. At most `3 sqrt n` and n/3.

    Parameters
    ----------
    values : ndarray, (n,)

    Returns
    -------
    float
        In sessions; 0 where no autocorrelation is significant or the values are constant.
    """
    n = values.size
    deviations = values - values.mean()
    run = max(_LEAST_RUN, int(math.log10(n)))
    most = min(math.ceil(math.sqrt(n)) + run, n - 2)
    products = np.array([float(deviations[k:] @ deviations[: n - k]) for k in range(most + 1)])
    if products[0] <= 0.0:
        return 0.0
    squares = np.concatenate([[0.0], np.cumsum(deviations**2)])
    # The sums begin one return later than those of the products, in the authors' programs too.
    late = squares[-1] - squares[1 : most + 2]
    early = squares[n - 1 - np.arange(most + 1)]
    significant = np.abs(products) / np.sqrt(late * early) >= 2.0 * math.sqrt(math.log10(n) / n)
    quiet = next((lag for lag in range(most + 1 - run) if not significant[lag : lag + run].any()), None)
    m = most if quiet is None else min(2 * max(quiet, 1), most)
    lags = np.arange(1, m + 1)
    window = np.minimum(1.0, 2.0 * (1.0 - lags / m)) * products[1 : m + 1] / n
    longrun = products[0] / n + 2.0 * float(window.sum())
    slope = 2.0 * float((window * lags).sum())
    length = (slope**2 / longrun**2) ** (1.0 / 3.0) * n ** (1.0 / 3.0) if longrun else math.inf
    return float(min(length, math.ceil(min(3.0 * math.sqrt(n), n / 3.0))))


def as_model(returns: Returns) -> Fit:
    """The keys of `model = "bootstrap"`: the block length of absolute returns, which keeps clusters together."""
    values = returns.values
    number = values.size
    if number < LEAST_RETURNS:
        return without("bootstrap", "bootstrap", f"{number} returns; must be at least {LEAST_RETURNS}")
    lengths = {"of r": block_length(values), "of r^2": block_length(values**2), "of |r|": block_length(np.abs(values))}
    days = float(max(round(min(lengths["of |r|"], number / _MOST_PART)), 1))
    unknown = (math.nan, math.nan)
    estimates = {f"block length {what}": Estimate(length, math.nan, unknown) for what, length in lengths.items()}
    notes = []
    if lengths["of |r|"] > number / _MOST_PART:
        notes.append(f"block_days is a twentieth of the returns: the block length of |r| is {lengths['of |r|']:.0f}.")
    if number < FEW_RETURNS:
        notes.append(f"{number} returns are few: at least {FEW_RETURNS} show how large a return can be.")
    if number / days < FEW_BLOCKS:
        notes.append(f"The file has only {number / days:.0f} blocks of this length; results vary with the file.")
    return Fit("bootstrap", "bootstrap", {"block_days": days}, estimates, notes=tuple(notes))
