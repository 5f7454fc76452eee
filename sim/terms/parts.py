"""The tables [company], [burn] and [simulation] of a case file, and of a line its price, coverage and conditions, as
frozen objects.

Money is in dollars, rates and volatilities are a year, times are in days unless the name says otherwise. Each field has
the rule of its key and all that other modules derive from it: see `sim.terms.schema.key`. Rules between keys of one
table are its `check_*` methods; rules between tables are in `case.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sim.terms.base import (
    ANNUAL_RATE,
    LOG_SD,
    MONEY,
    NAME,
    PROBABILITY,
    SHARES,
    terms,
)
from sim.terms.other_names import NameOf
from sim.terms.problems import MISSING, Problem
from sim.terms.ranges import MOST_MONEY, Day, Flag, Number, Text, Whole
from sim.terms.schema import Clause, Rows, Terms, Values, key
from sim.terms.statement import Item
from sim.terms.variation import HALF_TO_TWICE, TWO_TENTHS, step_doubled, times, within


@terms
class Company(Terms):
    name: str = key(NAME, meaning="name of the company")
    fiscal_year_end_month: int = key(Whole(1, 12), meaning="month in which the fiscal year ends, 1 to 12")
    cash: float = key(MONEY, meaning="cash at the opening of the valuation date", label="opening cash")
    minimum_cash: float = key(
        MONEY, 0.0, meaning="the company is out of cash when it has less than this", label="minimum cash"
    )
    interest_income_rate: float = key(
        ANNUAL_RATE, 0.0, brief=True,
        meaning="interest on a month's opening cash if it is positive, credited at the month's end, actual/365",
        label="interest income", vary=within(0.02, 0.0), used=lambda company: company.interest_income_rate > 0,
    )  # fmt: skip
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
    model: str = key(
        Text(("lognormal", "statement")),
        meaning='"lognormal": months vary around an expected level; "statement": a month is the sum of the items',
    )
    monthly: float | None = key(
        MONEY, None,
        meaning='mean cash used in operations; "lognormal" needs it',
        unit="$/month",
        label="monthly burn",
        vary=times(0.8, 1.2),  # a budget is often missed by a fifth where revenue is small
    )  # fmt: skip
    growth: float = key(
        Number(least=-0.99, most=100, unit="1/year"), 0.0,
        meaning="growth of the expected burn", label="growth of the burn", vary=within(0.1, -0.99),
        used=lambda burn: not burn.items,
    )  # fmt: skip
    volatility: float | None = key(
        LOG_SD, None,
        meaning="standard deviation of the log of one month's burn; \"lognormal\" needs it",
        label="volatility of the burn",
        vary=HALF_TO_TWICE,
    )  # fmt: skip
    persistence: float = key(
        Number(above=-1, below=1, unit="1"), 0.0,
        meaning="correlation of the log of one month's burn with that of the next month",
        label="persistence of the burn", vary=within(0.3, -0.95, 0.95), used=lambda burn: bool(burn.volatility),
    )  # fmt: skip
    price_correlation: float = key(
        Number(least=-1, most=1, unit="1"), 0.0,
        meaning="correlation of a month's burn with the stock price's move in that month",
        label="correlation of burn and price", vary=within(0.3, -1.0, 1.0), used=lambda burn: bool(burn.volatility),
    )  # fmt: skip
    last_surprise: float | None = key(
        Number(least=-20, most=20, unit="1"), None, brief=True,
        meaning="state of the month before the valuation month: the log of its cash used over its expected cash used, "
        "plus volatility^2 / 2; absent: not known",
        used=lambda burn: bool(burn.volatility),
    )  # fmt: skip
    steps: tuple[Step, ...] = key(Rows(Step), (), meaning="changes of the expected burn, such as restructurings")
    items: tuple[Item, ...] = key(
        Rows(Item), (), brief=True, meaning='"statement": revenue and costs, whose sum is the cash used in a month'
    )

    def check_lognormal(self) -> Iterator[Problem]:
        if self.model != "lognormal":
            return
        for word, rule in (("monthly", MONEY), ("volatility", LOG_SD)):
            if getattr(self, word) is None:
                yield word, MISSING, f"must be {rule.allowed}"
        if self.items:
            yield "items", [item.name for item in self.items], 'must be left out: only with model = "statement"'

    def check_statement(self) -> Iterator[Problem]:
        if self.model != "statement":
            return
        if not self.items:
            yield "items", MISSING, 'must be a list of tables, as model = "statement" adds them up'
        for word in ("monthly", "growth", "volatility", "persistence", "price_correlation", "last_surprise"):
            value = getattr(self, word)
            if value not in (None, 0.0) or (value is not None and word == "monthly"):
                yield word, value, 'must be left out, as model = "statement" has it for each item'


SERIES = Text(("close", "vwap", "low"))
WINDOW = Whole(1, 250, unit="sessions")
STATISTIC = Text(("mean", "lowest", "mean_of_lowest"))
TIMING = Text(("before", "through", "after"))
WHEN = (
    '"before": the window ends on the session before the purchase date; "through": on the date itself; "after": it '
    "begins on the session after the date, and the price is known when it has ended"
)


@terms
class Leg(Terms):
    """A statistic of the prices of `window` sessions before or through the purchase date."""

    series: str = key(
        SERIES, "close", meaning="the prices that the window takes: closes, VWAPs or lows of its sessions"
    )
    window: int = key(WINDOW, meaning="length of the window")
    timing: str = key(
        TIMING, "before", meaning=WHEN,
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
        TIMING, "before", meaning=WHEN,
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
    floor_of_close: float | None = key(
        Number(above=0, most=1, unit="1"), None,
        meaning="the same as a share of the close of the purchase date; the greater floor counts",
        clause=Clause("floor price", "no draw at a purchase price below {} of the date's close", kind="price"),
    )  # fmt: skip
    below_floor: str = key(
        Text(("skip", "drop_sessions")), "skip", brief=True,
        meaning='"skip": nothing is sold at a price below the floor; "drop_sessions": sessions of the window with a '
        "value below it are left out, and the shares fall by 1/window for each",
    )  # fmt: skip
    lesser_of: tuple[Leg, ...] | None = key(
        Rows(Leg), None, meaning="other statistics of prices; the least of all sets the price"
    )

    def check_count(self) -> Iterator[Problem]:
        yield from count_problems(self)

    def check_below_floor(self) -> Iterator[Problem]:
        if self.below_floor == "drop_sessions" and self.timing != "after":
            yield "below_floor", self.below_floor, 'must be "skip", as timing is not "after"'

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The statistics of which the least sets the price, its own first."""
        return _legs(self)

    @property
    def forward(self) -> bool:
        """Whether the price is not known on the purchase date."""
        return "after" in (self.timing, *(leg.timing for leg in self.lesser_of or ()))

    @property
    def sessions_after(self) -> int:
        """Number of sessions from the purchase date to the end of the last window."""
        return max(leg.window if leg.timing == "after" else 0 for leg in self.legs)


@lru_cache(maxsize=1024)
def _legs(pricing: Pricing) -> tuple[Leg, ...]:
    own = {name: getattr(pricing, name) for name in ("series", "window", "timing", "statistic", "count")}
    return (Leg(**own), *(pricing.lesser_of or ()))


@terms
class Coverage(Terms):
    percent: tuple[float, ...] = key(
        Values(Number(least=0, most=1000, unit="%"), least_entries=1),
        meaning="draws of a fiscal quarter at most this share of the cash used; one entry per quarter from line.start, "
        "the last one goes on",
    )
    basis: str = key(
        Text(("quarter", "to_date", "previous_quarter", "forecast")), "quarter",
        meaning="whose cash used in operations counts: the whole fiscal quarter, its days through the purchase date, "
        "the quarter before, or the quarter's days through the purchase date and the expected rest",
    )  # fmt: skip
    carry_forward: bool = key(Flag(), False, meaning="whether coverage that earlier quarters left unused is added")
    includes_interest: bool = key(
        Flag(), False, brief=True,
        meaning="whether interest on notes that is paid in cash counts beside the cash used in operations: what has "
        "been paid in the days of the basis, and what is due in the rest of them on the principal of the purchase date",
    )  # fmt: skip
    waiver_probability: float = key(
        PROBABILITY, 0.0, brief=True,
        meaning="probability that the investor waives coverage, as a condition that comes last",
        label="coverage: waiver", vary=TWO_TENTHS, used=lambda coverage: coverage.waiver_probability > 0,
    )  # fmt: skip

    @property
    def counted(self) -> str:
        """What the percentages are of, before the days of the basis are named."""
        return "cash used in operations" + " and the interest paid on notes" * self.includes_interest

    @property
    def words(self) -> str:
        """100, 100, 75, 50% of the cash used in operations."""
        return f"{', '.join(f'{each:g}' for each in self.percent)}% of the {self.counted}"


@terms
class Condition(Terms):
    """Applies to purchase dates after the day `after`, or to all of them where that is absent."""

    name: str = key(NAME, meaning="name of the condition")
    kind: str = key(
        Text(("milestone", "same_ceo", "no_adverse_change")),
        meaning="what must hold: a milestone is reached, the chief executive is the same, no adverse change",
    )
    milestone: str = key(
        NameOf(empty=True, to="milestones"), "", meaning='name of the milestone, for kind = "milestone"'
    )
    after: datetime.date | None = key(Day(), None, meaning="applies to purchase dates after this day; absent: to all")
    waiver_probability: float = key(PROBABILITY, 0.0, meaning="probability that the investor waives it, on all dates")

    def check_milestone(self) -> Iterator[Problem]:
        if self.kind == "milestone" and not self.milestone:
            yield "milestone", self.milestone, 'must be the name of a milestone, as kind = "milestone" needs one'


@terms
class Simulation(Terms):
    paths: int = key(Whole(1, 10**12), 100_000, meaning="number of simulated paths, unless the run says otherwise")
    seed: int = key(Whole(0, 2**64 - 1), 0, meaning="seed of the random numbers, unless the run says otherwise")
