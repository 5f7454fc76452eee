"""Sheet Distributions: capital raised, dilution by the line and runway over the scenarios."""

from __future__ import annotations

import math

import numpy as np

from sim.board.charts.data import COLOURS, round_step
from sim.board.words import brief, capitalised, measure_of, share_between, tail, the_line
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Cell, Number, exact, level
from sim.board.workbook.page import Page
from sim.results.result import Result
from sim.results.shares import counted_values

_SHOWN = ("raised", "dilution", "runway_months")
_BINS = 24
_UNIT = {"raised": ("$", "M", 1e6), "dilution": ("", "%", 0.01), "runway_months": ("", "", 1.0)}
_AXIS = {"raised": '"$"0,,"M"', "dilution": "0%", "runway_months": "0"}


def draw(book: Book) -> None:
    page = Page(book, "Distributions", _headline(book.result), [11, 11, 12, 3] * 3, one=True)
    room = page.reserve(17)
    first, charts = page.row, []
    last = first
    for place, name in enumerate(_SHOWN):
        page.row = first
        label, left = measure_of(name, book.result.case), 4 * place
        months = ", months" * (name == "runway_months")
        rows = _bins(book.result, name)
        block = page.table(f"{label}{months}", ["from", "below", "scenarios"], rows, left=left)
        last = max(last, page.row)
        chart = book.chart("column", f"{label}{months}: share of scenarios", number="0%", category=_AXIS[name])
        chart.add_series(
            {
                "name": label, "categories": block.range(left), "values": block.range(left + 2), "gap": 4,
                "fill": {"color": COLOURS[0]}, "border": {"none": True},
            }
        )  # fmt: skip
        chart.set_legend({"none": True})
        charts.append(chart)
    page.row = last
    words = "Each column starts at its number; the last one includes its upper end"
    if book.result.summary()["runway_months"].censored:
        words += ", and that of the runway the scenarios whose cash lasts to the horizon or longer"
    page.words(f"{words}.", size=9, color="#666666")
    page.place(room, *charts)


def _headline(result: Result) -> str:
    raised, dilution = result.summary()["raised"], result.summary()["dilution"]
    line = the_line(result.case)
    if not dilution.p95.value:
        return f"In {share_between(result, 'dilution', 0.0, 0.0)} scenarios no shares are issued under {line}"
    often, most = tail(result, "dilution", 95)
    middle = share_between(result, "raised", raised.p05.value, raised.p95.value)
    ends = dict.fromkeys(brief("raised", each.value, each.error) for each in (raised.p05, raised.p95))
    return f"{capitalised(middle)} scenarios raise {' to '.join(ends)}; in {often} the dilution by {line} is {most}"


def _bins(result: Result, name: str) -> list[list[Cell]]:
    """Bins with round edges, and the share of the scenarios in each."""
    values, counts = counted_values(result, name)
    before, after, scale = _UNIT[name]
    most = float(values.max()) / scale
    width = round_step(max(most - min(float(values.min()) / scale, 0.0), 1e-9), _BINS)
    low = math.floor(min(float(values.min()) / scale, 0.0) / width)
    edges = np.arange(low, max(math.ceil(most / width - 1e-9), low + 1) + 1) * width
    found, _ = np.histogram(values / scale, bins=edges, weights=counts)
    rows: list[list[Cell]] = []
    for i, n in enumerate(found):
        share = float(n) / float(counts.sum())
        error = math.sqrt(max(share * (1.0 - share), 1.0 / result.paths) / result.paths)
        shown: Number | None = level("cash_out", share, error)
        rows.append([*(_edge(float(edge), before, after, scale) for edge in edges[i : i + 2]), shown])
    return rows


def _edge(edge: float, before: str, after: str, scale: float) -> Number:
    cell = exact(round(edge, 9), before, after)
    return cell._replace(value=edge * scale)
