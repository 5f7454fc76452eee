"""The items of a statement as numbers: the AR(1) of each, and what each pays in which month."""

from __future__ import annotations

import math

from sim.lowering import program as r
from sim.lowering.schedule import Calendar
from sim.lowering.variates import Variates, index_of
from sim.terms import Case, Item
from sim.terms.derived import item_level


class StatementItems:
    """Rows of items and of their months, none unless the burn is a statement."""

    def __init__(self, case: Case, calendar: Calendar, milestones: tuple[str, ...], variates: Variates) -> None:
        self.case, self.calendar, self.milestones, self.variates = case, calendar, milestones, variates
        self.rows = [self._row(item) for item in case.burn.items]
        self.months = [self._month(item, k) for item in case.burn.items for k in range(calendar.n_months)]

    def _row(self, item: Item) -> dict:
        return {
            "sd": item.volatility,
            "persistence": item.persistence,
            "shock": item.volatility * math.sqrt(1.0 - item.persistence * item.persistence),
            "correlation": item.price_correlation,
            "own": math.sqrt(1.0 - item.price_correlation * item.price_correlation),
            "half_variance": 0.5 * item.volatility * item.volatility,
            "milestone": self.milestones.index(item.milestone) if item.milestone else -1,
            "fixed": int(item.fixed),
        }

    def _month(self, item: Item, k: int) -> dict:
        """Month `k` pays the figure of `lag_months` before; that of a month before the valuation date is its level."""
        of, calendar, ask = k - item.lag_months, self.calendar, self.variates.ask
        whole = item_level(self.case.burn, item, self.case.valuation_date, of)
        random = 0.0 if of < 0 else calendar.share(of)  # of the figure; the rest was owed before
        paid = calendar.share(k) if of < k else 1.0  # of a whole month's figure, unless it is the month's own
        owed = whole * (1.0 - random) if of < k else 0.0
        noisy = item.volatility > 0.0
        market = ask(r.MONTH_END_NORMAL, k >> 1, k & 1, r.NORMAL) if noisy else 0
        index = (index_of(item.name) + (k >> 1)) & 0xFFFFFFFF
        return {
            "market_variate": market,
            "own_variate": ask(r.ITEM_NORMAL, index, k & 1, r.NORMAL, month=k) if noisy else -1,
            "owed": owed * paid,
            "level": whole * random,
            "of": max(of, 0),
            "since": calendar.t(calendar.month_opening(of)) - 1.0,
        }
