"""Sheets of words: cover with the decision, terms, each line, limits."""

from __future__ import annotations

from collections.abc import Sequence

from sim.board.story.chapter import Chapter
from sim.board.workbook.book import Book
from sim.board.workbook.cells import ABSENT
from sim.board.workbook.page import Page

_QUESTIONS = (("How sure", "sure"), ("Compared with what", "compared"), ("What would change it", "change"))
_WORDS = [30, 74, 74]


def cover(book: Book) -> None:
    """Company, line and dates; then the decision."""
    first = book.chapters.get("cover")
    if first is None:
        return
    page = Page(book, "Cover", first.headline, [30, 44, 44], one=True)
    _points(page, first)
    ask = book.chapters.get("ask")
    if ask is not None:
        page.skip()
        page.words(ask.headline, size=14, bold=True)
        _points(page, ask)
        page.skip()
        answers(page, ask)


def terms(book: Book) -> None:
    _sheet(book, "terms", "Terms", _WORDS)


def lines(book: Book) -> None:
    _sheet(book, "lines", "Lines", [40, *[22] * 5])


def limits(book: Book) -> None:
    _sheet(book, "limits", "Limits", _WORDS)


def forecasts(book: Book) -> None:
    _sheet(book, "forecasts", "Forecasts", [14, 14, 44, 18, 22, 26, 16])


def answers(page: Page, chapter: Chapter) -> None:
    """The answers to the three questions that a board asks."""
    for question, part in _QUESTIONS:
        if text := getattr(chapter, part):
            page.words(f"{question}? {text}", color="#4d4d4d")


def _sheet(book: Book, key: str, name: str, widths: Sequence[float]) -> None:
    """A chapter's tables, points and answers; no sheet where the story has no such chapter."""
    chapter = book.chapters.get(key)
    if chapter is None:
        return
    tables = [chart.table for chart in chapter.charts if chart.table is not None]
    columns = max((len(each.columns) for each in tables), default=1)
    page = Page(book, name, chapter.headline, [*widths, *[30] * columns][: max(columns, 1)], one=True)
    for table in tables:
        rows = [[ABSENT if cell == "-" else cell for cell in row] for row in table.rows]
        page.table("", table.columns, rows, flush=True, wrap=True)
    _points(page, chapter)
    answers(page, chapter)
    page.words(f"{chapter.source}.", size=9)


def _points(page: Page, chapter: Chapter) -> None:
    for point in chapter.points:
        page.words(point, size=11)
