"""The table [policy] of a case file, of a line or of a kind of purchase: when and how much the company requests."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.terms.base import MONEY, terms
from sim.terms.problems import MISSING, Problem
from sim.terms.ranges import Day, Number, Text, Whole
from sim.terms.schema import Terms, Values, key, keys

_MONTHS = Number(least=0, most=1200, unit="months")


@terms
class Policy(Terms):
    """When and how much the company requests; keys that the kind does not use are kept but have no effect."""

    kind: str = key(
        Text(("maximum", "runway", "opportunistic", "schedule")), "maximum",
        meaning="what the company requests: the maximum; what it lacks for target_months of burn; the same, but the "
        "maximum at a close of price_trigger or more; the listed amounts",
    )  # fmt: skip
    cadence: str = key(
        Text(("quarter_end", "month_end", "weekly", "daily", "dates")), "quarter_end",
        meaning="purchase dates: the last session of each fiscal quarter, month or week, every session, listed dates",
    )  # fmt: skip
    dates: tuple[datetime.date, ...] = key(
        Values(Day()), (), meaning="listed purchase dates, sessions in rising order; where given, cadence has no effect"
    )
    target_months: float | None = key(
        _MONTHS, None, meaning='months of expected burn to have in cash, for "runway" and "opportunistic"'
    )
    price_trigger: float | None = key(
        Number(above=0, most=1e6, unit="1"), None,
        meaning='close at or above which "opportunistic" requests the maximum, times what trigger_over names',
    )  # fmt: skip
    trigger_over: str = key(
        Text(("initial", "average")), "initial", brief=True,
        meaning='what the trigger is a multiple of: "initial": price.initial; "average": the mean close of '
        "trigger_sessions before the purchase date",
    )  # fmt: skip
    trigger_sessions: int | None = key(
        Whole(1, 250, unit="sessions"), None, meaning='number of sessions for trigger_over = "average"'
    )
    reserve_price: float | None = key(
        MONEY, None, unit="$/share",
        meaning="nothing is requested at a close below this, unless cash covers less than need_months",
    )  # fmt: skip
    need_months: float | None = key(
        _MONTHS, None, meaning="months of expected burn in cash below which reserve_price does not count"
    )
    price_tilt: float | None = key(
        Number(least=-1200, most=1200, unit="months"), None,
        meaning='for "runway": months added to target_months for each unit of the log of the close over price.initial',
    )  # fmt: skip
    cover_months_high: float | None = key(
        _MONTHS, None, meaning="the most months of expected burn that target_months and price_tilt ask for together"
    )
    amounts: tuple[float, ...] = key(
        Values(MONEY), (), meaning='what "schedule" requests, one amount for each purchase date'
    )

    def check_needs(self) -> Iterator[Problem]:
        needed = {"runway": ["target_months"], "opportunistic": ["target_months", "price_trigger"]}
        for word in needed.get(self.kind, []):
            if getattr(self, word) is None:
                allowed = keys(Policy)[word].rule.allowed
                yield word, MISSING, f'must be {allowed}, as kind = "{self.kind}" needs it'

    def check_trigger(self) -> Iterator[Problem]:
        if self.trigger_over == "average" and self.trigger_sessions is None:
            allowed = keys(Policy)["trigger_sessions"].rule.allowed
            yield "trigger_sessions", MISSING, f'must be {allowed}, as trigger_over = "average" needs it'

    def check_dates(self) -> Iterator[Problem]:
        if self.cadence == "dates" and not self.dates:
            yield "dates", list(self.dates), 'must have at least one date, as cadence = "dates" needs them'
        for i in range(1, len(self.dates)):
            if self.dates[i] <= self.dates[i - 1]:
                yield f"dates[{i}]", self.dates[i], f"must be after the date before it, {self.dates[i - 1]}"
