"""The figure of several backtests: a histogram of the positions of the recorded figures.

Each function takes `ax=None` (axes to draw on; by default those of a new figure) and returns the Axes.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from sim.board.charts.canvas import GREY, INK, MIDDLE, axes_for, axis_labels, default_style, headline
from sim.board.charts.images import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.analysis.pooled import PooledBacktest

__all__ = ["backtest_picture", "positions"]

_SIZE = (9.0, 5.6)


def positions(found: PooledBacktest, ax: Axes | None = None) -> Axes:
    """Positions of the recorded figures among the simulated ones, with what a calibrated model gives.

    Parameters
    ----------
    found : PooledBacktest
        With at least one figure that can be compared.
    ax : matplotlib Axes, optional
        Axes to draw on; those of a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If no figure can be compared.

    Examples
    --------
    >>> ax = positions(sim.backtest(["valence-2002", "sorrento-2020"], paths=64))       # doctest: +SKIP
    """
    test = found.test
    if test is None:
        raise ValueError("positions: must have a recorded figure that can be compared")
    with default_style():
        ax = axes_for(ax)
        edges = np.linspace(0.0, 100.0, len(test.counts) + 1)
        middles = (edges[:-1] + edges[1:]) / 2.0
        ax.bar(
            middles, test.counts, width=0.92 * edges[1], color=MIDDLE, edgecolor=INK, linewidth=0.6, label="recorded"
        )
        ax.vlines(middles, test.least, test.most, color=GREY, linewidth=2.5, label="calibrated model, 90% of draws")
        ax.axhline(sum(test.counts) / len(test.counts), color=GREY, linewidth=1.0, linestyle="--")
        ax.set_xticks(edges)
        ax.set_xlim(0.0, 100.0)
        axis_labels(ax, "paths with a lower value, %", "recorded figures")
        ax.legend(loc="upper left", framealpha=0.9, edgecolor="none", fontsize=8.5)
        headline(ax, found.verdict)
    return ax


def backtest_picture(found: PooledBacktest, kind: str) -> bytes:
    """The histogram as "png", "svg" or "pdf"."""
    file = BytesIO()
    save_figure(partial(positions, found), file, kind, _SIZE)
    return file.getvalue()
