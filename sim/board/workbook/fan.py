"""Sheet Cash fan: quantiles of cash at month ends."""

from __future__ import annotations

from typing import Any

from sim.board.charts.data import COLOURS
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Block, Cell, exact, level
from sim.board.workbook.page import DATE, Page
from sim.results.distribution import Distribution
from sim.results.estimates import QUANTILE_PERCENTS

_LINES = (
    ("p05", COLOURS[2], "dash"), ("p25", COLOURS[2], "solid"), ("median", COLOURS[0], "solid"),
    ("p75", COLOURS[2], "solid"), ("p95", COLOURS[2], "dash"), ("minimum cash", COLOURS[1], "square_dot"),
)  # fmt: skip


def draw(book: Book) -> None:
    result = book.result
    fan = result.fan()
    if not fan.paths:
        return
    page = Page(
        book, "Cash fan", book.headline("cash", "Cash at month ends"), [14, *[15] * 6], fan.paths, len(fan.dates) < 40
    )
    room = page.reserve(18)
    minimum = exact(float(result.case.company.minimum_cash), "$", "M", 1e6)
    opening = exact(float(result.case.company.cash), "$", "M", 1e6)
    rows: list[list[Cell]] = [[fan.dates[0], *[opening] * len(QUANTILE_PERCENTS), minimum]]
    for when, cash in zip(fan.dates[1:], result.tallies.fan, strict=True):
        found = Distribution.from_values(cash).quantiles
        rows.append([when, *(level("ending_cash", each.value, each.error) for each in found), minimum])
    block = page.table(
        "Cash at the opening and at month ends",
        ["date", *(name for name, _, _ in _LINES)],
        rows,
        note=f"From {fan.paths:,} scenarios. Cash may be negative after a cash-out.",
    )
    page.place(room, _chart(book, block))


def _chart(book: Book, block: Block) -> Any:
    chart = book.chart("line", "Cash at month ends; 90% of scenarios between the dashed lines", number='"$"0,,"M"')
    for i, (name, colour, dash) in enumerate(_LINES):
        line = {"color": colour, "width": 2.5 if name == "median" else 1.5, "dash_type": dash}
        chart.add_series({"name": name, "categories": block.range(0), "values": block.range(i + 1), "line": line})
    font = {"name": "Calibri", "size": 9, "rotation": -45}
    chart.set_x_axis(
        {"date_axis": True, "num_format": DATE, "major_unit": 3, "major_unit_type": "months", "num_font": font,
         "label_position": "low"}
    )  # fmt: skip
    return chart
