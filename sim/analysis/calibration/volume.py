"""The model of the day's volume: lognormal with an AR(1) logarithm, higher on days on which the price moves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.calibration.fitted import autocorrelation, on_the_line, plain, positive
from sim.analysis.calibration.returns import Returns
from sim.results.estimates import Estimate
from sim.results.summary import jsonable
from sim.results.value import Value
from sim.text.frozen import in_brief

LEAST_SESSIONS = 250
LEAST_DAYS = 100  # that have a median around them and returns before them
RECENT = 121  # sessions
_FLAT = 1e-9  # smallest standard deviation of logs and of sizes
_HALF_TREND, _BEFORE = 60, 60  # sessions on each side of the median, and of the deviation before a return
_ROUNDS = 5


@dataclass(frozen=True, eq=False)
class VolumeFit(Value):
    """Keys of [price.volume] with their errors; `recent` is the mean of the last 121 sessions, shares."""

    estimates: Mapping[str, Estimate]
    recent: float
    sessions: int

    __repr__ = in_brief

    def to_dict(self) -> dict[str, Any]:
        document: dict[str, Any] = jsonable({
            "price.volume": {name: e.value for name, e in self.estimates.items()},
            "estimates": {name: plain(estimate) for name, estimate in self.estimates.items()},
            "recent_mean": self.recent, "sessions": self.sessions,
        })  # fmt: skip
        return document


def fit_volume(returns: Returns, volumes: tuple[float | None, ...]) -> VolumeFit | None:
    """Mean, sd, persistence and return_loading of the volume; None for fewer than 250 sessions, or equal volumes.

    The log volume less its centred median over 121 sessions is regressed on |r| divided by the standard deviation of
    the 60 returns before, with AR(1) errors (Cochrane and Orcutt 1949, Journal of the American Statistical Association
    44; five rounds). Clark (1973) and Karpoff (1987) describe why volume rises with the size of the move.

    Parameters
    ----------
    volumes : tuple of float or None
        One for each close, the first close included.
    """
    shares = np.array([math.nan if volume is None else volume for volume in volumes[1:]])
    traded = shares[np.isfinite(shares) & (shares > 0.0)]
    if traded.size < LEAST_SESSIONS:
        return None
    logs = np.log(np.where(shares > 0.0, shares, math.nan))
    level = logs - _medians(logs)
    size = np.abs(returns.values) / _deviations_before(returns.values)
    both = np.isfinite(level) & np.isfinite(size)
    if both.sum() < LEAST_DAYS or not (level[both].std() > _FLAT and size[both].std() > _FLAT):
        return None
    loading, persistence, residuals, errors = _cochrane_orcutt(level, size)
    sd = float(np.nanstd(residuals, ddof=2))
    n = int(np.isfinite(residuals).sum())
    own = math.sqrt((1.0 + persistence**2) / (1.0 - persistence**2) / (2.0 * n))  # of the log of a deviation, AR(1)
    estimates = {
        "mean": positive(float(traded.mean()), _error_of_mean(traded)),
        "sd": positive(sd, sd * own),
        "persistence": autocorrelation(persistence, errors[1]),
        "return_loading": on_the_line(loading, errors[0]),
    }
    return VolumeFit(estimates, float(traded[-RECENT:].mean()), int(traded.size))


def _medians(values: np.ndarray) -> np.ndarray:
    """Centred medians over 121 sessions; NaN for the first and the last 60."""
    found = np.full(values.size, math.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * _HALF_TREND + 1)
    some = np.isfinite(windows).any(axis=1)
    middle = np.full(some.size, math.nan)
    middle[some] = np.nanmedian(windows[some], axis=1)
    found[_HALF_TREND:-_HALF_TREND] = middle
    return found


def _deviations_before(values: np.ndarray) -> np.ndarray:
    """Standard deviations of the 60 returns before each one; NaN for the first 60 and where they are all equal."""
    found = np.full(values.size, math.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, _BEFORE)[:-1]
    found[_BEFORE:] = windows.std(axis=1, ddof=1)
    return np.where(found > 0.0, found, math.nan)


def _cochrane_orcutt(level: np.ndarray, size: np.ndarray) -> tuple[float, float, np.ndarray, tuple[float, float]]:
    """Slope of `level` on `size`, persistence of the errors, the errors, and the standard errors of the two."""
    persistence, slope, slope_error, residuals = 0.0, 0.0, math.nan, level
    for _ in range(_ROUNDS + 1):
        y, x = level[1:] - persistence * level[:-1], size[1:] - persistence * size[:-1]
        known = np.isfinite(y) & np.isfinite(x)
        y, x = y[known], x[known]
        centred = x - x.mean()
        slope = float(centred @ y / (centred @ centred))
        shocks = y - y.mean() - slope * centred
        slope_error = math.sqrt(float(shocks @ shocks) / (y.size - 2) / float(centred @ centred))
        residuals = level - slope * size
        residuals = residuals - np.nanmean(residuals)
        now, before = residuals[1:], residuals[:-1]
        both = np.isfinite(now) & np.isfinite(before)
        persistence = float(now[both] @ before[both] / (before[both] @ before[both]))
        persistence = min(max(persistence, -0.99), 0.99)
    return slope, persistence, residuals, (slope_error, math.sqrt((1.0 - persistence**2) / int(both.sum())))


def _error_of_mean(values: np.ndarray) -> float:
    """Standard error of the mean of an autocorrelated series, from its means over ten stretches."""
    means = np.array([part.mean() for part in np.array_split(values, 10)])
    return float(means.std(ddof=1) / math.sqrt(means.size))
