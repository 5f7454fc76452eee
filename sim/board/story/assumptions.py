"""Slide: the inputs that matter most, with their sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sim.board.story.chapter import Chapter
from sim.board.story.cover import committed_words, left_words, paying_lines, size_words
from sim.board.story.parts import setting, span, swing_measure, table
from sim.board.words import brief, capitalised, input_name, listed, shortened
from sim.terms.derived import facilities
from sim.terms.sources import comment_on, sources

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.terms import Case

_FIXED, _MOST_ROWS, _MOST_SOURCE = 3, 13, 170


def assumptions(pack: Pack) -> Chapter:
    """Opening figures, then the inputs in the order of their effect, each with what the case file says beside it."""
    case = pack.result.case
    said, legend = sources(case)
    rows = _rows(pack, said)
    assumed = sum("ASSUMPTION" in source for _, _, source in rows)
    without = "see the case file" if said else "no source given"
    shown = [(what, figure, shortened(_spelt(source), _MOST_SOURCE) or without) for what, figure, source in rows]
    cited = " ".join(source for _, _, source in shown)
    return Chapter(
        key="assumptions",
        headline=f"Of the {len(rows)} inputs shown, {assumed} are marked as assumptions in the case file"
        if assumed
        else "The inputs that matter most, and their sources",
        charts=(table("assumptions", "Assumptions", ("input", "value (range)", "source"), shown, (0, 1, 2)),),
        sure=f"The first {_FIXED} rows are always shown; the others are in the order of their effect. In parentheses "
        "are the low and the high value of the sensitivity analysis.",
        compared="The third column gives the source of each value in the case file. The workbook lists every key.",
        change="Better sources for the first inputs of the list change the answer most; the slide on what matters most "
        "says by how much.",
        source="; ".join(f"[{tag}] {words}" for tag, words in legend.items() if f"[{tag}]" in cited)
        or f"Case: {shortened(case.source, 80)}",
        notes="The effect is that on the mean runway, or on the capital raised where no input changes the runway.",
    )


def _spelt(source: str) -> str:
    """A comment with `ASSUMPTION` as an ordinary word, which begins a sentence or stands in one."""
    return re.sub(r"(^|[.\]] )ASSUMPTION", r"\1Assumption", source).replace("ASSUMPTION", "assumption")


def _size(case: Case, said: dict[str, str]) -> tuple[str, str, str]:
    """What the lines can pay: those with a commitment together, those in shares alone one by one; and the sources."""
    in_shares = [left_words(line) or size_words(line) for line in paying_lines(case) if line.commitment is None]
    dollars = [committed_words(case).removesuffix(" committed")] * (case.commitment > 0.0 or not in_shares)
    keys = [f"{key}.{'max_shares' if line.commitment is None else 'commitment'}" for key, line in facilities(case)]
    sources = dict.fromkeys(said[key] for key in keys if key in said)
    return "Size of the lines" if in_shares else "Commitment", listed([*dollars, *in_shares]), "; ".join(sources)


def _rows(pack: Pack, said: dict[str, str]) -> list[tuple[str, str, str]]:
    case = pack.result.case
    rows = [
        ("Opening cash", brief("raised", case.company.cash, 0.0), said.get("company.cash", "")),
        ("Shares outstanding", f"{case.company.shares_outstanding:,}", said.get("company.shares_outstanding", "")),
        _size(case, said),
    ]
    swings = pack.sensitivity.ordered(swing_measure(pack.sensitivity)) if pack.sensitivity else ()
    varied = [swing for swing in swings if swing.key != "company.cash"]
    opening = next((swing for swing in swings if swing.key == "company.cash"), None)
    if opening is not None:
        what, figure, source = rows[0]
        rows[0] = (what, f"{figure} ({span(opening.low, opening.high, opening.unit)})", source)
    for swing in varied[: _MOST_ROWS - len(rows)]:
        ends = f"{setting(swing.base, swing.unit)} ({span(swing.low, swing.high, swing.unit)})"
        name = input_name(swing.label, 44 if ": " in swing.label else 54)
        rows.append((capitalised(name), ends, comment_on(said, swing.key)))
    return rows
