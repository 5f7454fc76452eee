"""Charts as data drawn by Matplotlib: the figures of the pack and those of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.board.charts.canvas import (
    GREY,
    INK,
    MIDDLE,
    axes_for,
    axis_labels,
    default_style,
    footer,
    headline,
    inches,
    marks,
    page,
    wrapped,
)
from sim.board.charts.data import COLOURS, Chart, Series, Source
from sim.board.charts.fonts import fonts_for
from sim.text.dates import month_and_year
from sim.text.numbers import is_zero

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.results.result import Result

NARROW = 4.0  # inches: in narrower axes the names of bars are above the bars
_HATCHES = ("", "", "", "//", "", "xx", "..", "")
_ROOM = 1.18  # beyond the longest bar, for its label
_MOST_NAMES, _LETTERS = 14, 30
_LEAST_SHARE = 5.0  # percent: smallest upper end of an axis of percentages
_LETTERS_OF_AN_INCH = 12.0  # of the names below columns
_QUIET = {"framealpha": 0.9, "edgecolor": "none", "fontsize": 8.5}


def sketch(chart: Chart, result: Result | Source, sentence: str = "", ax: Axes | None = None) -> Axes:
    """Draw a chart that is no table; with a headline, also the footer of its run.

    Parameters
    ----------
    chart : Chart
    result : Result or Source
        The run of the footer.
    sentence : str
        Headline; if empty, neither this nor the footer: what is around the chart has both.
    ax : matplotlib Axes, optional
        Axes to draw on; those of a new figure by default.

    Returns
    -------
    matplotlib Axes
    """
    source = result if isinstance(result, Source) else Source.of(result.run)
    with default_style(fonts_for(source.letters)[0]):
        new, ax = ax is None, axes_for(ax)
        _KINDS[chart.kind](ax, chart)
        if sentence:
            headline(ax, sentence)
            below = [ax.get_xlabel(), max((label.get_text() for label in ax.get_xticklabels()), key=_lines, default="")]
            footer(ax, source, chart.title, 32.0 + 12.0 * max(sum(map(_lines, below)) - 1, 1))
        if chart.kind == "fan":
            from matplotlib.dates import date2num

            places = [(float(date2num(mark.at)), f"{n}. {mark.label}") for n, mark in enumerate(chart.marks, 1)]
            marks(ax, places)
        elif chart.marks:
            places = _merged([(float(mark.at), mark.label) for mark in chart.marks if not isinstance(mark.at, date)])
            marks(ax, places, color=COLOURS[0], linestyle="--", linewidth=1.2, zorder=3)
        if new:
            page(ax).draw_without_rendering()  # makes the labels of the ticks now, and not in the style of a later time
    return ax


def _lines(text: str) -> int:
    return len(text.splitlines())


# --- upright ---------------------------------------------------------------------------------------------------------


def _fan(ax: Axes, chart: Chart) -> None:
    from matplotlib import dates

    x = dates.date2num(chart.categories)
    for low, high, words in (("p05", "p95", "90% of scenarios"), ("p25", "p75", "50% of scenarios")):
        bottom, top = chart.named(low), chart.named(high)
        ax.fill_between(x, _numbers(bottom), _numbers(top), color=bottom.colour, linewidth=0, label=words)
    median = chart.named("p50")
    ax.plot(x, _numbers(median), color=median.colour, linewidth=2.2, label="median")
    for series in chart.series:
        if series.role == "limit":
            ax.plot(x, _numbers(series), color=series.colour, linewidth=1.2, linestyle="--", label=series.name)
    ax.set_xlim(x[0], x[-1])
    months = len(x) * 7.0 / inches(ax)  # narrow axes have room for fewer labels
    every = next((step for step in (1, 2, 3, 6) if months / step <= 12), 12)
    ax.xaxis.set_major_locator(dates.MonthLocator(bymonth=range(1, 13, every), tz=UTC))
    if months > 12 * 14:
        ax.xaxis.set_major_locator(dates.YearLocator(5 if months > 12 * 40 else 2, tz=UTC))
    ax.xaxis.set_major_formatter(_month)
    axis_labels(ax, "", chart.y_title)
    ax.legend(loc="lower left", **_QUIET)


def _month(place: float, _tick: float) -> str:
    """`Apr` above `2002`, in English and at no time zone's hour, whatever locale and settings say."""
    from matplotlib.dates import num2date

    return month_and_year(num2date(place, tz=UTC))


def _columns(ax: Axes, chart: Chart) -> None:
    x = np.arange(len(chart.categories))
    width = 0.7 / max(len(chart.series), 1)
    for place, series in enumerate(chart.series):
        where = x + (place - (len(chart.series) - 1) / 2) * width
        ax.bar(where, _numbers(series), width, color=series.colour, label=series.name)
        _tops(ax, where, series)
    _upright(ax, chart)
    if len(chart.series) > 1:
        ax.legend(loc="upper left", **_QUIET)


def _stacked(ax: Axes, chart: Chart) -> None:
    x, below = np.arange(len(chart.categories)), np.zeros(len(chart.categories))
    parts = [series for series in chart.series if series.role != "total"]
    for place, series in enumerate(parts):
        ax.bar(x, _numbers(series), 0.7, below, color=series.colour, edgecolor=INK, linewidth=0.5, label=series.name,
               hatch=_HATCHES[place % len(_HATCHES)])  # fmt: skip
        below = below + _numbers(series)
    totals = [series for series in chart.series if series.role == "total"]
    for series in totals:
        _tops(ax, x, series, series.name)
    _upright(ax, chart)
    if not totals:
        ax.set_ylim(0, 135 if len(parts) > 3 else 120)
        ax.set_yticks([0, 20, 40, 60, 80, 100])
    ax.legend(loc="upper left" if totals else "upper center", ncols=1 if totals else _legend_columns(ax), **_QUIET)


def _legend_columns(ax: Axes) -> int:
    return 3 if inches(ax) > NARROW else 2


def _tops(ax: Axes, where: np.ndarray, series: Series, label: str = "") -> None:
    """Intervals, and above them the labels of as many columns as there is room for."""
    reach = _reach(series)
    if reach is not None:
        ax.errorbar(
            where, _numbers(series), yerr=reach, fmt="none", ecolor=GREY, elinewidth=1.4, capsize=4, label=label
        )
    every = _every(ax, len(where))
    tops = series.high or series.values
    for spot, top, words in list(zip(where, tops, series.labels, strict=False))[::-every]:
        ax.annotate(words, (spot, top or 0.0), (0, 3), textcoords="offset points", ha="center", fontsize=9,
                    parse_math=False)  # fmt: skip


def _upright(ax: Axes, chart: Chart) -> None:
    """Names below the columns, broken into lines, and the axis of values."""
    longest = max((len(word) for name in chart.axis_names for word in name.split()), default=0)
    room = int(_LETTERS_OF_AN_INCH * inches(ax) / max(len(chart.categories), 1))
    names = [wrapped(name, min(max(room, longest, 8), 18)) for name in chart.axis_names]
    x = list(range(len(names)))[:: -_every(ax, len(names))]
    ax.set_xticks(x, [names[i] for i in x], fontsize=8.5)
    high = max((v for s in chart.series for v in (*s.values, *s.high) if v is not None), default=0.0)
    if chart.unit == "%":
        ax.set_ylim(0, min(max(high * 1.15, _LEAST_SHARE), 112.0))
        ax.set_yticks([tick for tick in ax.get_yticks() if tick <= 100.0])
    axis_labels(ax, chart.x_title, chart.y_title or chart.title)


def _every(ax: Axes, n: int) -> int:
    """Of how many columns one has a name."""
    return math.ceil(n / (_MOST_NAMES if inches(ax) > NARROW else 6))


def _histogram(ax: Axes, chart: Chart) -> None:
    (series,) = chart.series
    edges = np.array(chart.edges)
    ax.bar(edges[:-1], _numbers(series), np.diff(edges), align="edge", color=series.colour, edgecolor="white",
           linewidth=0.6)  # fmt: skip
    ax.set_xlim(edges[0], edges[-1])
    axis_labels(ax, wrapped(chart.x_title, int(12.0 * inches(ax))), chart.y_title)


def _merged(places: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """One label for marks at the same place."""
    labels: dict[float, list[str]] = {}
    for x, words in places:
        labels.setdefault(x, []).append(words)
    return [(x, "; ".join(words)) for x, words in labels.items()]


# --- sideways --------------------------------------------------------------------------------------------------------


def _bars(ax: Axes, chart: Chart) -> None:
    y = np.arange(len(chart.categories))
    ends = [0.0]
    for series in chart.series:
        values = _numbers(series)
        ax.barh(y, values, 0.6 if inches(ax) > NARROW else 0.4, color=series.colour, label=series.name)
        ax.errorbar(values, y, xerr=_reach(series), fmt="none", ecolor=GREY, capsize=3)
        low, high = (series.low or series.values), (series.high or series.values)
        for place, (value, label) in enumerate(zip(values, series.labels, strict=False)):
            end = (low if value < 0 else high)[place]
            if len(chart.series) > 1 and is_zero(label):
                continue  # of a bar without length
            _beside(ax, label, end or 0.0, place, left=value < 0)
        ends += [float(v) for v in (*low, *high) if v is not None]
    _sideways(ax, chart)
    room = (max(ends) - min(ends)) * (_ROOM - 1.0) or 1.0
    ax.set_xlim(min(ends) - room * (min(ends) < 0), max(ends) + room)
    if len(chart.series) > 1:
        ax.legend(loc="lower right", **_QUIET)


def _waterfall(ax: Axes, chart: Chart) -> None:
    (series,) = chart.series
    amounts = _numbers(series)
    last = len(amounts) - 1
    after = amounts[0] - np.cumsum(np.where(np.arange(last + 1) % last == 0, 0.0, amounts)) if last else amounts
    thick = 0.6 if inches(ax) > NARROW else 0.4
    for place, amount in enumerate(amounts):
        total = place in (0, last)
        left = 0.0 if total else float(after[place])
        ax.barh(place, amount, thick, left, color=COLOURS[0] if total else MIDDLE)
        _beside(ax, series.labels[place] if series.labels else "", left + amount, place)
    _sideways(ax, chart)
    ax.set_xlim(0, float(amounts.max(initial=0.0)) * _ROOM or 1.0)


def _beside(ax: Axes, label: str, x: float, y: float, left: bool = False) -> None:
    ax.annotate(label, (x, y), (-4 if left else 4, 0), textcoords="offset points", va="center", fontsize=9,
                ha="right" if left else "left", parse_math=False)  # fmt: skip


def _sideways(ax: Axes, chart: Chart) -> None:
    """Names beside the bars; in narrow axes above them."""
    names = [str(name) for name in chart.categories]
    wide = inches(ax) > NARROW
    ax.set_yticks(range(len(names)), [wrapped(name, _LETTERS) if wide else "" for name in names], fontsize=9)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    for place, name in enumerate([] if wide else names):
        ax.text(0.0, place - 0.27, name, transform=ax.get_yaxis_transform(), fontsize=8.5, color=INK, va="bottom",
                parse_math=False)  # fmt: skip
    ax.set_ylim(len(names) - 0.4, -0.9 if not wide else -0.6)
    ax.grid(axis="y", visible=False)
    ax.axvline(0.0, color=INK, linewidth=0.8)


# --- values ----------------------------------------------------------------------------------------------------------


def _numbers(series: Series) -> np.ndarray:
    return np.array([0.0 if value is None else value for value in series.values])


def _reach(series: Series) -> np.ndarray | None:
    """Lengths of the intervals below and above the values; rounding may leave an end on the wrong side."""
    if not series.low or not series.high:
        return None
    values = _numbers(series)
    low = np.array([v if end is None else end for end, v in zip(series.low, values, strict=True)])
    high = np.array([v if end is None else end for end, v in zip(series.high, values, strict=True)])
    return np.maximum([values - low, high - values], 0.0)


_KINDS: dict[str, Callable[[Any, Chart], None]] = {
    "fan": _fan, "columns": _columns, "stacked": _stacked, "histogram": _histogram, "bars": _bars,
    "waterfall": _waterfall,
}  # fmt: skip
