"""The tables [[flows]], cash beside operations, and [notes.advance] of a case file: cash that comes or goes once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.terms.base import NAME, PROBABILITY, terms
from sim.terms.other_names import NameOf
from sim.terms.problems import MISSING, Problem
from sim.terms.ranges import MOST_MONEY, Day, Flag, Number
from sim.terms.schema import Terms, key
from sim.terms.variation import TWO_TENTHS, times

DELAY = Number(least=0, most=1e6, unit="days")
WHEN = "must be a date, unless milestone is the name of a milestone"


@terms
class Advance(Terms):
    """The principal of a note comes in on `date`, or `delay_days` after a milestone."""

    date: datetime.date | None = key(Day(), None, meaning="day on which the principal comes in")
    milestone: str = key(
        NameOf(empty=True, to="milestones"),
        "",
        meaning="name of the milestone after which it comes in, in the place of a date",
    )
    delay_days: float = key(DELAY, 0.0, meaning="time from the milestone to the day on which it comes in")

    def check_when(self) -> Iterator[Problem]:
        if self.date is None and not self.milestone:
            yield "date", MISSING, WHEN
        elif self.date is not None and self.milestone:
            yield "milestone", self.milestone, "must be empty, as date is given"
        elif self.delay_days and not self.milestone:
            yield "delay_days", self.delay_days, "must be 0, as no milestone is given"


@terms
class Flow(Terms):
    """Cash that comes in, or goes out if `amount` is negative: on a date, after a milestone, or every month."""

    name: str = key(NAME, meaning="name of the flow")
    amount: float = key(
        Number(least=-MOST_MONEY, most=MOST_MONEY, unit="$"),
        meaning="cash that comes in; negative goes out; of a monthly flow, each month",
        label="{name}: amount", vary=times(0.5, 1.5),  # budgets of equipment and grants are rarely kept to the half
    )  # fmt: skip
    date: datetime.date | None = key(Day(), None, meaning="day of the flow")
    milestone: str = key(
        NameOf(empty=True, to="milestones"),
        "",
        meaning="name of the milestone after which the flow falls due, in the place of a date",
    )
    delay_days: float = key(
        DELAY, 0.0,
        meaning="time from the milestone to the flow, which falls on the first day whose close is not before it",
    )  # fmt: skip
    monthly: bool = key(
        Flag(), False, meaning="whether the flow comes every month, evenly over its days, in the place of a date"
    )
    from_: datetime.date | None = key(
        Day(), None, meaning="a monthly flow counts in months that begin on or after this day; absent: from the first"
    )
    to: datetime.date | None = key(
        Day(), None, meaning="a monthly flow counts in months that begin on or before this day; absent: to the last"
    )
    growth: float = key(
        Number(least=-0.99, most=100, unit="1/year"), 0.0,
        meaning="growth of a monthly flow, from the valuation month on", label="{name}: growth",
    )  # fmt: skip
    probability: float = key(
        PROBABILITY, 1.0,
        meaning="probability that the flow happens at all, drawn once for each path",
        label="{name}: probability", vary=TWO_TENTHS, used=lambda flow: flow.probability < 1.0,
    )  # fmt: skip
    operations: bool = key(
        Flag(), False, meaning="whether it counts in the cash used in operations, and so in coverage"
    )

    def check_when(self) -> Iterator[Problem]:
        if self.date is None and not self.milestone and not self.monthly:
            yield "date", MISSING, WHEN + " or monthly = true"
        elif self.date is not None and self.milestone:
            yield "milestone", self.milestone, "must be empty, as date is given"
        elif self.monthly and (self.date is not None or self.milestone):
            other = "date" if self.date is not None else "milestone"
            yield "monthly", True, f"must be false, as {other} is given"
        elif self.delay_days and not self.milestone:
            yield "delay_days", self.delay_days, "must be 0, as no milestone is given"

    def check_months(self) -> Iterator[Problem]:
        first = getattr(self, "from")
        for word, value in (("from", first), ("to", self.to), ("growth", self.growth or None)):
            if value is not None and not self.monthly:
                yield word, value, "must be left out: only with monthly = true"
        if self.monthly and first is not None and self.to is not None and self.to < first:
            yield "to", self.to, f"must be on or after from, {first}"


setattr(Flow, "from", Flow.from_)  # the key's name is a word of Python
