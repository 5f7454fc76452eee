"""The figure of a calibration: closes, volatility through time, and quantiles of returns against the models.

Each function takes `ax=None` (axes to draw on; by default those of a new figure) and returns the Axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.board.charts.canvas import GREY, INK, LIGHT, axes_for, axis_labels, default_style, headline
from sim.board.charts.data import COLOURS
from sim.board.charts.fonts import fonts_for, warn_of_boxes
from sim.board.charts.images import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.analysis.calibration.calibration import Calibration

__all__ = ["calibration_picture", "return_quantiles", "stock_closes", "volatility_through_time"]

_SIZE = (9.0, 12.0)
_LEGEND: dict[str, Any] = {"framealpha": 0.9, "edgecolor": "none", "fontsize": 8.5}
#: Line styles as well as colours: the models can be told apart in grey.
_LINES = {
    "gbm": (GREY, "--"),
    "merton": (COLOURS[1], "-."),
    "garch normal": (COLOURS[0], "-"),
    "garch t": (COLOURS[0], "-"),
}
_NARROW = 1.2  # of the observed returns: how far beyond them the axis of returns goes
_LOG_RANGE = 3.0  # of the closes: a logarithmic axis from here on


def stock_closes(calibration: Calibration, ax: Axes | None = None) -> Axes:
    """The closes, on a logarithmic axis if the highest is more than three times the lowest.

    Parameters
    ----------
    calibration : Calibration
    ax : matplotlib Axes, optional
        Axes to draw on; those of a new figure by default.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = stock_closes(sim.calibrate("prices.csv"))       # doctest: +SKIP
    """
    with _style(calibration):
        ax = axes_for(ax)
        closes = calibration.curves.closes
        ax.plot(_times(calibration, closes.size), closes, color=COLOURS[0], linewidth=1.1)
        if closes.max() > _LOG_RANGE * closes.min():
            ax.set_yscale("log")
            ax.yaxis.set_major_formatter(_plain)
            ax.yaxis.set_minor_formatter(_sparse)
        axis_labels(ax, "" if calibration.closes.dates else "session", "$/share")
        headline(ax, f"{calibration.closes.source or 'Closes'}: {closes.size:,} closes, the last at {closes[-1]:,.6g}")
    return ax


def volatility_through_time(calibration: Calibration, ax: Axes | None = None) -> Axes:
    """Annual volatility of the 60 returns before each date and of the fitted GARCH model, with the sample's interval.

    Parameters and return value are those of `stock_closes`.
    """
    with _style(calibration):
        ax = axes_for(ax)
        curves, whole = calibration.curves, calibration.volatility.estimate
        times = _times(calibration, curves.closes.size)[1:]
        ax.axhspan(100.0 * whole.ci95[0], 100.0 * whole.ci95[1], color=LIGHT, zorder=0.5, label="95% interval")
        ax.axhline(100.0 * whole.value, color=INK, linewidth=0.9, linestyle=":", label="all returns")
        if curves.conditional is not None:
            ax.plot(times, 100.0 * curves.conditional, color=COLOURS[2], linewidth=0.9, label=calibration.garch)
        if not np.isnan(curves.moving).all():
            ax.plot(times, 100.0 * curves.moving, color=COLOURS[1], linewidth=1.4, label="last 60 returns")
        ax.set_xlim(times[0], times[-1])
        ax.set_ylim(bottom=0.0)
        axis_labels(ax, "" if calibration.closes.dates else "session", "volatility, % a year")
        ax.legend(loc="upper left", ncols=4, **_LEGEND)
        low, high = (f"{100.0 * end:.0f}%" for end in whole.ci95)
        headline(ax, f"The volatility is {100.0 * whole.value:.0f}% a year (95% interval {low} to {high})")
    return ax


def return_quantiles(calibration: Calibration, ax: Axes | None = None) -> Axes:
    """Quantiles of the daily log returns against those of the normal distribution, with the fitted models as lines.

    A model fits where its line follows the points. Parameters and return value are those of `stock_closes`.
    """
    with _style(calibration):
        ax = axes_for(ax)
        curves = calibration.curves
        ax.plot(curves.normal, 100.0 * curves.observed, "o", color=INK, markersize=2.4, alpha=0.7, label="closes")
        for name, quantiles in curves.models.items():
            colour, line = _LINES[name]
            ax.plot(curves.normal, 100.0 * quantiles, color=colour, linestyle=line, linewidth=1.5, label=name)
        most = 100.0 * _NARROW * float(np.abs(curves.observed).max())
        ax.set_ylim(-most, most)
        axis_labels(ax, "quantile of the normal distribution, standard deviations", "log return of a day, %")
        ax.legend(loc="upper left", **_LEGEND)
        headline(ax, f"The closes support {calibration.best} best")
    return ax


def calibration_picture(calibration: Calibration, kind: str) -> bytes:
    """The three charts one below the other, as "png", "svg" or "pdf"."""
    warn_of_boxes(calibration.closes.source, "the file's name")
    file = BytesIO()
    save_figure(partial(_all_three, calibration), file, kind, _SIZE, rows=3)
    return file.getvalue()


def _style(calibration: Calibration) -> AbstractContextManager[None]:
    return default_style(fonts_for(calibration.closes.source)[0])


def _all_three(calibration: Calibration, ax: Sequence[Axes]) -> None:
    for draw, each in zip((stock_closes, volatility_through_time, return_quantiles), ax, strict=True):
        draw(calibration, each)


def _times(calibration: Calibration, number: int) -> Sequence[Any]:
    return calibration.closes.dates or range(number)


def _plain(value: float, _: float) -> str:
    return f"{value:,.6g}"


def _sparse(value: float, _: float) -> str:
    """Labels of 2, 3 and 5 between the powers of ten."""
    digit = value / 10.0 ** math.floor(math.log10(value)) if value > 0.0 else 0.0
    return f"{value:,.6g}" if round(digit, 6) in (2.0, 3.0, 5.0) else ""
