"""A sheet to draw an SVG on: shapes, texts that are broken where they must be, scales with round ticks, a legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from unicodedata import east_asian_width

from sim.board.charts.canvas import GREY, INK
from sim.board.charts.data import round_step
from sim.board.page.markup import Html, tag

__all__ = ["GRID", "Scale", "Sheet", "text_width", "ticks", "wrapped"]

GRID = "#e0e0e0"
FONT = "Arial, Helvetica, sans-serif"
_SLIM, _BROAD = set("iljtfrI.,:;'|!()[] -/"), set("mwMW@%&")
Attribute = str | float | None


def text_width(text: str, size: float) -> float:
    """About how wide a text is in Arial, from above."""
    return size * sum(_letter(letter) for letter in text)


def _letter(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return 1.05
    if letter in _SLIM:
        return 0.34
    if letter in _BROAD:
        return 0.95
    return 0.72 if letter.isupper() else 0.58


def wrapped(text: str, room: float, size: float, most: int) -> list[str]:
    """`text` in at most so many lines no wider than `room`; what does not fit ends in three dots."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        while text_width(word, size) > room and len(word) > 1:  # a word that no line holds is broken
            fits = 1
            while fits < len(word) and text_width(word[: fits + 1], size) <= room:
                fits += 1
            if line:
                lines.append(line)
            line, word = word[:fits], word[fits:]
        longer = f"{line} {word}".strip()
        if line and text_width(longer, size) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    lines.append(line)
    if len(lines) > most:
        last = lines[most - 1]
        while last and text_width(f"{last}...", size) > room:
            last = last[:-1]
        lines = [*lines[: most - 1], f"{last.rstrip()}..."]
    return lines


class Scale:
    """From values to places."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, high if high > low else low + 1.0, start, end

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from the last one below `low` to the first one above `high`."""
    step = round_step(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [n * step for n in range(first, max(last, first + 1) + 1)]


class Sheet:
    """Elements of a drawing of a given width; `bottom` is how far down they reach."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.wide = width >= 600
        self.size = 13.0 if self.wide else 12.0
        self.bottom = 0.0
        self.parts: list[Html] = []

    def rect(self, x: float, y: float, width: float, height: float, fill: str, **more: Attribute) -> None:
        self._add(y + height, "rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), fill=fill, **more)

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        stroke: str = GRID,
        width: float = 1.0,
        dash: str | None = None,
    ) -> None:
        at = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        self._add(max(y1, y2), "line", **at, stroke=stroke, stroke_width=width, stroke_dasharray=dash)

    def path(self, points: Sequence[tuple[float, float]], close: bool = False, **more: Attribute) -> None:
        way = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z" * close
        self._add(max(y for _, y in points), "path", d=way, **more)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        anchor: str = "start",
        size: float = 0.0,
        fill: str = INK,
        bold: bool = False,
    ) -> None:
        """`y` is the base line; a white edge keeps the words readable over what is drawn below."""
        look: dict[str, Attribute] = {"font_weight": "bold" if bold else None}
        self._add(
            y + 4, "text", words, x=x, y=y, text_anchor=anchor, font_size=size or self.size, fill=fill,
            stroke="#ffffff", stroke_width=3.0, paint_order="stroke", stroke_linejoin="round", **look,
        )  # fmt: skip

    def lines(self, x: float, y: float, rows: Sequence[str], anchor: str = "start", fill: str = INK) -> None:
        """Lines of text from the base line `y` down."""
        for place, row in enumerate(rows):
            self.text(x, y + place * self.size * 1.2, row, anchor, fill=fill)

    def badge(self, x: float, y: float, words: str) -> None:
        """A number in a circle."""
        self._add(y + 10, "circle", cx=x, cy=y, r=9.0, fill=INK)
        self._add(
            y + 10,
            "text",
            words,
            x=x,
            y=y + 4,
            text_anchor="middle",
            font_size=11.0,
            font_weight="bold",
            fill="#ffffff",
        )

    def whisker(self, low: tuple[float, float], high: tuple[float, float], cap: float = 4.0) -> None:
        """A 95% interval, upright or level."""
        (x1, y1), (x2, y2) = low, high
        upright = abs(x1 - x2) < abs(y1 - y2)
        across, up = (cap, 0.0) if upright else (0.0, cap)
        for stroke, width in (("#ffffff", 3.4), (GREY, 1.5)):
            self.line(x1, y1, x2, y2, stroke, width)
            for x, y in (low, high):
                self.line(x - across, y - up, x + across, y + up, stroke, width)

    def legend(self, entries: Sequence[tuple[str, str, str]], y: float) -> float:
        """(kind, colour, words) in rows from `y` down; kinds: box, line, dashes, interval. The new bottom."""
        x, row = 4.0, y + 12.0
        for kind, colour, words in entries:
            words = wrapped(words, self.width - 40, self.size, 1)[0]
            wide = 28 + text_width(words, self.size) + 14
            if x > 4.0 and x + wide > self.width:
                x, row = 4.0, row + self.size * 1.6
            if kind == "box":
                self.rect(x, row - 10, 18, 11, colour, stroke=GREY, stroke_width=0.5)
            elif kind == "interval":
                self.whisker((x + 2, row - 4), (x + 16, row - 4))
            else:
                self.line(x, row - 4, x + 18, row - 4, colour, 2.4, "5 4" if kind == "dashes" else None)
            self.text(x + 24, row, words)
            x += wide
        return row + 6.0

    def note(self, words: str, y: float) -> None:
        """Small grey words along the foot."""
        size = 10.5
        for row in wrapped(words, self.width - 8, size, 4):
            y += size * 1.35
            self.text(4, y, row, size=size, fill=GREY)

    def svg(self, name: str, title: str, words: str) -> Html:
        """The drawing, with a title and a description for those who cannot see it."""
        height = round(self.bottom + 4)
        return tag(
            "svg",
            tag("title", title, id=f"{name}-title"),
            tag("desc", words, id=f"{name}-words"),
            tag("rect", width=self.width, height=float(height), fill="#ffffff"),
            *self.parts,
            xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {self.width:g} {height}", width=self.width,
            height=float(height), role="img", aria_labelledby=f"{name}-title {name}-words", font_family=FONT,
            class_="wide" if self.wide else "narrow",
        )  # fmt: skip

    def _add(self, bottom: float, element: str, *children: str, **attributes: Attribute) -> None:
        self.bottom = max(self.bottom, bottom)
        self.parts.append(tag(element, *children, **attributes))
