"""Charts as data, drawn as SVG: for a wide page and for a narrow one, each with its description and its footer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date

from sim.board.charts.canvas import GREY, INK, MIDDLE
from sim.board.charts.data import COLOURS, Chart, Series
from sim.board.charts.svg_sheet import GRID, Scale, Sheet, text_width, ticks, wrapped
from sim.board.page.markup import Html
from sim.board.story.words import MINUS, short_day

__all__ = ["NARROW", "QUANTILES", "WIDE", "drawing"]

WIDE, NARROW = 860.0, 360.0
#: The series of a fan, as people name them.
QUANTILES = {"p05": "5%", "p25": "25%", "p50": "median", "p75": "75%", "p95": "95%"}
#: Of a share axis: a chance of hardly anything must not look like a large one.
_LEAST_SHARE = 5.0
_LEAST = 30.0  # of a column that has a name, in letters' widths


def drawing(chart: Chart, footer: str, width: float = WIDE) -> Html:
    """A chart as an <svg> element; `footer` says which run it is of. A table is no drawing."""
    sheet = Sheet(width)
    _KINDS[chart.kind](sheet, chart)
    sheet.note(footer, sheet.bottom + 2)
    return sheet.svg(f"{chart.key}-{'wide' if sheet.wide else 'narrow'}", chart.title, chart.alt)


# --- columns upright -------------------------------------------------------------------------------------------------


def _columns(sheet: Sheet, chart: Chart) -> None:
    x, y, slot = _upright(sheet, chart, chart.series)
    wide = 0.66 * slot / max(len(chart.series), 1)
    for place, series in enumerate(chart.series):
        middles = [x(i) + (place - (len(chart.series) - 1) / 2) * wide for i in range(len(chart.categories))]
        for middle, value in zip(middles, _numbers(series), strict=True):
            sheet.rect(middle - wide / 2, min(y(value), y(0.0)), wide, abs(y(value) - y(0.0)), series.colour)
        _tops(sheet, series, middles, y, slot)
    if len(chart.series) > 1:
        sheet.legend([("box", series.colour, series.name) for series in chart.series], sheet.bottom + 4)


def _stacked(sheet: Sheet, chart: Chart) -> None:
    parts = [series for series in chart.series if series.role != "total"]
    totals = [series for series in chart.series if series.role == "total"]
    n = len(chart.categories)
    heights = [sum(_numbers(series)[i] for series in parts) for i in range(n)]
    x, y, slot = _upright(sheet, chart, [*totals, Series("sum", tuple(heights))])
    wide, below = 0.7 * slot, [0.0] * n
    for series in parts:
        for i, value in enumerate(_numbers(series)):
            top = y(below[i] + value)
            sheet.rect(x(i) - wide / 2, top, wide, y(below[i]) - top, series.colour, stroke="#ffffff", stroke_width=0.7)
            below[i] += value
    for series in totals:
        _tops(sheet, series, [x(i) for i in range(n)], y, slot)
    entries = [("box", series.colour, series.name) for series in parts]
    sheet.legend([*entries, *(("interval", GREY, series.name) for series in totals)], sheet.bottom + 4)


def _upright(sheet: Sheet, chart: Chart, series: Sequence[Series]) -> tuple[Callable[[int], float], Scale, float]:
    """Grid, ticks and the names below; the middle of a column, the scale of the values, the width of a column."""
    low, high = _reach(series)
    y, left = _levels(sheet, chart, low, high, 26.0)
    n = max(len(chart.categories), 1)
    slot = (sheet.width - left - 6) / n

    def middle(i: int) -> float:
        return left + slot * (i + 0.5)

    names = [str(name) for name in chart.categories]
    least = max((text_width(word, sheet.size) for name in names for word in name.split()), default=_LEAST)
    every = _every(min(least, 90.0), slot)
    foot = y.start + sheet.size * 1.3
    for i, name in enumerate(names):
        if (n - 1 - i) % every == 0:
            rows = wrapped(name, max(slot - 5, min(least, 90.0) + 1), sheet.size, 3)
            half = max(text_width(row, sheet.size) for row in rows) / 2
            sheet.lines(min(middle(i), sheet.width - half), foot, rows, "middle")
    sheet.line(left, y(0.0), sheet.width - 6, y(0.0), INK)
    return middle, y, slot


def _levels(sheet: Sheet, chart: Chart, low: float, high: float, above: float) -> tuple[Scale, float]:
    """The value axis upright: its scale, and where the plot begins on the left."""
    if chart.unit == "%":
        high = max(high, _LEAST_SHARE)
    marks = ticks(low, high)
    if chart.unit == "%" and high <= 100.0:
        marks = [mark for mark in marks if mark <= 100.0]
    texts = _tick_texts(marks, chart.unit)
    left = max(text_width(text, sheet.size) for text in texts) + 10
    tall = 300.0 if sheet.wide else 240.0
    y = Scale(marks[0], max(marks[-1], high), above + tall, above)
    for mark, text in zip(marks, texts, strict=True):
        sheet.line(left, y(mark), sheet.width - 6, y(mark), GRID)
        sheet.text(left - 6, y(mark) + 4, text, "end", fill=GREY)
    return y, left


def _tops(sheet: Sheet, series: Series, middles: list[float], y: Scale, slot: float) -> None:
    """Intervals, and the labels above them: all, or as many as have room."""
    values = _numbers(series)
    lows, highs = _ends(series, values)
    if series.low:
        for middle, low, high in zip(middles, lows, highs, strict=True):
            sheet.whisker((middle, y(low)), (middle, y(high)), min(4.0, 0.25 * slot))
    every = _every(max((text_width(label, sheet.size) for label in series.labels), default=0.0), slot)
    for i, (middle, high, label) in enumerate(zip(middles, highs, series.labels, strict=False)):
        if (len(middles) - 1 - i) % every == 0:
            place = min(middle, sheet.width - text_width(label, sheet.size) / 2)
            sheet.text(place, y(max(high, 0.0)) - 7, label, "middle", bold=True)


# --- bars ------------------------------------------------------------------------------------------------------------


def _bars(sheet: Sheet, chart: Chart) -> None:
    low, high = _reach(chart.series)
    left, right = _sides(sheet, chart)
    x = Scale(low, high, left, right)
    thick = 20.0 if len(chart.series) == 1 else 15.0
    y = 6.0
    starts = []
    for row, name in enumerate(chart.categories):
        y = _named(sheet, str(name), y, thick * len(chart.series), left_edge=_name_room(sheet, chart))
        starts.append(y)
        for place, series in enumerate(chart.series):
            value, top = _numbers(series)[row], y + place * thick
            sheet.rect(min(x(value), x(0.0)), top, abs(x(value) - x(0.0)), thick - 2, series.colour)
            ends = _ends(series, _numbers(series))
            first, last = ends[0][row], ends[1][row]
            middle = top + thick / 2 - 1
            if series.low:
                sheet.whisker((x(first), middle), (x(last), middle))
            if series.labels:
                side, anchor = (x(last) + 8, "start") if value >= 0 else (x(first) - 8, "end")
                sheet.text(side, middle + 4.5, series.labels[row], anchor, bold=True)
        y += thick * len(chart.series) + (11 if sheet.wide else 9)
    for start in starts:
        sheet.line(x(0.0), start - 3, x(0.0), start + thick * len(chart.series) + 1, INK)
    sheet.bottom = max(sheet.bottom, y - 4)
    if len(chart.series) > 1:
        sheet.legend([("box", series.colour, series.name) for series in chart.series], sheet.bottom + 4)


def _waterfall(sheet: Sheet, chart: Chart) -> None:
    (series,) = chart.series
    amounts = _numbers(series)
    last = len(amounts) - 1
    left, right = _sides(sheet, chart)
    x = Scale(0.0, max(amounts) or 1.0, left, right)
    level, y, thick = amounts[0], 6.0, 22.0
    for row, (name, amount) in enumerate(zip(chart.categories, amounts, strict=True)):
        y = _named(sheet, str(name), y, thick, left_edge=_name_room(sheet, chart))
        total = row in (0, last)
        level -= 0.0 if total else amount
        start = 0.0 if total else max(level, 0.0)
        sheet.rect(x(start), y, x(start + amount) - x(start), thick, COLOURS[0] if total else MIDDLE)
        sheet.text(x(start + amount) + 6, y + thick / 2 + 4.5, series.labels[row] if series.labels else "", bold=True)
        y += thick + (10 if sheet.wide else 9)
    sheet.bottom = max(sheet.bottom, y - 4)


def _name_room(sheet: Sheet, chart: Chart) -> float:
    """The width of the names beside the bars; on a narrow sheet they stand above them."""
    widest = max((text_width(str(name), sheet.size) for name in chart.categories), default=0.0)
    return min(0.36 * sheet.width, widest + 16) if sheet.wide else 0.0


def _named(sheet: Sheet, name: str, y: float, tall: float, left_edge: float) -> float:
    """A row's name, beside its bars or above them; where the bars begin."""
    if left_edge:
        rows = wrapped(name, left_edge - 16, sheet.size, 2)
        sheet.lines(left_edge - 10, y + tall / 2 + 4 - (len(rows) - 1) * sheet.size * 0.6, rows, "end")
        return y
    rows = wrapped(name, sheet.width - 8, sheet.size, 2)
    sheet.lines(4, y + sheet.size, rows)
    return y + len(rows) * sheet.size * 1.2 + 4


def _sides(sheet: Sheet, chart: Chart) -> tuple[float, float]:
    """Left and right end of the bars, with room for the labels beyond them."""
    beyond = [(value, text_width(label, sheet.size) * 1.08) for series in chart.series
              for value, label in zip(_numbers(series), series.labels, strict=False)]  # fmt: skip
    before = max((wide for value, wide in beyond if value < 0), default=-10.0)
    after = max((wide for value, wide in beyond if value >= 0), default=-10.0)
    return max(_name_room(sheet, chart), 4.0) + before + 14, sheet.width - after - 16


# --- along an axis ---------------------------------------------------------------------------------------------------


def _histogram(sheet: Sheet, chart: Chart) -> None:
    (series,) = chart.series
    values = _numbers(series)
    rows = 1 if sheet.wide else len(chart.marks)
    y, left = _levels(sheet, chart, 0.0, max(values) or 1.0, 10 + 18.0 * max(rows, 1))
    x = Scale(chart.edges[0], chart.edges[-1], left, sheet.width - 10)
    for start, end, value in zip(chart.edges, chart.edges[1:], values, strict=False):
        sheet.rect(x(start), y(value), x(end) - x(start), y(0.0) - y(value), series.colour, stroke="#ffffff",
                   stroke_width=0.8)  # fmt: skip
    sheet.line(left, y(0.0), sheet.width - 10, y(0.0), INK)
    marks = [mark for mark in ticks(x.low, x.high, 8 if sheet.wide else 5) if x.low <= mark <= x.high]
    for mark, text in zip(marks, _tick_texts(marks, chart.unit), strict=True):
        sheet.text(x(mark), y.start + sheet.size * 1.4, text, "middle", fill=GREY)
    end = -math.inf
    row = 0
    for each in chart.marks:
        assert not isinstance(each.at, date)
        at, wide = x(each.at), text_width(each.label, sheet.size)
        anchor = "start" if at + 6 + wide < sheet.width else "end"
        start = at + 6 if anchor == "start" else at - 6 - wide
        row = row + 1 if start < end else 0
        end = max(end, start + wide + 6)
        sheet.line(at, 8 + 18.0 * row, at, y.start, INK, 1.3, "5 4")
        sheet.text(at + 6 if anchor == "start" else at - 6, 18 + 18.0 * row, each.label, anchor, bold=True)


def _fan(sheet: Sheet, chart: Chart) -> None:
    when = [_ordinal(name) for name in chart.categories]
    low, high = _reach(chart.series)
    y, left = _levels(sheet, chart, low, high, 30.0 if chart.marks else 10.0)
    x = Scale(when[0], when[-1], left, sheet.width - 14)
    places = [x(day) for day in when]

    def along(name: str) -> list[tuple[float, float]]:
        return [(at, y(value)) for at, value in zip(places, _numbers(chart.named(name)), strict=True)]

    for first, last in (("p05", "p95"), ("p25", "p75")):
        sheet.path([*along(first), *reversed(along(last))], True, fill=chart.named(first).colour)
    middle = chart.named("p50")
    sheet.path(along("p50"), fill="none", stroke=middle.colour, stroke_width=2.6)
    entries = [
        ("line", middle.colour, QUANTILES["p50"]),
        ("box", chart.named("p25").colour, "half of the futures (25% to 75%)"),
        ("box", chart.named("p05").colour, "nine tenths (5% to 95%)"),
    ]
    for series in chart.series:
        if series.role == "limit":
            sheet.path([(at, y(value)) for at, value in zip(places, _numbers(series), strict=True)], fill="none",
                       stroke=series.colour, stroke_width=1.5, stroke_dasharray="6 4")  # fmt: skip
            entries.append(("dashes", series.colour, series.name))
    _badges(sheet, [(x(_ordinal(mark.at)), str(i)) for i, mark in enumerate(chart.marks, 1)], y.start)
    _dates(sheet, chart, x, y.start)
    sheet.legend(entries, sheet.bottom + 6)


def _badges(sheet: Sheet, marks: list[tuple[float, str]], foot: float) -> None:
    """Numbers in circles over dotted lines, moved apart where they would touch."""
    end = -math.inf
    for at, words in marks:
        place = min(max(at, end + 20), sheet.width - 10)
        sheet.line(at, 24, at, foot, GREY, 1.2, "2 3")
        sheet.line(place, 18, at, 24, GREY, 1.2)
        sheet.badge(place, 12, words)
        end = place


def _dates(sheet: Sheet, chart: Chart, x: Scale, foot: float) -> None:
    """Months below the axis, as many as have room; the year below the first month that is of it."""
    days = [day for day in chart.categories if isinstance(day, date)]
    most = 13 if sheet.wide else 7
    every = next((n for n in (1, 2, 3, 6, 12, 24, 60, 120) if len(days) / n <= most), 240)
    year = 0
    for day in days[::every]:
        at = x(_ordinal(day))
        sheet.line(at, foot, at, foot + 5, GREY)
        number, month, _ = short_day(day).split()
        rows = [month if len(days) > 3 else f"{number} {month}", str(day.year) if day.year != year else ""]
        half = max(text_width(row, sheet.size) for row in rows) / 2
        sheet.lines(min(at, sheet.width - half), foot + sheet.size * 1.5, rows, "middle", GREY)
        year = day.year


def _lines(sheet: Sheet, chart: Chart) -> None:
    x, y, _ = _upright(sheet, chart, chart.series)
    for series in chart.series:
        points = [(x(i), y(value)) for i, value in enumerate(series.values) if value is not None]
        sheet.path(points, fill="none", stroke=series.colour, stroke_width=2.4)
    sheet.legend([("line", series.colour, series.name) for series in chart.series], sheet.bottom + 4)


# --- values ----------------------------------------------------------------------------------------------------------


def _numbers(series: Series) -> list[float]:
    return [0.0 if value is None else float(value) for value in series.values]


def _ends(series: Series, values: list[float]) -> tuple[list[float], list[float]]:
    """The ends of the intervals; the values themselves where there are none."""
    lows, highs = series.low or values, series.high or values
    return (
        [v if end is None else float(end) for end, v in zip(lows, values, strict=True)],
        [v if end is None else float(end) for end, v in zip(highs, values, strict=True)],
    )


def _reach(series: Sequence[Series]) -> tuple[float, float]:
    """From the least to the largest that is drawn, with 0."""
    values = [0.0, *(v for each in series for v in (*each.values, *each.low, *each.high) if v is not None)]
    low, high = min(values), max(values)
    return (low, high) if high > low else (0.0, 1.0)


def _every(wide: float, slot: float) -> int:
    """Of how many columns one has a name: with a gap, and with room for the last one to keep off the edge."""
    off = max(0.0, wide / 2 - slot / 2 - 6.0)
    return max(1, math.ceil((wide + off + 5.0) / slot - 1e-9))


def _ordinal(day: object) -> float:
    assert isinstance(day, date)
    return float(day.toordinal())


def _tick_texts(marks: list[float], unit: str) -> list[str]:
    """Round numbers with the unit, all with the same decimals."""
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1.0 else 0
    before, after = {"%": ("", "%"), "$M": ("$", "M"), "$": ("$", "")}.get(unit, ("", ""))
    texts = [f"{abs(mark):,.{decimals}f}" for mark in marks]
    return [
        f"{before}0" if before and mark == 0.0 else f"{MINUS if mark < 0 else ''}{before}{text}{after}"
        for mark, text in zip(marks, texts, strict=True)
    ]


_KINDS: dict[str, Callable[[Sheet, Chart], None]] = {
    "bars": _bars, "columns": _columns, "fan": _fan, "histogram": _histogram, "lines": _lines, "stacked": _stacked,
    "waterfall": _waterfall,
}  # fmt: skip
