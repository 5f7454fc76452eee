"""The slides as an editable PowerPoint deck, 16:9, with native charts.

Every slide has a headline, its charts, answers to the three questions that a board asks, and a footer with the case and
the number of scenarios. python-pptx does not fit text to its box, so that each box has a length limit: `BUDGETS`.
"""

from __future__ import annotations

import math
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pptx import Presentation
from pptx.enum.dml import MSO_LINE
from pptx.util import Inches, Pt

from sim.board.charts.canvas import GREY, INK, MIDDLE, fitted, lines_of, shortened
from sim.board.charts.data import COLOURS, Chart
from sim.board.charts.labels import label_places
from sim.board.deck import native, tables
from sim.board.deck.elements import describe, qualified, rgb
from sim.board.deck.package import timeless
from sim.board.deck.text import emu, plain_shape, text_box, write
from sim.board.story.chapter import Card, Chapter
from sim.text.bidi import isolated, texts_of

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result
    from sim.terms import Case

WIDE, TALL = 13.333, 7.5  # inches
LEFT, RIGHT = 0.55, 12.78
BODY = (1.42, 5.52)  # top and bottom of what shows the message
STRIP = (5.70, 6.88)
#: Letters that fit each box at its font size.
BUDGETS = {
    "title": 230, "title point": 190,
    "headline": 150, "question": 215, "point": 115, "points": 620, "footer": 170, "source": 170,
    "card": 22, "card words": 62, "card detail": 84, "chart title": 90,
}  # fmt: skip
_QUESTIONS = (("How sure are we?", "sure"), ("Compared with what?", "compared"), ("What would change it?", "change"))
_DARK, _MIDDLE = COLOURS[0], MIDDLE
_MARK_ROW = 0.22  # inches of a label above a histogram
_HEADLINE_LETTERS = 64  # of a line, at the larger font size


def write_deck(pack: Pack, story: tuple[Chapter, ...], path: str | os.PathLike[str]) -> None:
    """Write the deck to `path` (.pptx)."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDE), Inches(TALL)
    blank = deck.slide_layouts[5]  # a title alone: the headline is the slide's title, also for outline and reader
    footer = footer_text(pack.result)
    for number, chapter in enumerate(story, 1):
        _slide(deck.slides.add_slide(blank), chapter, number, footer)
    _set_names_apart(deck, pack.result.case)
    about = deck.core_properties
    about.title, about.subject = (
        pack.result.case.title[:250],
        "Funding risk: " + isolated(footer[:200], [footer.partition("  |  ")[0]]),
    )
    about.author = about.last_modified_by = f"fundrisk {pack.result.manifest['versions']['fundrisk']}"
    Path(path).write_bytes(timeless(deck, pack.result.case.valuation_date))


def _set_names_apart(deck: Any, case: Case) -> None:
    """Isolate names that run from right to left: in what is shown, in charts, and in descriptions that are read aloud.

    For letters that Arial lacks, PowerPoint takes another font itself.
    """
    names = list(texts_of(case.to_dict()))
    for slide in deck.slides:
        charts = [shape.chart._chartSpace for shape in slide.shapes if shape.has_chart]
        for part in (slide._element, slide.notes_slide._element, *charts):
            for element in part.iter():
                if element.tag in (qualified("a:t"), qualified("c:v")):
                    element.text = isolated(element.text or "", names)
                for word in ("descr", "title", "name"):
                    if word in element.attrib:
                        element.set(word, isolated(element.get(word), names))


def footer_text(result: Result) -> str:
    """Case and scenarios, on every slide; the appendix has the rest."""
    made = f"{result.paths:,} simulated scenarios"
    return f"{shortened(result.case.title, BUDGETS['footer'] - len(made) - 5)}  |  {made}"


def _slide(slide: Any, chapter: Chapter, number: int, footer: str) -> None:
    if chapter.charts or chapter.cards:
        _headline(slide, chapter.headline)
        _body(slide, chapter)
        _strip(slide, chapter)
    else:
        _title_page(slide, chapter)
    _footer(slide, chapter, number, footer)
    slide.notes_slide.notes_text_frame.text = _spoken_notes(chapter)


def _spoken_notes(chapter: Chapter) -> str:
    lines = [chapter.notes, *chapter.points, f"How sure: {chapter.sure}", f"Compared with: {chapter.compared}"]
    lines += [f"What would change it: {chapter.change}", f"Source: {chapter.source}"]
    return "\n".join(line for line in lines if line.rpartition(": ")[2])


# --- the parts of a slide --------------------------------------------------------------------------------------------


def _headline(slide: Any, sentence: str) -> None:
    box = slide.shapes.title
    box.left, box.top, box.width, box.height = Inches(LEFT), Inches(0.34), Inches(RIGHT - LEFT), Inches(0.96)
    words = shortened(sentence, BUDGETS["headline"])
    size = 25 if len(lines_of(words, _HEADLINE_LETTERS)) < 3 else 21  # two lines of either fit above the rule
    write(box.text_frame, [(words, size, True, _DARK)], anchor="middle")
    rule = slide.shapes.add_shape(1, Inches(LEFT), Inches(1.32), Inches(RIGHT - LEFT), Inches(0.03))
    plain_shape(rule, _MIDDLE, "Rule under the headline")


def _title_page(slide: Any, chapter: Chapter) -> None:
    """A slide of words alone: a large title, and lines below it."""
    box = slide.shapes.title
    box.left, box.top, box.width, box.height = Inches(LEFT), Inches(1.3), Inches(RIGHT - LEFT), Inches(1.9)
    words = shortened(chapter.headline, BUDGETS["title"])
    write(box.text_frame, [(words, 36 if len(words) <= 80 else 25, True, _DARK)], anchor="bottom")
    rule = slide.shapes.add_shape(1, Inches(LEFT), Inches(3.35), Inches(RIGHT - LEFT), Inches(0.05))
    plain_shape(rule, _MIDDLE, "Rule under the title")
    first, *others = (shortened(point, BUDGETS["title point"]) for point in chapter.points)
    lines = [(first, 20, True, INK), *((other, 15, False, GREY) for other in others)]
    text_box(slide, (LEFT, 3.6, RIGHT - LEFT, 2.9), lines, name="Points", after=9)


def _body(slide: Any, chapter: Chapter) -> None:
    """Cards, charts, tables and points side by side."""
    drawn = [chart for chart in chapter.charts if chart.kind != "table"]
    listed = [chart for chart in chapter.charts if chart.kind == "table"]
    top, bottom = BODY[0], BODY[1] if any(getattr(chapter, part) for _, part in _QUESTIONS) else STRIP[1]
    columns: list[tuple[float, Any]] = []
    if chapter.cards and len(chapter.cards) == 4:
        columns.append((1.25 if drawn else 1.75, lambda box: _cards(slide, chapter.cards, box, across=2)))
    columns += [
        (1.0 if listed or len(drawn) > 1 else 1.6, lambda box, c=chart: _chart(slide, c, box)) for chart in drawn
    ]
    titled = bool(drawn)
    wants = [math.fsum(tables.wanted(chart.table)) for chart in listed if chart.table is not None]
    columns += [
        (1.25 if drawn else 2.0 * len(wants) * want / math.fsum(wants),
         lambda box, c=chart: _table(slide, c, box, titled))
        for chart, want in zip(listed, wants, strict=True)
    ]  # fmt: skip
    if chapter.cards and len(chapter.cards) != 4:
        columns.append((0.8, lambda box: _cards(slide, chapter.cards, box, across=1)))
    if chapter.points:
        columns.append((0.62, lambda box: _points(slide, chapter.points, box)))
    gap = 0.3
    room = (RIGHT - LEFT) - gap * (len(columns) - 1)
    whole = sum(weight for weight, _ in columns)
    left = LEFT
    for weight, place in columns:
        width = room * weight / whole
        place((left, top, width, bottom - top))
        left += width + gap


def _chart(slide: Any, chart: Chart, box: tuple[float, float, float, float]) -> None:
    left, top, width, height = box
    _title(slide, chart, box)
    title = 0.30
    inner = (left, top + title, width, height - title)
    native.draw(slide.shapes, chart, emu(inner))
    if chart.kind == "fan":
        _marks(slide, chart, inner)
    elif chart.kind == "histogram":
        _values_marked(slide, chart, inner)


def _title(slide: Any, chart: Chart, box: tuple[float, float, float, float]) -> None:
    left, top, width, _ = box
    words = shortened(chart.title, min(BUDGETS["chart title"], tables.letters_in(width, 12, 1)))
    text_box(slide, (left, top + 0.04, width, 0.3), [(words, 12, True, GREY)], name="Chart title")


def _marks(slide: Any, chart: Chart, box: tuple[float, float, float, float]) -> None:
    """Numbered lines at dates; the points beside the chart explain the numbers."""
    first, last = chart.categories[0], chart.categories[-1]
    assert isinstance(first, date)
    assert isinstance(last, date)
    x0, y0, width, height = _area(chart, box)
    for number, mark in enumerate(chart.marks, 1):
        assert isinstance(mark.at, date)
        x = x0 + width * ((mark.at - first).days + 1) / max((last - first).days, 1)
        _line(slide, x, y0, y0 + height, f"Mark {number}: {mark.label}")
        badge = slide.shapes.add_shape(9, *emu((x - 0.12, y0 - 0.16, 0.24, 0.24)))
        plain_shape(badge, INK, f"Number of mark {number}: {mark.label}")
        write(badge.text_frame, [(str(number), 10, True, "#FFFFFF")], anchor="middle", centred=True)


def _values_marked(slide: Any, chart: Chart, box: tuple[float, float, float, float]) -> None:
    """Dashed lines at values, with labels above one another."""
    x0, y0, width, height = _area(chart, box)
    low, high = chart.edges[0], chart.edges[-1]
    at = [x0 + width * (float(mark.at) - low) / ((high - low) or 1.0) for mark in chart.marks]  # type: ignore[arg-type]
    wide = [0.1 + 0.095 * len(mark.label) for mark in chart.marks]
    places = label_places(list(zip(at, wide, strict=True)), x0 + width)
    top = y0 - 0.06 - _MARK_ROW * (1 + max((row for row, _ in places), default=0))
    for mark, x, across, (row, leftward) in zip(chart.marks, at, wide, places, strict=True):
        y = top + _MARK_ROW * row
        _line(slide, x, y + 0.03, y0 + height, mark.label)
        label = (x - across if leftward else x + 0.05, y, across - 0.05, _MARK_ROW)
        text_box(slide, label, [(mark.label, 11, True, INK)], name="Mark", right=leftward)


def _area(chart: Chart, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The drawing area of a chart in a box, in inches."""
    left, top, width, height = box
    x, y, w, h = native.area_of(chart)
    return left + x * width, top + y * height, w * width, h * height


def _line(slide: Any, x: float, top: float, bottom: float, words: str) -> None:
    line = slide.shapes.add_connector(1, Inches(x), Inches(top), Inches(x), Inches(bottom))
    line.line.width, line.line.dash_style = Pt(1.25), MSO_LINE.SQUARE_DOT
    line.line.color.rgb = rgb(GREY)
    describe(line, words, words)


def _cards(slide: Any, cards: tuple[Card, ...], box: tuple[float, float, float, float], across: int) -> None:
    left, top, width, height = box
    down = -(-len(cards) // across)
    gap = 0.16
    wide, tall = (width - gap * (across - 1)) / across, (height - 0.08 - gap * (down - 1)) / down
    for place, card in enumerate(cards):
        x, y = left + (place % across) * (wide + gap), top + 0.08 + (place // across) * (tall + gap)
        panel = slide.shapes.add_shape(1, *emu((x, y, wide, tall)))
        plain_shape(panel, tables.PALE, f"Card: {card.label}")
        bar = slide.shapes.add_shape(1, *emu((x, y, 0.07, tall)))
        plain_shape(bar, _DARK, "Edge of a card")
        lines = [
            (shortened(card.value, BUDGETS["card"]), 28 if len(card.value) <= 12 else 22, True, _DARK),
            (shortened(card.label, BUDGETS["card words"]), 13, False, INK),
            (shortened(card.detail, BUDGETS["card detail"]), 11, False, GREY),
        ]
        text_box(slide, (x + 0.18, y + 0.04, wide - 0.26, tall - 0.08), lines, name="Card", anchor="middle")


def _points(slide: Any, points: tuple[str, ...], box: tuple[float, float, float, float]) -> None:
    letters = sum(map(len, points))
    size = 13 if letters < 420 else 11.5 if letters < 500 else 10.5
    lines = [(shortened(point, BUDGETS["point"]), size, False, INK) for point in points]
    left, top, width, height = box
    text_box(slide, (left, top + 0.3, width, height - 0.3), lines, name="Points", after=7)


def _table(slide: Any, chart: Chart, box: tuple[float, float, float, float], titled: bool) -> None:
    left, top, width, height = box
    if titled:
        _title(slide, chart, box)
        top, height = top + 0.2, height - 0.2
    tables.place(slide, chart, (left, top, width, height))


def _strip(slide: Any, chapter: Chapter) -> None:
    """Answers to the three questions that a board asks."""
    top, bottom = STRIP
    gap = 0.25
    wide = (RIGHT - LEFT - 2 * gap) / 3
    for place, (question, field) in enumerate(_QUESTIONS):
        words = getattr(chapter, field)
        if not words:
            continue
        box = (LEFT + place * (wide + gap), top, wide, bottom - top)
        lines = [(question, 11, True, _DARK), (shortened(words, BUDGETS["question"]), 11.5, False, INK)]
        panel = slide.shapes.add_shape(1, *emu((box[0], top, wide, 0.025)))
        plain_shape(panel, _MIDDLE, "Rule above a question")
        text_box(slide, (box[0], top + 0.05, wide, bottom - top - 0.05), lines, name=question)


def _footer(slide: Any, chapter: Chapter, number: int, footer: str) -> None:
    sources = fitted(chapter.source.split("; "), BUDGETS["source"])
    lines = [(sources, 9, False, GREY)] if sources else []
    text_box(slide, (LEFT, 6.90, RIGHT - LEFT - 0.7, 0.5), [*lines, (footer, 9, False, GREY)], name="Footer")
    text_box(slide, (RIGHT - 0.6, 7.04, 0.6, 0.3), [(str(number), 10, True, GREY)], name="Slide number", right=True)
