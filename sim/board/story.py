"""What a pack tells a board: a tuple of chapters, one message each, for the deck and the page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.chapter import Card, Chapter

if TYPE_CHECKING:
    from sim.analysis.pack import Pack

__all__ = ["Card", "Chapter", "story"]


def story(pack: Pack) -> tuple[Chapter, ...]:
    """The chapters that a pack has something to say on, in the order in which they are told."""
    return ()
