"""Charts as data drawn by Matplotlib: the picture of a chart for a page that takes pictures only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.board.charts.canvas import GREY, INK, MIDDLE, axes_for, axis_labels, footer, headline, page
from sim.board.charts.data import COLOURS, Chart, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.results.result import Result

_HATCHES = ("", "", "", "//", "", "xx", "..", "")
_ROOM = 1.16  # beyond the longest bar, for its label


def sketch(chart: Chart, sentence: str, result: Result, ax: Axes | None = None) -> Axes:
    """A chart of columns, bars, a stack or a waterfall, with a headline and the footer of a run."""
    ax = axes_for(ax)
    _KINDS[chart.kind](ax, chart)
    page(ax).draw_without_rendering()  # settles how wide the axes are, which the headline is broken to
    headline(ax, sentence)
    footer(ax, result, chart.title)
    return ax


def _columns(ax: Axes, chart: Chart) -> None:
    x = np.arange(len(chart.categories))
    width = 0.7 / max(len(chart.series), 1)
    for place, series in enumerate(chart.series):
        where = x + (place - (len(chart.series) - 1) / 2) * width
        ax.bar(where, _numbers(series), width, color=series.colour, label=series.name)
        ax.errorbar(where, _numbers(series), yerr=_reach(series), fmt="none", ecolor=GREY, capsize=4)
        for spot, top, label in zip(where, series.high or series.values, series.labels, strict=False):
            ax.annotate(label, (spot, top or 0.0), (0, 3), textcoords="offset points", ha="center", fontsize=9)
    ax.set_xticks(x, [str(name) for name in chart.categories], fontsize=9)
    axis_labels(ax, chart.x_title, chart.y_title or chart.title)


def _stacked(ax: Axes, chart: Chart) -> None:
    x, below = np.arange(len(chart.categories)), np.zeros(len(chart.categories))
    for place, series in enumerate(each for each in chart.series if each.role != "total"):
        ax.bar(x, _numbers(series), 0.7, below, color=series.colour, edgecolor=INK, linewidth=0.5, label=series.name,
               hatch=_HATCHES[place % len(_HATCHES)])  # fmt: skip
        below = below + _numbers(series)
    ax.set_xticks(x, [str(name).replace(" ", "\n") for name in chart.categories], fontsize=9)
    top = float(below.max(initial=0.0)) or 1.0
    ax.set_ylim(0, top * 1.25)
    ax.set_yticks([tick for tick in ax.get_yticks() if tick <= top * 1.001])
    ax.legend(loc="upper center", ncols=3, fontsize=8.5, framealpha=0.9, edgecolor="none")
    axis_labels(ax, "", chart.title)


def _bars(ax: Axes, chart: Chart) -> None:
    y = np.arange(len(chart.categories))
    ends = [0.0]
    for series in chart.series:
        values = _numbers(series)
        ax.barh(y, values, 0.6, color=series.colour, label=series.name)
        ax.errorbar(values, y, xerr=_reach(series), fmt="none", ecolor=GREY, capsize=3)
        low, high = (series.low or series.values), (series.high or series.values)
        for place, (value, label) in enumerate(zip(values, series.labels, strict=False)):
            end = (low if value < 0 else high)[place]
            side = "right" if value < 0 else "left"
            ax.annotate(
                label, (end or 0.0, y[place]), (-4 if value < 0 else 4, 0), textcoords="offset points", va="center",
                ha=side, fontsize=9,
            )  # fmt: skip
        ends += [float(v) for v in (*low, *high) if v is not None]
    _sideways(ax, [str(name) for name in chart.categories])
    room = (max(ends) - min(ends)) * (_ROOM - 1.0) or 1.0
    ax.set_xlim(min(ends) - room * (min(ends) < 0), max(ends) + room)
    if len(chart.series) > 1:
        ax.legend(fontsize=8.5, framealpha=0.9, edgecolor="none")
    axis_labels(ax, chart.title, "")


def _waterfall(ax: Axes, chart: Chart) -> None:
    (series,) = chart.series
    amounts = _numbers(series)
    last = len(amounts) - 1
    after = amounts[0] - np.cumsum(np.where(np.arange(last + 1) % last == 0, 0.0, amounts)) if last else amounts
    for place, amount in enumerate(amounts):
        total = place in (0, last)
        left = 0.0 if total else float(after[place])
        ax.barh(place, amount, 0.6, left, color=COLOURS[0] if total else MIDDLE)
        label = series.labels[place] if series.labels else ""
        ax.annotate(label, (left + amount, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    _sideways(ax, [str(name) for name in chart.categories])
    ax.set_xlim(0, float(amounts.max(initial=0.0)) * _ROOM or 1.0)
    axis_labels(ax, chart.title, "")


def _sideways(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), names, fontsize=9)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.axvline(0.0, color=INK, linewidth=0.8)


def _numbers(series: Series) -> np.ndarray:
    return np.array([0.0 if value is None else value for value in series.values])


def _reach(series: Series) -> np.ndarray | None:
    """How far intervals reach below and above."""
    if not series.low or not series.high:
        return None
    values = _numbers(series)
    low = np.array([v if end is None else end for end, v in zip(series.low, values, strict=True)])
    high = np.array([v if end is None else end for end, v in zip(series.high, values, strict=True)])
    return np.maximum([values - low, high - values], 0.0)


_KINDS: dict[str, Callable[[Any, Chart], None]] = {
    "columns": _columns, "stacked": _stacked, "bars": _bars, "waterfall": _waterfall,
}  # fmt: skip
