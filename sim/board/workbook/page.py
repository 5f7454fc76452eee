"""One sheet: text, tables, charts and printed headers, from top to bottom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from sim.board.charts.canvas import GREY, INK, shortened
from sim.board.charts.data import COLOURS
from sim.board.workbook.book import Book
from sim.board.workbook.cells import ABSENT, Block, Cell, Number, aligned, is_formula_like, safe

DATE = "d mmm yyyy"
PALE, LINE = "#f3f7fb", "#cfd8e3"
INPUT = "#fff4d6"
_ROW, _CHART_ROW = 15.0, 20  # points of a row, pixels of one
_LEAST_WRAPPED = 40  # width of a column whose words are broken into lines
_MOST_HEADER = 70  # letters of a title on the printed page
Place = tuple[int, int]


class Page:
    """One sheet. What is added goes below what is there; columns are as wide as `widths` says."""

    def __init__(
        self,
        book: Book,
        name: str,
        headline: str,
        widths: Sequence[float],
        paths: int | None = None,
        one: bool = False,
    ) -> None:
        """Add the sheet to the book, with its headline; `paths` are those of its numbers, the run's unless given.

        It is printed one page wide, and on `one` page if that leaves it readable.
        """
        paths = book.result.paths if paths is None else paths
        self.book, self.name, self.widths = book, name, tuple(widths)
        self.sheet = book.file.add_worksheet(name)
        self.row = 0
        self._breaks: list[int] = []
        self._lines: dict[int, int] = {}
        for i, width in enumerate(self.widths):
            self.sheet.set_column(i, i, width, book.style())
        self._set_up(paths, one)
        self.words(headline, size=14, bold=True, color=COLOURS[0])
        title = shortened(book.result.case.title, 110)
        self.words(f"{title}{' ' if title.endswith('.') else '. '}{book.source(paths)}", size=9, color=GREY)
        self.row += 1
        self.sheet.freeze_panes(2, 0)

    def words(self, text: str, size: int = 10, bold: bool = False, color: str = INK, indent: int = 0) -> None:
        """Text across the page, in as many lines as it takes."""
        look = {
            "font_size": size, "bold": bold, "font_color": color, "text_wrap": True, "align": "left", "indent": indent,
        }  # fmt: skip
        letters = max(sum(self.widths) * 10.6 / size * (0.93 if bold else 1.0), 20.0)
        lines = sum(max(math.ceil(len(part) / letters), 1) for part in text.split("\n"))
        self.sheet.set_row(self.row, max(lines * size * 1.32 + 3.0, _ROW))
        last = len(self.widths) - 1
        if last:
            self.sheet.merge_range(self.row, 0, self.row, last, "", self.book.style(**look, **_prefix(text)))
        self._text((self.row, 0), text, look)
        self.row += 1

    def skip(self, rows: int = 1) -> None:
        self.row += rows

    def turn(self) -> None:
        """What follows is printed on a new page."""
        self._breaks.append(self.row)
        self.sheet.set_h_pagebreaks(self._breaks)

    def table(
        self,
        heading: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        total: Sequence[Cell] | None = None,
        note: str = "",
        left: int = 0,
        tall: int = 1,
        flush: bool = False,
        wrap: bool = False,
    ) -> Block:
        """A heading, names of columns, rows and a total; `left` is the first column, `tall` the lines of the names.

        Numbers of a column have one number of decimals. Columns of text are aligned left, the others right; with
        `flush` all are aligned left and decimals are left alone. Text that its column has no room for is broken into
        lines; that of a narrow last column, which has room to its right, only with `wrap`.
        """
        if heading:
            self._text((self.row, left), heading, {"bold": True, "font_size": 11})
            self.row += 1
        sides = ["left" if flush or _words([row[i] for row in rows]) else "right" for i in range(len(columns))]
        if any(columns):
            self._names(columns, sides, left, tall)
        first = self.row
        if not flush:
            columns_of = [aligned([row[i] for row in rows]) for i in range(len(columns))]
            rows = [list(row) for row in zip(*columns_of, strict=True)]
        wide = self.widths[left + len(columns) - 1]
        for row in rows:
            lines = [
                _lines(cell, self.widths[left + i]) if wrap or i + 1 < len(row) or wide >= _LEAST_WRAPPED else 1
                for i, cell in enumerate(row)
            ]
            self._heighten(max(lines))
            for i, cell in enumerate(row):
                look = {"align": sides[i], "bottom": 1, "bottom_color": LINE}
                look |= {"indent": 1} if i and sides[i] == "left" else {}  # clear of the numbers before it
                self.put(self.row, left + i, cell, **look, **({"text_wrap": True} if lines[i] > 1 else {}))
            self.row += 1
        block = Block(self.name, first, max(self.row - 1, first))
        if total is not None:
            for i, cell in enumerate(total):
                self.put(self.row, left + i, cell, align=sides[i], bold=True, top=1, top_color=INK, bg_color=PALE)
            self.row += 1
        if note:
            self.words(note, size=9, color=GREY)
        self.row += 1
        return block

    def _names(self, columns: Sequence[str], sides: Sequence[str], left: int, tall: int) -> None:
        """The row of the columns' names; a table without any has none."""
        self.sheet.set_row(self.row, _ROW * tall)
        for i, name in enumerate(columns):
            aside = {"indent": 1} if i and sides[i] == "left" else {}
            look = {"bold": True, "font_color": "#ffffff", "bg_color": COLOURS[0], "text_wrap": True, "align": sides[i]}
            self._text((self.row, left + i), name, look | aside)
        self.row += 1

    def _heighten(self, lines: int) -> None:
        """Give the row so many lines, unless a table beside this one has given it more."""
        if lines > self._lines.get(self.row, 1):
            self._lines[self.row] = lines
            self.sheet.set_row(self.row, _ROW * lines)

    def put(self, row: int, column: int, cell: Cell, **look: Any) -> None:
        """One cell."""
        style = self.book.style
        right = {"align": "right"} | look
        if isinstance(cell, bool):
            self.sheet.write_boolean(row, column, cell, style(**right))
        elif isinstance(cell, Number):
            form = style(num_format=cell.form, **right)
            if cell.formula:
                self.sheet.write_formula(row, column, cell.formula, form, cell.value)
            else:
                self.sheet.write_number(row, column, cell.value, form)
            if cell.note:
                self.sheet.write_comment(row, column, cell.note, {"author": self.book.version, "x_scale": 1.5})
        elif isinstance(cell, date):
            when = datetime(cell.year, cell.month, cell.day)
            self.sheet.write_datetime(row, column, when, style(num_format=DATE, **right))
        elif cell is None or cell == ABSENT:
            self.sheet.write_string(row, column, ABSENT, style(font_color=GREY, **right))
        else:
            self._text((row, column), cell, {"align": "left"} | look)

    def _text(self, at: tuple[int, int], text: str, look: dict[str, Any]) -> None:
        if not text:  # an empty text would cut that of the cell before it
            self.sheet.write_blank(*at, None, self.book.style(**look))
            return
        self.sheet.write_string(*at, safe(text), self.book.style(**look, **_prefix(text)))

    def reserve(self, rows: int = 15) -> Place:
        """Room for charts, to be placed once their numbers are written."""
        place = (self.row, rows)
        self.row += rows + 1
        return place

    def place(self, room: Place, *charts: Any) -> None:
        """Charts side by side in a room, as wide as the page together."""
        row, rows = room
        pixels = [int(width * 7 + 5) for width in self.widths]
        each = sum(pixels) // len(charts)
        for i, chart in enumerate(charts):
            chart.set_size({"width": each - 8, "height": rows * _CHART_ROW})
            column, offset = 0, i * each
            while offset >= pixels[column]:
                offset -= pixels[column]
                column += 1
            self.sheet.insert_chart(row, column, chart, {"x_offset": offset, "object_position": 2})

    def reference(self, row: int, column: int) -> str:
        """`$B$7`, with the sheet's name before it."""

        return f"'{self.name}'!{xl_rowcol_to_cell(row, column, True, True)}"

    def _set_up(self, paths: int, one: bool) -> None:
        """What the printed page looks like."""
        sheet, book = self.sheet, self.book
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 1 if one else 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
        title = shortened(book.result.case.title, _MOST_HEADER).replace("&", "&&")
        # A blank ends the font's size: a title may begin with a digit.
        sheet.set_header(f"&L&9 {title}&R&9 {self.name}")
        sheet.set_footer(f"&L&8 {book.source(paths)}&R&8 &P of &N")


def _words(column: Sequence[Cell]) -> bool:
    """Whether a column has text only."""
    there = [cell for cell in column if cell is not None and cell != ABSENT]
    return all(isinstance(cell, str) for cell in there)


def _lines(cell: Cell, width: float) -> int:
    """How many lines a cell takes in a column of a width in letters."""
    return math.ceil(1.1 * len(cell) / width) if isinstance(cell, str) and len(cell) > width else 1


def _prefix(text: str) -> dict[str, bool]:
    """Beside the look of a text: the prefix of a text, which is not seen, where it begins like a formula."""
    return {"quote_prefix": True} if is_formula_like(text) else {}
