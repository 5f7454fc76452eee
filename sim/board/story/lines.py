"""Slide: what each of several lines pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.story.capital import price_words
from sim.board.story.chapter import Chapter
from sim.board.story.commitment import reason_words
from sim.board.story.parts import table
from sim.board.words import brief, exactly, in_words, shortened

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.figures import LineFigures
    from sim.results.summary import Summary
    from sim.terms.line import Line

_MOST_LINES = 10
_WHY = "most is not raised because of"
_COLUMNS = ("line", "size", "raised", "shares issued", "price of a share", _WHY)


def lines(pack: Pack) -> Chapter | None:
    """A row for each line; nothing for a case with one."""
    case, summary = pack.result.case, pack.result.summary()
    if len(case.facilities) < 2:
        return None
    found = summary.lines[:_MOST_LINES]
    rows = [_row(summary, line, figures) for line, figures in zip(case.facilities, found, strict=False)]
    columns: tuple[str, ...] = _COLUMNS
    if all(row[-1] == "-" for row in rows):  # lines without a commitment in dollars leave no dollars unraised
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    first = max(found, key=lambda figures: figures.raised)
    more = f" The first {len(found)} of {len(case.facilities)} lines are shown." * (len(found) < len(case.facilities))
    return Chapter(
        key="lines",
        headline=f"{shortened(first.name, 40)} raises {in_words(_raised(summary, first.raised))} of the "
        f"{in_words(_raised(summary, summary['raised'].mean))} that all lines raise on average",
        charts=(table("lines", "Means over all scenarios, by line", columns, rows, (0, _COLUMNS.index(_WHY))),),
        sure=f"Means of {pack.result.paths:,} scenarios, up to the cash-out. Figures have no more digits than the "
        f"error of all lines together allows.{more}",
        compared=price_words(case),
        change="The lines share the cash, the shares outstanding and the authorised shares. On one date the lines draw "
        "in the order of the case file.",
        source="Size: what a line can still pay. Price: raised over shares issued, fee shares among them",
        notes="The reason why most is not raised is the one with the largest mean amount.",
    )


def _row(summary: Summary, line: Line, figures: LineFigures) -> tuple[str, ...]:
    fall, issued = figures.waterfall, summary["shares_issued"]
    if fall is None:
        size = f"{(line.max_shares or 0) - (line.used.shares if line.used else 0):,} shares"
    else:
        size = exactly(fall.commitment)
    missing = {} if fall is None else {"reduction": fall.cut, **fall.unraised}
    most = max(missing, key=missing.__getitem__, default="")
    reason = f"{reason_words(most)}, {_raised(summary, missing[most])}" if missing.get(most) else "-"
    price = f"${figures.raised / figures.shares_issued:,.2f}" if figures.shares_issued else "-"
    shares = brief("shares_issued", figures.shares_issued, issued.mcse)
    return shortened(figures.name, 40), size, _raised(summary, figures.raised), shares, price, reason


def _raised(summary: Summary, amount: float) -> str:
    return brief("raised", amount, summary["raised"].mcse)
