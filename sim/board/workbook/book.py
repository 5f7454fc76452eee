"""The workbook and its pages: styles, titles, tables, charts and printed headers."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from sim.board.charts.canvas import GREY, INK, shortened
from sim.board.charts.data import COLOURS
from sim.board.workbook.cells import ABSENT, Cell, Number, aligned, safe

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.board.story.chapter import Chapter
    from sim.results.estimates import Estimate

FONT = "Calibri"
DATE = "d mmm yyyy"
LENGTHS = "Intervals"  # the sheet of the error bars' lengths
PALE, LINE = "#f3f7fb", "#cfd8e3"
INPUT = "#fff4d6"
_ROW, _CHART_ROW = 15.0, 20  # points of a row, pixels of one
_LEAST_WRAPPED = 40  # width of a column whose words are broken into lines
_MOST_HEADER = 70  # letters of a title on the printed page
Place = tuple[int, int]


class Block(NamedTuple):
    """Where a table's rows are: on `sheet`, from row `first` to row `last`, counted from 0."""

    sheet: str
    first: int
    last: int

    def range(self, column: int, last: int | None = None) -> list[Any]:
        """One of its columns, as the argument of a chart."""
        return [self.sheet, self.first, column, self.last if last is None else last, column]


class Book:
    """A workbook that is being written."""

    def __init__(self, pack: Pack, story: tuple[Chapter, ...], path: str | os.PathLike[str]) -> None:
        self.pack, self.result = pack, pack.result
        self.chapters = {chapter.key: chapter for chapter in story}
        words = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        self.file = xlsxwriter.Workbook(os.fspath(path), words)
        self._lengths: list[list[float]] = []
        self._styles: dict[tuple[tuple[str, Any], ...], Any] = {}
        run, when = self.result.run, self.result.case.valuation_date
        self.version = f"fundrisk {run.manifest['versions']['fundrisk']}"
        self.file.set_properties(
            {
                "title": safe(run.case.title)[:250],
                "subject": "Funding risk",
                "author": self.version,
                "comments": self.source(self.result.paths),
                "created": datetime(when.year, when.month, when.day),  # the same pack gives the same bytes
            }
        )

    def source(self, paths: int) -> str:
        """Paths, seed, sampler and version."""
        run = self.result.run
        pairs = ", antithetic pairs" * (run.antithetic and paths == run.paths)
        return f"{paths:,} simulated scenarios, seed {run.seed}, {run.sampler}{pairs}, {self.version}"

    def style(self, **given: Any) -> Any:
        """The format of a cell; equal formats are one object."""
        look = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"} | given
        key = tuple(sorted(look.items()))
        if key not in self._styles:
            self._styles[key] = self.file.add_format(look)
        return self._styles[key]

    def page(
        self, name: str, headline: str, widths: Sequence[float], paths: int | None = None, one: bool = False
    ) -> Page:
        """A new sheet with its headline; `paths` are those of its numbers, the run's unless given.

        It is printed one page wide, and on `one` page if that leaves it readable.
        """
        page = Page(self, name, headline, widths, self.result.paths if paths is None else paths)
        if one:
            page.sheet.fit_to_pages(1, 1)
        return page

    def headline(self, chapter: str, otherwise: str) -> str:
        """The headline of a slide, or another one if the slide is absent."""
        return self.chapters[chapter].headline if chapter in self.chapters else otherwise

    def chart(
        self,
        kind: str,
        title: str,
        sort: str = "",
        number: str = "General",
        category: str = "General",
        bounds: dict[str, float] | None = None,
    ) -> Any:
        """An empty native chart; `number` and `category` are the formats of its axes."""
        chart = self.file.add_chart({"type": kind} | ({"subtype": sort} if sort else {}))
        font = {"name": FONT, "size": 9, "color": INK}
        axis: dict[str, Any] = {"num_font": font, "name_font": font | {"bold": False}, "line": {"color": GREY}}
        rule = {"visible": True, "line": {"color": "#e3e3e3"}}
        values = axis | {"num_format": number, "major_gridlines": rule} | (bounds or {})
        names = axis | {"num_format": category, "major_gridlines": {"visible": False}, "label_position": "low"}
        chart.set_title({"name": title, "overlay": False, "name_font": {"name": FONT, "size": 11, "bold": True}})
        if kind == "bar":  # the first category on top, and the axis of values still below
            chart.set_x_axis(values)
            chart.set_y_axis(names | {"reverse": True, "crossing": "max", "interval_unit": 1})
        else:
            chart.set_x_axis(names)
            chart.set_y_axis(values)
        chart.set_legend({"position": "bottom", "font": font})
        chart.set_chartarea({"border": {"none": True}})
        return chart

    def whiskers(self, estimates: Sequence[Estimate]) -> dict[str, Any]:
        """Error bars of 95% confidence intervals; none on an open side. Their lengths are on a hidden sheet."""
        column = len(self._lengths)
        found: dict[str, Any] = {"type": "custom"}
        for name, side in (("minus", 0), ("plus", 1)):
            lengths = [abs(each.ci95[side] - each.value) for each in estimates]
            lengths = [length if math.isfinite(length) else 0.0 for length in lengths]
            self._lengths.append(lengths)
            cells = _span(1, column + side, len(lengths))
            found |= {f"{name}_values": f"='{LENGTHS}'!{cells}", f"{name}_data": lengths}
        return found

    def bars(
        self, title: str, block: Block, column: int, estimates: Sequence[Estimate], colour: str, kind: str = "bar",
        number: str = "0.0", share: bool = False,
    ) -> Any:  # fmt: skip
        """A chart of one series with error bars; `share` has an axis from 0% to 100%."""
        bounds = {"min": 0.0, "max": 1.0} if share else {"min": 0.0} if kind == "bar" else None
        chart = self.chart(kind, title, number="0%" if share else number, bounds=bounds)
        chart.add_series(
            {
                "name": title, "categories": block.range(0), "values": block.range(column), "gap": 45,
                "fill": {"color": colour}, "y_error_bars": self.whiskers(estimates),
            }
        )  # fmt: skip
        chart.set_legend({"none": True})
        return chart

    def close(self) -> None:
        """Write the file, with the lengths of the error bars on a hidden sheet."""
        sheet = self.file.add_worksheet(LENGTHS)
        for i, lengths in enumerate(self._lengths):
            sheet.write_string(0, i, ("below", "above")[i % 2], self.style(bold=True))
            sheet.write_column(1, i, lengths, self.style())
        sheet.hide()
        self.file.close()


def _words(column: Sequence[Cell]) -> bool:
    """Whether a column has text only."""
    there = [cell for cell in column if cell is not None and cell != ABSENT]
    return all(isinstance(cell, str) for cell in there)


def _span(first: int, column: int, rows: int) -> str:
    """`$B$2:$B$9`, so many rows of one column."""
    cells: str = xl_range_abs(first, column, first + rows - 1, column)
    return cells


class Page:
    """One sheet. What is added goes below what is there; columns are as wide as `widths` says."""

    def __init__(self, book: Book, name: str, headline: str, widths: Sequence[float], paths: int) -> None:
        self.book, self.name, self.widths = book, name, tuple(widths)
        self.sheet = book.file.add_worksheet(name)
        self.row = 0
        self._breaks: list[int] = []
        for i, width in enumerate(self.widths):
            self.sheet.set_column(i, i, width, book.style())
        self._set_up(paths)
        self.words(headline, size=14, bold=True, color=COLOURS[0])
        title = shortened(book.result.case.title, 110)
        self.words(f"{title}. {book.source(paths)}", size=9, color=GREY)
        self.row += 1
        self.sheet.freeze_panes(2, 0)

    def words(self, text: str, size: int = 10, bold: bool = False, color: str = INK, indent: int = 0) -> None:
        """Text across the page, in as many lines as it takes."""
        style = self.book.style(
            font_size=size, bold=bold, font_color=color, text_wrap=True, valign="vcenter", align="left", indent=indent
        )
        letters = max(sum(self.widths) * 10.6 / size * (0.93 if bold else 1.0), 20.0)
        lines = sum(max(math.ceil(len(part) / letters), 1) for part in text.split("\n"))
        self.sheet.set_row(self.row, max(lines * size * 1.32 + 3.0, _ROW))
        last = len(self.widths) - 1
        if last:
            self.sheet.merge_range(self.row, 0, self.row, last, "", style)
        self.sheet.write_string(self.row, 0, safe(text), style)
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
    ) -> Block:
        """A heading, names of columns, rows and a total; `left` is the first column, `tall` the lines of the names.

        Numbers of a column have one number of decimals. Columns of text are aligned left, the others right; with
        `flush` all are aligned left and decimals are left alone. The text of a wide last column is wrapped.
        """
        style = self.book.style
        if heading:
            self.sheet.write_string(self.row, left, safe(heading), style(bold=True, font_size=11))
            self.row += 1
        self.sheet.set_row(self.row, _ROW * tall)
        sides = ["left" if flush or _words([row[i] for row in rows]) else "right" for i in range(len(columns))]
        for i, name in enumerate(columns):
            aside = {"indent": 1} if i and sides[i] == "left" else {}
            look = style(bold=True, font_color="#ffffff", bg_color=COLOURS[0], text_wrap=True, align=sides[i], **aside)
            self.sheet.write_string(self.row, left + i, safe(name), look)
        self.row += 1
        first = self.row
        if not flush:
            columns_of = [aligned([row[i] for row in rows]) for i in range(len(columns))]
            rows = [list(row) for row in zip(*columns_of, strict=True)]
        wide = self.widths[left + len(columns) - 1]
        for row in rows:
            last = row[-1]
            wraps = wide >= _LEAST_WRAPPED and sides[-1] == "left" and isinstance(last, str) and len(last) > wide
            if wraps:
                self.sheet.set_row(self.row, _ROW * math.ceil(1.05 * len(str(last)) / wide))
            for i, cell in enumerate(row):
                look = {"align": sides[i], "bottom": 1, "bottom_color": LINE}
                look |= {"indent": 1} if i and sides[i] == "left" else {}  # clear of the numbers before it
                self.put(self.row, left + i, cell, **look, **({"text_wrap": True} if wraps else {}))
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
            self.sheet.write_string(row, column, safe(cell), style(**({"align": "left"} | look)))

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

    def _set_up(self, paths: int) -> None:
        """What the printed page looks like."""
        sheet, book = self.sheet, self.book
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
        title = shortened(book.result.case.title, _MOST_HEADER).replace("&", "&&")
        # A blank ends the font's size: a title may begin with a digit.
        sheet.set_header(f"&L&9 {title}&R&9 {self.name}")
        sheet.set_footer(f"&L&8 {book.source(paths)}&R&8 &P of &N")
