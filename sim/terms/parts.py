"""The tables [company], [burn], [line], [policy] and [simulation] of a case file, as frozen objects.

Money is in dollars, rates and volatilities are a year, times are in days unless the name says otherwise. Each field has
the rule of its key and all that other modules derive from it: see `sim.terms.schema.key`. Rules between keys of one
table are its `check_*` methods; rules between tables are in `case.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from sim.terms.base import (
    LOG_SD,
    MONEY,
    NAME,
    PROBABILITY,
    SHARES,
    terms,
)
from sim.terms.problems import MISSING, Problem
from sim.terms.ranges import MOST_MONEY, Day, Flag, Number, Text, Whole
from sim.terms.schema import Clause, Rows, Table, Terms, Values, key, keys
from sim.terms.variation import HALF_TO_TWICE, step_doubled, times, within


@terms
class Company(Terms):
    name: str = key(NAME, meaning="name of the company")
    fiscal_year_end_month: int = key(Whole(1, 12), meaning="month in which the fiscal year ends, 1 to 12")
    cash: float = key(MONEY, meaning="cash at the opening of the valuation date", label="opening cash")
    minimum_cash: float = key(
        MONEY, 0.0, meaning="the company is out of cash when it has less than this", label="minimum cash"
    )
    shares_outstanding: int = key(SHARES, meaning="shares outstanding at the opening")
    shares_authorized: int = key(
        SHARES,
        meaning="shares that the charter authorises; draws cannot issue more",
        clause=Clause("authorized shares", "the charter authorises {} shares", int(MOST_MONEY), kind="charter"),
    )
    shares_reserved: int = key(
        Whole(0, int(MOST_MONEY), floats=True, unit="shares"), 0,
        meaning="authorised shares that are reserved, such as for options and warrants",
    )  # fmt: skip

    def check_headroom(self) -> Iterator[Problem]:
        taken = self.shares_outstanding + self.shares_reserved
        if taken > self.shares_authorized:
            allowed = f"must be at least {taken}, the outstanding and reserved shares"
            yield "shares_authorized", self.shares_authorized, allowed


@terms
class Step(Terms):
    """From `date` on, expected burn is multiplied by `factor`."""

    date: datetime.date = key(Day(), meaning="first day of the step; it applies to months that begin on or after it")
    factor: float = key(
        Number(least=0, most=1000, unit="1"),
        meaning="factor of the expected burn from then on",
        label="step of the burn on {date}",
        vary=step_doubled,  # a restructuring may save nothing, or twice what was promised
    )


@terms
class Burn(Terms):
    model: str = key(Text(("lognormal",), noun="model"), meaning='"lognormal": months vary around an expected level')
    monthly: float = key(
        MONEY,
        meaning="mean cash used in operations",
        unit="$/month",
        label="monthly burn",
        vary=times(0.8, 1.2),  # a budget is often missed by a fifth where revenue is small
    )
    growth: float = key(
        Number(least=-0.99, most=100, unit="1/year"), 0.0,
        meaning="growth of the expected burn", label="growth of the burn", vary=within(0.1, -0.99),
    )  # fmt: skip
    volatility: float = key(
        LOG_SD,
        meaning="standard deviation of the log of one month's burn",
        label="volatility of the burn",
        vary=HALF_TO_TWICE,
    )
    persistence: float = key(
        Number(above=-1, below=1, unit="1"), 0.0,
        meaning="correlation of the log of one month's burn with that of the next month",
        label="persistence of the burn", vary=within(0.3, -0.95, 0.95), used=lambda burn: burn.volatility > 0,
    )  # fmt: skip
    price_correlation: float = key(
        Number(least=-1, most=1, unit="1"), 0.0,
        meaning="correlation of a month's burn with the stock price's move in that month",
        label="correlation of burn and price", vary=within(0.3, -1.0, 1.0), used=lambda burn: burn.volatility > 0,
    )  # fmt: skip
    steps: tuple[Step, ...] = key(Rows(Step), (), meaning="changes of the expected burn, such as restructurings")


SERIES = Text(("close", "vwap", "low"))
WINDOW = Whole(1, 250, unit="sessions")
STATISTIC = Text(("mean", "lowest", "mean_of_lowest"))
TIMING = Text(("before", "through"))


@terms
class Leg(Terms):
    """A statistic of the prices of `window` sessions before or through the purchase date."""

    series: str = key(
        SERIES, "close", meaning="the prices that the window takes: closes, VWAPs or lows of its sessions"
    )
    window: int = key(WINDOW, meaning="length of the window")
    timing: str = key(
        TIMING, "before",
        meaning='"before": the window ends on the session before the purchase date; "through": on the date itself',
    )  # fmt: skip
    statistic: str = key(STATISTIC, "mean", meaning="the statistic of the prices in the window")
    count: int | None = key(
        Whole(1, 250), None, meaning='"mean_of_lowest": the number of lowest prices that are averaged'
    )
    multiplier: float = key(
        Number(least=1e-6, most=2, unit="1"), 1.0, meaning="factor of the statistic, before that of line.pricing"
    )

    def check_count(self) -> Iterator[Problem]:
        yield from count_problems(self)


def count_problems(leg: Any) -> Iterator[Problem]:
    """`count` goes with "mean_of_lowest", and is at most the window."""
    counted = leg.statistic == "mean_of_lowest"
    if counted and leg.count is None:
        yield "count", MISSING, 'must be a whole number from 1 to the window, as statistic = "mean_of_lowest" needs it'
    elif not counted and leg.count is not None:
        yield "count", leg.count, 'must be left out: only with statistic = "mean_of_lowest"'
    elif counted and leg.count > leg.window:
        yield "count", leg.count, f"must be at most the window, {leg.window}"


@terms
class Pricing(Terms):
    """`multiplier` times the least of its own statistic and those of `lesser_of`."""

    series: str = key(
        SERIES, "close", meaning="the prices that the window takes: closes, VWAPs or lows of its sessions"
    )
    window: int = key(WINDOW, meaning="length of the window")
    timing: str = key(
        TIMING, "before",
        meaning='"before": the window ends on the session before the purchase date; "through": on the date itself',
    )  # fmt: skip
    statistic: str = key(STATISTIC, "mean", meaning="the statistic of the prices in the window that sets the price")
    count: int | None = key(
        Whole(1, 250), None, meaning='"mean_of_lowest": the number of lowest prices that are averaged'
    )
    multiplier: float = key(
        Number(least=1e-6, most=2, unit="1"),
        meaning="purchase price as a fraction of the statistic; 0.85 is a discount of 15%",
        clause=Clause(
            "discount", "shares are sold at {} of the price of the window", 1.0, kind="price", binds=lambda x: x < 1
        ),
    )
    floor: float | None = key(
        MONEY, None,
        meaning="no draw while the purchase price is below this", unit="$/share",
        clause=Clause("floor price", "no draw at a purchase price below {}", kind="price"),
    )  # fmt: skip
    lesser_of: tuple[Leg, ...] | None = key(
        Rows(Leg), None, meaning="other statistics of prices; the least of all sets the price"
    )

    def check_count(self) -> Iterator[Problem]:
        yield from count_problems(self)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The statistics of which the least sets the price, its own first."""
        own = {name: getattr(self, name) for name in ("series", "window", "timing", "statistic", "count")}
        return (Leg(**own), *(self.lesser_of or ()))


@terms
class Coverage(Terms):
    percent: tuple[float, ...] = key(
        Values(Number(least=0, most=1000, unit="%"), least_entries=1),
        meaning="draws of a fiscal quarter at most this share of the cash used; one entry per quarter from line.start, "
        "the last one goes on",
    )
    basis: str = key(
        Text(("quarter", "to_date", "previous_quarter")), "quarter",
        meaning="whose cash used in operations counts: the whole fiscal quarter, its days through the purchase date, "
        "or the quarter before",
    )  # fmt: skip
    carry_forward: bool = key(Flag(), False, meaning="whether coverage that earlier quarters left unused is added")

    @property
    def shares(self) -> str:
        """100, 100, 75, 50."""
        return ", ".join(f"{each:g}" for each in self.percent)


@terms
class Condition(Terms):
    """Applies to purchase dates after the day `after`, or to all of them where that is absent."""

    name: str = key(NAME, meaning="name of the condition")
    kind: str = key(
        Text(("milestone", "same_ceo", "no_adverse_change")),
        meaning="what must hold: a milestone is reached, the chief executive is the same, no adverse change",
    )
    milestone: str = key(Text(empty=True), "", meaning='name of the milestone, for kind = "milestone"')
    after: datetime.date | None = key(Day(), None, meaning="applies to purchase dates after this day; absent: to all")
    waiver_probability: float = key(PROBABILITY, 0.0, meaning="probability that the investor waives it, on all dates")

    def check_milestone(self) -> Iterator[Problem]:
        if self.kind == "milestone" and not self.milestone:
            yield "milestone", self.milestone, 'must be the name of a milestone, as kind = "milestone" needs one'


@terms
class Line(Terms):
    investor: str = key(NAME, meaning="name of the investor")
    commitment: float = key(MONEY, meaning="the most that all draws together can be; 0 turns the line off")
    start: datetime.date = key(Day(), meaning="first day of the term")
    end: datetime.date = key(Day(), meaning="last day of the term")
    period: str = key(
        Text(("fiscal_quarter",), noun="period"), "fiscal_quarter", meaning="the period of max_per_period and coverage"
    )
    max_per_period: float | None = key(
        MONEY, None,
        meaning="the most that the draws of one fiscal quarter can be",
        clause=Clause("period cap", "at most {} per fiscal quarter"),
    )  # fmt: skip
    max_per_draw: float | None = key(
        MONEY, None,
        meaning="the most that one draw can be",
        clause=Clause("draw cap", "at most {} per draw"),
    )  # fmt: skip
    registered: bool = key(Flag(), False, meaning="whether the shares are registered for resale")
    legal_cost_per_draw: float = key(
        MONEY, 0.0,
        meaning="legal fees that the company pays for each draw",
        clause=Clause("legal fees", "the company pays {} of legal fees for each draw", 0.0, kind="cost"),
        label="legal fees of a draw", vary=HALF_TO_TWICE,
    )  # fmt: skip
    minimum_draw: float = key(
        MONEY, 0.0,
        meaning="a smaller draw is not made",
        clause=Clause("minimum draw", "no draw below {}", 0.0, kind="size"),
    )  # fmt: skip
    pricing: Pricing = key(Table(Pricing), meaning="how the purchase price is found")
    coverage: Coverage | None = key(
        Table(Coverage), None,
        meaning="limit of a quarter's draws by the cash used in operations",
        clause=Clause(
            "coverage", "draws at most {}% of the cash used in operations", kind="coverage", shown=lambda x: x.shares
        ),
    )  # fmt: skip
    conditions: tuple[Condition, ...] = key(Rows(Condition), (), meaning="conditions of a draw, in the line's order")

    def check_term(self) -> Iterator[Problem]:
        if self.end < self.start:
            yield "end", self.end, f"must be on or after line.start, {self.start}"


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
        Number(least=0, most=1200, unit="months"), None,
        meaning='months of expected burn to have in cash, for "runway" and "opportunistic"',
    )  # fmt: skip
    price_trigger: float | None = key(
        Number(above=0, most=1e6, unit="1"), None,
        meaning='close at or above which "opportunistic" requests the maximum, times price.initial',
    )  # fmt: skip
    amounts: tuple[float, ...] = key(
        Values(MONEY), (), meaning='what "schedule" requests, one amount for each purchase date'
    )

    def check_needs(self) -> Iterator[Problem]:
        needed = {"runway": ["target_months"], "opportunistic": ["target_months", "price_trigger"]}
        for word in needed.get(self.kind, []):
            if getattr(self, word) is None:
                allowed = keys(Policy)[word].rule.allowed
                yield word, MISSING, f'must be {allowed}, as kind = "{self.kind}" needs it'

    def check_dates(self) -> Iterator[Problem]:
        if self.cadence == "dates" and not self.dates:
            yield "dates", list(self.dates), 'must have at least one date, as cadence = "dates" needs them'
        for i in range(1, len(self.dates)):
            if self.dates[i] <= self.dates[i - 1]:
                yield f"dates[{i}]", self.dates[i], f"must be after the date before it, {self.dates[i - 1]}"


@terms
class Simulation(Terms):
    paths: int = key(Whole(1, 10**12), 100_000, meaning="number of simulated paths, unless the run says otherwise")
    seed: int = key(Whole(0, 2**64 - 1), 0, meaning="seed of the random numbers, unless the run says otherwise")
