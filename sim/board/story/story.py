"""The slides of a board pack, in order. Deck and page show them all; the workbook takes their headlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.story.answer import answer
from sim.board.story.appendix import appendix
from sim.board.story.ask import ask
from sim.board.story.assumptions import assumptions
from sim.board.story.cap_table import cap_table
from sim.board.story.capital import capital
from sim.board.story.cash import cash
from sim.board.story.cash_out import cash_out
from sim.board.story.chapter import Card, Chapter
from sim.board.story.clauses import clauses
from sim.board.story.commitment import commitment
from sim.board.story.cover import cover
from sim.board.story.forecasts import forecasts
from sim.board.story.limits import limits
from sim.board.story.lines import lines
from sim.board.story.liquidity import liquidity
from sim.board.story.outlook import outlook
from sim.board.story.policies import policies
from sim.board.story.price_models import price_models
from sim.board.story.record import record
from sim.board.story.scenarios import scenarios
from sim.board.story.sensitivity import sensitivity
from sim.board.story.targets import stress
from sim.board.story.terms import terms
from sim.board.story.variants import variants
from sim.board.story.warning import warning

if TYPE_CHECKING:
    from sim.analysis.pack import Pack

__all__ = ["CHAPTERS", "Card", "Chapter", "story"]

#: In the order in which a board reads them.
CHAPTERS = (
    cover, ask, terms, answer, cash, cash_out, liquidity, commitment, lines, clauses, cap_table, capital, sensitivity,
    price_models, variants, scenarios, stress, policies, outlook, warning, forecasts, record, assumptions, limits,
    appendix,
)  # fmt: skip


def story(pack: Pack) -> tuple[Chapter, ...]:
    """The slides that a pack has numbers for."""
    return tuple(chapter for tell in CHAPTERS if (chapter := tell(pack)) is not None)
