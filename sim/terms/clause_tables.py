"""The tables of a line that state one clause each: blackouts, registrations, caps, fees, tiers, limits by volume."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.terms.base import MONEY, SHARES, SHARES_OR_ZERO, terms
from sim.terms.other_names import NameOf
from sim.terms.problems import MISSING, Problem, number_text
from sim.terms.ranges import Day, Number, Text, Whole
from sim.terms.schema import Clause, Rows, Terms, key
from sim.text.dates import long_date
from sim.text.numbers import count, money, percent, price

_PRICE = Number(least=0, most=1e9, unit="$/share")
_LEAST_SHOWN = 0.005  # $; a smaller close is written as $0.00
_SHARE = Number(above=0, most=1, unit="1")
_SHARE_OF_VOLUME = Number(above=0, most=100, unit="1")
_DAYS = Whole(0, 366, unit="days")


@terms
class Used(Terms):
    """What the line did before the valuation date."""

    amount: float = key(MONEY, 0.0, meaning="dollars drawn")
    shares: int = key(SHARES_OR_ZERO, 0, meaning="shares issued, fee shares among them")
    this_period: float = key(MONEY, 0.0, meaning="dollars drawn in the period of the valuation date")
    this_quarter: float | None = key(
        MONEY,
        None,
        meaning="dollars drawn in the fiscal quarter of the valuation date, which coverage counts, where the period is "
        "the month; absent: this_period",
    )
    holdings: int = key(SHARES_OR_ZERO, 0, meaning="shares that the investor still holds")

    def check_quarter(self) -> Iterator[Problem]:
        if self.this_quarter is not None and self.this_quarter < self.this_period:
            yield "this_quarter", self.this_quarter, f"must be at least this_period, {number_text(self.this_period)}"

    @property
    def of_quarter(self) -> float:
        """Dollars drawn in the fiscal quarter of the valuation date."""
        return self.this_period if self.this_quarter is None else self.this_quarter


@terms
class Blackout(Terms):
    from_: datetime.date = key(Day(), meaning="first day without a notice")
    to: datetime.date = key(Day(), meaning="last day without a notice")

    def check_order(self) -> Iterator[Problem]:
        first = getattr(self, "from")
        if self.to < first:
            yield "to", self.to, f"must be on or after from, {first}"

    @property
    def words(self) -> str:
        return f"from {long_date(self.from_)} to {long_date(self.to)}"


setattr(Blackout, "from", Blackout.from_)  # the key's name is a word of Python


@terms
class EarningsBlackout(Terms):
    before: int = key(_DAYS, 0, meaning="days before the end of a fiscal quarter")
    after: int = key(_DAYS, 0, meaning="days after it")

    @property
    def words(self) -> str:
        before, after = count(self.before, "day"), count(self.after, "day")
        return f"from {before} before the end of a fiscal quarter to {after} after it"


@terms
class Registration(Terms):
    """Shares that are registered by a date or by a milestone."""

    shares: int = key(SHARES, meaning="shares that become registered")
    effective: datetime.date | None = key(Day(), None, meaning="first day on which they may be issued")
    milestone: str = key(
        NameOf(empty=True, to="milestones"), "", meaning="name of the milestone with which they may be issued"
    )

    def check_when(self) -> Iterator[Problem]:
        if self.effective is None and not self.milestone:
            yield "effective", MISSING, f"must be {Day().allowed}, unless milestone names a milestone"
        if self.effective is not None and self.milestone:
            yield "milestone", self.milestone, "must be absent, as effective says when the shares are registered"

    @property
    def words(self) -> str:
        when = f"from {long_date(self.effective)}" if self.effective else f"from the milestone {self.milestone} on"
        return f"{self.shares:,} {when}"


@terms
class ExchangeCap(Terms):
    shares: int | None = key(SHARES, None, meaning="the most shares of the line, fee shares among them")
    share: float | None = key(
        _SHARE, None, meaning="the same as a share of the outstanding shares of the opening less used.shares"
    )
    exempt_price: float | None = key(
        Number(above=0, most=1e9, unit="$/share"), None,
        meaning="average price from which on a draw is not limited by the cap",
    )  # fmt: skip
    average: str = key(
        Text(("all", "draw")), "all",
        meaning='whose average price: "all": of all shares of the line after the draw, fee shares at no dollars; '
        '"draw": the price of the draw',
    )  # fmt: skip
    vote: str = key(
        NameOf(empty=True, to="milestones"), "", meaning="name of the milestone from which on the cap does not apply"
    )

    def check_size(self) -> Iterator[Problem]:
        if self.shares is None and self.share is None:
            yield "shares", MISSING, f"must be {SHARES.allowed}, unless share is there"
        if self.shares is not None and self.share is not None:
            yield "share", self.share, "must be absent, as shares says how many"

    @property
    def words(self) -> str:
        most = f"{self.shares:,} shares" if self.share is None else f"{percent(self.share)} of the opening shares"
        which = "average price of all its shares" if self.average == "all" else "price of the draw"
        exempt = f", unless the {which} is at least {price(self.exempt_price or 0.0)}" * bool(self.exempt_price)
        return f"{most} under the line{exempt}" + f", until the milestone {self.vote}" * bool(self.vote)


@terms
class Ownership(Terms):
    share: float = key(
        Number(above=0, below=1, unit="1"), meaning="the most that the investor may hold of the outstanding shares"
    )
    resale_sessions: int = key(
        Whole(1, 10_000, unit="sessions"),
        meaning="sessions in which the investor sells what it holds, in a straight line from the last delivery",
        label="sessions in which the investor sells",
    )

    @property
    def words(self) -> str:
        return (
            f"the investor holds at most {percent(self.share)} of the shares, and sells within "
            f"{count(self.resale_sessions, 'session')} of the last delivery"
        )


@terms
class FeeStage(Terms):
    """A fee that is due on a date, in cash, in shares, or both."""

    date: datetime.date = key(Day(), meaning="day on which the fee is due")
    cash: float = key(MONEY, 0.0, meaning="fee in cash")
    shares: int = key(SHARES_OR_ZERO, 0, meaning="fee in shares")

    @property
    def words(self) -> str:
        parts = [money(self.cash)] * bool(self.cash) + [f"{self.shares:,} shares"] * bool(self.shares)
        return f"{' and '.join(parts) or 'nothing'} on {long_date(self.date)}"


@terms
class Fees(Terms):
    staged: tuple[FeeStage, ...] = key(
        Rows(FeeStage), (),
        meaning="fees that are due on dates; those before the valuation date are paid",
        clause=Clause(
            "staged fees", "fees of {}", (), kind="cost", shown=lambda rows: "; ".join(r.words for r in rows)
        ),
    )  # fmt: skip
    pro_rata_shares: int = key(
        SHARES_OR_ZERO, 0,
        meaning="fee shares of the whole commitment, delivered in proportion to each draw",
        clause=Clause("pro rata shares", "{} fee shares are delivered in proportion to the draws", 0, kind="cost"),
    )  # fmt: skip
    percent: float = key(
        Number(least=0, most=100, unit="%"), 0.0,
        meaning="fee of each draw in cash, percent of its amount",
        clause=Clause("percent fee", "each draw costs {}% of its amount", 0.0, kind="cost"),
        label="fee in percent of a draw",
    )  # fmt: skip
    share_multiplier: float = key(
        Number(above=0, most=10, unit="1"), 1.0,
        meaning="shares delivered for each share that the amount pays for",
        clause=Clause(
            "share multiplier", "{} shares are delivered for each that is paid for", 1.0, kind="cost",
            binds=lambda x: x != 1, shown=lambda x: f"{x:g}",
        ),
        label="shares delivered for each that is paid for",
    )  # fmt: skip


@terms
class Tier(Terms):
    """Limits that hold from a close on; what the row leaves out is as the purchase says."""

    from_price: float = key(_PRICE, meaning="least close of the purchase date for this row")
    max_shares_per_draw: int | None = key(SHARES, None, meaning="the most shares that one draw can be")
    max_per_draw: float | None = key(MONEY, None, meaning="the most that one draw can be")
    multiplier: float | None = key(
        Number(least=1e-6, most=2, unit="1"), None, meaning="purchase price as a fraction of the least of the legs"
    )

    @property
    def words(self) -> str:
        shares, dollars, share = self.max_shares_per_draw, self.max_per_draw, self.multiplier
        limits = [f"{shares or 0:,} shares"] * (shares is not None) + [money(dollars or 0.0)] * (dollars is not None)
        limits += [f"{percent(share or 0.0)} of the price"] * (share is not None)
        reached = f"from {price(self.from_price)}" if self.from_price >= _LEAST_SHOWN else "at any close"
        return f"{reached} {', '.join(limits) or 'without other limits'}"


@terms
class VolumeBefore(Terms):
    share: float = key(
        _SHARE_OF_VOLUME, meaning="the most shares of one draw, as a share of the daily volume",
        label="share of the volume before",
    )  # fmt: skip
    sessions: int = key(Whole(1, 250, unit="sessions"), meaning="number of sessions before the purchase date")
    statistic: str = key(Text(("mean", "median")), "mean", meaning="the statistic of their daily volumes")
    at_least_shares: int = key(SHARES_OR_ZERO, 0, meaning="shares that are allowed whatever the volume is")

    @property
    def words(self) -> str:
        volume = f"{percent(self.share)} of the {self.statistic} daily volume of the {count(self.sessions, 'session')}"
        least = f", or {self.at_least_shares:,} shares if that is more" * bool(self.at_least_shares)
        return f"{volume} before the date{least}"


@terms
class VolumeDuring(Terms):
    share: float = key(
        _SHARE_OF_VOLUME, meaning="the most shares of one draw, as a share of the volume", label="share of the volume"
    )

    @property
    def words(self) -> str:
        return f"{percent(self.share)} of the volume of the pricing window, or of the date if the window lies before it"


@terms
class MultipleOf(Terms):
    purchase: str = key(NameOf(to="purchases"), meaning="name of another purchase of the line, listed before this one")
    times: float = key(Number(above=0, most=1e6, unit="1"), meaning="the most shares, times those of that purchase")

    @property
    def words(self) -> str:
        return f'{self.times:g} times the shares of the purchase "{self.purchase}" on the same date'
