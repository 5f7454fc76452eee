"""Sheet Price models: the case under other price models, with common random numbers, and the models' parameters."""

from __future__ import annotations

import math
from dataclasses import replace

from sim.analysis.price_models import TAIL
from sim.analysis.price_variants import CASE, first_year_volatility, kurtosis_of, parameter_words
from sim.board.story.price_models import kurtosis_words, note_words, origin, own_model
from sim.board.words import capitalised, the_line
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Cell, Number, estimated, level
from sim.board.workbook.comparisons import WIDTHS, compared, measured
from sim.board.workbook.page import Page

SHORTFALL = "Expected shortfall (CVaR), 5%, of {} dilution"
_COLUMNS = ["price model", "volatility", "kurtosis", "parameters of", "parameters"]


def draw(book: Book) -> None:
    found = book.pack.price_models
    if len(found.comparison.names) < 2:
        return
    page = Page(book, "Price models", book.headline("price_models", "Price models"), WIDTHS, found.comparison.paths)
    page.words(f"The price model of the case is {own_model(book.pack)}. {origin(found).replace('marked [C] ', '')}")
    page.skip()
    rows: list[list[Cell]] = []
    for each in found.variants.variants:
        price = each.case.price
        kurtosis = kurtosis_of(price)
        fat: Cell = Number(kurtosis, "0.00") if math.isfinite(kurtosis) else kurtosis_words(kurtosis)
        source = "the case" if each.source == CASE else each.source
        label = capitalised(each.label)
        rows.append([label, level("cash_out", first_year_volatility(price), 0.0), fat, source, parameter_words(price)])
    page.table("Models", _COLUMNS, rows)
    for each in found.variants.variants:
        if each.note:
            page.words(note_words(each), size=9)
    for words in found.variants.left_out:
        page.words(f"{words}.", size=9)
    page.words(
        "Volatility: of the first year. Kurtosis: of a session's log return in the long run; 3 is normal.", size=9
    )
    page.skip()
    labels = tuple(capitalised(each.label) for each in found.variants.variants)
    title = SHORTFALL.format(the_line(book.result.case, owner=True))
    measured(
        page, TAIL, title, labels, [estimated(TAIL, each) for each in found.shortfall], found.shortfall_differences
    )
    page.turn()
    compared(page, replace(found.comparison, names=labels))
