"""The board's story as one HTML file: nothing is loaded from anywhere, and it can be read, printed, heard and driven
with the keyboard. Every section has one message, what shows it, and the answers to a board's first three questions.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sim.board.charts.data import Chart
from sim.board.charts.svg import NARROW, WIDE, drawing
from sim.board.page.html_tables import numbers, table
from sim.board.page.markup import Html, tag
from sim.board.page.picker import HEADLINE, KEY, picker
from sim.board.story.chapter import Card, Chapter
from sim.board.story.words import day

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result

__all__ = ["page_text", "source_of", "write_page"]

_QUESTIONS = (("How sure are we?", "sure"), ("Compared with what?", "compared"), ("What would change it?", "change"))
#: Of the table of contents.
_NAMES = {
    "answer": "The answer", "cash": "Cash over time", "cash_out": "Out of cash, by quarter",
    "commitment": "What the line pays",
    "clauses": "What clauses cost", "capital": "Cost of the capital", "sensitivity": "What matters most",
    "scenarios": "Scenarios", "policies": "When to draw", "stress": "Targets and stress", KEY: "What if?",
    "outlook": "The next twelve months", "record": "What really happened", "assumptions": "Assumptions",
    "limits": "Limits and manifest",
}  # fmt: skip
_WARNING = "Simulated futures are risk figures under stated assumptions, not forecasts."
_NOTHING_ELSE = "default-src 'none'; base-uri 'none'; form-action 'none'"
#: The picker stands before the first of these.
_AFTER_PICKER = ("outlook", "record", "assumptions", "limits")


def write_page(pack: Pack, story: tuple[Chapter, ...], path: str | os.PathLike[str]) -> None:
    """Writes the page of a story to `path` (.html, UTF-8)."""
    Path(path).write_text(page_text(pack, story), encoding="utf-8", newline="\n")


def page_text(pack: Pack, story: tuple[Chapter, ...]) -> str:
    """The whole page. The same pack and story give the same text."""
    result = pack.result
    case, footer = result.case, source_of(result)
    sections = [(chapter.key, _chapter(chapter, footer)) for chapter in story]
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
        tag("footer", tag("p", footer), tag("p", _WARNING)),
        tag("script", Html(script)),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def source_of(result: Result) -> str:
    """Case, futures, seed and version, below every section and in every figure."""
    run = result.run
    made = f"{result.paths:,} simulated futures, seed {run.seed}, {run.sampler}"
    return _source(result, made + ", antithetic pairs" * run.antithetic)


def _source(result: Result, made: str) -> str:
    return f"{result.case.title} | {made}, fundrisk {result.manifest['versions']['fundrisk']}"


def _chapter(chapter: Chapter, footer: str) -> Html:
    cards = tag("ul", *(_card(card) for card in chapter.cards), class_="cards") if chapter.cards else Html()
    points = tag("ul", *(tag("li", point) for point in chapter.points), class_="points") if chapter.points else Html()
    answers = [(words, getattr(chapter, name)) for words, name in _QUESTIONS]
    return _section(
        chapter.key, chapter.headline, footer,
        cards, *(_figure(chart, footer) for chart in chapter.charts), points,
        _answers([(words, said) for words, said in answers if said]),
        tag("p", f"{chapter.source.rstrip('.')}.", class_="source") if chapter.source else "",
        tag("details", tag("summary", "To add when presenting it"), tag("p", chapter.notes)) if chapter.notes else "",
    )  # fmt: skip


def _section(key: str, headline: str, footer: str, *parts: str) -> Html:
    """One message: its headline, what shows it, and where it comes from."""
    return tag("section", tag("h2", headline, id=f"{key}-headline"), *parts, tag("p", footer, class_="made"),
               id=key, aria_labelledby=f"{key}-headline")  # fmt: skip


def _what_if(pack: Pack) -> Html:
    grid = pack.grid
    combinations = 1
    for axis in grid.axes:
        combinations *= len(axis.values)
    answers = (
        (_QUESTIONS[0][0], f"Each of the {combinations:,} combinations was simulated with {grid.paths:,} futures; "
                           "the number after ± is its standard error. Nothing between them is guessed."),
        (_QUESTIONS[1][0], "With the case as it is, under the same luck: the error of a change is at most the two "
                           "errors together, as a rule far less."),
        (_QUESTIONS[2][0], "Other inputs: see what matters most. Any of them with --set KEY=VALUE."),
    )  # fmt: skip
    footer = _source(pack.result, f"{grid.paths:,} simulated futures a choice, seed {grid.seed}, philox")
    return _section(
        KEY, HEADLINE, footer, picker(pack), _answers(answers),
    )  # fmt: skip


def _answers(answers: Sequence[tuple[str, str]]) -> Html:
    return tag("dl", *(tag("div", tag("dt", words), tag("dd", said)) for words, said in answers), class_="answers")


def _card(card: Card) -> Html:
    return tag("li", tag("strong", card.value), " ", tag("span", card.label), " ", tag("small", card.detail))


def _figure(chart: Chart, footer: str) -> Html:
    """A chart for wide and for narrow pages, with its numbers behind it; or a table."""
    if chart.table is not None:
        return table(chart.table, chart.title)
    return tag(
        "figure",
        tag("figcaption", chart.title),
        drawing(chart, footer, WIDE),
        drawing(chart, footer, NARROW),
        tag("details", tag("summary", "The numbers behind it"), numbers(chart)),
        id=f"figure-{chart.key}",
    )


def _running_footer(footer: str) -> str:
    """Case, seed, futures and version on every printed page: a text in a style, every letter of it written as a number
    where it could mean anything else."""
    words = "".join(
        letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}" for letter in footer[:160]
    )
    return (
        '\n@page { @bottom-left { content: "' + words + '"; font: 7pt Arial, sans-serif; color: #555; width: 85%; } '
        '@bottom-right { content: counter(page) " / " counter(pages); font: 7pt Arial, sans-serif; color: #555; } }\n'
    )


def _asset(name: str) -> str:
    return files("sim").joinpath("board", "page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy names a style or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
