"""The pack as a workbook: every number with its error, a cap table and a what-if picker with formulas.

Numbers are stored in full and shown with the digits that their errors allow. Each formula is stored with its value,
for viewers that do not evaluate formulas. The same pack gives the same bytes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sim.board.workbook import (
    appendix,
    assumptions,
    cap_table,
    clauses,
    commitment,
    comparisons,
    cost,
    distributions,
    fan,
    outlook,
    price_models,
    quarters,
    sensitivity,
    summary,
    survival,
    told,
    what_if,
)
from sim.board.workbook.book import Book

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.board.story.chapter import Chapter

#: In the order of the slides; each omits what the pack does not have.
SHEETS = (
    told.cover, told.terms, summary.draw, fan.draw, quarters.draw, survival.draw, commitment.draw, told.lines,
    clauses.draw, cap_table.draw, cost.draw, distributions.draw, sensitivity.draw, price_models.draw,
    comparisons.variants, comparisons.stresses, sensitivity.targets, comparisons.policies, what_if.draw, outlook.draw,
    told.forecasts, outlook.record, assumptions.draw, told.limits, appendix.draw,
)  # fmt: skip


def write_workbook(pack: Pack, story: tuple[Chapter, ...], path: str | os.PathLike[str]) -> None:
    """Write the workbook of a pack to `path` (.xlsx), with the headlines of its slides. Raises OSError."""
    book = Book(pack, story, path)
    for sheet in SHEETS:
        sheet(book)
    book.close()
