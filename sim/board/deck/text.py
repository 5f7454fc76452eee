"""Text boxes and plain shapes of the slides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Inches, Pt

from sim.board.deck.elements import FONT, describe, rgb
from sim.text.characters import replaced

Line = tuple[str, "float | int", bool, str]  # words, points, bold, colour


def text_box(
    slide: Any, box: tuple[float, float, float, float], lines: Sequence[Line], name: str, right: bool = False,
    anchor: str = "top", after: float = 1.0,
) -> Any:  # fmt: skip
    """A text box in a box (left, top, width, height in inches)."""
    shape = slide.shapes.add_textbox(*emu(box))
    shape.name = name
    write(shape.text_frame, lines, anchor=anchor, right=right, after=after)
    return shape


def write(
    frame: Any,
    lines: Sequence[Line],
    anchor: str = "top",
    right: bool = False,
    centred: bool = False,
    after: float = 1.0,
) -> None:
    """One paragraph a line, without margins."""
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = anchored(anchor)
    for place, (words, size, bold, colour) in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.CENTER if centred else PP_ALIGN.LEFT
        paragraph.space_after = Pt(after)
        run = paragraph.add_run()
        run.text = printable(words)
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
        run.font.color.rgb = rgb(colour)


def printable(words: str) -> str:
    """Text without control characters, which XML does not allow."""
    return replaced(words)


def anchored(where: str) -> Any:
    """The vertical anchor "top", "middle" or "bottom"."""
    return {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}[where]


def plain_shape(shape: Any, colour: str, words: str) -> None:
    """A filled shape without outline or shadow."""
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour)
    shape.line.fill.background()
    for style in shape._element.xpath("./p:style"):  # the theme's shadow
        shape._element.remove(style)
    describe(shape, words, words)


def emu(box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """A box in English metric units, of which 914,400 are an inch."""
    left, top, width, height = (int(Inches(part)) for part in box)
    return left, top, width, height
