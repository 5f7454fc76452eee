"""Sheets What-if and Grid: a picker over a precomputed grid, with charts of the choice.

Choices are texts ("$3 a share") in lists; their positions in the lists select a row of the grid. The values stored
with the formulas are computed here by the same rule, for the base case.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from xlsxwriter.utility import xl_range_abs

from sim.board.charts.data import COLOURS
from sim.board.story.parts import choice, setting
from sim.board.words import measure_of, reading, shortened
from sim.board.workbook.book import Book
from sim.board.workbook.cells import ABSENT, PM, Block, Cell, Number, censored, form_like, level, set_to
from sim.board.workbook.page import INPUT, LINE, Page
from sim.terms import Case
from sim.text.numbers import decimals_allowed

if TYPE_CHECKING:
    from sim.analysis.grid import Axis, Grid

_AXES = ("price", "volatility", "burn", "waivers")
_SUFFIX = {"price.initial": " a share", "waivers": " waived on average"}
_P05 = "raised_p05"
_MEASURE = "runway_months"  # in the charts, until another one is chosen


def draw(book: Book) -> None:
    grid = book.pack.grid
    page = Page(book, "What-if", f"{choice(grid)} in the yellow cells", [38, 36, *[13] * 6], grid.paths, one=True)
    page.sheet.set_portrait()
    labels = [axis_labels(axis) for axis in grid.axes]
    _picker(page, grid, labels)
    _measures(page, grid)
    rooms = [page.reserve(13), page.reserve(13)]
    blocks = [_along(page, grid, i, labels[i]) for i in range(len(_AXES))]
    for i, room in enumerate(rooms):
        page.place(room, *(_chart(book, block) for block in blocks[2 * i : 2 * i + 2]))
    _store(book, labels)


def axis_labels(axis: Axis) -> tuple[str, ...]:
    """The values of an axis as distinct texts, which a spreadsheet does not read as numbers."""
    found = [setting(value, axis.unit) for value in axis.values]
    if len(set(found)) < len(found):
        found = [f"{value!r} ({axis.unit})" for value in axis.values]
    suffix = _SUFFIX.get(axis.key, "")
    return tuple(f"{text}{suffix}{' (base case)' * (i == axis.base)}" for i, text in enumerate(found))


def measure_name(name: str, case: Case) -> str:
    """A measure of the grid, with the unit in which the charts show it."""
    how = reading("raised" if name == _P05 else name)
    unit = (how.prefix + how.suffix).strip()
    return f"{'Raised, 5% quantile' if name == _P05 else measure_of(name, case)}{f', {unit}' if unit else ''}"


def _picker(page: Page, grid: Grid, labels: list[tuple[str, ...]]) -> None:
    """The five choices, their positions in the lists, and the row of the grid that they select."""
    names = list(grid.mean)
    bases = [axis.base for axis in grid.axes]
    rows: list[list[Cell]] = []
    for word, axis, words in zip(_AXES, grid.axes, labels, strict=True):
        place = Number(axis.base + 1, "0", f"=MATCH({word}_choice,{word}_list,0)")
        rows.append([_upper(axis.label), words[axis.base], place])
    chosen = names.index(_MEASURE)
    place = Number(chosen + 1, "0", "=MATCH(measure_choice,measure_list,0)")
    rows.append(["Measure in the charts", measure_name(_MEASURE, page.book.result.case), place])
    steps = _strides(grid)
    formula = "=1" + "".join(f"+({word}_place-1)*{step}" for word, step in zip(_AXES, steps, strict=True))
    here = 1 + sum(base * step for base, step in zip(bases, steps, strict=True))
    rows.append(["Row of the sheet Grid", "", Number(here, "0", formula)])
    block = page.table("Your choice", ["", "choice", "position in its list"], rows)
    for i, word in enumerate((*_AXES, "measure")):
        row = block.first + i
        text = str(rows[i][1])
        page.put(row, 1, text, indent=1, bg_color=INPUT, border=1, border_color="#c9a94f", bold=True)
        page.sheet.data_validation(
            row, 1, row, 1,
            {"validate": "list", "source": f"={word}_list", "error_title": "Not in the list",
             "error_message": "Choose one of the values in the list: the grid has no others."},
        )  # fmt: skip
        _define(page, f"{word}_choice", row, 1)
        _define(page, f"{word}_place", row, 2)
    _define(page, "grid_row", block.last, 2)


def _measures(page: Page, grid: Grid) -> None:
    """Every measure as chosen and in the base case."""
    here = tuple(axis.base for axis in grid.axes)
    base_row = 1 + sum(b * s for b, s in zip(here, _strides(grid), strict=True))
    columns = ["", "as chosen", PM, "base case", PM, "change", "charts divide by", "and round to"]
    names = list(grid.mean)
    block = page.table(
        "Means over the scenarios",
        columns,
        [
            [
                measure_name(name, page.book.result.case),
                *[Number(0.0)] * 5,
                _scale(name),
                Number(_decimals(grid, name), "0"),
            ]
            for name in names
        ],
        note="Common random numbers: the error of a change is at most the sum of the two errors, and usually far less. "
        "The largest error in the grid decides the digits. In the mean runway, a scenario without a cash-out counts "
        "with the full period, to which the cash lasts or longer.",
    )
    for i, name in enumerate(names):
        row, line = block.first + i, block.first + i + 1
        mean, error = float(grid.mean[name][here]), float(grid.error[name][here])
        form, of_error = _forms(grid, name)
        for column, (formula, value, look) in enumerate(
            (
                (f"=INDEX(grid_means,grid_row,{i + 1})", mean, form),
                (f"=INDEX(grid_errors,grid_row,{i + 1})", error, of_error),
                (f"=INDEX(grid_means,{base_row},{i + 1})", mean, form),
                (f"=INDEX(grid_errors,{base_row},{i + 1})", error, of_error),
                (f'=IFERROR(B{line}-D{line},"{ABSENT}")', mean - mean, f"+{form};-{form};{form}"),
            ),
            1,
        ):
            _formula(page, row, column, formula, value, look)
    page.book.file.define_name("measure_list", f"={_span(page, block, 0)}")
    page.book.file.define_name("measure_scales", f"={_span(page, block, 6)}")
    page.book.file.define_name("measure_digits", f"={_span(page, block, 7)}")


def _along(page: Page, grid: Grid, axis: int, labels: tuple[str, ...]) -> Block:
    """The measure of the charts along one axis, with the other choices as they are."""
    word, step = _AXES[axis], _strides(grid)[axis]
    base = grid.axes[axis].base
    title = f'=INDEX(measure_list,measure_place)&" by {grid.axes[axis].label}"'
    page.sheet.write_formula(
        page.row, 0, title, page.book.style(bold=True, font_size=11),
        f"{measure_name(_MEASURE, page.book.result.case)} by {grid.axes[axis].label}",
    )  # fmt: skip
    page.row += 1
    rows: list[list[Cell]] = [[label, Number(0.0), Number(0.0)] for label in labels]
    block = page.table("", ["", "measure in the charts", "your choice"], rows)
    here = [other.base for other in grid.axes]
    for i in range(len(labels)):
        here[axis] = i
        value = round(float(grid.mean[_MEASURE][tuple(here)]) / reading(_MEASURE).scale, _decimals(grid, _MEASURE))
        there = f"grid_row+({i + 1}-{word}_place)*{step}"
        formula = f"INDEX(grid_means,{there},measure_place)/INDEX(measure_scales,measure_place)"
        rounded = f"ROUND({formula},INDEX(measure_digits,measure_place))"
        _formula(page, block.first + i, 1, f'=IFERROR({rounded},"{ABSENT}")', value, "General")
        line = block.first + i + 1
        _formula(
            page, block.first + i, 2, f"=IF({word}_place={i + 1},B{line},0)", value if i == base else 0.0, "General"
        )
    page.book.file.define_name(f"{word}_list", f"={_span(page, block, 0)}")
    return block


def _chart(book: Book, block: Block) -> Any:
    chart = book.chart("column", "", number="General")
    chart.set_title(
        {"name": [block.sheet, block.first - 2, 0], "name_font": {"name": "Calibri", "size": 11, "bold": True}}
    )
    for name, column, colour in (("other values", 1, COLOURS[2]), ("your choice", 2, COLOURS[1])):
        chart.add_series(
            {
                "name": name, "categories": block.range(0), "values": block.range(column), "gap": 60, "overlap": 100,
                "fill": {"color": colour},
            }
        )  # fmt: skip
    return chart


def _store(book: Book, labels: list[tuple[str, ...]]) -> None:
    """The sheet Grid: a row a combination, means first, then their errors."""
    grid = book.pack.grid
    names = list(grid.mean)
    runs = math.prod(len(words) for words in labels)
    widths = [17, 17, 17, 17, *[11] * (2 * len(names))]
    page = Page(book, "Grid", f"{runs:,} combinations, with common random numbers", widths, grid.paths)
    rows: list[list[Cell]] = []
    for here in product(*(range(len(words)) for words in labels)):
        row: list[Cell] = [set_to(axis.values[i], axis.unit) for axis, i in zip(grid.axes, here, strict=True)]
        row += [_mean(name, grid, here) for name in names]
        row += [_error(name, grid, here) for name in names]
        rows.append(row)
    columns = [_upper(axis.label) for axis in grid.axes]
    columns += [f"{measure_name(name, book.result.case)}: mean" for name in names]
    columns += [f"{measure_name(name, book.result.case)}: {PM}" for name in names]
    block = page.table("", [shortened(name, 40) for name in columns], rows, tall=3)
    page.sheet.freeze_panes(block.first, len(_AXES))
    page.sheet.repeat_rows(block.first - 1)
    page.sheet.autofilter(block.first - 1, 0, block.last, len(columns) - 1)
    first = len(_AXES)
    for word, left in (("grid_means", first), ("grid_errors", first + len(names))):
        book.file.define_name(word, f"={_span(page, block, left, left + len(names) - 1)}")


def _mean(name: str, grid: Grid, here: tuple[int, ...]) -> Number | None:
    stored = float(grid.mean[name][here])
    shown = level("raised" if name == _P05 else name, stored, float(grid.error[name][here]))
    shown = censored(shown) if grid.is_bound(name, here) else shown
    return shown and shown._replace(value=stored)  # the formulas subtract what is stored


def _error(name: str, grid: Grid, here: tuple[int, ...]) -> Number | None:
    stored = float(grid.error[name][here])
    return Number(stored, _forms(grid, name)[1]) if math.isfinite(stored) else None


def _decimals(grid: Grid, name: str) -> int:
    """Decimals that the largest error of a measure in the grid allows."""
    how = reading("raised" if name == _P05 else name)
    errors = np.asarray(grid.error[name], np.float64)
    known = errors[np.isfinite(errors)]
    worst = float(known.max()) / how.scale if known.size else 0.0
    return max(min(decimals_allowed(worst), how.max_decimals), 0)


def _forms(grid: Grid, name: str) -> tuple[str, str]:
    """Number formats of a measure and of its errors, the same everywhere in the grid."""
    how, decimals = reading("raised" if name == _P05 else name), _decimals(grid, name)
    suffix = how.suffix if how.suffix != " months" else ""
    return form_like(f"{how.prefix}{0:.{decimals}f}{suffix}"), form_like(f"{how.prefix}{0:.{decimals + 1}f}{suffix}")


def _scale(name: str) -> Number:
    scale = reading("raised" if name == _P05 else name).scale
    return Number(scale, "#,##0" if scale >= 1.0 else "0.00")


def _strides(grid: Grid) -> tuple[int, ...]:
    """Rows of the grid in one step along each axis."""
    sizes = [len(axis.values) for axis in grid.axes]
    return tuple(math.prod(sizes[i + 1 :]) for i in range(len(sizes)))


def _formula(page: Page, row: int, column: int, formula: str, value: float, form: str) -> None:
    """A formula with its value stored; a dash where there is none."""
    style = page.book.style(num_format=form, align="right", bottom=1, bottom_color=LINE)
    page.sheet.write_formula(row, column, formula, style, value if math.isfinite(value) else ABSENT)


def _define(page: Page, name: str, row: int, column: int) -> None:
    page.book.file.define_name(name, f"={page.reference(row, column)}")


def _span(page: Page, block: Block, left: int, right: int | None = None) -> str:
    """The cells of columns of a block, as in a formula."""
    return f"'{page.name}'!{xl_range_abs(block.first, left, block.last, left if right is None else right)}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
