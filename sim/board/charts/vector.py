"""Lines, boxes and texts of an SVG, and how wide a text is in the fonts that browsers have for Arial.

Nothing of it has an identifier, a style or a script, so that an SVG can stand inside a page. A dark page gives other
colours to the elements of each colour.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sim.board.charts.canvas import GREY, INK
from sim.board.charts.data import round_step
from sim.board.page.markup import Html, tag
from sim.text.bidi import isolated_svg
from sim.text.numbers import rounded

Point = tuple[float, float]

GRID = "#e3e3e3"
SIZE = 12.0  # of letters
LINE = 1.25 * SIZE  # height of a line of text
#: Advance widths of Helvetica, which are those of Arial and Liberation Sans, in thousandths: from space to tilde.
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_OTHER, _WIDE = 640, 1000


def width_of(text: str) -> float:
    """Width of a text."""
    return SIZE * sum(map(_advance, text)) / 1000.0


def _advance(letter: str) -> int:
    place = ord(letter) - 32
    if 0 <= place < len(_WIDTHS):
        return _WIDTHS[place]
    return _WIDE if unicodedata.east_asian_width(letter) in ("W", "F") else _OTHER


def broken(text: str, width: float, most: int = 4) -> list[str]:
    """`text` in at most `most` lines of a width. A longer word is cut; three dots stand for what is left out."""
    lines: list[str] = []
    words = text.split(" ")
    while words:
        word = words.pop(0)
        if lines and width_of(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        elif width_of(word) <= width or len(word) < 2:
            lines.append(word)
        else:
            fits = max((n for n in range(1, len(word)) if width_of(word[:n]) <= width), default=1)
            words[:0] = [word[:fits], word[fits:]]
    if len(lines) > most:
        last = lines[most - 1]
        while last and width_of(f"{last}...") > width:
            last = last[:-1]
        lines[most - 1 :] = [f"{last.rstrip()}..."]
    return lines


@dataclass
class Drawing:
    """What has been drawn so far; y grows downwards."""

    width: float
    parts: list[Html] = field(default_factory=list)

    def line(self, start: Point, end: Point, colour: str = GRID, thick: float = 1.0, dash: str | None = None) -> None:
        self.parts.append(
            tag("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], stroke=colour, stroke_width=thick,
                stroke_dasharray=dash)
        )  # fmt: skip

    def box(self, corner: Point, size: Point, colour: str, edge: str | None = None) -> None:
        """A rectangle from its upper left corner."""
        width, height = (max(length, 0.0) for length in size)
        self.parts.append(
            tag("rect", x=corner[0], y=corner[1], width=width, height=height, fill=colour, stroke=edge,
                stroke_width=None if edge is None else 0.5)
        )  # fmt: skip

    def area(self, points: Iterable[Point], colour: str) -> None:
        self.parts.append(tag("path", d=f"{_path(points)}Z", fill=colour))

    def curve(self, points: Iterable[Point], colour: str, thick: float, dash: str | None = None) -> None:
        self.parts.append(
            tag("path", d=_path(points), fill="none", stroke=colour, stroke_width=thick, stroke_dasharray=dash)
        )

    def text(self, at: Point, words: str, anchor: str = "start", colour: str = INK) -> None:
        """Words whose base line begins, ends or has its middle ("start", "end", "middle") at a point."""
        anchored = None if anchor == "start" else anchor
        self.parts.append(
            tag("text", words, x=at[0], y=at[1], fill=colour, text_anchor=anchored)
        )  # fmt: skip

    def lines(self, at: Point, lines: Sequence[str], anchor: str = "start") -> None:
        """Lines of text one below the other."""
        for place, words in enumerate(lines):
            self.text((at[0], at[1] + place * LINE), words, anchor)

    def svg(self, height: float, alt: str = "") -> Html:
        """The whole as an element; `alt` describes it, without one it is left out of what a screen reader says."""
        said = {"role": "img", "aria_label": alt} if alt else {"aria_hidden": "true"}
        made = tag(
            "svg", *self.parts, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {self.width:g} {height:g}",
            font_family="Arial, Helvetica, sans-serif", font_size=SIZE, **said,
        )  # fmt: skip
        return Html(isolated_svg(made))


def _path(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


@dataclass(frozen=True)
class Entry:
    """A line of a legend; `mark` is "box", "line", "dash" or "interval"."""

    name: str
    colour: str
    mark: str = "box"


def legend(drawing: Drawing, entries: Sequence[Entry], top: float) -> float:
    """Names with their colours side by side, in as many rows as they take; returns where the last one ends."""
    x, y, row = 4.0, top, SIZE * 1.45
    for entry in entries:
        (words,) = broken(entry.name, drawing.width - 40.0, 1)
        wide = 24.0 + width_of(words) + 14.0
        if x > 4.0 and x + wide > drawing.width:
            x, y = 4.0, y + row
        _swatch(drawing, entry, (x, y + row / 2))
        drawing.text((x + 24.0, y + row / 2 + SIZE * 0.36), words)
        x += wide
    return y + row if entries else top


def _swatch(drawing: Drawing, entry: Entry, at: Point) -> None:
    x, y = at
    if entry.mark == "box":
        drawing.box((x, y - 5.0), (18.0, 10.0), entry.colour, INK)
    elif entry.mark == "interval":
        whisker(drawing, (x + 9.0, y - 6.0), (x + 9.0, y + 6.0))
    else:
        drawing.line((x, y), (x + 18.0, y), entry.colour, 2.2, "5 3" if entry.mark == "dash" else None)


def whisker(drawing: Drawing, start: Point, end: Point) -> None:
    """A confidence interval: a line with a bar at each end."""
    across = (4.0, 0.0) if start[0] == end[0] else (0.0, 4.0)
    drawing.line(start, end, GREY, 1.4)
    for x, y in (start, end):
        drawing.line((x - across[0], y - across[1]), (x + across[0], y + across[1]), GREY, 1.4)


@dataclass(frozen=True)
class Scale:
    """From values between `low` and `high` to places between `first` and `last`."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return self.first + (self.last - self.first) * (value - self.low) / ((self.high - self.low) or 1.0)


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round values between two ends, and their texts."""
    step = round_step(high - low, most)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(n * step, rounded(n * step, decimals).replace("-", "\N{MINUS SIGN}")) for n in range(first, last + 1)]
