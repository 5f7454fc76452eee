"""Sheets Outlook and Record: twelve months from issuing the accounts, and what really happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.facts import ALL_EQUAL
from sim.analysis.variants import SIGNED
from sim.board.charts.data import COLOURS
from sim.board.story.outlook import GAP, gap_words
from sim.board.words import shortened, variant_name
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Cell, Number, change, error, estimated, level, set_to
from sim.board.workbook.page import Page

if TYPE_CHECKING:
    from sim.analysis.warning import EarlyWarning

_MOST_LABEL, _MOST_SOURCE = 60, 200
_COLUMNS = ["", "shortfall", PM, "95% low", "95% high", "change, points", PM, "before the window", "mean gap", PM]
_FACTS = [
    "date", "figure", "observed", "scenarios with a lower value", PM, "equal", "p05", "median", "p95", "middle 90%",
    "source",
]  # fmt: skip


def draw(book: Book) -> None:
    found = book.pack.outlook
    page = Page(book, "Outlook", book.headline("outlook", "Outlook"), [30, *[13] * 9], found.paths, one=True)
    room = page.reserve(13)
    page.table("The window", ["", "date"], [["from the opening of", found.issued], ["to the close of", found.until]])
    rows: list[list[Cell]] = []
    for i, name in enumerate(found.names):
        short, difference, gap = found.shortfall[i], found.differences[i], found.gap[i]
        signed = name == SIGNED
        row: list[Cell] = [variant_name(name, found.case), *estimated("cash_out", short)]
        row += [None, None] if signed else [change("cash_out", difference), error("cash_out", difference)]
        row += [level("cash_out", found.already[i].value, found.already[i].error), *estimated("funding_gap", gap)[:2]]
        rows.append(row)
    block = page.table("Scenarios with a shortfall of cash", _COLUMNS, rows, tall=2)
    page.words(f"Mean gap: {gap_words(found)[0].rstrip(':')}. {GAP}", size=9)
    page.words(found.note, size=9)
    title = "Scenarios with a shortfall in the window, with 95% confidence interval"
    page.place(room, book.bars(title, block, 1, found.shortfall, COLOURS[0], kind="column", share=True))
    if found.warning is not None and found.warning.seen:
        _warning(page, found.warning)


def _warning(page: Page, found: EarlyWarning) -> None:
    rows: list[list[Cell]] = []
    for each in found.seen:
        counts = [Number(float(number), "#,##0") for number in (each.month_ends, each.paths)]
        rows.append([each.label, *estimated("cash_out", each.chance), *counts])
    page.table(
        f"Early warning: out of cash within {found.months_ahead} months, by months of cover at a month's end",
        ["months of cover", "probability", PM, "95% low", "95% high", "month-ends", "scenarios"],
        rows,
        tall=2,
        note="Cover: cash above the minimum, over the expected cash use of the next month. Month-ends before a cash-out"
        f" and at least {found.months_ahead} months before the horizon. A scenario has several of them, which are not "
        "independent; the intervals are of scenarios.",
    )


def record(book: Book) -> None:
    """Sheet Record; none for a case without a record."""
    found = book.pack.record
    if found is None or not found.rows:
        return
    widths = [12, 38, 18, 11, 7, 11, 18, 18, 18, 17, 44]
    page = Page(book, "Record", book.headline("record", "What really happened"), widths, found.paths)
    rows: list[list[Cell]] = []
    for fact in found.rows:
        below, quantiles = fact.percentile, (fact.p05, fact.p50, fact.p95)
        row: list[Cell] = [fact.date, shortened(fact.label, _MOST_LABEL), set_to(fact.value, fact.unit)]
        row += [*estimated("cash_out", below)[:2], level("cash_out", fact.equal, below.error)]
        row += [set_to(each, fact.unit, off) for each, off in zip(quantiles, fact.errors, strict=True)]
        place = ALL_EQUAL if not fact.could_differ else "inside" if fact.inside else "outside"
        rows.append([*row, place, shortened(fact.source, _MOST_SOURCE)])
    page.table("Observed figures and their place among the scenarios", _FACTS, rows, tall=2)
    for words in found.notes:
        page.words(words, size=9)
