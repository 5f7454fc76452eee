"""The tables [response], [bridge] and [line.waivers] of a case file: what people do when cash is short, and
how the investor waives."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.terms.base import MONEY, PROBABILITY, terms
from sim.terms.problems import Problem, number_text
from sim.terms.ranges import Day, Flag, Number, Text, Whole
from sim.terms.schema import Terms, key
from sim.terms.variation import HALF_TO_TWICE, TWO_TENTHS, within

MONTHS = Number(least=0, most=1200, unit="months")


@terms
class Response(Terms):
    """Management cuts the burn while cash covers few months of it."""

    cover_months: float = key(
        MONTHS, meaning="the burn is cut when cash above the minimum covers fewer months of expected burn than this"
    )
    cut: float = key(
        PROBABILITY,
        meaning="share of the burn that the cut saves",
        label="share of the burn that management cuts",
        vary=within(0.1, 0.0, 1.0),  # what a plan saves in fact
    )
    delay_months: int = key(
        Whole(0, 120, unit="months"), 1,
        meaning="the cut begins so many months after the month at whose opening it is decided",
    )  # fmt: skip
    restore_months: float | None = key(
        MONTHS, None, meaning="the burn is restored when cash covers so many months of the cut burn; absent: never"
    )
    one_off_months: float = key(
        MONTHS, 0.0,
        meaning="cost of a cut, in months of expected burn, paid at the end of the month in which it is decided",
        label="one-off cost of a cut", vary=HALF_TO_TWICE,
    )  # fmt: skip

    cut_from: datetime.date | None = key(
        Day(), None, brief=True,
        meaning="first day of the month from which the burn is cut, by a decision before the opening; absent: there "
        "was none, or the burn has been restored",
    )  # fmt: skip

    def check_cut_from(self) -> Iterator[Problem]:
        if self.cut_from is not None and self.cut_from.day != 1:
            yield "cut_from", self.cut_from, "must be the first day of a month"

    def check_restore(self) -> Iterator[Problem]:
        if self.restore_months is not None and self.restore_months < self.cover_months:
            allowed = f"must be at least response.cover_months, {number_text(self.cover_months)}"
            yield "restore_months", self.restore_months, allowed


@terms
class Bridge(Terms):
    """An insider lends at a month's end when cash covers little of the next month."""

    limit: float = key(
        MONEY, meaning="the most that the insider lends in all", label="limit of the insider's loan", vary=HALF_TO_TWICE
    )
    trigger_months: float = key(
        MONTHS, 1.0,
        meaning="he lends when cash above the minimum covers fewer months of the next month's expected burn than this",
    )  # fmt: skip
    target_months: float = key(MONTHS, 2.0, meaning="he lends what brings the cover to so many months of that burn")
    probability: float = key(
        PROBABILITY, 1.0,
        meaning="probability that he is willing", label="probability that the insider lends", vary=TWO_TENTHS,
    )  # fmt: skip
    common: bool = key(
        Flag(), False, meaning="whether one draw decides for the whole path; otherwise each month has its own"
    )
    rate: float = key(
        Number(least=0, most=10, unit="1/year"), 0.0,
        meaning="simple interest that accrues on the loan; neither it nor principal is paid within the simulation",
    )  # fmt: skip


@terms
class Waivers(Terms):
    """How the investor waives the conditions of a line, and its coverage."""

    mode: str = key(
        Text(("once", "each_period")), "once",
        meaning='"once": a waiver holds for the whole term; "each_period": waivers are drawn anew each fiscal quarter',
    )  # fmt: skip
    common: float = key(
        PROBABILITY, 0.0,
        meaning="share of a waiver's normal score that all conditions of the line have in common; at 1 the investor "
        "who waives the less likely one waives the more likely one too",
        label="common share of the waivers", vary=within(0.3, 0.0, 1.0), used=lambda waivers: waivers.common > 0,
    )  # fmt: skip
    price_sensitivity: float = key(
        Number(least=-20, most=20, unit="1"), 0.0,
        meaning="what the log of the close over price.initial adds to the log odds of a waiver, the close being that "
        "of the first purchase date of the period (of the path's first for mode = \"once\")",
        label="waivers' sensitivity to the price", vary=within(0.5),
        used=lambda waivers: waivers.price_sensitivity != 0,
    )  # fmt: skip
