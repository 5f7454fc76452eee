"""Sheets Variants, Stress cases and When to draw: cases with common random numbers, and their paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.board.charts.data import COLOURS
from sim.board.story.variants import compared_words, owed_words
from sim.board.words import reading, shortened, variant_name
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Block, Cell, column, estimated, moved
from sim.board.workbook.page import Page

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison
    from sim.results.estimates import Estimate

_FIRST = ("runway_months", "cash_out", "raised")
WIDTHS = (42, *[12.5] * 8)
_MOST_NAME = 60


def variants(book: Book) -> None:
    """Sheet Variants: the line as it is, off and waived, and what the case names."""
    _sheet(
        book,
        "Variants",
        book.headline("variants", compared_words(book.pack)),
        book.pack.variants,
        owed_words(book.pack),
    )


def stresses(book: Book) -> None:
    """Sheet Stress cases."""
    _sheet(book, "Stress cases", book.headline("scenarios", "Stress cases"), book.pack.scenarios)


def policies(book: Book) -> None:
    """Sheet When to draw."""
    _sheet(book, "When to draw", book.headline("policies", "When to draw"), book.pack.policies)


def _sheet(book: Book, name: str, headline: str, found: Comparison, *notes: str) -> None:
    """One comparison; no sheet where nothing is compared."""
    if len(found.names) > 1:
        compared(Page(book, name, headline, WIDTHS, found.paths), found, *notes)


def compared(page: Page, found: Comparison, *notes: str) -> None:
    """Charts of runway and cash-out, then a table a measure, and notes."""
    room = page.reserve(max(round(1.3 * len(found.names)) + 6, 12))
    order = [*_FIRST, *(name for name in found.estimates if name not in _FIRST)]
    runs = [{name: row[i] for name, row in found.estimates.items()} for i in range(len(found.names))]
    blocks, names = {}, [variant_name(name, found.cases[0]) for name in found.names]
    for name in order:
        levels = [estimated(name, run[name]) for run in runs]
        blocks[name] = measured(page, name, column(name, found.cases[0]), names, levels, found.differences[name])
    for words in filter(None, (*found.notes, *notes)):
        page.words(words, size=9)
    page.place(room, *(
        page.book.bars(
            f"{column(name, found.cases[0])}, with 95% confidence interval",
            blocks[name], 1, found.estimates[name], colour, share=name == "cash_out",
        )
        for name, colour in (("runway_months", COLOURS[0]), ("cash_out", COLOURS[2]))
    ))  # fmt: skip


def measured(
    page: Page,
    name: str,
    heading: str,
    names: Sequence[str],
    levels: Sequence[Sequence[Cell]],
    differences: Sequence[Estimate],
) -> Block:
    """A table of one measure: level and change from the first case, with errors and intervals.

    `levels` are the cells of each level, as `estimated` has them.
    """
    rows: list[list[Cell]] = [
        [
            shortened(words, _MOST_NAME),
            *level,
            *(moved(name, difference) if i else [None] * 4),
        ]
        for i, (words, level, difference) in enumerate(zip(names, levels, differences, strict=True))
    ]
    points = " (changes in percentage points)" * (reading(name).suffix == "%")
    columns = ["", "mean" if reading(name).suffix != "%" or name == "dilution" else "probability"]
    columns += [PM, "95% low", "95% high", "change", PM, "95% low", "95% high"]
    return page.table(f"{heading}{points}", columns, rows)
