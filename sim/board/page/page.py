"""The slides as one HTML file, which loads nothing and works with a keyboard, a screen reader and on paper.

Each section has one message, its charts, and answers to the three questions that a board asks.
"""

from __future__ import annotations

import base64
import hashlib
import math
import os
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sim.board.charts.data import Chart
from sim.board.charts.svg import svg
from sim.board.page.html_tables import numbers, table
from sim.board.page.markup import Html, tag
from sim.board.page.picker import KEY, picker
from sim.board.story.chapter import Card, Chapter
from sim.board.story.cover import WARNING
from sim.board.story.parts import choice
from sim.board.words import day
from sim.text.bidi import isolated, isolated_html, texts_of

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result

__all__ = ["page_text", "source_of", "write_page"]

_QUESTIONS = (("How sure are we?", "sure"), ("Compared with what?", "compared"), ("What would change it?", "change"))
#: Of the table of contents.
_NAMES = {
    "cover": "Cover", "ask": "The decision", "terms": "Terms", "answer": "The answer",
    "cash": "Cash over time", "cash_out": "Cash-out by quarter",
    "liquidity": "How much more money", "commitment": "Where the commitment goes", "lines": "Each line",
    "clauses": "Cost of each clause", "cap_table": "Cap table", "capital": "All-in cost",
    "sensitivity": "What matters most", "variants": "Named variants", "scenarios": "Stress cases",
    "price_models": "Price models", "policies": "When to draw",
    "stress": "Targets and reverse stress", KEY: "What if?",
    "outlook": "The next twelve months", "warning": "Early warning", "forecasts": "Forecasts and actuals",
    "record": "What really happened", "assumptions": "Assumptions", "limits": "Limits", "appendix": "Appendix",
}  # fmt: skip
#: A sign and the amount that it belongs to.
_SIGNED_DOLLARS = re.compile("([+\N{MINUS SIGN}]\\$[0-9.,]+[A-Z]?)")
_NOTHING_ELSE = "img-src data:; default-src 'none'; base-uri 'none'; form-action 'none'"
#: The picker stands before the first of these.
_AFTER_PICKER = ("outlook", "forecasts", "record", "assumptions", "limits")


def write_page(pack: Pack, story: tuple[Chapter, ...], path: str | os.PathLike[str]) -> None:
    """Write the page to `path` (.html, UTF-8)."""
    Path(path).write_text(page_text(pack, story), encoding="utf-8", newline="\n")


def page_text(pack: Pack, story: tuple[Chapter, ...]) -> str:
    """The whole page as text; the same for the same pack and slides."""
    result = pack.result
    case, footer = result.case, source_of(result)
    sections = [(chapter.key, _chapter(chapter, result)) for chapter in story]
    place = next((i for i, (key, _) in enumerate(sections) if key in _AFTER_PICKER), len(sections))
    sections.insert(place, (KEY, _what_if(pack)))
    links = [
        tag("li", tag("a", _NAMES.get(key, key.replace("_", " ").capitalize()), href=f"#{key}")) for key, _ in sections
    ]
    style = _asset("page.css") + _running_footer(footer)
    script = _asset("page.js")
    policy = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; {_NOTHING_ELSE}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=f"fundrisk {result.manifest['versions']['fundrisk']}"),
        tag("title", f"Funding risk: {case.title}"),
        tag("style", Html(style)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the answer", href="#content", class_="skip"),
        tag(
            "header",
            tag("p", "Funding risk", class_="kind"),
            tag("h1", case.title),
            tag("p", f"{day(case.valuation_date)} to {day(case.horizon)}"),
            tag("p", footer, class_="made"),
        ),
        tag(
            "div",
            tag("nav", tag("ol", *links), aria_label="Contents"),
            tag("main", *(section for _, section in sections), id="content", tabindex="-1"),
            class_="sides",
        ),
        tag("footer", tag("p", footer), tag("p", WARNING)),
        tag("script", Html(script)),
    )  # fmt: skip
    page = isolated_html(tag("html", head, body, lang="en"), texts_of(case.to_dict()))
    return f"<!DOCTYPE html>\n{page}\n"


def source_of(result: Result) -> str:
    """Case and scenarios, below every section; the appendix has the rest."""
    return f"{result.case.title} | {result.paths:,} simulated scenarios"


def _chapter(chapter: Chapter, result: Result) -> Html:
    cards = tag("ul", *(_card(card) for card in chapter.cards), class_="cards") if chapter.cards else Html()
    points = tag("ul", *(tag("li", point) for point in chapter.points), class_="points") if chapter.points else Html()
    answers = [(words, getattr(chapter, name)) for words, name in _QUESTIONS]
    source = chapter.source and f"{chapter.source.removesuffix('.')}."  # which may end with the dots of a cut
    return _section(
        chapter.key, chapter.headline, source_of(result),
        cards, *(_figure(chart) for chart in chapter.charts), points,
        _answers([(words, said) for words, said in answers if said]),
        tag("p", source, class_="source") if source else "",
        tag("details", tag("summary", "Notes for the speaker"), tag("p", chapter.notes)) if chapter.notes else "",
    )  # fmt: skip


def _section(key: str, headline: str, footer: str, *parts: str) -> Html:
    """A section with its headline and its source."""
    title = tag("h2", *_signs_kept(headline), id=f"{key}-headline")
    made = tag("p", footer, class_="made")
    return tag("section", title, *parts, made, id=key, aria_labelledby=f"{key}-headline")


def _what_if(pack: Pack) -> Html:
    grid = pack.grid
    combinations = math.prod(len(axis.values) for axis in grid.axes)
    answers = (
        (_QUESTIONS[0][0], f"Each of the {combinations:,} combinations was simulated with {grid.paths:,} scenarios; "
                           "the number after ± is the standard error. Values between them are not interpolated."),
        (_QUESTIONS[1][0], "With the base case, with common random numbers: the error of a change is at most the "
                           "sum of the two errors, and usually far less."),
        (_QUESTIONS[2][0], "Other inputs: the section on what matters most shows their effects."),
    )  # fmt: skip
    footer = f"{pack.result.case.title} | {grid.paths:,} simulated scenarios a choice"
    return _section(
        KEY, f"{choice(grid)} to see the results", footer, picker(pack), _answers(answers),
    )  # fmt: skip


def _answers(answers: Sequence[tuple[str, str]]) -> Html:
    if not answers:
        return Html()
    rows = (tag("div", tag("dt", words), tag("dd", *_signs_kept(said))) for words, said in answers)
    return tag("dl", *rows, class_="answers")


def _signs_kept(sentence: str) -> list[str]:
    """The parts of a sentence, in which no line ends between a sign and its dollars."""
    parts = _SIGNED_DOLLARS.split(sentence)
    return [tag("span", part, class_="kept") if i % 2 else part for i, part in enumerate(parts)]


def _card(card: Card) -> Html:
    return tag("li", tag("strong", card.value), " ", tag("span", card.label), " ", tag("small", card.detail))


def _figure(chart: Chart) -> Html:
    """A chart for wide and for narrow screens, and its numbers; or a table.

    Pictures are data, not elements, so that no identifier or style of one is that of another.
    """
    if chart.table is not None:
        return table(chart.table, chart.title)
    wide, narrow = (_data(svg(chart, narrow=each)) for each in (False, True))
    return tag(
        "figure",
        tag("figcaption", chart.title),
        tag(
            "picture",
            tag("source", media="screen and (max-width: 42rem)", srcset=narrow),
            tag("img", src=wide, alt=chart.alt),
        ),
        tag("details", tag("summary", "The numbers of this chart"), numbers(chart)),
        id=f"figure-{chart.key}",
    )


def _data(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")


def _running_footer(footer: str) -> str:
    """A style that prints the source on every page; letters with a meaning in CSS are escaped."""
    words = "".join(
        letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}"
        for letter in isolated(footer[:160], [footer.partition(" | ")[0]])
    )
    return (
        '\n@page { @bottom-left { content: "' + words + '"; font: 7pt Arial, sans-serif; color: #555; width: 85%; } '
        '@bottom-right { content: counter(page) " / " counter(pages); font: 7pt Arial, sans-serif; color: #555; } }\n'
    )


def _asset(name: str) -> str:
    return files("sim").joinpath("board", "page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The name of a style or a script in a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
