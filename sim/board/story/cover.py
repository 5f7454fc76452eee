"""Slide: whose money and which line the pack is about."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from sim.board.story.chapter import Chapter
from sim.board.words import capitalised, day, exactly, listed, shortened
from sim.terms.sources import changes
from sim.text.numbers import count

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.terms import Case
    from sim.terms.line import Line

WARNING = "The results are risk figures under stated assumptions, not forecasts."
_MOST_NAMED = 2  # lines; more are counted
IN_PYTHON = "python"  # the source of a case without a file


def cover(pack: Pack) -> Chapter:
    """Company, line, dates of the case, and whose assumptions they are."""
    case = pack.result.case
    return Chapter(
        key="cover",
        headline=f"{case.company.name}: how long the money lasts",
        points=(
            capitalised(line_words(case)),
            f"Date of the case: {day(case.valuation_date)}; simulated to {day(case.horizon)}",
            prepared_words(case),
            WARNING,
        ),
        notes=f"{case.title}.",
    )


def line_words(case: Case) -> str:
    """`equity line of $30M with Berg & Berg Enterprises, LLC`; how many lines, if there are several."""
    lines = paying_lines(case)
    if not lines:
        return "without an equity line"
    if len(lines) > _MOST_NAMED:
        kind = "line" if any(line.agent for line in lines) else "equity line"
        return f"{count(len(lines), kind)}, the first with {shortened(lines[0].party, 100)}"
    kinds = ["at-the-market programme" if line.agent else "equity line" for line in lines]
    return listed(
        [
            f"{kind} {of_size(line)} with {shortened(line.party, 140 // len(lines))}"
            for kind, line in zip(kinds, lines, strict=True)
        ]
    )


def paying_lines(case: Case) -> list[Line]:
    """The lines that can pay; a commitment of 0 turns a line off."""
    return [line for line in case.facilities if line.commitment != 0]


def size_words(line: Line) -> str:
    """The most that a line pays: `$30M`, `25,000,000 shares`."""
    return f"{line.max_shares or 0:,} shares" if line.commitment is None else exactly(line.commitment)


def left_words(line: Line) -> str:
    """What a line that was used can still pay: `$21M left of $30M`; nothing of a line that was not used."""
    used = line.used
    if used is None or not (used.shares if line.commitment is None else used.amount):
        return ""
    if line.commitment is None:
        return f"{(line.max_shares or 0) - used.shares:,} left of {size_words(line)}"
    return f"{exactly(line.commitment - used.amount)} left of {exactly(line.commitment)}"


def of_size(line: Line) -> str:
    """`of $30M`, or, where some of it was used, `($21M left of $30M)`."""
    left = left_words(line)
    return f"({left})" if left else f"of {size_words(line)}"


def committed_words(case: Case) -> str:
    """What all lines with a commitment in dollars can pay: `$30M committed`, `$21M left of $30M`."""
    lines = [line for line in case.facilities if line.commitment]
    full = sum(line.commitment or 0.0 for line in lines)
    left = full - sum(line.used.amount for line in lines if line.used is not None)
    return f"{exactly(full)} committed" if left == full else f"{exactly(left)} left of {exactly(full)}"


def prepared_words(case: Case) -> str:
    """Of which assumptions the pack was made."""
    file = shortened(PurePath(case.source).name, 60)
    of = f"the case file {file}" if case.source != IN_PYTHON else f"the case {shortened(case.title, 60)}"
    changed = changes(case)
    but = ", changed" if changed is None else f", with {count(len(changed), 'changed input')}" if changed else ""
    but = but if case.source != IN_PYTHON else ""
    return f"Prepared from assumptions of {of}{but}, as of {day(case.valuation_date)}"
