"""What a pack tells a board: a tuple of chapters, one message each, for the deck and the page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.story import ahead, answer, ground, line, what_if
from sim.board.story.chapter import Card, Chapter

if TYPE_CHECKING:
    from sim.analysis.pack import Pack

__all__ = ["CHAPTERS", "Card", "Chapter", "story"]

#: In the order in which they are told.
CHAPTERS = (
    answer.answer,
    answer.cash,
    answer.cash_out,
    line.commitment,
    line.clauses,
    line.capital,
    what_if.sensitivity,
    what_if.scenarios,
    what_if.policies,
    what_if.stress,
    ahead.outlook,
    ahead.record,
    ground.assumptions,
    ground.limits,
)


def story(pack: Pack) -> tuple[Chapter, ...]:
    """The chapters that a pack has something to say on, in the order in which they are told."""
    return tuple(chapter for tell in CHAPTERS if (chapter := tell(pack)) is not None)
