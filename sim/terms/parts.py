"""What the documents say and what may happen, as frozen objects: one class for each table of a case file.

Money in dollars, rates and volatilities a year, times in days unless the name says otherwise. The range of every key
stands in its field; rules between keys of one table stand in its `check_*` methods, those between tables in `case.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from sim.terms.problems import MISSING, Problem, number_text
from sim.terms.ranges import MOST_MONEY, Day, Flag, MonthDay, Number, Text, Whole
from sim.terms.schema import Rows, Table, Terms, Values, key, rules

MONEY = Number(least=0, most=MOST_MONEY)
POSITIVE_MONEY = Number(above=0, most=MOST_MONEY)
PROBABILITY = Number(least=0, most=1)
ANNUAL_RATE = Number(least=0, most=1e4)
VOLATILITY = Number(least=0, most=10)
PRICE_JUMP = Number(above=-1, most=100)
DAYS = Number(above=0, most=1e6)
NAME = Text()

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def terms(of: type[T]) -> type[T]:
    return dataclass(frozen=True, slots=True, kw_only=True)(of)


@terms
class Company(Terms):
    name: str = key(NAME)
    fiscal_year_end_month: int = key(Whole(1, 12))
    cash: float = key(MONEY)
    minimum_cash: float = key(MONEY, 0.0)
    shares_outstanding: int = key(Whole(1, int(MOST_MONEY), floats=True))
    shares_authorized: int = key(Whole(1, int(MOST_MONEY), floats=True))
    shares_reserved: int = key(Whole(0, int(MOST_MONEY), floats=True), 0)

    def check_headroom(self) -> Iterator[Problem]:
        taken = self.shares_outstanding + self.shares_reserved
        if taken > self.shares_authorized:
            yield (
                "shares_authorized",
                self.shares_authorized,
                f"must be at least {taken}, the outstanding and reserved shares",
            )


@terms
class Price(Terms):
    model: str = key(Text(("gbm",), noun="model"))
    initial: float = key(Number(least=1e-6, most=1e9))
    drift: float = key(Number(least=-10, most=10), 0.0)
    volatility: float = key(VOLATILITY)
    impact: str = key(Text(("none", "dilution")), "none")


@terms
class Step(Terms):
    """From `date` on, expected burn is multiplied by `factor`."""

    date: datetime.date = key(Day())
    factor: float = key(Number(least=0, most=1000))


@terms
class Burn(Terms):
    model: str = key(Text(("lognormal",), noun="model"))
    monthly: float = key(MONEY)
    growth: float = key(Number(least=-0.99, most=100), 0.0)
    volatility: float = key(VOLATILITY)
    persistence: float = key(Number(above=-1, below=1), 0.0)
    price_correlation: float = key(Number(least=-1, most=1), 0.0)
    steps: tuple[Step, ...] = key(Rows(Step), ())


@terms
class Pricing(Terms):
    """`multiplier` times the mean or lowest close of `window` trading days before or through the purchase date."""

    series: str = key(Text(("close",), noun="series"), "close")
    window: int = key(Whole(1, 250))
    timing: str = key(Text(("before", "through")), "before")
    statistic: str = key(Text(("mean", "lowest")), "mean")
    multiplier: float = key(Number(least=1e-6, most=2))
    floor: float | None = key(MONEY, None)


@terms
class Coverage(Terms):
    percent: tuple[float, ...] = key(Values(Number(least=0, most=1000), least_entries=1))
    basis: str = key(Text(("quarter", "to_date", "previous_quarter")), "quarter")
    carry_forward: bool = key(Flag(), False)


@terms
class Condition(Terms):
    """Applies to purchase dates after the day `after`, or to all of them where that is absent."""

    name: str = key(NAME)
    kind: str = key(Text(("milestone", "same_ceo", "no_adverse_change")))
    milestone: str = key(Text(empty=True), "")
    after: datetime.date | None = key(Day(), None)
    waiver_probability: float = key(PROBABILITY, 0.0)

    def check_milestone(self) -> Iterator[Problem]:
        if self.kind == "milestone" and not self.milestone:
            yield "milestone", self.milestone, 'must be the name of a milestone, as kind = "milestone" needs one'


@terms
class Line(Terms):
    investor: str = key(NAME)
    commitment: float = key(MONEY)
    start: datetime.date = key(Day())
    end: datetime.date = key(Day())
    period: str = key(Text(("fiscal_quarter",), noun="period"), "fiscal_quarter")
    max_per_period: float | None = key(MONEY, None)
    registered: bool = key(Flag(), False)
    legal_cost_per_draw: float = key(MONEY, 0.0)
    minimum_draw: float = key(MONEY, 0.0)
    pricing: Pricing = key(Table(Pricing))
    coverage: Coverage | None = key(Table(Coverage), None)
    conditions: tuple[Condition, ...] = key(Rows(Condition), ())

    def check_term(self) -> Iterator[Problem]:
        if self.end < self.start:
            yield "end", self.end, f"must be on or after line.start, {self.start}"


@terms
class Milestone(Terms):
    name: str = key(NAME)
    probability: float = key(PROBABILITY)
    median_days: float = key(DAYS)
    p90_days: float = key(DAYS)
    follows: str = key(Text(empty=True), "")
    price_jump: float = key(PRICE_JUMP, 0.0)

    def check_days(self) -> Iterator[Problem]:
        if self.p90_days <= self.median_days:
            yield "p90_days", self.p90_days, f"must be above median_days, {number_text(self.median_days)}"


@terms
class CeoChange(Terms):
    annual_rate: float = key(ANNUAL_RATE)
    price_jump: float = key(PRICE_JUMP, 0.0)


@terms
class AdverseChange(Terms):
    annual_rate: float = key(ANNUAL_RATE)
    duration_days: float = key(DAYS)


@terms
class Events(Terms):
    common_loading: float = key(PROBABILITY, 0.0)
    ceo_change: CeoChange | None = key(Table(CeoChange), None)
    adverse_change: AdverseChange | None = key(Table(AdverseChange), None)


@terms
class ThirdParty(Terms):
    annual_rate: float = key(ANNUAL_RATE)
    median_amount: float = key(POSITIVE_MONEY)
    log_sd: float = key(VOLATILITY)
    kind: str = key(Text(("equity", "debt")))
    discount: float = key(Number(least=0, below=1), 0.0)
    reduction_probability: float = key(PROBABILITY, 0.0)


@terms
class Sweep(Terms):
    prepay_above: float = key(MONEY)
    reborrow_below: float = key(MONEY)

    def check_order(self) -> Iterator[Problem]:
        if self.prepay_above < self.reborrow_below:
            yield (
                "prepay_above",
                self.prepay_above,
                f"must be at least reborrow_below, {number_text(self.reborrow_below)}",
            )


@terms
class Note(Terms):
    """`last_interest_date` is the day through which interest is paid; a case fills in its valuation date."""

    name: str = key(NAME)
    principal: float = key(MONEY)
    maturity: datetime.date = key(Day())
    extended_maturity: datetime.date | None = key(Day(), None)
    extension_probability: float = key(PROBABILITY, 0.0)
    base_rate: float = key(ANNUAL_RATE)
    margin: float = key(Number(least=-1, most=1e4), 0.0)
    rate_cap: float | None = key(ANNUAL_RATE, None)
    interest_date: str = key(MonthDay(), "")
    last_interest_date: datetime.date | None = key(Day(), None)
    sweep: Sweep | None = key(Table(Sweep), None)

    def check_rate(self) -> Iterator[Problem]:
        if self.base_rate + self.margin < 0:
            allowed = f"must be at least {number_text(-self.base_rate)}, so that no negative interest is owed"
            yield "margin", self.margin, allowed

    def check_extension(self) -> Iterator[Problem]:
        if self.extended_maturity is not None and self.extended_maturity <= self.maturity:
            yield "extended_maturity", self.extended_maturity, f"must be after maturity, {self.maturity}"

    def check_extension_probability(self) -> Iterator[Problem]:
        if self.extension_probability > 0 and self.extended_maturity is None:
            yield "extension_probability", self.extension_probability, "must be 0, as the note has no extended_maturity"


@terms
class Policy(Terms):
    """When and how much the company asks for; keys that the kind does not use are kept but play no part."""

    kind: str = key(Text(("maximum", "runway", "opportunistic", "schedule")), "maximum")
    cadence: str = key(Text(("quarter_end", "month_end", "weekly", "daily", "dates")), "quarter_end")
    dates: tuple[datetime.date, ...] = key(Values(Day()), ())
    target_months: float | None = key(Number(least=0, most=1200), None)
    price_trigger: float | None = key(Number(above=0, most=1e6), None)
    amounts: tuple[float, ...] = key(Values(MONEY), ())

    def check_needs(self) -> Iterator[Problem]:
        needed = {"runway": ["target_months"], "opportunistic": ["target_months", "price_trigger"]}
        for word in needed.get(self.kind, []):
            if getattr(self, word) is None:
                rule, _ = rules(Policy)[word]
                yield word, MISSING, f'must be {rule.allowed}, as kind = "{self.kind}" needs it'

    def check_dates(self) -> Iterator[Problem]:
        if self.cadence == "dates" and not self.dates:
            yield "dates", list(self.dates), 'must have at least one date, as cadence = "dates" needs them'
        for i in range(1, len(self.dates)):
            if self.dates[i] <= self.dates[i - 1]:
                yield f"dates[{i}]", self.dates[i], f"must be after the date before it, {self.dates[i - 1]}"


@terms
class Simulation(Terms):
    paths: int = key(Whole(1, 10**12), 100_000)
    seed: int = key(Whole(0, 2**64 - 1), 0)
