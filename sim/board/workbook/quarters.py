"""Sheet By quarter: cash-out by cause, and capital raised."""

from __future__ import annotations

import math
from typing import Any

from sim.board.charts.data import COLOURS
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Block, Cell, Number, error, level, limits, unbounded
from sim.board.workbook.page import Page
from sim.results.figures import causes_of
from sim.results.summary import Summary

_CAUSE_COLOURS = (COLOURS[0], COLOURS[4], COLOURS[1], COLOURS[2])
_LIMITS = 4, 5  # columns of the interval


def draw(book: Book) -> None:
    page = Page(
        book,
        "By quarter",
        book.headline("cash_out", "Cash-out by fiscal quarter"),
        [22, *[11.5] * (8 + len(causes_of(book.result.case)))],
        one=len(book.result.periods) < 13,
    )
    summary = book.result.summary()
    room = page.reserve(16)
    block = _cash_out(page, summary)
    page.place(room, _causes_chart(book, block), book.bars(
        "Raised in each quarter, mean with 95% confidence interval", block,
        7 + len(summary.causes_by_period), summary.raised_by_period, COLOURS[2],
        kind="column", number='"$"0.0,,"M"',
    ))  # fmt: skip


def _cash_out(page: Page, summary: Summary) -> Block:
    columns = ["Quarter", "begins", "ends", "out of cash", "95% low", "95% high", "out in the quarter"]
    columns += [f"out: {cause}" for cause in summary.causes_by_period] + ["raised, mean", PM]
    rows: list[list[Cell]] = []
    first = page.row + 2
    causes = summary.causes_by_period
    before = 0.0
    for i, (period, chance, raised) in enumerate(
        zip(summary.periods, summary.cash_out_by_period, summary.raised_by_period, strict=True)
    ):
        here = first + i + 1  # as a formula counts rows
        shown = level("cash_out", chance.value, chance.error)
        form = unbounded(shown.form) if shown else "General"
        step = Number(chance.value - before, form, f"=D{here}-D{here - 1}" if i else f"=D{here}")
        by_cause = [level("cash_out", float(causes[cause][i]), chance.error) for cause in causes]
        rows.append(
            [
                period.label, period.start, period.end, shown, *limits("cash_out", chance), step, *by_cause,
                level("raised", raised.value, raised.error), error("raised", raised),
            ]
        )  # fmt: skip
        before = chance.value
    mean = summary["raised"]
    last = first + len(rows)
    total = level("raised", math.fsum(each.value for each in summary.raised_by_period), mean.mcse)
    assert total is not None
    column = "ABCDEFGHIJKL"[7 + len(causes)]
    total = total._replace(formula=f"=SUM({column}{first + 1}:{column}{last})")
    return page.table(
        "By the end of each fiscal quarter",
        columns,
        rows,
        total=["all quarters", *[""] * (6 + len(causes)), total, error("raised", mean.estimate)],
        note="Out of cash by the end of the quarter, as a share of all scenarios, with its 95% interval and causes. "
        "The amounts raised in the quarters add up to the mean raised.",
        tall=2,
    )


def _causes_chart(book: Book, block: Block) -> Any:
    chart = book.chart(
        "column", "Scenarios out of cash by the end of each quarter", "stacked", "0%", bounds={"min": 0, "max": 1}
    )
    names = block.range(0)
    for i, (cause, colour) in enumerate(zip(book.result.summary().causes_by_period, _CAUSE_COLOURS, strict=False)):
        chart.add_series(
            {
                "name": cause, "categories": names, "values": block.range(7 + i),
                "fill": {"color": colour}, "border": {"color": "#1a1a1a", "width": 0.5}, "gap": 60,
            }
        )  # fmt: skip
    total = book.file.add_chart({"type": "line"})
    ends = book.whiskers(book.result.summary().cash_out_by_period)
    total.add_series(
        {
            "name": "all causes, 95% interval", "categories": names, "values": block.range(3),
            "line": {"none": True}, "marker": {"type": "diamond", "size": 4, "fill": {"color": "#1a1a1a"}},
            "y_error_bars": ends,
        }
    )  # fmt: skip
    chart.combine(total)
    return chart
