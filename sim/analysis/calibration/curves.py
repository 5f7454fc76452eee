"""Curves of a calibration for figures: volatility through time, and quantiles of returns and of the fitted models."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from sim.analysis.calibration.garch import Garch
from sim.analysis.calibration.merton import TERMS, Merton
from sim.analysis.calibration.returns import YEAR, Returns
from sim.closes import Closes
from sim.results.value import Value
from sim.text.frozen import in_brief

WINDOW = 60  # sessions of the moving volatility
_GRID, _STATES = 2001, 200


@dataclass(frozen=True, eq=False)
class Curves(Value):
    """`moving` and `conditional` are annual volatilities of each return, `observed` the sorted returns, `normal` the
    standard normal quantiles at their plotting positions, and `models` the quantiles of each fitted model there.
    """

    dates: tuple[datetime.date, ...]
    closes: np.ndarray
    moving: np.ndarray
    conditional: np.ndarray | None
    normal: np.ndarray
    observed: np.ndarray
    models: dict[str, np.ndarray]

    __repr__ = in_brief


def curves_of(closes: Closes, returns: Returns, merton: Merton | None, garch: tuple[str, Garch] | None) -> Curves:
    """The curves; without those of models that were left out."""
    values = returns.values
    moving = np.full(values.size, math.nan)
    if values.size >= WINDOW:
        windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW)
        moving[WINDOW - 1 :] = windows.std(axis=1, ddof=1) * math.sqrt(YEAR)
    places = (np.arange(values.size) + 0.5) / values.size
    normal = special.ndtri(places)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    models = {"gbm": mean + sd * normal}
    grid = mean + np.linspace(-1.0, 1.0, _GRID) * 1.5 * max(float(np.abs(values - mean).max()), 5.0 * sd)
    if merton is not None:
        models["merton"] = np.interp(places, _merton(grid, merton), grid)
    conditional = None
    if garch is not None:
        name, fit = garch
        spread = float(values.std())
        conditional = spread * np.sqrt(YEAR * fit.variances)
        models[name] = np.interp(places, _garch((grid - mean) / spread, fit), grid)
    return Curves(closes.dates, np.array(closes.values), moving, conditional, normal, np.sort(values), models)


def _merton(grid: np.ndarray, at: Merton) -> np.ndarray:
    """Distribution function of a session's return."""
    total = np.zeros(grid.size)
    daily = at.rate / YEAR
    for k in range(TERMS):
        weight = math.exp(k * math.log(daily) - daily - math.lgamma(k + 1.0))
        deviation = math.sqrt(at.sigma**2 / YEAR + k * at.sd**2)
        total += weight * special.ndtr((grid - at.drift / YEAR - k * at.mean) / deviation)
    return total


def _garch(grid: np.ndarray, fit: Garch) -> np.ndarray:
    """Distribution function of a standardised return, mixed over the variances of the sample."""
    states = np.sqrt(np.quantile(fit.variances, (np.arange(_STATES) + 0.5) / _STATES))
    scaled = grid[:, None] / states
    if math.isinf(fit.nu):
        mixed: np.ndarray = special.ndtr(scaled).mean(axis=1)
    else:
        mixed = special.stdtr(fit.nu, scaled * math.sqrt(fit.nu / (fit.nu - 2.0))).mean(axis=1)
    return mixed
