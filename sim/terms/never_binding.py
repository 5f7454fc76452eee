"""Warnings about clauses of a line that can never limit a draw, as another one is smaller or no date meets it."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from itertools import pairwise

from sim import calendar
from sim.terms.case import Case
from sim.terms.consistency import entries
from sim.terms.line import Line, Purchase, PurchaseTerms


def never_binding(case: Case, where: str, line: Line) -> Iterator[str]:
    """One line for each such clause."""
    dates = sorted({day for owner, _, days in case.purchases if owner is line for day in days})
    if not dates:
        return
    yield from _shares(case, where, line)
    yield from _dollars(where, line)
    yield from _dates(where, line, dates, case.horizon)
    yield from _prices_and_volumes(where, line)
    for _, purchase, days in (each for each in case.purchases if each[0] is line):
        yield from _cooldown(where, line, purchase, days)


def _shares(case: Case, where: str, line: Line) -> Iterator[str]:
    """Caps in shares, against what the charter, and what the line as a whole, leaves to issue."""
    company, used = case.company, line.used.shares if line.used else 0
    room = company.shares_authorized - company.shares_reserved - company.shares_outstanding
    whole = math.inf if line.max_shares is None else line.max_shares - used
    cap = line.exchange_cap
    if line.max_shares is not None and whole >= room:
        yield f"- {where}.max_shares = {line.max_shares:,} can never bind: the charter leaves {room:,} shares to issue."
    if cap is not None and cap.shares is not None and cap.shares - used >= min(room, whole):
        yield _never(f"{where}.exchange_cap.shares", f"{cap.shares:,}", min(room, whole))
    registered = sum(row.shares for row in line.registrations)
    if (
        line.registrations
        and registered - used >= min(room, whole)
        and all(row.effective for row in line.registrations)
    ):
        first = min(row.effective for row in line.registrations if row.effective)
        if first <= max(line.start, case.valuation_date):
            yield _never(f"{where}.registrations", f"{registered:,} shares", min(room, whole))
    for key, table in _tables(where, line):
        most = table.max_shares_per_draw
        if most is not None and most >= min(room, whole):
            yield _never(f"{key}.max_shares_per_draw", f"{most:,}", min(room, whole))


def _never(key: str, value: str, room: float) -> str:
    return f"- {key} = {value} can never bind: at most {room:,.0f} shares are left to issue."


def _dollars(where: str, line: Line) -> Iterator[str]:
    """Caps of a draw in dollars that are above what the commitment or the period allows."""
    left = math.inf if line.commitment is None else line.commitment - (line.used.amount if line.used else 0.0)
    period = math.inf if line.max_per_period is None else line.max_per_period
    for key, table in _tables(where, line):
        most = table.max_per_draw
        if most is not None and most > min(left, period):
            other = "the commitment that is left" if left <= period else f"{where}.max_per_period"
            yield f"- {key}.max_per_draw = {most:,.15g} can never bind: it is above {other}."


def _dates(where: str, line: Line, dates: list[datetime.date], horizon: datetime.date) -> Iterator[str]:
    for key, blackout in entries(f"{where}.blackouts", line.blackouts):
        if not any(blackout.from_ <= day <= blackout.to for day in dates):
            yield f"- {key} {blackout.words} can never bind: it holds no purchase date."
    for key, row in entries(f"{where}.registrations", line.registrations):
        if row.effective is not None and row.effective > dates[-1]:
            yield f"- {key}.effective = {row.effective} is after the last purchase date, {dates[-1]}: it has no effect."
    for number, stage in enumerate(line.fees.staged if line.fees else ()):
        if stage.date > horizon:
            yield f"- {where}.fees.staged[{number}].date = {stage.date} is after the horizon: it is not paid."


def _prices_and_volumes(where: str, line: Line) -> Iterator[str]:
    """Sessions below a floor that is not there, and a part of a volume that is more than all of it."""
    for key, table in _tables(where, line):
        pricing, during = table.pricing, table.volume_during
        if pricing is not None and pricing.below_floor != "skip" and not (pricing.floor or pricing.floor_of_close):
            yield f'- {key}.pricing.below_floor = "{pricing.below_floor}" has no effect: the price has no floor.'
        if during is not None and during.share > 1.0:
            yield (
                f"- {key}.volume_during.share = {during.share:g} is more than all that is traded: a share of 30% is "
                "written 0.3."
            )


def _cooldown(where: str, line: Line, purchase: Purchase, days: tuple[datetime.date, ...]) -> Iterator[str]:
    """A pause that is shorter than the time between purchase dates, where the line has one kind of purchase."""
    pause = purchase.cooldown_sessions
    if not pause or len(line.purchases) > 1 or len(days) < 2 or purchase.settlement_sessions:
        return
    if purchase.pricing is not None and purchase.pricing.timing == "after":
        return
    number = {day: n for n, day in enumerate(calendar.sessions(days[0], days[-1]))}
    if min(number[later] - number[day] for day, later in pairwise(days)) > pause:
        yield f"- {where}.cooldown_sessions = {pause} can never bind: purchase dates are further apart."


def _tables(where: str, line: Line) -> Iterator[tuple[str, PurchaseTerms]]:
    """The line, and its kinds of purchase, each with its key."""
    yield where, line
    yield from entries(f"{where}.purchases", line.purchases)
