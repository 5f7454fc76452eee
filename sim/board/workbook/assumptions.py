"""Sheet Assumptions: every key of the case with its source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from sim.board.words import shortened
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Cell, exact
from sim.board.workbook.page import Page
from sim.terms import Case
from sim.terms.overrides import known_key
from sim.terms.sources import comment_on, sources

_MOST_SOURCE, _MOST_TEXT = 2_000, 300
#: Units as the sheet writes them, where that differs.
_UNITS = {"1": "", "$/month": "$ a month", "$/share": "$ a share", "1/year": "a year", "events/year": "per year"}
_IN_MILLIONS = 1e5
_NO_INPUT = ("schema", "title")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def draw(book: Book) -> None:
    case = book.result.case
    said, legend = sources(case)
    page = Page(book, "Assumptions", book.headline("assumptions", "Assumptions"), [50, 24, 12, 100])
    rows: list[list[Cell]] = []
    for key, value in leaves(plain_document(case)):
        unit = unit_of(key)
        source = shortened(comment_on(said, key), _MOST_SOURCE) if key not in _NO_INPUT else ""
        rows.append([shortened(key, 90), _cell(value, unit), unit, source])
    page.table("Every key of the case", ["key", "value", "unit", "source in the case file"], rows, flush=True)
    page.sheet.freeze_panes(5, 1)
    page.sheet.repeat_rows(4)
    for tag, words in legend.items():
        page.words(f"[{tag}] {words}", size=9)


def plain_document(case: Any) -> dict[str, Any]:
    """The case as its document."""
    document: dict[str, Any] = case.to_dict()
    return document


def leaves(table: dict[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a case's document with its key; entries of lists by name, or by number."""
    for key, value in table.items():
        name = f"{where}.{key}" if where else str(key)
        if isinstance(value, dict):
            yield from leaves(value, name)
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                yield from leaves(row, f"{name}[{row.get('name', number)}]")
        else:
            yield name, value


def unit_of(key: str) -> str:
    """The unit of a key's number, or nothing."""
    if key.startswith("ranges."):
        key = key.removeprefix("ranges.")
    try:
        unit = known_key(Case, key).unit
    except KeyError:
        return ""
    return _UNITS.get(unit, unit)


def _cell(value: Any, unit: str) -> Cell:
    if value is None or isinstance(value, (bool, date)):
        return value
    if isinstance(value, (int, float)):
        if unit.startswith("$") and abs(value) >= _IN_MILLIONS:
            return exact(float(value), "$", "M", 1e6)
        if isinstance(value, int) and abs(value) >= 2**53:
            return str(value)
        return exact(float(value), "$" if unit.startswith("$") else "")
    if isinstance(value, str):
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        return shortened(value, _MOST_TEXT)
    return shortened(json.dumps(value, default=str, ensure_ascii=False), _MOST_TEXT)
