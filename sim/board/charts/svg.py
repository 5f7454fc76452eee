"""Charts as data, drawn as SVG: those of the page of a pack and of the live page.

An SVG of a chart takes a few milliseconds. Its letters are those of the reader's browser.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date

from sim.board.charts.canvas import GREY, INK, MIDDLE
from sim.board.charts.data import COLOURS, Chart, Series
from sim.board.charts.labels import label_places
from sim.board.charts.vector import (
    GRID,
    LINE,
    SIZE,
    Drawing,
    Entry,
    Point,
    Scale,
    broken,
    legend,
    ticks,
    whisker,
    width_of,
)
from sim.board.page.markup import Html
from sim.text.dates import month_and_year
from sim.text.numbers import is_zero

WIDE, NARROW = 860.0, 380.0
_HEIGHT, _NARROW_HEIGHT = 270.0, 220.0  # of the axes of upright charts
_LEAST_SHARE = 5.0  # percent: smallest upper end of an axis of percentages
_BESIDE_AXES = 60.0  # at most, for the numbers of an axis
_MOST_LABELS = 0.42  # of the height of the axes, for labels of marks
_FAN = {"p05": "90% of scenarios", "p25": "50% of scenarios"}


def svg(chart: Chart, narrow: bool = False) -> Html:
    """A chart that is no table as an SVG element.

    Parameters
    ----------
    chart : Chart
    narrow : bool
        For a narrow screen; else for a wide one.
    """
    drawing = Drawing(NARROW if narrow else WIDE)
    bottom = _KINDS[chart.kind](drawing, chart)
    return drawing.svg(math.ceil(bottom + 6.0), chart.alt)


# --- upright ---------------------------------------------------------------------------------------------------------


class _Axes:
    """The axis of values of an upright chart with its grid, and where its horizontal axis lies."""

    def __init__(
        self, drawing: Drawing, ends: Point, words: str, entries: Sequence[Entry], labels: float = 0.0
    ) -> None:
        self.drawing, self.narrow = drawing, drawing.width <= NARROW
        shown = ticks(*ends, 5 if self.narrow else 7)
        self.left = 10.0 + max((width_of(text) for _, text in shown), default=0.0)
        self.right = drawing.width - 14.0
        top = 2.0
        if words:
            drawing.text((4.0, top + SIZE), words, colour=GREY)
            top += SIZE * 1.6
        top = legend(drawing, entries, top) + 10.0
        self.bottom = top + labels + (_NARROW_HEIGHT if self.narrow else _HEIGHT)
        self.labels, self.top = top, top + labels
        self.y = Scale(*ends, self.bottom, self.top)
        for value, text in shown:
            y = self.y(value)
            drawing.line((self.left, y), (self.right, y))
            drawing.text((self.left - 5.0, y + SIZE * 0.36), text, "end")

    def names(self, names: Sequence[str], words: str = "") -> float:
        """Names below the columns, as many as there is room for, and the title of the axis; returns where it ends."""
        slot = self.slot(len(names))
        every = max(1, math.ceil((min(_widest(names), 90.0) + 6.0) / slot))
        lines = {place: broken(names[place], max(every * slot - 6.0, 24.0)) for place in _last(names, every)}
        for place, each in lines.items():
            self.drawing.lines((self.middle(place, len(names)), self.bottom + 16.0), each, "middle")
        return self.title(words, max(map(len, lines.values()), default=0))

    def title(self, words: str, lines: int) -> float:
        """The title of the horizontal axis below so many lines; returns where it ends."""
        y = self.bottom + 6.0 + lines * LINE
        for line in broken(words, self.right - self.left) if words else ():
            y += LINE
            self.drawing.text(((self.left + self.right) / 2, y), line, "middle")
        self.drawing.line((self.left, self.bottom), (self.right, self.bottom), INK)
        return y + 4.0

    def slot(self, n: int) -> float:
        return (self.right - self.left) / max(n, 1)

    def middle(self, place: int, n: int) -> float:
        return self.left + (place + 0.5) * self.slot(n)

    def top_labels(self, series: Series, x: Sequence[float], room: float) -> None:
        """Confidence intervals of columns, and their labels above, as many as there is room for."""
        high = [v if end is None else end for end, v in zip(series.high or series.values, series.values, strict=True)]
        low = [v if end is None else end for end, v in zip(series.low or series.values, series.values, strict=True)]
        for place, (bottom, top) in enumerate(zip(low, high, strict=True)):
            if series.low and bottom is not None and top is not None:
                whisker(self.drawing, (x[place], self.y(bottom)), (x[place], self.y(top)))
        widest = max((width_of(label) for label in series.labels), default=0.0)
        for place in _last(series.labels, max(1, math.ceil((widest + 5.0) / room))):
            at = (x[place], self.y(high[place] or 0.0) - 6.0)
            self.drawing.text(at, series.labels[place], "middle")


def _widest(names: Sequence[str]) -> float:
    """The width of the widest word of names."""
    return max((width_of(word) for name in names for word in name.split(" ")), default=0.0)


def _of_words(chart: Chart) -> bool:
    """Whether the columns have names of their own, unlike periods and numbers, of which some may go unnamed."""
    return len({re.sub(r"[\d.,]+", "", name) for name in chart.axis_names}) > 1


def _last(items: Sequence[object], every: int) -> list[int]:
    """Each `every`-th place, the last one among them."""
    return list(range(len(items)))[::-every]


def _fan(drawing: Drawing, chart: Chart) -> float:
    limits = [series for series in chart.series if series.role == "limit"]
    dates = [day for day in chart.categories if isinstance(day, date)]
    values = [v for series in chart.series for v in series.values if v is not None]
    ends = _padded(min(0.0, *values), max(0.0, *values))
    entries = [Entry(words, chart.named(name).colour) for name, words in _FAN.items()]
    entries += [Entry("median", chart.named("p50").colour, "line")]
    entries += [Entry(series.name, series.colour, "dash") for series in limits]
    places = [(float(mark.at.toordinal()), f"{n}. {mark.label}") for n, mark in enumerate(chart.marks, 1)
              if isinstance(mark.at, date)]  # fmt: skip
    x = Scale(dates[0].toordinal(), dates[-1].toordinal(), 48.0, drawing.width - 14.0)
    rows, labels = _rows_of_labels(drawing, [(x(at), words) for at, words in places])
    axes = _Axes(drawing, ends, chart.y_title, entries, labels)
    x = Scale(x.low, x.high, axes.left, axes.right)
    across = [x(day.toordinal()) for day in dates]
    for low, high in (("p05", "p95"), ("p25", "p75")):
        edges = [list(zip(across, map(axes.y, _numbers(chart.named(name))), strict=True)) for name in (low, high)]
        drawing.area([*edges[0], *reversed(edges[1])], chart.named(low).colour)
    for series, thick, dash in ((chart.named("p50"), 2.4, None), *((each, 1.3, "6 4") for each in limits)):
        drawing.curve(zip(across, map(axes.y, _numbers(series)), strict=True), series.colour, thick, dash)
    _mark(axes, [x(at) for at, _ in places], rows, "2 3")
    return _months(axes, dates, x)


def _months(axes: _Axes, dates: Sequence[date], x: Scale) -> float:
    """Names of months and years below the axis."""
    months = max(len(dates) - 1, 1)
    room = (axes.right - axes.left) / 44.0
    every = next((step for step in (1, 2, 3, 6, 12, 24, 60, 120) if months / step <= room), 240)
    year, month = dates[0].year, dates[0].month
    for n in range(months + 2):
        day = date(year + (month - 1 + n) // 12, (month - 1 + n) % 12 + 1, 1)
        begins = (day.month - 1) % every == 0 if every < 12 else day.month == 1 and day.year % (every // 12) == 0
        at = x(day.toordinal())
        if begins and axes.left - 1.0 <= at <= axes.right - 8.0:
            axes.drawing.line((at, axes.bottom), (at, axes.bottom + 4.0), INK)
            axes.drawing.lines((at, axes.bottom + 17.0), month_and_year(day).split("\n"), "middle")
    return axes.title("", 2)


def _columns(drawing: Drawing, chart: Chart) -> float:
    room = (drawing.width - _BESIDE_AXES) / max(len(chart.categories), 1)
    if drawing.width <= NARROW and _of_words(chart) and _widest(chart.axis_names) + 6.0 > room:
        return _bars(drawing, chart)  # every name has room above its bar
    entries = [Entry(series.name, series.colour) for series in chart.series] if len(chart.series) > 1 else []
    axes, n = _Axes(drawing, _upper(chart), chart.y_title or chart.title, entries), len(chart.categories)
    width = 0.7 * axes.slot(n) / max(len(chart.series), 1)
    for place, series in enumerate(chart.series):
        shift = (place - (len(chart.series) - 1) / 2) * width
        x = [axes.middle(i, n) + shift for i in range(n)]
        for at, value in zip(x, _numbers(series), strict=True):
            _column(axes, (at - width / 2, width), 0.0, value, series.colour)
        axes.top_labels(series, x, width if len(chart.series) > 1 else axes.slot(n))
    return axes.names(chart.axis_names, chart.x_title)


def _stacked(drawing: Drawing, chart: Chart) -> float:
    parts = [series for series in chart.series if series.role != "total"]
    totals = [series for series in chart.series if series.role == "total"]
    entries = [Entry(series.name, series.colour) for series in parts]
    entries += [Entry(series.name, INK, "interval") for series in totals]
    axes, n = _Axes(drawing, _upper(chart), chart.y_title or chart.title, entries), len(chart.categories)
    width, below = 0.7 * axes.slot(n), [0.0] * n
    for series in parts:
        for i, value in enumerate(_numbers(series)):
            _column(axes, (axes.middle(i, n) - width / 2, width), below[i], value, series.colour)
            below[i] += value
    for series in totals:
        axes.top_labels(series, [axes.middle(i, n) for i in range(n)], axes.slot(n))
    return axes.names(chart.axis_names, chart.x_title)


def _column(axes: _Axes, across: Point, low: float, height: float, colour: str) -> None:
    top, bottom = sorted((axes.y(low), axes.y(low + height)))
    if height:
        axes.drawing.box((across[0], top), (across[1], bottom - top), colour, INK)


def _upper(chart: Chart) -> Point:
    """Ends of the axis of columns, with room for the labels above them."""
    stacked = [s for s in chart.series if s.role != "total"] if chart.kind == "stacked" else []
    tops = [sum(each) for each in zip(*map(_numbers, stacked), strict=True)]
    tops += [v for s in chart.series for v in (*s.values, *s.high) if v is not None]
    low = min((v for s in chart.series for v in (*s.values, *s.low) if v is not None), default=0.0)
    high = max(tops, default=0.0)
    if chart.unit == "%":
        return 0.0, max(100.0 if high > 88.0 and not any(s.labels for s in chart.series) else high * 1.12, _LEAST_SHARE)
    return _padded(min(low, 0.0), max(high, 0.0))


def _histogram(drawing: Drawing, chart: Chart) -> float:
    (series,), edges = chart.series, chart.edges
    labels: dict[float, list[str]] = {}
    for mark in chart.marks:
        if not isinstance(mark.at, date):
            labels.setdefault(float(mark.at), []).append(mark.label)
    x = Scale(edges[0], edges[-1], 48.0, drawing.width - 14.0)
    rows, room = _rows_of_labels(drawing, [(x(at), "; ".join(words)) for at, words in labels.items()])
    axes = _Axes(drawing, (0.0, max(max(_numbers(series), default=0.0) * 1.06, 1.0)), chart.y_title, (), room)
    x = Scale(x.low, x.high, axes.left, axes.right)
    for i, value in enumerate(_numbers(series)):
        _column(axes, (x(edges[i]), x(edges[i + 1]) - x(edges[i])), 0.0, value, series.colour)
    _mark(axes, [x(at) for at in labels], rows, "6 4", COLOURS[0])
    for value, text in ticks(edges[0], edges[-1], 6 if axes.narrow else 12):
        drawing.line((x(value), axes.bottom), (x(value), axes.bottom + 4.0), INK)
        drawing.text((x(value), axes.bottom + 17.0), text, "middle")
    return axes.title(chart.x_title.partition(";")[0], 1)


# --- labels of marks -------------------------------------------------------------------------------------------------

_Label = tuple[int, list[str], bool]  # row, lines, whether it ends at its place


def _rows_of_labels(drawing: Drawing, places: Sequence[Point | tuple[float, str]]) -> tuple[list[_Label], float]:
    """Labels in rows in which no two overlap, and the height of all rows.

    Where full labels take too much room, each is the part before its colon, and where that does, its first word.
    """
    tall = _MOST_LABELS * (_NARROW_HEIGHT if drawing.width <= NARROW else _HEIGHT)
    ways: tuple[Callable[[str], str], ...] = (str, lambda t: t.partition(": ")[0], lambda t: t.partition(" ")[0])
    for shorten in ways:
        labels, heights = _placed(drawing, [(x, shorten(str(words))) for x, words in places])
        if sum(heights) <= tall:
            break
    return labels, sum(heights)


def _placed(drawing: Drawing, places: Sequence[tuple[float, str]]) -> tuple[list[_Label], list[float]]:
    said = [broken(words, 190.0 if drawing.width > NARROW else 130.0, 5) for _, words in places]
    wide = [max(map(width_of, lines), default=0.0) + 8.0 for lines in said]
    found = label_places([(x, each) for (x, _), each in zip(places, wide, strict=True)], drawing.width - 10.0)
    heights = [0.0] * (1 + max((row for row, _ in found), default=-1))
    for (row, _), lines in zip(found, said, strict=True):
        heights[row] = max(heights[row], len(lines) * LINE + 3.0)
    return [(row, lines, leftward) for (row, leftward), lines in zip(found, said, strict=True)], heights


def _mark(axes: _Axes, places: Sequence[float], labels: Sequence[_Label], dash: str, colour: str = GREY) -> None:
    """Upright lines with their labels above the axes."""
    heights: dict[int, float] = {}
    for row, lines, _ in labels:
        heights[row] = max(heights.get(row, 0.0), len(lines) * LINE + 3.0)
    for x, (row, lines, leftward) in zip(places, labels, strict=True):
        top = axes.labels + sum(heights[i] for i in range(row))
        axes.drawing.line((x, top), (x, axes.bottom), colour, 1.1, dash)
        at = (x - 4.0 if leftward else x + 4.0, top + SIZE)
        axes.drawing.lines(at, lines, "end" if leftward else "start")


# --- sideways --------------------------------------------------------------------------------------------------------


class _Rows:
    """The rows of a chart of horizontal bars: names beside the bars, or above them on a narrow screen."""

    def __init__(self, drawing: Drawing, chart: Chart, ends: Point, entries: Sequence[Entry] = ()) -> None:
        self.drawing, narrow = drawing, drawing.width <= NARROW
        names = [broken(str(name), drawing.width - 8.0 if narrow else 230.0, 2) for name in chart.categories]
        labels = max((width_of(label) for s in chart.series for label in s.labels), default=0.0) + 12.0
        beside = 12.0 if narrow else 14.0 + max((width_of(line) for name in names for line in name), default=0.0)
        top = legend(drawing, entries, 2.0) + 6.0
        self.tall, lift = (18.0, LINE) if narrow else (21.0, 0.0)
        self.x = Scale(*ends, beside + labels * (ends[0] < 0.0), drawing.width - labels)
        self.middles = []
        at = top
        for lines in names:
            at += lift * len(lines)
            row = self.tall + 12.0 if narrow else max(33.0, len(lines) * LINE + 6.0)
            middle = at + row / 2 - (3.0 if narrow else 0.0)
            self.middles.append(middle)
            base = middle - self.tall / 2 - 5.0 - (len(lines) - 1) * LINE
            beside_base = middle + SIZE * 0.36 - (len(lines) - 1) * LINE / 2
            corner = (4.0, base) if narrow else (beside - 8.0, beside_base)
            drawing.lines(corner, lines, "start" if narrow else "end")
            at += row
        self.bottom = at
        for value, text in ticks(*ends, 5 if narrow else 8):
            drawing.parts.insert(0, _grid(self.x(value), top, at))
            drawing.text((self.x(value), at + 15.0), text, "middle")
        reach = self.tall / 2 + 3.0
        for start, end in ((m - reach, m + reach) for m in self.middles) if narrow else ((top, at),):
            drawing.line((self.x(0.0), start), (self.x(0.0), end), INK)

    def bar(self, place: int, start: float, end: float, colour: str) -> None:
        left, right = sorted((self.x(start), self.x(end)))
        self.drawing.box((left, self.middles[place] - self.tall / 2), (right - left, self.tall), colour)

    def label(self, place: int, at: float, words: str, left: bool = False) -> None:
        x = self.x(at) + (-6.0 if left else 6.0)
        self.drawing.text((x, self.middles[place] + SIZE * 0.36), words, "end" if left else "start")

    def end(self) -> float:
        return self.bottom + 24.0


def _grid(x: float, top: float, bottom: float) -> Html:
    line = Drawing(0.0)
    line.line((x, top), (x, bottom), GRID)
    return line.parts[0]


def _bars(drawing: Drawing, chart: Chart) -> float:
    values = [v for s in chart.series for v in (*s.values, *s.low, *s.high) if v is not None]
    entries = [Entry(series.name, series.colour) for series in chart.series] if len(chart.series) > 1 else []
    rows = _Rows(drawing, chart, (min(0.0, *values), max(0.0, *values) or 1.0 * (min(values) >= 0.0)), entries)
    for series in chart.series:
        low, high = (series.low or series.values), (series.high or series.values)
        for i, value in enumerate(_numbers(series)):
            rows.bar(i, 0.0, value, series.colour)
            start, end = low[i], high[i]
            if series.low and start is not None and end is not None:
                whisker(drawing, (rows.x(start), rows.middles[i]), (rows.x(end), rows.middles[i]))
            if series.labels and (len(chart.series) == 1 or not is_zero(series.labels[i])):
                rows.label(i, (start if value < 0.0 else end) or 0.0, series.labels[i], value < 0.0)
    return rows.end()


def _waterfall(drawing: Drawing, chart: Chart) -> float:
    (series,) = chart.series
    amounts = _numbers(series)
    rows, left = _Rows(drawing, chart, (0.0, max(amounts, default=0.0) or 1.0)), amounts[0]
    for i, amount in enumerate(amounts):
        is_total = i in (0, len(amounts) - 1)
        left -= 0.0 if is_total else amount
        start = 0.0 if is_total else max(left, 0.0)
        rows.bar(i, start, start + amount, COLOURS[0] if is_total else MIDDLE)
        if series.labels:
            rows.label(i, start + amount, series.labels[i])
    return rows.end()


# --- values ----------------------------------------------------------------------------------------------------------


def _numbers(series: Series) -> list[float]:
    return [0.0 if value is None else value for value in series.values]


def _padded(low: float, high: float) -> Point:
    room = 0.04 * (high - low) or 0.5
    return low - room * (low < 0.0), high + room


_KINDS: dict[str, Callable[[Drawing, Chart], float]] = {
    "fan": _fan, "columns": _columns, "stacked": _stacked, "histogram": _histogram, "bars": _bars,
    "waterfall": _waterfall,
}  # fmt: skip
