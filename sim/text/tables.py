"""Tables and paragraphs for a terminal, at most 100 columns wide, and tables as HTML for a notebook."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from sim.text.characters import replaced

WIDTH = 100
GAP = "  "
#: Width down to which words in a cell are wrapped before a table is split.
LEAST_WORDS = 24


class Table(NamedTuple):
    """A table of text.

    `columns` are the heads, possibly none; each of `rows` has one cell a column. The columns of `left` hold words and
    are flush left, the others hold numbers and are flush right. `note` stands below the table. `details` are lines
    under each row, one a row, possibly none.
    """

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    left: tuple[int, ...] = (0,)
    note: str = ""
    details: Sequence[str] = ()


def plain(text: str) -> str:
    """`text` with a space for each character that a line may not contain."""
    return replaced(text)


def wrapped(text: str, first: str = "", later: str = "") -> str:
    """Each line of `text` wrapped to `WIDTH` columns; `first` and `later` are the indents of its lines."""
    lines = (
        textwrap.fill(plain(line), WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
        for line in text.split("\n")
    )
    return "\n".join(lines)


def table_text(table: Table) -> str:
    """The table for a terminal.

    Columns are two spaces apart. Where the table would be wider than `WIDTH`, heads and cells of words are wrapped;
    where that is not enough, the table is split into several that share the first column. Nothing is cut.
    """
    cells = [tuple(map(plain, row)) for row in table.rows]
    heads = tuple(map(plain, table.columns))
    number = len(heads or cells[0]) if heads or cells else 0
    lines = [wrapped(table.heading)] * bool(table.heading)
    for part, columns in enumerate(_parts(heads, cells, table.left, number)):
        widths = _fitted(heads, cells, table.left, columns)
        lines += [""] * (part > 0)
        if any(heads):
            lines += _lines([heads[i] for i in columns], widths, [i in table.left for i in columns], bottom=True)
        for row, chosen in enumerate(cells):
            lines += _lines([chosen[i] for i in columns], widths, [i in table.left for i in columns], bottom=False)
            if table.details and not part:
                lines.append(wrapped(table.details[row], 3 * GAP, 3 * GAP))
    return "\n".join(lines + [wrapped(table.note, GAP, GAP)] * bool(table.note))


def _parts(heads: Sequence[str], cells: Sequence[Sequence[str]], left: Sequence[int], number: int) -> list[list[int]]:
    """The columns of each of the tables that together show all of them; the first column is in every one."""
    parts, chosen = [], [0] if number else []
    for i in range(1, number):
        least = sum(len(GAP) + _width(heads, cells, j, j in left, least=True) for j in [*chosen, i])
        if least > WIDTH and len(chosen) > 1:
            parts.append(chosen)
            chosen = [0]
        chosen.append(i)
    return [*parts, chosen] if chosen else []


def _width(heads: Sequence[str], cells: Sequence[Sequence[str]], i: int, words: bool, least: bool = False) -> int:
    """Width of a column: as it is, or the least to which it can be wrapped."""
    head = heads[i] if heads else ""
    widest = max((len(row[i]) for row in cells), default=0)
    if not least:
        return max(len(head), widest)
    return max([len(word) for word in head.split()] + [min(widest, LEAST_WORDS) if words else widest])


def _fitted(heads: Sequence[str], cells: Sequence[Sequence[str]], left: Sequence[int], columns: list[int]) -> list[int]:
    """Widths of the columns of one table: the widest that can be wrapped give way first."""
    widths = [_width(heads, cells, i, i in left) for i in columns]
    least = [_width(heads, cells, i, i in left, least=True) for i in columns]
    while sum(widths) + len(GAP) * len(widths) > WIDTH:
        wide = [k for k in range(len(widths)) if widths[k] > least[k]]
        if not wide:
            break
        widths[max(wide, key=lambda k: widths[k])] -= 1
    return widths


def _lines(cells: list[str], widths: list[int], left: list[bool], bottom: bool) -> list[str]:
    """One row of a table, in as many lines as its tallest cell; `bottom`: short cells stand in the last ones."""
    folded = [
        textwrap.wrap(cell, width, break_on_hyphens=False) if len(cell) > width else [cell]
        for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(map(len, folded))
    lines = []
    for k in range(height):
        line = ""
        for cell, width, words in zip(folded, widths, left, strict=True):
            place = k - (height - len(cell)) if bottom else k
            text = cell[place] if 0 <= place < len(cell) else ""
            line += GAP + (text.ljust(width) if words else text.rjust(width))
        lines.append(line.rstrip())
    return lines


def table_html(table: Table) -> str:
    """The table for a notebook. All text is escaped."""

    def row(tag: str, values: Sequence[str]) -> str:
        sides = ("left" if i in table.left else "right" for i in range(len(values)))
        cells = (
            f'<{tag} style="text-align:{side}">{html.escape(value)}</{tag}>'
            for value, side in zip(values, sides, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    head = f"<thead>{row('th', table.columns)}</thead>" if any(table.columns) else ""
    body = "".join(row("td", cells) for cells in table.rows)
    note = f"<p>{html.escape(table.note)}</p>" if table.note else ""
    return f"<table><caption>{html.escape(table.heading)}</caption>{head}<tbody>{body}</tbody></table>{note}"
