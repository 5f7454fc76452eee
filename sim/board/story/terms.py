"""Slide: the terms of the line on one page, from the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from sim.board.charts.data import Chart
from sim.board.story.chapter import Chapter
from sim.board.story.cover import left_words, paying_lines, size_words
from sim.board.story.parts import table
from sim.board.words import capitalised, listed, short_day, shortened
from sim.terms.clauses import stated_in
from sim.terms.description_line import BASES, price_words, purchases
from sim.terms.line import PurchaseTerms
from sim.terms.schema import keys
from sim.text.numbers import count, percent

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.terms import Case
    from sim.terms.line import Line

_MOST_LINES = 2  # side by side; of more, each has a row
_TOPICS = ("Who", "How much", "Term", "Price", "Limits", "Conditions", "Fees", "Draws")


def terms(pack: Pack) -> Chapter | None:
    """Who, how much, price, limits, conditions, fees and term of each line; nothing where there is none."""
    case = pack.result.case
    lines = paying_lines(case)
    if not lines:
        return None
    return Chapter(
        key="terms",
        headline=_headline(lines),
        charts=(_by_topic(case, lines) if len(lines) <= _MOST_LINES else _by_line(case, lines),),
        source="The terms as the case has them; fees and limits that are not named do not exist",
        notes="Conditions: on a purchase date on which one fails, and is not waived by the investor, there is no draw. "
        "Draws: when the company asks, and for how much; that is its own policy and no term of the agreement.",
    )


def _headline(lines: list[Line]) -> str:
    first = lines[0]
    if len(lines) > 1:
        return f"The terms of the {count(len(lines), 'line')} on one page"
    sold = "" if first.commitment is None else "shares for "
    most, left = size_words(first), _left(first)
    who = shortened(first.party, 60)
    return f"{who} {first.trade} {sold}up to {most}{left}{',' * bool(left)} by {short_day(first.end)}"


def _left(line: Line) -> str:
    """`, of which $15M is left`; nothing of a line that was not used."""
    left = left_words(line).partition(" left of ")[0]
    return f", of which {left} {'are' if line.commitment is None else 'is'} left" if left else ""


def _by_topic(case: Case, lines: list[Line]) -> Chart:
    """A row a topic and a column a line."""
    columns = [dict(_told(case, line)) for line in lines]
    rows = [
        (topic, *(column.get(topic) or "-" for column in columns))
        for topic in _TOPICS
        if any(column.get(topic) for column in columns)
    ]
    heads = ("", *(shortened(line.label, 40) for line in lines)) if len(lines) > 1 else ("", "")
    return table("terms", "Terms", heads, rows, tuple(range(len(heads))))


def _by_line(case: Case, lines: list[Line]) -> Chart:
    """A row a line; the topics that set them apart."""
    topics = ("Who", "How much", "Term", "Price", "Limits")
    rows = []
    for line in lines[:8]:
        told = dict(_told(case, line))
        rows.append((shortened(line.label, 30), *(told.get(topic) or "-" for topic in topics)))
    if len(lines) > len(rows):
        rows.append((f"and {len(lines) - len(rows)} more", *[""] * len(topics)))
    return table("terms", "Terms", ("line", *(topic.lower() for topic in topics)), rows, tuple(range(6)))


def _told(case: Case, line: Line) -> Iterator[tuple[str, str]]:
    """Every topic with what the documents say; "" where they say nothing."""
    kinds = line.kinds(case.policy)
    named = [(f"{kind.name}: " if line.purchases else "", kind) for kind in kinds]
    signed = f", signed on {short_day(line.signing)}" if line.signing else ""
    yield "Who", f"{line.party} {line.trade} the shares of {case.company.name}"
    stock = "registered" if line.registered else "restricted"
    yield "How much", f"up to {size_words(line)} of {stock} stock{_left(line)}"
    yield "Term", f"{short_day(line.start)} to {short_day(line.end)}{signed}"
    yield "Price", "; ".join(f"{name}{price_words(kind.pricing)}" for name, kind in named if kind.pricing is not None)
    own = [
        f"{name}{', '.join(words)}"
        for name, kind in named
        if (words := _stated(kind, "date", "limit", "shares", "size"))
    ]
    yield "Limits", "; ".join([*_line_limits(line, bool(line.purchases)), *(own if line.purchases else [])])
    yield "Conditions", _conditions(line) or "none"
    yield "Fees", "; ".join(each.words for each in stated_in(line, "", "cost"))
    yield "Draws", " ".join(map(_request, islice(purchases(case, line), len(kinds))))


def _request(words: str) -> str:
    """When and how much the company asks for, without the number of dates."""
    return re.sub(r" There (is|are) [^.]* purchase dates?\.", "", words).removeprefix("- ")


def _line_limits(line: Line, without_purchases: bool) -> list[str]:
    """The limits of a line, the price floors of its pricing and its coverage."""
    own = keys(PurchaseTerms) if without_purchases else ()
    floors = [each.words for each in stated_in(line, "", "price") if "floor" in each.key]
    return [*_stated(line, "date", "limit", "shares", "size", without=tuple(own)), *_coverage(line), *floors]


def _stated(terms: Line | PurchaseTerms, *kinds: str, without: tuple[str, ...] = ()) -> list[str]:
    found = stated_in(terms, "", *kinds)
    return [each.words for each in found if "." not in each.key and each.key not in without]


def _coverage(line: Line) -> Iterator[str]:
    if line.coverage is not None:
        shares = [percent(share / 100.0) for share in line.coverage.percent]
        by = f"at most {listed(shares)} of the {line.coverage.counted} {BASES[line.coverage.basis]}"
        yield by + ", by fiscal quarter" * (len(shares) > 1)


def _conditions(line: Line) -> str:
    """The names of the conditions, those of one day together."""
    days: dict[str, list[str]] = {}
    for condition in line.conditions:
        days.setdefault(f" (after {short_day(condition.after)})" if condition.after else "", []).append(condition.name)
    return capitalised("; ".join(f"{listed(names)}{when}" for when, names in days.items()))
