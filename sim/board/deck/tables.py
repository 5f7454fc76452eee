"""Tables of slides: columns as wide as their words, rows as high as their text, at the largest font size that fits."""

from __future__ import annotations

from typing import Any

from pptx.util import Inches

from sim.board.charts.canvas import INK, lines_of, shortened
from sim.board.charts.data import COLOURS, Chart, Table
from sim.board.deck.elements import describe, rgb
from sim.board.deck.text import anchored, emu, write

PALE = "#F3F7FB"
_DARK = COLOURS[0]
_MARGIN = 0.06  # of a cell, inches
_HEAD_SIZE = 11.0  # points, at most
_MOST_ROW_LINES = 12
_SMALL_SIZES = (10.5, 9.0)


def place(slide: Any, chart: Chart, box: tuple[float, float, float, float]) -> None:
    """A table as wide as its box; numbers to the right, cells of as many lines as fit."""
    table, (left, top, width, height) = chart.table, box
    assert table is not None
    headed, shares = any(table.columns), _shares(table)
    head = _height_of_head(table, width) * headed
    step = min(0.62 if _longest(table) > 60 else 0.46, (height - 0.2 - head) / max(len(table.rows), 1))
    size = 12.0 if step >= 0.34 and fits(table, width, step, 12.0) else 10.5
    tall = [step] * len(table.rows)
    if not fits(table, width, step, size):
        size, tall = _smaller(table, width, height - 0.2 - head) or (size, tall)
    whole = sum(tall) + head
    shape = (len(table.rows) + headed, len(table.columns))
    frame = slide.shapes.add_table(*shape, *emu((left, top + 0.16, width, whole)))
    describe(frame, chart.title, chart.alt or _spoken(table))
    grid = frame.table
    grid.first_row, grid.horz_banding = headed, False
    for column, share in enumerate(shares):
        grid.columns[column].width = Inches(width * share)
    rows = [table.columns] * headed + [tuple(row) for row in table.rows]
    for number, row in enumerate(rows):
        heading = headed and number == 0
        high = head if heading else tall[number - headed]
        grid.rows[number].height = Inches(high)
        letter = size - heading
        lines = _lines_in(high, letter)
        for column, words in enumerate(row):
            cell = grid.cell(number, column)
            cell.margin_left = cell.margin_right = Inches(_MARGIN)
            cell.margin_top = cell.margin_bottom = Inches(0.02)
            cell.fill.solid()
            cell.fill.fore_color.rgb = rgb(_DARK if heading else "#FFFFFF" if (number - headed) % 2 else PALE)
            budget = letters_in(width * shares[column], letter, lines)
            shown = str(words) if heading else shortened(str(words), budget)
            line = (shown, letter, heading, "#FFFFFF" if heading else INK)
            write(cell.text_frame, [line], right=column not in table.left)
            cell.vertical_anchor = anchored("middle")


def _height_of_head(table: Table, width: float) -> float:
    """Inches of the row of names, of as many lines as its longest one takes."""
    room = [letters_in(width * share, _HEAD_SIZE, 1) for share in _shares(table)]
    lines = max((len(lines_of(name, letters)) for name, letters in zip(table.columns, room, strict=True)), default=1)
    return max(lines * _HEAD_SIZE * 1.2 / 72 + 0.06, 0.5)


def letters_in(width: float, size: float, lines: int) -> int:
    """Letters that fit a cell of a width in inches: a letter of Arial is half as wide as its size, on average."""
    along = int((width - 2 * _MARGIN) * 72 / (size * 0.5))
    return max(along if lines == 1 else int(along * lines * 0.88), 4)


def _lines_in(height: float, size: float) -> int:
    """Lines that fit a cell of a height in inches."""
    return max(int((height - 0.04) / (size * 1.2 / 72)), 1)


def fits(table: Table, width: float, step: float, size: float) -> bool:
    """Whether no cell of rows of a height is cut at a font size."""
    lines = _lines_in(step, size)
    room = [letters_in(width * share, size, lines) for share in _shares(table)]
    return all(len(str(cell)) <= letters for row in table.rows for cell, letters in zip(row, room, strict=True))


def _smaller(table: Table, width: float, height: float) -> tuple[float, list[float]] | None:
    """The largest font size at which no cell is cut, with a height for each row; else the first at which rows fit."""
    found = [(size, *heights(table, width, height, size)) for size in _SMALL_SIZES]
    fitting = [(size, tall) for size, tall, _ in found if tall]
    return next(((size, tall) for size, tall, whole in found if whole), next(iter(fitting), None))


def heights(table: Table, width: float, height: float, size: float) -> tuple[list[float], bool]:
    """A height for each row, and whether no cell is cut; else those of the highest rows are. Empty if no rows fit."""
    widths = [width * share for share in _shares(table)]
    lines = []
    for row in table.rows:
        cells = [(len(str(cell)), wide) for cell, wide in zip(row, widths, strict=True)]
        counts = range(1, _MOST_ROW_LINES)
        fitting = (n for n in counts if all(many <= letters_in(wide, size, n) for many, wide in cells))
        lines.append(next(fitting, _MOST_ROW_LINES + 1))
    for most in range(_MOST_ROW_LINES, 1, -1):
        found = [max(min(n, most) * size * 1.2 / 72 + 0.06, 0.3) for n in lines]
        if sum(found) <= height:
            return found, max(lines) <= most
    return [], False


def _longest(table: Table) -> int:
    return max((len(str(cell)) for row in table.rows for cell in row), default=0)


def _shares(table: Table) -> list[float]:
    """Share of the width of each column."""
    wants = wanted(table)
    return [want / sum(wants) for want in wants]


def wanted(table: Table) -> list[float]:
    """Letters that each column wants, by its longest cell and the longest word of its heading."""
    wants: list[float] = []
    most = 75 if len(table.columns) < 7 else 48  # of letters: a text breaks into lines, numbers do not
    for column, head in enumerate(table.columns):
        cells = max((len(str(row[column])) for row in table.rows), default=0)
        word = max((len(word) for word in head.split()), default=0) * 1.15  # bold, and not broken
        wide = 1.2 if table.left == (column,) else 1.08  # the only column of words: they would be cut, numbers not
        wants.append(min(max(cells * wide, word, len(head) / 2, 6), most) + 2)
    return wants


def _spoken(table: Table) -> str:
    """A table in words."""
    lines = []
    for row in table.rows:
        pairs = zip(table.columns, row, strict=True)
        lines.append("; ".join(f"{head} {cell}".strip() for head, cell in pairs))
    return shortened(". ".join(lines), 900)
