"""`calibrate`: the parameters of the price models from the closes of a stock."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sim.analysis.calibration import blocks, garch, garch_keys, merton
from sim.analysis.calibration.calibration import Calibration
from sim.analysis.calibration.curves import curves_of
from sim.analysis.calibration.findings import findings
from sim.analysis.calibration.fitted import Fit, without
from sim.analysis.calibration.returns import Returns, returns_of
from sim.analysis.calibration.volatility import Volatility, fit_gbm, growth_of, kurtosis, volatility_of
from sim.analysis.calibration.volume import RECENT, VolumeFit, fit_volume
from sim.closes import Closes, ClosesError, read_closes
from sim.closes.without_session import sessions_alone

LEAST_RETURNS = 30
_FAR = 1.5  # factor between the recent mean volume and that of all sessions, from which it is remarked


def calibrate(
    closes: Closes | str | os.PathLike[str] | Sequence[float] | Any,
    *,
    column: str | None = None,
    splits: Mapping[Any, Any] | None = None,
    as_is: bool = False,
) -> Calibration:
    """Estimate the parameters of each price model from daily closes.

    The intervals hold when volatility comes in clusters, as it does in most stocks. The drift is not estimated: three
    years of closes of a stock with a volatility of 90% leave an error of 52% a year.

    Parameters
    ----------
    closes : Closes, path or sequence of float
        What `read_closes` returns, a file that it can read, or closes ($/share) of consecutive sessions. The index of a
        pandas Series may be the dates.
    column, splits, as_is
        As in `read_closes`, for a file.

    Returns
    -------
    Calibration
        Prints as a report; `price_table(model)` is the table to paste into a case file.

    Raises
    ------
    ClosesError
        For a file that cannot be used, fewer than 31 closes, or closes that are all equal.

    Examples
    --------
    >>> import math, sim
    >>> sim.calibrate([5.0 * math.exp(0.1 * math.sin(i * i)) for i in range(200)])
    <Calibration: 199 returns of numbers, volatility 1.60 +- 0.05, recommended gbm>
    """
    series = _closes(closes, column, splits, as_is)
    name = series.source or "closes"
    if len(series) <= LEAST_RETURNS:
        span = f" from {series.dates[0]} to {series.dates[-1]}" if series.dates else ""
        known = f"{len(series)} close{'s' * (len(series) != 1)}{span}"
        raise ClosesError([f"{name}: {known}, {max(len(series) - 1, 0)} returns; must be at least {LEAST_RETURNS}"])
    if len(set(series.values)) == 1:
        raise ClosesError([f"{name}: all closes are {series.values[0]:g}; must vary"])
    returns = returns_of(series)
    volatility = volatility_of(returns)
    normal, student = _garch(returns)
    fits = [fit_gbm(returns, volatility), _merton(returns), *_of_garch(returns, volatility, normal, student)]
    fits.append(blocks.as_model(returns))
    volume = fit_volume(returns, series.volumes) if series.volumes else None
    by_name = {fit.name: fit for fit in fits}
    jumps = by_name["merton"].price
    found = Calibration(
        series, returns.values.size, by_name, volatility, growth_of(returns, volatility.estimate.value),
        kurtosis(returns.values), volume, (*findings(series, returns), *_on_volume(volume, series)),
        curves_of(series, returns, _parameters(returns, jumps), _shown_garch(returns, by_name, normal, student)),
    )  # fmt: skip
    return found


def _closes(closes: Any, column: str | None, splits: Mapping[Any, Any] | None, as_is: bool) -> Closes:
    if isinstance(closes, Closes):
        return closes
    if isinstance(closes, str | os.PathLike):
        return read_closes(closes, column=column, splits=splits, as_is=as_is)
    try:
        values = np.asarray(closes, dtype=float)
        if values.ndim != 1:
            raise ValueError("closes: must be one series of prices")
        index: Any = getattr(closes, "index", None)
        dates = tuple(_day(when) for when in index) if hasattr(index, "date") else ()
        given = Closes("", "", dates, tuple(map(float, values)))
    except (TypeError, ValueError) as error:
        raise ClosesError(
            [str(error) if "must" in str(error) else "closes: must be prices, or the name of a file"]
        ) from None
    if not given.dates:
        return given
    kept, notes = sessions_alone(given.dates, given.values)
    return replace(
        given, dates=tuple(dates[i] for i in kept), values=tuple(given.values[i] for i in kept), notes=tuple(notes)
    )


def _day(when: Any) -> datetime.date:
    day: datetime.date = when.date()
    return day


def _garch(returns: Returns) -> tuple[garch.Garch | None, garch.Garch | None]:
    if returns.values.size < garch.LEAST_RETURNS:
        return None, None
    return garch.fit_garch(returns.values, student=False), garch.fit_garch(returns.values, student=True)


def _merton(returns: Returns) -> Fit:
    if returns.values.size < merton.LEAST_RETURNS:
        return without("merton", "merton", _few(returns, merton.LEAST_RETURNS))
    return merton.as_model(returns)


def _of_garch(
    returns: Returns, volatility: Volatility, normal: garch.Garch | None, student: garch.Garch | None
) -> list[Fit]:
    if normal is None or student is None:
        few = _few(returns, garch.LEAST_RETURNS)
        names = {"garch normal": "garch", "garch t": "garch", "heston": "heston"}
        return [without(model, name, few) for name, model in names.items()]
    of_garch = [garch_keys.as_model(returns, volatility, fit) for fit in (normal, student)]
    heston = garch_keys.as_heston(volatility, normal)
    better = of_garch[1].bic(returns.values.size) < of_garch[0].bic(returns.values.size)
    if better and student.alpha == 0.0 and not heston.left_out:
        heston = replace(heston, notes=(*heston.notes, garch_keys.LARGE_RETURNS))
    return [*of_garch, heston]


def _few(returns: Returns, least: int) -> str:
    return f"{returns.values.size} returns; must be at least {least}"


def _parameters(returns: Returns, price: Mapping[str, float]) -> merton.Merton | None:
    """Merton's parameters with the drift of the log price that gives the sample's mean."""
    if not price:
        return None
    sigma, rate, mean, sd = (price[key] for key in ("volatility", "jump_rate", "jump_mean", "jump_sd"))
    return merton.Merton(252.0 * float(returns.values.mean()) - rate * mean, sigma, rate, mean, sd)


def _shown_garch(
    returns: Returns, fits: Mapping[str, Fit], normal: garch.Garch | None, student: garch.Garch | None
) -> tuple[str, garch.Garch] | None:
    """The GARCH model with the smaller BIC, for figures."""
    if normal is None or student is None:
        return None
    number = returns.values.size
    better = fits["garch t"].bic(number) < fits["garch normal"].bic(number)
    return ("garch t", student) if better else ("garch normal", normal)


def _on_volume(volume: VolumeFit | None, closes: Closes) -> list[str]:
    if volume is None:
        return (
            ["The volumes are too few for a table, or equal: at least 250 sessions must have one."]
            if closes.volumes
            else []
        )
    mean = volume.estimates["mean"].value
    if 1.0 / _FAR < volume.recent / mean < _FAR:
        return []
    recent = f"The mean volume of the last {RECENT} sessions is {volume.recent:,.0f} shares a day"
    return [f"{recent}, that of all sessions {mean:,.0f}."]
