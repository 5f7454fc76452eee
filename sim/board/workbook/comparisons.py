"""Sheets Scenarios and When to draw: cases under the same luck, with paired differences and their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.board.charts.data import COLOURS
from sim.board.story.words import reading, shortened
from sim.board.workbook.book import Block, Book, Page
from sim.board.workbook.cells import PM, Cell, change, column, error, level, limits

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison

_FIRST = ("runway_months", "cash_out", "raised")
_WIDTHS = (42, *[12.5] * 8)
_MOST_NAME = 60


def draw(book: Book) -> None:
    pack = book.pack
    page = book.page("Scenarios", book.headline("scenarios", "Scenarios"), _WIDTHS, pack.scenarios.paths)
    _compared(page, pack.scenarios, "")
    if len(pack.variants.names) > 1:
        page.turn()
        page.words("The line as signed, without it, and with its conditions waived", size=13, bold=True)
        page.skip()
        _compared(page, pack.variants, "")
    if len(pack.policies.names) > 1:
        page = book.page("When to draw", book.headline("policies", "When to draw"), _WIDTHS, pack.policies.paths)
        _compared(page, pack.policies, "")


def _compared(page: Page, found: Comparison, note: str) -> None:
    """Charts of runway and cash-out, then a table a measure."""
    room = page.reserve(max(round(1.3 * len(found.names)) + 6, 12))
    order = [*_FIRST, *(name for name in found.estimates if name not in _FIRST)]
    blocks = {name: _measure(page, found, name) for name in order}
    for words in found.notes:
        page.words(words, size=9)
    charts = [_chart(page.book, blocks[name], found, name) for name in ("runway_months", "cash_out")]
    page.place(room, *charts)


def _measure(page: Page, found: Comparison, name: str) -> Block:
    rows: list[list[Cell]] = []
    for i, words in enumerate(found.names):
        estimate, difference = found.estimates[name][i], found.differences[name][i]
        row: list[Cell] = [shortened(words, _MOST_NAME), level(name, estimate.value, estimate.error)]
        row += [error(name, estimate), *limits(name, estimate)]
        moves: list[Cell] = [change(name, difference), error(name, difference), *limits(name, difference, True)]
        rows.append([*row, *(moves if i else [None] * 4)])
    points = " (changes in percentage points)" * (reading(name).suffix == "%")
    columns = ["", "mean" if reading(name).suffix != "%" or name == "dilution" else "probability"]
    columns += [PM, "95% low", "95% high", "change", PM, "95% low", "95% high"]
    return page.table(f"{column(name)}{points}", columns, rows)


def _chart(book: Book, block: Block, found: Comparison, name: str) -> Any:

    chance = reading(name).suffix == "%"
    form, bounds = ("0%", {"min": 0.0, "max": 1.0}) if chance else ("0.0", {"min": 0.0})
    chart = book.chart("bar", f"{column(name)}, with 95% interval", number=form, bounds=bounds)
    chart.add_series(
        {
            "name": column(name), "categories": block.range(0), "values": block.range(1), "gap": 45,
            "fill": {"color": COLOURS[0] if name == "runway_months" else COLOURS[2]},
            "y_error_bars": book.whiskers(found.estimates[name]),
        }
    )  # fmt: skip
    chart.set_legend({"none": True})
    return chart
