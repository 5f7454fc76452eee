"""The workbook: formats of cells, pages, charts and their error bars."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from sim.board.charts.canvas import GREY, INK
from sim.board.workbook.cells import Block, safe
from sim.text.bidi import runs_leftward, texts_of

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.board.story.chapter import Chapter
    from sim.results.estimates import Estimate

FONT = "Calibri"
LENGTHS = "Intervals"  # the sheet of the error bars' lengths


class Book:
    """A workbook that is being written."""

    def __init__(self, pack: Pack, story: tuple[Chapter, ...], path: str | os.PathLike[str]) -> None:
        self.pack, self.result = pack, pack.result
        self.chapters = {chapter.key: chapter for chapter in story}
        words = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        self.file = xlsxwriter.Workbook(os.fspath(path), words)
        self._lengths: list[list[float]] = []
        self._styles: dict[tuple[tuple[str, Any], ...], Any] = {}
        leftward = any(map(runs_leftward, texts_of(self.result.case.to_dict())))
        # From left to right whatever a cell begins with: else a name would turn the sentence around it.
        self._direction = {"reading_order": 1} if leftward else {}
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
        """The number of scenarios; the appendix has what it takes to repeat them."""
        return f"{paths:,} simulated scenarios"

    def style(self, **given: Any) -> Any:
        """The format of a cell; equal formats are one object."""
        look = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"} | self._direction | given
        key = tuple(sorted(look.items()))
        if key not in self._styles:
            self._styles[key] = self.file.add_format(look)
        return self._styles[key]

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


def _span(first: int, column: int, rows: int) -> str:
    """`$B$2:$B$9`, so many rows of one column."""
    cells: str = xl_range_abs(first, column, first + rows - 1, column)
    return cells
