"""The table in a text: its separator, its header and its rows with the numbers of their lines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import NamedTuple

from sim.closes.columns import ADJUSTED, CLOSE, DATE, NOT_CLOSES, folded, spellings
from sim.closes.dates import stated
from sim.closes.numbers import absent
from sim.closes.series import ClosesError
from sim.text.lines import one_line

HEADER_LINES = 60
_SEPARATORS = ",;\t|"
_INDEX = ("price", "attributes", "")  # first cell above the header of an index, as pandas writes several levels


class Row(NamedTuple):
    """The cells of a line, or of several lines if quotes hold them together, and the number of the first."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Columns:
    """The header of a table: a name for each column, and the places of those with a given one."""

    line: int
    names: tuple[str, ...]
    date: int

    @cached_property
    def _by_name(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Columns by their whole names, and by every spelling that a name may stand for."""
        whole: dict[str, list[int]] = {}
        spelled: dict[str, list[int]] = {}
        for i, name in enumerate(self.names):
            whole.setdefault(folded(name), []).append(i)
            for spelling in spellings(name):
                spelled.setdefault(spelling, []).append(i)
        return whole, spelled

    def places(self, known: Sequence[str]) -> list[int]:
        """The columns with one of the known names: by whole names first, then in the order of `known`."""
        found = {i: None for names in self._by_name for word in known for i in names.get(word, ())}
        return list(found)

    def place(self, known: Sequence[str]) -> int | None:
        return next(iter(self.places(known)), None)


def table_of(lines: list[str], source: str, column: str | None = None) -> tuple[Columns, list[Row]]:
    """The header and the rows below it. Raises ClosesError if no line has names of a date and a close.

    `column` is a name that is taken for that of a close where no line has one.
    """
    named = () if column is None else (partial(_plain, closes=(folded(column),)),)
    for find in (_plain, _of_levels, _without_date, _of_two, *named):
        for separator in _SEPARATORS:
            rows = _rows(lines[:HEADER_LINES], separator, source)
            found = find(rows)
            if found is not None:
                columns, last = found
                return columns, [row for row in _rows(lines, separator, source, last) if row.line > last]
    line = next((n for n, text in enumerate(lines, 1) if text.strip()), 1)
    most = "" if len(lines) <= HEADER_LINES else f" (in the first {HEADER_LINES} lines)"
    dated = any(
        len(row.cells) > 1 and Columns(row.line, _names(row.cells), -1).place(DATE) is not None
        for separator in _SEPARATORS
        for row in _rows(lines[:HEADER_LINES], separator, source)
    )
    other = "; --column (column=) names another column" if dated else ""
    raise ClosesError([
        f"{source}: line {line}: {one_line(lines[line - 1].strip())}: must be a header with the names of a date and a "
        f"close, such as Date,Close; no line has them{most}{other}"
    ])  # fmt: skip


def _rows(lines: Sequence[str], separator: str, source: str, header: int | None = None) -> list[Row]:
    """The lines as cells, without empty ones. Below the line of the header, quotes must end on their line."""
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, skipinitialspace=True)
    found: list[Row] = []
    line = 0
    try:
        for cells in reader:
            if len(cells) == 1 and separator in cells[0] and reader.line_num == line + 1:  # the whole line in quotes
                cells = next(csv.reader([cells[0]], delimiter=separator, skipinitialspace=True))
            if header is not None and line >= header and reader.line_num > line + 1 and line + 1 != header:
                raise csv.Error
            if any(cell.strip() for cell in cells):
                found.append(Row(line + 1, cells))
            line = reader.line_num
    except csv.Error:
        if header is not None:
            raise ClosesError([f"{source}: line {line + 1}: a quotation mark that is not closed on its line"]) from None
    return found


def _names(cells: Iterable[str]) -> tuple[str, ...]:
    """Names of columns, each on one line."""
    return tuple(" ".join(cell.split()) for cell in cells)


_Found = tuple[Columns, int] | None
_Find = Callable[[list[Row]], _Found]


def _plain(rows: list[Row], closes: Sequence[str] = (*ADJUSTED, *CLOSE)) -> _Found:
    """A line with the names of a date and of a close."""
    for row in rows:
        columns = Columns(row.line, _names(row.cells), -1)
        date = columns.place(DATE)
        close = next((i for i in columns.places(closes) if i != date), None)
        if date is not None and close is not None:
            return Columns(row.line, columns.names, date), row.line
    return None


def _of_levels(rows: list[Row]) -> _Found:
    """Names of closes, perhaps those of stocks below, and below these the name of the date alone."""
    for number, row in enumerate(rows[:-1]):
        names = _names(row.cells)
        if folded(names[0]) not in _INDEX or Columns(row.line, names, 0).place((*ADJUSTED, *CLOSE)) is None:
            continue
        for below in rows[number + 1 : number + 4]:
            if folded(below.cells[0]) in DATE and not any(cell.strip() for cell in below.cells[1:]):
                stocks = [cell.strip() for cell in rows[number + 1].cells] if below is not rows[number + 1] else []
                if len(set(stocks[1:])) > 1:
                    names = tuple(" ".join(pair) for pair in zip(names, stocks, strict=False))
                return Columns(row.line, (below.cells[0], *names[1:]), 0), below.line
    return None


def _without_date(rows: list[Row]) -> _Found:
    """A header whose first name is empty, above rows that begin with a date: the index of a data frame."""
    for row, below in pairwise(rows):
        names = _names(row.cells)
        first = folded(names[0]) in ("", "unnamed0") and stated(below.cells[0]) is not None
        if first and len(names) > 1 and (len(names) == 2 or Columns(row.line, names, 0).place((*ADJUSTED, *CLOSE))):
            return Columns(row.line, ("Date", *names[1:]), 0), row.line
    return None


def _of_two(rows: list[Row]) -> _Found:
    """Two columns, a date and something else that is no other known column: a series by its own name, as FRED's."""
    for row in rows:
        names = _names(filter(str.strip, row.cells))
        if len(names) != 2 or len(row.cells) > 2:
            continue
        date = Columns(row.line, names, -1).place(DATE)
        if date is None:
            continue
        other = names[1 - date]
        if folded(other) not in NOT_CLOSES and stated(other) is None and not absent(other) and not other[0].isdigit():
            return Columns(row.line, names, date), row.line
    return None
