"""Closes of consecutive sessions: which ones are missing, and whether a case uses closes around those."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sim import calendar
from sim.calendar.sessions import LAST_SESSION_YEAR
from sim.terms.case import Case
from sim.terms.price import LEAST_RETURNS
from sim.terms.problems import number_text
from sim.text.numbers import percent

_MOST_LISTED = 3  # gaps of a file
_FAR = 0.05  # of the opening price from the last close


class Gap(NamedTuple):
    """Sessions without a close: `row` is the number of the close after them, `before` the date of the one before."""

    row: int
    before: datetime.date
    first: datetime.date
    last: datetime.date

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"


def gaps_of(dates: Sequence[datetime.date]) -> list[Gap]:
    """The sessions that are missing between dates in order, oldest first.

    Parameters
    ----------
    dates : sequence of datetime.date
        Increasing. Days after 2100, for which no calendar is known, have no gaps.

    Examples
    --------
    >>> day = datetime.date
    >>> [str(gap) for gap in gaps_of([day(2002, 3, 28), day(2002, 4, 1), day(2002, 4, 4)])]
    ['2002-04-02 to 2002-04-03']
    """
    known = [day for day in dates if day.year <= LAST_SESSION_YEAR]
    if len(known) < 2:
        return []
    sessions = calendar.sessions(known[0], known[-1])
    found = []
    for number, (before, after) in enumerate(pairwise(known), 1):
        first, end = bisect_right(sessions, before), bisect_left(sessions, after)
        if end > first:
            found.append(Gap(number, before, sessions[first], sessions[end - 1]))
    return found


def closes_before(case: Case) -> list[tuple[datetime.date, float]]:
    """The closes with dates that a case gives of before its valuation date."""
    return [row for row in case.price.closes or () if isinstance(row, tuple) and row[0] < case.valuation_date]


def reach_of(case: Case) -> int:
    """How many sessions before the valuation date the windows of prices reach back to."""
    furthest = 0
    for _, purchase, dates in case.purchases:
        if not dates:
            continue
        own = len(calendar.sessions(case.valuation_date, dates[0]))
        legs = purchase.pricing.legs if purchase.pricing else ()
        reaches = [leg.window - (leg.timing == "through") for leg in legs if leg.timing != "after"]
        reaches.append((purchase.policy.trigger_sessions or 0) if purchase.policy else 0)
        furthest = max(furthest, 1 + max(reaches) - own)
    return furthest


def apart(case: Case) -> str:
    """A sentence where the opening price is far from the last close before the valuation date; else "".

    Nothing is said where no window reaches back and the closes end before the last session: the price has moved since.
    """
    values, initial = case.price.closes_before(case.valuation_date), case.price.initial
    if not values or abs(math.log(initial / values[-1])) <= math.log1p(_FAR):
        return ""
    dated, reach = closes_before(case), reach_of(case)
    if not reach and dated and gaps_of([dated[-1][0], case.valuation_date]):
        return ""
    mixed = "windows that reach back before the valuation date mix the two" if reach else "one of them may be wrong"
    return (
        f"price.initial = {number_text(initial)} takes the place of the last of price.closes, "
        f"{number_text(values[-1])}, and differs by more than {percent(_FAR)}: {mixed}."
    )


def closes_warnings(case: Case) -> Iterator[str]:
    """An opening price apart from the closes, and missing sessions among those that windows or the bootstrap use."""
    far = apart(case)
    if far:
        yield f"- {far}"
    rows, reach = closes_before(case), reach_of(case)
    if not rows:
        return
    last = rows[-1][0]
    late = gaps_of([last, case.valuation_date])
    if late and (reach or case.price.initial == rows[-1][1]):
        yield (
            f"- price.closes ends with {last}: the last session before the valuation date, {late[-1].last}, has no "
            "close."
        )
    if case.price.model == "bootstrap":
        used = [row[0] for row in case.price.closes or () if isinstance(row, tuple)]
        what = "the bootstrap takes a move over several sessions for that of one"
    else:
        used = [day for day, _ in rows[-reach:]] if reach else []
        what = "windows take the closes before for those of the sessions that are missing"
    found = gaps_of(used)
    listed = ", ".join(map(str, found[-_MOST_LISTED:]))
    more = f" and {len(found) - _MOST_LISTED} earlier gaps" if len(found) > _MOST_LISTED else ""
    if found:
        yield f"- price.closes lacks sessions: {listed}{more}. As it stands, {what}."


def is_sample(price: Any, closes: int) -> bool:
    """Whether so many closes are enough for the bootstrap of a price."""
    returns = closes - 1
    return returns >= LEAST_RETURNS and (price.block_days is None or price.block_days <= returns / 2)
