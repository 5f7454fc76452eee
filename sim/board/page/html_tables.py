"""Tables as HTML: those of the slides, and the numbers of each chart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from sim.board.charts.data import Chart, Series, Table
from sim.board.page.markup import Html, tag
from sim.board.words import BOUNDS, MINUS, day
from sim.text.numbers import decimals_allowed, rounded, with_decimals

__all__ = ["numbers", "table"]

_MOST_DECIMALS = 3
_NUMBER = re.compile(r"\d[\d,]*(\.\d+)?")
#: Names of the series of a fan.
QUANTILES = {"p05": "5%", "p25": "25%", "p50": "median", "p75": "75%", "p95": "95%"}
_Z95 = 1.96


def table(words: Table, caption: str) -> Html:
    """A table of a slide; its first column names the rows."""
    return _table(words.columns, words.rows, words.left, caption)


def numbers(chart: Chart) -> Html:
    """The numbers of a chart as a table: each value, and its 95% confidence interval where it has one."""
    columns, cells = ["date" if chart.kind == "fan" else ""], [_names(chart)]
    for series in chart.series:
        columns.append(QUANTILES.get(series.name, series.name))
        cells.append([_value(chart, series, i) for i in range(len(series.values))])
        if series.low:
            columns.append("95% interval")
            cells.append([_interval(series, i) for i in range(len(series.values))])
    return _table(columns, list(zip(*cells, strict=True)), (0,), chart.title)


def _names(chart: Chart) -> list[str]:
    if chart.kind == "histogram":
        return [f"{_number(low, 1)} to {_number(high, 1)}" for low, high in pairwise(chart.edges)]
    return [day(name) if isinstance(name, date) else str(name) for name in chart.categories]


def _value(chart: Chart, series: Series, i: int) -> str:
    """The label of a value, with the digits of its interval; without a label, with the decimals of the chart."""
    value, decimals = series.values[i], _interval_decimals(series, i)
    if not series.labels:
        return "-" if value is None else _number(value, max(chart.decimals, int(chart.kind == "fan")))
    label = series.labels[i]
    found = _NUMBER.search(label)
    if value is None or decimals is None or found is None:
        return label
    text = _number(value, decimals)
    plus = "+" * (value > 0.0 and any(each.startswith("+") for each in series.labels) and text[0] not in BOUNDS)
    return f"{plus}{'$' * ('$' in label)}{text}{label[found.end() :]}"


def _interval(series: Series, i: int) -> str:
    low, high, decimals = series.low[i], series.high[i], _interval_decimals(series, i)
    if low is None or high is None or decimals is None:
        return "-"
    ends = [rounded(end, decimals).replace("-", MINUS) for end in (low, high)]
    return " to ".join(ends) if ends[0] != ends[1] else "-"


def _interval_decimals(series: Series, i: int) -> int | None:
    """Decimals of an interval: those that its half-width allows; None without one."""
    low, high = (ends[i] if ends else None for ends in (series.low, series.high))
    if low is None or high is None or low == high:
        return None
    return min(decimals_allowed((high - low) / (2.0 * _Z95)), _MOST_DECIMALS)


def _number(value: float, decimals: int) -> str:
    """With so many decimals; `<0.1` for what would be rounded to 0."""
    return with_decimals(value, decimals).replace("-", MINUS)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int], caption: str) -> Html:
    """A table in a frame that scrolls on a narrow screen, also with the keyboard."""
    sides = ["words" if place in left else None for place in range(len(columns))]
    head = tag("tr", *(
        tag("th", name, scope="col", class_=side) if name else tag("td", class_=side)
        for name, side in zip(columns, sides, strict=True)
    ))  # fmt: skip
    body = [
        tag("tr", tag("th", row[0], scope="row", class_="words"),
            *(tag("td", cell, class_=side) for cell, side in zip(row[1:], sides[1:], strict=True)))
        for row in rows
    ]  # fmt: skip
    parts = [tag("caption", caption), *([tag("thead", head)] if any(columns) else []), tag("tbody", *body)]
    return tag(
        "div", tag("table", *parts), class_="scroll", tabindex="0", role="region", aria_label=f"Table: {caption}"
    )
