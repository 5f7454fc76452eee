"""Sheet Distributions: how the capital raised, the dilution and the runway spread over the futures."""

from __future__ import annotations

import math

import numpy as np

from sim.board.charts.data import COLOURS, round_step
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Cell, Number, exact, level
from sim.results.measures import MEASURES
from sim.results.result import Result

_SHOWN = ("raised", "dilution", "runway_months")
_BINS = 24
_UNIT = {"raised": ("$", "M", 1e6), "dilution": ("", "%", 0.01), "runway_months": ("", "", 1.0)}
_AXIS = {"raised": '"$"0,,"M"', "dilution": "0%", "runway_months": "0"}


def draw(book: Book) -> None:
    page = book.page("Distributions", _headline(book.result), [11, 11, 12, 3] * 3, one=True)
    room = page.reserve(17)
    first, charts = page.row, []
    last = first
    for place, name in enumerate(_SHOWN):
        page.row = first
        measure, left = MEASURES[name], 4 * place
        months = ", months" * (name == "runway_months")
        rows = _bins(book.result, name)
        block = page.table(f"{measure.label}{months}", ["from", "below", "futures"], rows, left=left)
        last = max(last, page.row)
        chart = book.chart("column", f"{measure.label}{months}: share of futures", number="0%", category=_AXIS[name])
        chart.add_series(
            {
                "name": measure.label, "categories": block.range(left), "values": block.range(left + 2), "gap": 4,
                "fill": {"color": COLOURS[0]}, "border": {"none": True},
            }
        )  # fmt: skip
        chart.set_legend({"none": True})
        charts.append(chart)
    page.row = last
    page.words("Each column begins at its number; the last one holds its upper end too.", size=9, color="#666666")
    page.place(room, *charts)


def _headline(result: Result) -> str:
    from sim.board.story.words import brief

    raised, dilution = result.summary()["raised"], result.summary()["dilution"]
    if not dilution.p95.value:
        return "In at least nineteen futures of twenty the line issues no share"
    ends = [brief("raised", each.value, each.error) for each in (raised.p05, raised.p95)]
    most = brief("dilution", dilution.p95.value, dilution.p95.error)
    if ends[0] == ends[1]:
        return f"Nine futures in ten raise {ends[0]}; one in twenty is diluted by {most} or more"
    return f"Nine futures in ten raise {ends[0]} to {ends[1]}; one in twenty is diluted by {most} or more"


def _bins(result: Result, name: str) -> list[list[Cell]]:
    """Bins with round edges, and the share of the futures in each."""
    values, counts = _values(result, name)
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


def _values(result: Result, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Values and how often each occurs; of a run that kept no paths, its bins."""
    if result.sketch is None:
        return result[name], np.ones(result.paths)
    bins, counts = result.sketch.histograms["shares_issued" if name == "dilution" else name].table()
    values = bins[0]
    if name == "dilution":
        values = values / (float(result.case.company.shares_outstanding) + values)
    return values, counts.sum(axis=1).astype(np.float64)
