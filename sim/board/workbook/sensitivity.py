"""Sheets Sensitivity and Targets: effects of the inputs, and the values that meet a target probability."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.board.charts.data import COLOURS
from sim.board.story.sensitivity import ranges_words
from sim.board.story.targets import draws_words, uncertain
from sim.board.words import input_name, name_of, reading, shortened
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Block, Cell, Number, change, column, error, estimated, level, set_to
from sim.board.workbook.page import Page
from sim.results.estimates import Estimate

if TYPE_CHECKING:
    from sim.analysis.solution import Solution
    from sim.analysis.swings import Swing

_SHOWN = ("runway_months", "cash_out", "raised", "dilution")
_MOST_BARS, _MOST_NAME = 10, 60


def draw(book: Book) -> None:
    found = book.pack.sensitivity
    if found.swings:
        widths = [46, *[17] * 3, *[13] * 6]
        page = Page(book, "Sensitivity", book.headline("sensitivity", "Sensitivity"), widths, found.paths)
        room = page.reserve(19)
        swings = found.ordered("runway_months")
        stated = ranges_words(found)
        page.table(
            f"Low and high value of each input. {stated}",
            ["input", "low", "base", "high", "range"],
            [
                [
                    input_name(swing.label, _MOST_NAME),
                    *(set_to(x, swing.unit) for x in (swing.low, swing.base, swing.high)),
                    "case file" if swing.stated else "standard",
                ]
                for swing in swings
            ],
        )  # fmt: skip
        blocks = {name: _measure(page, book, name) for name in _SHOWN if name in found.base}
        _indices(page, book)
        page.place(room, _tornado(book, blocks["runway_months"], found.ordered("runway_months")))


def _measure(page: Page, book: Book, name: str) -> Block:
    found = book.pack.sensitivity
    if len(found.swings) > _MOST_BARS:
        page.turn()
    rows: list[list[Cell]] = []
    for swing in found.ordered(name):
        row: list[Cell] = [input_name(swing.label, _MOST_NAME)]
        for there, moved in ((swing.at_low, swing.down[name]), (swing.at_high, swing.up[name])):
            row += [*estimated(name, there[name])[:2], change(name, moved), error(name, moved)]
        rows.append(row)
    points = " (changes in percentage points)" * (reading(name).suffix == "%")
    columns = ["", "at the low", PM, "change", PM, "at the high", PM, "change", PM]
    total: list[Cell] = ["base case", *estimated(name, found.base[name])[:2]]
    return page.table(f"{column(name, book.result.case)}{points}, largest effect first", columns, rows, total=total)


def _indices(page: Page, book: Book) -> None:
    found = book.pack.sensitivity
    if found.indices is None or not found.indices.keys:
        return
    labels = {swing.key: swing.label for swing in found.swings}
    names = [name for name in ("runway_months", "raised") if name in found.indices.first]
    rows: list[list[Cell]] = []
    for i, key in enumerate(found.indices.keys):
        row: list[Cell] = [input_name(labels.get(key, key), _MOST_NAME)]
        for name in names:
            for table in (found.indices.first, found.indices.total):
                row += [_part(table[name][i]), _part(table[name][i], True)]
        rows.append(row)
    columns = [""]
    for name in names:
        columns += [f"{name_of(name)}: alone", PM, f"{name_of(name)}: in all", PM]
    page.table(
        f"Sobol' indices: parts of the variance, from {found.indices.evaluations:,} runs",
        columns,
        rows,
        tall=2,
        note="Alone: first-order index. In all: total index, with the combined effects with other inputs.",
    )


def _part(estimate: Estimate, of_error: bool = False) -> Number | None:
    return error("cash_out", estimate) if of_error else level("cash_out", estimate.value, estimate.error)


def _tornado(book: Book, block: Block, swings: tuple[Swing, ...]) -> Any:
    chart = book.chart("bar", "Change of the mean runway, months, with 95% confidence intervals", number="+0.0;-0.0;0")
    last = min(block.last, block.first + _MOST_BARS - 1)
    sides = (("input at its low", 3, COLOURS[2], "down"), ("input at its high", 7, COLOURS[0], "up"))
    for name, place, colour, side in sides:
        moves = tuple(getattr(swing, side)["runway_months"] for swing in swings[:_MOST_BARS])
        chart.add_series(
            {
                "name": name, "categories": block.range(0, last), "values": block.range(place, last),
                "fill": {"color": colour}, "gap": 40, "overlap": 100, "y_error_bars": book.whiskers(moves),
            }
        )  # fmt: skip
    return chart


def targets(book: Book) -> None:
    """Sheet Targets; none where nothing was searched for."""
    pack = book.pack
    if not pack.solutions and not pack.stresses:
        return
    paths = (pack.solutions or pack.stresses)[0].paths or book.result.paths
    page = Page(book, "Targets", book.headline("stress", "Targets"), [46, *[18] * 8], paths)
    asked = (
        ("Values that meet the target probability of cash-out", pack.solutions),
        ("Values at which a cash-out has a probability of 50%", pack.stresses),
    )
    for heading, found in asked:
        if found:
            columns = ["", "base case", "by", "target", "value needed", "95% low", "95% high", "cash-out there"]
            page.table(heading, [*columns, PM], [_solution(each) for each in found], tall=2)
            for each in found:
                if each.note:
                    page.words(each.note.replace(" +- ", " ± "), size=9)
            page.skip()
    if words := draws_words(pack).strip():
        page.words(words, size=9)


def _solution(found: Solution) -> list[Cell]:
    low, high = found.interval if found.interval is not None else (math.nan, math.nan)
    off = uncertain(found)
    needs: Cell = "not reached" if found.value is None else set_to(found.value, found.unit, off)
    return [
        shortened(found.label, _MOST_NAME),
        set_to(found.base, found.unit),
        found.by,
        Number(found.target, "0%" if round(100 * found.target, 6) % 1 == 0 else "0.00%"),
        needs,
        *(set_to(end, found.unit, off) if math.isfinite(end) else None for end in (low, high)),
        level("cash_out", found.probability.value, found.probability.error),
        error("cash_out", found.probability),
    ]
