"""Sheet Clauses: what each clause costs, lifted alone and as its exact share of lifting them all."""

from __future__ import annotations

from typing import Any

from sim.board.charts.data import COLOURS
from sim.board.story.words import name_of, reading, shortened, spoken
from sim.board.workbook.book import Block, Book, Page
from sim.board.workbook.cells import PM, Cell, change, column, error, limits

_MOST_NAME, _MOST_WORDS = 40, 110


def draw(book: Book) -> None:
    costs = book.pack.clauses
    if costs is None or not costs.clauses:
        return
    page = book.page("Clauses", book.headline("clauses", "What each clause costs"), [38, *[13] * 8], costs.paths)
    room = page.reserve(max(round(1.3 * len(costs.clauses)) + 6, 12))
    blocks = {name: _measure(page, book, name) for name in costs.shapley}
    page.table("What the clauses say", ["clause", "in words"], _words(book))
    page.words(
        "Alone: the gain from lifting one clause and leaving the others. Share: the mean gain over all orders in which "
        "the clauses could be lifted one after another (Shapley); they add up to lifting them all, on every path.",
        size=9,
    )
    if "raised" in blocks:
        page.place(room, *(_chart(book, blocks[name], name) for name in ("raised", "runway_months")))


def _measure(page: Page, book: Book, name: str) -> Block:
    costs = book.pack.clauses
    assert costs is not None
    rows: list[list[Cell]] = []
    for clause, alone, share in zip(costs.clauses, costs.alone[name], costs.shapley[name], strict=True):
        row: list[Cell] = [shortened(clause.key, _MOST_NAME), change(name, alone), error(name, alone)]
        row += [*limits(name, alone, True), change(name, share), error(name, share), *limits(name, share, True)]
        rows.append(row)
    together = costs.together[name]
    first = page.row + 3
    total = change(name, together)
    if total is not None:
        total = total._replace(formula=f"=SUM(F{first}:F{first + len(rows) - 1})")
    last: list[Cell] = ["lifting them all", "", "", "", "", total, error(name, together)]
    last += [*limits(name, together, True)]
    points = ", percentage points" * (reading(name).suffix == "%")
    ends = f"{spoken(name, costs.signed[name])} as signed, {spoken(name, costs.lifted[name])} with all clauses lifted"
    columns = ["", "alone", PM, "95% low", "95% high", "share", PM, "95% low", "95% high"]
    return page.table(f"{name_of(name)}{points}: {ends}", columns, rows, total=last)


def _words(book: Book) -> list[list[Cell]]:
    costs = book.pack.clauses
    assert costs is not None
    return [
        [shortened(clause.key, _MOST_NAME), shortened(f"{clause.clause} {clause.words}".strip(), _MOST_WORDS)]
        for clause in costs.clauses
    ]


def _chart(book: Book, block: Block, name: str) -> Any:
    costs = book.pack.clauses
    assert costs is not None
    form = '"$"0.0,,"M"' if name == "raised" else "0.0"
    chart = book.chart("bar", f"{column(name)}: share of lifting all clauses", number=form)
    chart.add_series(
        {
            "name": "share", "categories": block.range(0), "values": block.range(5), "gap": 45,
            "fill": {"color": COLOURS[0] if name == "raised" else COLOURS[2]},
            "y_error_bars": book.whiskers(costs.shapley[name]),
        }
    )  # fmt: skip
    chart.set_legend({"none": True})
    return chart
