"""The table [[notes]] of a case file: notes that fall due, as frozen objects."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.terms.base import ANNUAL_RATE, MONEY, NAME, PROBABILITY, terms
from sim.terms.flows import Advance
from sim.terms.problems import Problem, number_text
from sim.terms.ranges import Day, MonthDay, Number, Text
from sim.terms.schema import Table, Terms, Values, key
from sim.terms.variation import TWO_TENTHS, within


@terms
class Sweep(Terms):
    prepay_above: float = key(MONEY, meaning="at each month's end, cash above this prepays interest, then principal")
    reborrow_below: float = key(
        MONEY, meaning="at each month's end, cash below this borrows prepaid principal again, until the maturity"
    )

    def check_order(self) -> Iterator[Problem]:
        if self.prepay_above < self.reborrow_below:
            allowed = f"must be at least reborrow_below, {number_text(self.reborrow_below)}"
            yield "prepay_above", self.prepay_above, allowed


@terms
class Note(Terms):
    """`last_interest_date` is the day through which interest is paid; a case fills in its valuation date."""

    name: str = key(NAME, meaning="name of the note")
    principal: float = key(MONEY, meaning="unpaid principal at the opening")
    maturity: datetime.date = key(Day(), meaning="day on which the principal is due")
    extended_maturity: datetime.date | None = key(Day(), None, meaning="day on which it is due if it is extended")
    extension_probability: float = key(
        PROBABILITY, 0.0,
        meaning="probability that the note is extended at its maturity", label="{name}: extension", vary=TWO_TENTHS,
        used=lambda note: note.extended_maturity is not None,
    )  # fmt: skip
    base_rate: float = key(
        ANNUAL_RATE,
        meaning="rate of interest to which the margin is added",
        label="{name}: lender's rate",
        vary=within(0.02, 0.0),  # a lender's rate moves by about two percentage points in a year or two
    )
    margin: float = key(Number(least=-1, most=1e4, unit="1/year"), 0.0, meaning="margin over the base rate")
    rate_cap: float | None = key(ANNUAL_RATE, None, meaning="the highest rate of interest")
    interest_date: str = key(
        MonthDay(), "", meaning='day of each year on which interest is due, as "12-31"; empty: with the principal only'
    )
    last_interest_date: datetime.date | None = key(
        Day(), None, meaning="day through which interest is paid; absent: the valuation date"
    )
    interest_dates: tuple[str, ...] = key(
        Values(MonthDay()), (), brief=True,
        meaning='days of each year on which interest is due, as ["03-31", "09-30"], in the place of interest_date',
    )  # fmt: skip
    interest: str = key(
        Text(("cash", "accrue")), "cash", brief=True,
        meaning='"cash": interest is paid on its dates; "accrue": it is added to the principal on its dates',
    )  # fmt: skip
    accrued: float | None = key(
        MONEY, None,
        meaning="interest owed at the opening; interest then runs on from the valuation date. Absent: from "
        "last_interest_date",
    )  # fmt: skip
    advance: Advance | None = key(
        Table(Advance), None, meaning="when the principal comes in, and interest starts; absent: before the opening"
    )
    sweep: Sweep | None = key(Table(Sweep), None, meaning="prepayment and re-borrowing of a revolving note")

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

    def check_interest_dates(self) -> Iterator[Problem]:
        if self.interest_dates and self.interest_date:
            yield "interest_date", self.interest_date, "must be left out, as interest_dates lists the days"
        elif "" in self.interest_dates:
            yield "interest_dates", list(self.interest_dates), 'must be days that every year has, as ["03-31", "09-30"]'
        elif self.interest == "accrue" and not self.interest_dates and not self.interest_date:
            yield "interest", self.interest, 'must be "cash", unless interest_date or interest_dates says when'

    def check_advance(self) -> Iterator[Problem]:
        if self.advance is not None and self.accrued:
            yield "accrued", self.accrued, "must be left out, as the principal comes in after the opening"

    @property
    def rate(self) -> float:
        """The rate of interest, a year."""
        whole = self.base_rate + self.margin
        return whole if self.rate_cap is None else min(whole, self.rate_cap)

    @property
    def interest_days(self) -> tuple[str, ...]:
        """The days of each year on which interest is due, "MM-DD"."""
        return self.interest_dates or ((self.interest_date,) if self.interest_date else ())
