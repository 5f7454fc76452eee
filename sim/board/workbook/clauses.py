"""Sheet Clauses: the effect of removing each clause alone, and its Shapley value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.data import COLOURS
from sim.board.story.clauses import clause_name, full_name
from sim.board.words import measure_of, plus_minus, reading, the_line
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Block, Cell, column, moved
from sim.board.workbook.page import Page

if TYPE_CHECKING:
    from sim.analysis.clause_costs import ClauseCosts


def draw(book: Book) -> None:
    costs = book.pack.clauses
    if costs is None or not costs.clauses:
        return
    page = Page(book, "Clauses", book.headline("clauses", "Cost of each clause"), [38, *[13] * 8], costs.paths)
    room = page.reserve(max(round(1.3 * len(costs.clauses)) + 6, 12))
    blocks = {name: _measure(page, costs, name) for name in costs.shapley}
    page.words("What the clauses say", size=11, bold=True)
    for clause in costs.clauses:
        page.words(f"{full_name(clause.key)}: {clause.clause} {clause.words}".replace(":  ", ": "))
    page.skip()
    page.words(
        "Alone: the effect of removing one clause and keeping the others. Shapley value: the effect of removing it, "
        "averaged over all orders in which the clauses can be removed; the values add up to removing all of them, on "
        f"every path. From {costs.paths:,} scenarios; means differ from those of {book.result.paths:,} within their "
        "errors.",
        size=9,
    )
    charts = [
        book.bars(
            f"{column(name, costs.case)}: Shapley value of each clause",
            blocks[name], 5, costs.shapley[name], colour, number=number,
        )
        for name, colour, number in (("raised", COLOURS[0], '"$"0.0,,"M"'), ("runway_months", COLOURS[2], "0.0"))
        if name in blocks
    ]  # fmt: skip
    page.place(room, *charts)


def _measure(page: Page, costs: ClauseCosts, name: str) -> Block:
    rows: list[list[Cell]] = [
        [clause_name(clause.key), *moved(name, alone), *moved(name, share)]
        for clause, alone, share in zip(costs.clauses, costs.alone[name], costs.shapley[name], strict=True)
    ]
    first = page.row + 3
    together, *others = moved(name, costs.together[name])
    if together is not None:
        together = together._replace(formula=f"=SUM(F{first}:F{first + len(rows) - 1})")  # type: ignore[union-attr]
    points = ", percentage points" * (reading(name).suffix == "%")
    ends = (
        f"{plus_minus(name, costs.signed[name])} with {the_line(costs.case)}, "
        f"{plus_minus(name, costs.lifted[name])} without clauses"
    )
    columns = ["", "alone", PM, "95% low", "95% high", "Shapley value", PM, "95% low", "95% high"]
    total: list[Cell] = ["all clauses removed", "", "", "", "", together, *others]
    return page.table(f"{measure_of(name, costs.case)}{points}: {ends}", columns, rows, total=total)
