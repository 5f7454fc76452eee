"""The tables [[milestones]], [events] and [third_party] of a case file: what may happen, as frozen objects."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.terms.base import ANNUAL_RATE, DAYS, LOG_SD, NAME, POSITIVE_MONEY, PRICE_JUMP, PROBABILITY, terms
from sim.terms.other_names import NameOf
from sim.terms.problems import Problem, number_text
from sim.terms.ranges import Day, Number, Text
from sim.terms.schema import Clause, Table, Terms, key
from sim.terms.variation import HALF_TO_TWICE, TWO_TENTHS, discount_doubled, doubled, within


@terms
class Milestone(Terms):
    name: str = key(NAME, meaning="name of the milestone")
    probability: float = key(
        PROBABILITY, meaning="probability that it is ever reached", label="{name}: probability", vary=TWO_TENTHS,
        used=lambda milestone: milestone.achieved is None,
    )  # fmt: skip
    median_days: float = key(
        DAYS,
        meaning="median time if it is reached, from the valuation date or from the milestone that it follows",
        label="{name}: median time",
        vary=HALF_TO_TWICE,  # development often takes twice as long as planned; p90_days moves in proportion
        used=lambda milestone: milestone.achieved is None,
    )
    p90_days: float = key(DAYS, meaning="90th percentile of the same time", label="{name}: 90th percentile of the time")
    follows: str = key(
        NameOf(empty=True, to="milestones"), "", meaning="name of the milestone that must be reached first, or empty"
    )
    price_jump: float = key(
        PRICE_JUMP, 0.0,
        meaning="relative move of the stock price when it is reached", label="{name}: price move", vary=doubled,
        used=lambda milestone: milestone.achieved is None,
    )  # fmt: skip
    achieved: datetime.date | None = key(
        Day(), None, brief=True, meaning="day on which it was reached, on or before the valuation date; it holds since"
    )
    elapsed_days: float = key(
        Number(least=0, most=1e5, unit="days"), 0.0, brief=True,
        meaning="days of its time that had passed without it at the opening, since its time began: probability and "
        "times are those of that beginning, and what is simulated is conditional on its not having come",
    )  # fmt: skip

    def check_elapsed(self) -> Iterator[Problem]:
        if self.elapsed_days and self.achieved is not None:
            yield "elapsed_days", self.elapsed_days, "must be left out, as achieved says when it was reached"

    def check_days(self) -> Iterator[Problem]:
        if self.p90_days <= self.median_days:
            yield "p90_days", self.p90_days, f"must be above median_days, {number_text(self.median_days)}"


@terms
class CeoChange(Terms):
    annual_rate: float = key(
        ANNUAL_RATE,
        meaning="mean number of changes of the chief executive per year",
        unit="events/year",
        label="CEO changes per year",
        vary=HALF_TO_TWICE,
        used=lambda change: change.happened is None,
    )
    price_jump: float = key(
        PRICE_JUMP, 0.0,
        meaning="relative move of the stock price at the change", label="price move of a CEO change", vary=doubled,
        used=lambda change: change.happened is None,
    )  # fmt: skip
    happened: datetime.date | None = key(
        Day(),
        None,
        brief=True,
        meaning="day on which it happened, on or before the valuation date; no other is simulated",
    )


@terms
class AdverseChange(Terms):
    annual_rate: float = key(
        ANNUAL_RATE,
        meaning="mean number of material adverse changes per year",
        unit="events/year",
        label="adverse changes per year",
        vary=HALF_TO_TWICE,
        used=lambda change: change.happened is None,
    )
    duration_days: float | None = key(
        DAYS, None,
        meaning="time that it lasts; absent: for good", label="duration of an adverse change", vary=HALF_TO_TWICE,
    )  # fmt: skip
    happened: datetime.date | None = key(
        Day(),
        None,
        brief=True,
        meaning="day on which it happened, on or before the valuation date; no other is simulated",
    )


@terms
class Events(Terms):
    common_loading: float = key(
        PROBABILITY, 0.0,
        meaning="loading of the milestones' times on one common factor, 0 (independent) to 1",
        label="common factor of the milestones", vary=within(0.3, 0.0, 1.0),
    )  # fmt: skip
    ceo_change: CeoChange | None = key(Table(CeoChange), None, meaning="change of the chief executive")
    adverse_change: AdverseChange | None = key(Table(AdverseChange), None, meaning="material adverse change")


@terms
class ThirdParty(Terms):
    annual_rate: float = key(
        ANNUAL_RATE,
        meaning="mean number of financings by third parties per year",
        unit="events/year",
        label="third-party financings per year",
        vary=HALF_TO_TWICE,
    )
    median_amount: float = key(
        POSITIVE_MONEY,
        meaning="median amount of a financing",
        label="third-party financing, median",
        vary=HALF_TO_TWICE,
    )
    log_sd: float = key(
        LOG_SD,
        meaning="standard deviation of the log of the amount",
        label="third-party financing, spread",
        vary=HALF_TO_TWICE,
    )
    kind: str = key(Text(("equity", "debt")), meaning="whether shares are issued for it")
    discount: float = key(
        Number(least=0, below=1, unit="1"), 0.0,
        meaning="discount of the shares to the close", label="third-party discount", vary=discount_doubled,
        used=lambda third_party: third_party.kind == "equity",
    )  # fmt: skip
    reduction_probability: float = key(
        PROBABILITY, 0.0,
        meaning="probability that the investor then reduces the remaining commitment by the amount of the financing",
        label="probability of a reduction for third-party financing", vary=TWO_TENTHS,
        clause=Clause(
            "reduction", "the investor may reduce the commitment by what a third party invests", 0.0, kind="reduction",
            used=lambda third_party: third_party.annual_rate > 0,
        ),
    )  # fmt: skip
    price_sensitivity: float = key(
        Number(least=-20, most=20, unit="1"), 0.0, brief=True,
        meaning="exponent of the stock price: a month's rate is multiplied by (the last month-end's close / "
        "price.initial) to this power, at most by 10",
        label="third parties' sensitivity to the price", vary=within(0.5),
        used=lambda party: party.price_sensitivity != 0,
    )  # fmt: skip
    reduces: str = key(
        Text(("commitment", "period")), "commitment", brief=True,
        meaning="what the investor reduces for a financing: the remaining commitment, or what the running period of "
        "max_per_period still allows",
    )  # fmt: skip
