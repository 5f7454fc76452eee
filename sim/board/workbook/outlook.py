"""Sheets Outlook and Record: twelve months from the accounts, and what really happened."""

from __future__ import annotations

from sim.board.charts.data import COLOURS
from sim.board.story.words import shortened
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Cell, change, error, level, limits, set_to

_MOST_LABEL, _MOST_SOURCE = 60, 200


def draw(book: Book) -> None:
    found = book.pack.outlook
    page = book.page("Outlook", book.headline("outlook", "Outlook"), [30, *[13] * 9], found.paths, one=True)
    room = page.reserve(13)
    page.table("The window", ["", "date"], [["from the opening of", found.issued], ["to the close of", found.until]])
    rows: list[list[Cell]] = []
    signed = found.names.index("as signed")
    for i, name in enumerate(found.names):
        short, moved, gap = found.shortfall[i], found.differences[i], found.gap[i]
        row: list[Cell] = [name, level("cash_out", short.value, short.error), error("cash_out", short)]
        row += limits("cash_out", short)
        row += [change("cash_out", moved), error("cash_out", moved)] if i != signed else [None, None]
        row += [level("cash_out", found.already[i].value, found.already[i].error)]
        row += [level("funding_gap", gap.value, gap.error), error("funding_gap", gap)]
        rows.append(row)
    columns = ["", "shortfall", PM, "95% low", "95% high", "change, points", PM, "before the window"]
    block = page.table("Futures whose cash falls short", [*columns, "mean gap", PM], rows, tall=2)
    page.words(f"Mean gap: the largest shortfall up to {found.gap_until:%Y-%m-%d}, mean over all futures.", size=9)
    page.words(found.note, size=9)
    title = "Futures with a shortfall in the window, with 95% intervals"
    chart = book.chart("column", title, number="0%", bounds={"min": 0, "max": 1})
    chart.add_series(
        {
            "name": "shortfall", "categories": block.range(0), "values": block.range(1), "gap": 90,
            "fill": {"color": COLOURS[0]}, "y_error_bars": book.whiskers(found.shortfall),
        }
    )  # fmt: skip
    chart.set_legend({"none": True})
    page.place(room, chart)
    _record(book)


def _record(book: Book) -> None:
    found = book.pack.record
    if found is None or not found.rows:
        return
    page = book.page(
        "Record",
        book.headline("record", "What really happened"),
        [12, 38, 18, 11, 7, 11, 18, 18, 18, 10, 44],
        found.paths,
    )
    rows: list[list[Cell]] = []
    for fact in found.rows:
        below, inside = fact.percentile, "inside" if fact.inside else "outside"
        quantiles = (fact.p05, fact.p50, fact.p95)
        found_at = [set_to(each, fact.unit, off) for each, off in zip(quantiles, fact.errors, strict=True)]
        row: list[Cell] = [fact.date, shortened(fact.label, _MOST_LABEL), set_to(fact.value, fact.unit)]
        row += [level("cash_out", below.value, below.error), error("cash_out", below)]
        row += [level("cash_out", fact.equal, below.error), *found_at, inside, shortened(fact.source, _MOST_SOURCE)]
        rows.append(row)
    columns = ["date", "what", "it was", "futures below", PM, "the very same", "p05", "median", "p95", "nine in ten"]
    page.table("What really happened, and where it lies among the futures", [*columns, "source"], rows, tall=2)
    for words in found.notes:
        page.words(words, size=9)
