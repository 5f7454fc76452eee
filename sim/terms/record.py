"""The table [record] of a case: what really happened after the valuation date, with its sources.

The simulation does not use it; `sim.backtest` compares it with what was simulated.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.calendar import ONE_DAY, fiscal_quarter
from sim.terms.base import NAME, POSITIVE_MONEY, SHARES, terms
from sim.terms.other_names import NameOf
from sim.terms.problems import Problem
from sim.terms.ranges import MOST_MONEY, Day, Number
from sim.terms.schema import Rows, Terms, key
from sim.text.dates import long_date
from sim.text.numbers import money


@terms
class RecordedDraw(Terms):
    """A draw under the line. Its price is `amount` over `shares`."""

    date: datetime.date = key(Day(), meaning="day of the fact")
    amount: float = key(POSITIVE_MONEY, meaning="amount")
    shares: int = key(SHARES, meaning="number of shares")
    source: str = key(NAME, meaning="document that says so")


@terms
class RecordedSales(Terms):
    """What a line sold from one day to another, where its single draws are not known."""

    from_: datetime.date = key(Day(), meaning="first day")
    to: datetime.date = key(Day(), meaning="last day")
    line: str = key(
        NameOf(empty=True, to="lines"), "", meaning="name of the line, an entry of [[lines]]; empty: all lines together"
    )
    amount: float = key(POSITIVE_MONEY, meaning="amount")
    shares: int | None = key(SHARES, None, meaning="number of shares; absent: not known")
    source: str = key(NAME, meaning="document that says so")

    def check_order(self) -> Iterator[Problem]:
        first = getattr(self, "from")
        if self.to < first:
            yield "to", self.to, f"must be on or after from, {first}"


setattr(RecordedSales, "from", RecordedSales.from_)  # the key's name is a word of Python


@terms
class RecordedShares(Terms):
    """Shares outstanding at the close of a day."""

    date: datetime.date = key(Day(), meaning="day of the fact")
    shares: int = key(SHARES, meaning="number of shares")
    source: str = key(NAME, meaning="document that says so")


@terms
class RecordedCash(Terms):
    """Cash at the end of a month."""

    date: datetime.date = key(Day(), meaning="day of the fact")
    amount: float = key(Number(least=-MOST_MONEY, most=MOST_MONEY, unit="$"), meaning="cash")
    source: str = key(NAME, meaning="document that says so")

    def check_month_end(self) -> Iterator[Problem]:
        if (self.date + ONE_DAY).day != 1:
            yield "date", self.date, "must be the last day of a month"


@terms
class RecordedFinancing(Terms):
    """Money from a third party; `kind` in the words of the documents, such as "preferred stock"."""

    date: datetime.date = key(Day(), meaning="day of the fact")
    amount: float = key(POSITIVE_MONEY, meaning="amount")
    kind: str = key(NAME, meaning="kind of the financing, in the words of the documents")
    source: str = key(NAME, meaning="document that says so")


@terms
class RecordedWaiver(Terms):
    """The investor waived what was not met in the fiscal quarter of `date`; `condition` where it is known which."""

    date: datetime.date = key(Day(), meaning="day of the fact")
    condition: str = key(
        NameOf(empty=True, to="conditions"), "", meaning="name of the waived condition, or empty if it is not known"
    )
    source: str = key(NAME, meaning="document that says so")


@terms
class Record(Terms):
    """Facts of each kind; dates outside the simulated span are kept, but compared with nothing."""

    draws: tuple[RecordedDraw, ...] = key(
        Rows(RecordedDraw), (), meaning="draws under the line, all of the fiscal quarters that have one"
    )
    sales: tuple[RecordedSales, ...] = key(
        Rows(RecordedSales), (), brief=True, meaning="sales under a line from one day to another"
    )
    shares_outstanding: tuple[RecordedShares, ...] = key(
        Rows(RecordedShares), (), meaning="shares outstanding at the close of a day"
    )
    cash: tuple[RecordedCash, ...] = key(Rows(RecordedCash), (), meaning="cash at the end of a month")
    financings: tuple[RecordedFinancing, ...] = key(Rows(RecordedFinancing), (), meaning="money from third parties")
    waivers: tuple[RecordedWaiver, ...] = key(
        Rows(RecordedWaiver), (), meaning="waivers by the investor, for the fiscal quarter of the date"
    )


def record_lines(record: Record, fiscal_year_end_month: int) -> Iterator[str]:
    """The record in words, a line for each fact, in the order of the dates."""
    found: list[tuple[datetime.date, str, str]] = []
    for draw in record.draws:
        price = f"{draw.shares:,} shares, ${draw.amount / draw.shares:.4f} each"
        found.append((draw.date, f"drew {money(draw.amount)} for {price}", draw.source))
    found += [(row.to, _sold(row), row.source) for row in record.sales]
    found += [(row.date, f"{row.shares:,} shares outstanding", row.source) for row in record.shares_outstanding]
    found += [(row.date, f"cash of {money(row.amount)}", row.source) for row in record.cash]
    found += [
        (row.date, f"{money(row.amount)} of {row.kind} from third parties", row.source) for row in record.financings
    ]
    for waiver in record.waivers:
        quarter = fiscal_quarter(waiver.date, fiscal_year_end_month).label
        what = f"the condition {waiver.condition} was" if waiver.condition else "conditions were"
        found.append((waiver.date, f"{what} waived for {quarter}", waiver.source))
    if not found:
        yield "Nothing."
    for day, what, source in sorted(found, key=lambda fact: fact[0]):
        yield f"- {long_date(day)}: {what} ({source})."


def _sold(sales: RecordedSales) -> str:
    """`sold $3.50 million for 1,600,000 shares, $2.1875 each, from 1 July 2020 under the line ATM`."""
    shares = f" for {sales.shares:,} shares, ${sales.amount / sales.shares:.4f} each," if sales.shares else ""
    under = f" under the line {sales.line}" * bool(sales.line)
    return f"sold {money(sales.amount)}{shares} from {long_date(sales.from_)}{under}"
