"""Sheet Commitment: the waterfall of the commitment, and the limits of the draws by quarter."""

from __future__ import annotations

import math
from collections import defaultdict

from sim.board.story.commitment import reason_words
from sim.board.words import value
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Cell, Number, exact, level
from sim.board.workbook.page import Page
from sim.results.summary import Summary
from sim.text.numbers import is_zero

_MOST_REASONS = 8
_DUST = 1e-9  # of the commitment: what rounding leaves where no scenario differs


def draw(book: Book) -> None:
    chapter = book.chapters.get("commitment")
    if chapter is None:
        return
    page = Page(book, "Commitment", chapter.headline, [46, *[11.5] * 10], one=len(book.result.periods) < 13)
    summary = book.result.summary()
    _waterfall(page, summary)
    _binding(page, summary)


def _waterfall(page: Page, summary: Summary) -> None:
    fall, uncertain = summary.waterfall, summary["raised"].mcse
    if not fall.commitment:
        return
    missing = [("reduction for third-party financing", fall.cut)]
    ranked = sorted(fall.unraised.items(), key=lambda item: -item[1])
    missing += [(f"not raised: {reason_words(reason)}", amount) for reason, amount in ranked]
    error = max(uncertain, _DUST * fall.commitment)
    small = [step for step in missing if is_zero(value("raised", step[1], error))]
    rest = ("not raised: other reasons", math.fsum(amount for _, amount in small))
    steps = [("raised", fall.raised), *(step for step in missing if step not in small)]
    steps += [rest] * (not is_zero(value("raised", rest[1], error)))
    paid = math.fsum(amount for _, amount in steps)
    first = page.row + 3
    last = first + len(steps) - 1
    rows: list[list[Cell]] = []
    for i, (words, amount) in enumerate(steps):
        share = level("cash_out", amount / paid, uncertain / paid)
        whole = f"=B{first + i}/B{last + 1}"
        shown = level("raised", amount, uncertain)
        rows.append([words, shown, share._replace(formula=whole) if share else None])
    form = exact(fall.commitment, "$", "M", 1e6).form
    all_of_it = Number(paid, form, f"=SUM(B{first}:B{last})"), Number(1.0, "0%", f"=SUM(C{first}:C{last})")
    columns = ["", "amount", "share"]
    page.table("Where the commitment goes, mean of the scenarios", columns, rows, total=["committed", *all_of_it])


def _binding(page: Page, summary: Summary) -> None:
    """The limits that fixed the amounts of the draws, as shares of the purchase dates before the cash-out."""
    by_period = summary.binding_by_period
    weight: defaultdict[str, float] = defaultdict(float)
    for shares in by_period:
        for reason, share in shares.items():
            weight[reason] += share
    ranked = sorted(weight, key=lambda reason: -weight[reason])
    if not ranked:
        page.words("No purchase date is before the cash-out, so no limit fixed the amount of a draw.")
        page.skip()
        return
    shown, rest = ranked[:_MOST_REASONS], ranked[_MOST_REASONS:]
    reasons = summary.tallies.reasons
    rows: list[list[Cell]] = []
    for i, (period, shares) in enumerate(zip(summary.periods, by_period, strict=True)):
        dates = round(
            sum(int(n) for n, reason in zip(summary.tallies.binding[i], reasons, strict=True) if reason in shares)
        )
        cells = [_share(shares.get(reason), dates) for reason in shown]
        other = [_share(sum(shares.get(reason, 0.0) for reason in rest) if shares else None, dates)] * bool(rest)
        rows.append([period.label, *cells, *other])
    names = [reason_words(reason) for reason in shown] + ["other reasons"] * bool(rest)
    page.table(
        "The limit that fixed the amount of the draw: shares of the purchase dates before the cash-out",
        ["Quarter", *names],
        rows,
        tall=3,
    )


def _share(share: float | None, dates: int) -> Number | None:
    if share is None:
        return None
    return level("cash_out", share, math.sqrt(max(share * (1.0 - share), 1.0 / dates) / dates))
