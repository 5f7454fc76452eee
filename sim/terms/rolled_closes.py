"""The closes of a case that is carried forward: those of the actuals and, without a session missing, those before."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from sim import calendar
from sim.terms.actuals import Actuals
from sim.terms.case import Case
from sim.terms.consecutive import Gap, gaps_of, is_sample
from sim.terms.problems import Problem, number_text

KEPT_CLOSES = 260  # a year of sessions; no window of a price reaches further back
_FAR = 5.0  # factor between the price of a draw and the close, from which it is remarked
_NEAR_DAYS = 10  # from a draw to the close that it is compared with


class RolledCloses(NamedTuple):
    """Closes of a new case, the gap before which closes were left out, and how many were."""

    kept: list[Any]
    gap: Gap | None = None
    dropped: int = 0

    @property
    def words(self) -> str:
        """What was left out and why, or ""."""
        if not self.dropped:
            return ""
        many = "the close" if self.dropped == 1 else f"the {self.dropped:,} closes"
        if self.gap is None:
            return f"{many} of the case left out, as those of the actuals do not go on from there"
        return f"{many} up to {self.gap.before} left out, as {self.gap} {_has(self.gap)} no close"


def rolled_closes(case: Case, actuals: Actuals, to: datetime.date) -> RolledCloses:
    """The closes of consecutive sessions that end with the last of the actuals.

    The bootstrap keeps what its sample had before the actuals, gaps within it included.
    """
    price, before = case.price, list(case.price.closes or ())
    rows = known_closes(actuals, to)
    if not isinstance(rows[0], tuple) or (before and not isinstance(before[0], tuple)):
        return _undated(case, rows, to)
    older = [row for row in before if row[0] < rows[0][0]]
    every = [*older, *rows]
    bootstrap = price.model == "bootstrap"
    gaps = [gap for gap in gaps_of([row[0] for row in every]) if not bootstrap or gap.row >= len(older)]
    start = gaps[-1].row if gaps else 0
    kept = every[start:] if bootstrap else every[start:][-KEPT_CLOSES:]
    return RolledCloses(kept, gaps[-1] if gaps else None, start)


def _undated(case: Case, rows: tuple[Any, ...], to: datetime.date) -> RolledCloses:
    """Closes without dates are those of the last sessions before a valuation date."""
    before = list(case.price.closes or ())
    dated = isinstance(rows[0], tuple) or bool(before and isinstance(before[0], tuple))
    since = len(calendar.sessions(case.valuation_date, to - datetime.timedelta(days=1)))
    if dated or len(rows) < since:
        return RolledCloses(list(rows), None, len(before))
    every = [*before[: max(len(before) + since - len(rows), 0)], *rows]
    return RolledCloses(every if case.price.model == "bootstrap" else every[-KEPT_CLOSES:])


def known_closes(actuals: Actuals, to: datetime.date) -> tuple[Any, ...]:
    """The closes of the actuals from before a day."""
    return tuple(row for row in actuals.closes if not isinstance(row, tuple) or row[0] < to)


def closes_problems(case: Case, actuals: Actuals, to: datetime.date) -> Iterator[Problem]:
    """What keeps the closes of the actuals from being those of the new case."""
    closes = actuals.closes
    if isinstance(closes[0], tuple) and not any(case.valuation_date <= day < to for day, _ in closes):
        allowed = f"must have a date from the old valuation date, {case.valuation_date}, to the day before {to}"
        yield "closes", f"{closes[0][0]} to {closes[-1][0]}", allowed
        return
    made = rolled_closes(case, actuals, to)
    if case.price.model == "bootstrap" and made.dropped and not is_sample(case.price, len(made.kept)):
        first, last = closes[0], closes[-1]
        span = f"{first[0]} to {last[0]}" if isinstance(first, tuple) else f"{len(closes)} closes"
        if made.gap is None:
            yield "closes", span, 'must go on from the closes of the case, as model = "bootstrap" resamples them'
        else:
            yield "closes", span, f"must go on from {made.gap.before}; missing {made.gap}"


def roll_remarks(case: Case, actuals: Actuals, to: datetime.date) -> list[str]:
    """What is unusual about the day, the closes and the draws of actuals that can be used, one sentence each."""
    return [*_on_day(to), *_on_closes(case, actuals, to), *_on_draws(case, actuals, to)]


def _on_day(to: datetime.date) -> Iterator[str]:
    if to.day != 1:
        yield f"cash: not compared with what the case had said, as {to - calendar.ONE_DAY} is not the end of a month."


def _on_closes(case: Case, actuals: Actuals, to: datetime.date) -> Iterator[str]:
    made, rows = rolled_closes(case, actuals, to), known_closes(actuals, to)
    if made.words:
        yield f"closes: {made.words}."
    later = len(actuals.closes) - len(rows)
    if later:
        yield f"closes: {later:,} of {to} or later left out."
    late = gaps_of([rows[-1][0], to]) if isinstance(rows[-1], tuple) else []
    if late:
        yield (
            f"closes: the last is of {late[-1].before}, which is taken for today's price; that of {late[-1].last}, the "
            f"last session before {to}, is missing."
        )


def _on_draws(case: Case, actuals: Actuals, to: datetime.date) -> Iterator[str]:
    """Draws at a price far from the close of their day, or of the last one before it."""
    rows = [row for row in (*(case.price.closes or ()), *known_closes(actuals, to)) if isinstance(row, tuple)]
    rows.sort()
    for number, draw in enumerate(actuals.draws):
        place = bisect_right(rows, draw.date, key=lambda row: row[0])
        near = [row for row in rows[max(place - 1, 0) : place + 1] if abs((row[0] - draw.date).days) <= _NEAR_DAYS]
        if not near or draw.shares <= 0 or draw.amount <= 0.0:
            continue
        (day, close), paid = near[0], draw.amount / draw.shares
        if not 1.0 / _FAR <= paid / close <= _FAR:
            yield (
                f"draws[{number}]: {draw.amount:,.0f} dollars for {draw.shares:,} shares is ${paid:.4g} a share; the "
                f"close of {day} is ${number_text(close)}."
            )


def _has(gap: Gap) -> str:
    return "has" if gap.first == gap.last else "have"
