"""The tables [[burn.items]] of a case file: revenue and costs, as in an income statement, in place of one number."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.terms.base import LOG_SD, NAME, terms
from sim.terms.other_names import NameOf
from sim.terms.problems import Problem
from sim.terms.ranges import MOST_MONEY, Day, Flag, Number, Whole
from sim.terms.schema import Terms, key
from sim.terms.variation import HALF_TO_TWICE, times, within


@terms
class Item(Terms):
    """One line of the statement: cash used in a month, or income if `monthly` is negative."""

    name: str = key(NAME, meaning="name of the item")
    monthly: float = key(
        Number(least=-MOST_MONEY, most=MOST_MONEY),
        meaning="mean cash used a month; negative is income",
        unit="$/month", label="{name}: monthly", vary=times(0.8, 1.2),
    )  # fmt: skip
    growth: float = key(
        Number(least=-0.99, most=100, unit="1/year"), 0.0,
        meaning="growth of the expected figure", label="{name}: growth", vary=within(0.1, -0.99),
    )  # fmt: skip
    volatility: float = key(
        LOG_SD, 0.0,
        meaning="standard deviation of the log of one month's figure",
        label="{name}: volatility", vary=HALF_TO_TWICE,
    )  # fmt: skip
    persistence: float = key(
        Number(above=-1, below=1, unit="1"), 0.0,
        meaning="correlation of the log of one month's figure with that of the next month",
        label="{name}: persistence", vary=within(0.3, -0.95, 0.95), used=lambda item: item.volatility > 0,
    )  # fmt: skip
    price_correlation: float = key(
        Number(least=-1, most=1, unit="1"), 0.0,
        meaning="correlation of a month's figure with the stock price's move in that month",
        label="{name}: correlation with the price", vary=within(0.3, -1.0, 1.0), used=lambda item: item.volatility > 0,
    )  # fmt: skip
    from_: datetime.date | None = key(
        Day(), None, meaning="it counts in months that begin on or after this day; absent: from the first"
    )
    to: datetime.date | None = key(
        Day(), None, meaning="it counts in months that begin on or before this day; absent: to the last"
    )
    milestone: str = key(
        NameOf(empty=True, to="milestones"),
        "",
        meaning="name of the milestone in the month after which it starts, such as royalties",
    )
    lag_months: int = key(
        Whole(0, 120, unit="months"), 0,
        meaning="months after which a month's figure is paid or collected; what is owed at the opening counts at its "
        "expected figure",
    )  # fmt: skip
    fixed: bool = key(Flag(), False, meaning="whether it stays as it is where management cuts costs")

    def check_months(self) -> Iterator[Problem]:
        first = getattr(self, "from")
        if first is not None and self.to is not None and self.to < first:
            yield "to", self.to, f"must be on or after from, {first}"


setattr(Item, "from", Item.from_)  # the key's name is a word of Python
