"""Sheet All-in cost: discount and fees over the market value of the shares issued."""

from __future__ import annotations

from sim.analysis.capital import cost_of_capital
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Cell, estimated
from sim.board.workbook.page import Page
from sim.board.workbook.told import answers


def draw(book: Book) -> None:
    chapter = book.chapters.get("capital")
    if chapter is None:
        return
    page = Page(book, "All-in cost", chapter.headline, [44, *[13] * 4], one=True)
    cost = cost_of_capital(book.result)
    parts = (("discount", cost.discount), ("fees", cost.legal), ("all of it", cost.all_in))
    rows: list[list[Cell]] = [[words, *estimated("effective_discount", each)] for words, each in parts]
    columns = ["part of the shares' market value", "cost", PM, "95% low", "95% high"]
    page.table("Cost of the capital raised", columns, rows, note=f"{chapter.source}.")
    answers(page, chapter)
