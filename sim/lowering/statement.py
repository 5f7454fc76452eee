"""The items of a statement as numbers: the AR(1) of each, and what each pays in which month."""

from __future__ import annotations

import math

import numpy as np

from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.schedule import Calendar, array_of
from sim.lowering.variates import Variates, index_of
from sim.terms import Case, Item
from sim.terms.derived import item_levels, reached


class StatementItems:
    """The items of cases of one shape; `tables` has their rows, none unless the burn is a statement."""

    def __init__(self, calendar: Calendar, milestones: tuple[str, ...]) -> None:
        self.calendar, self.milestones = calendar, milestones

    def tables(self, case: Case, variates: Variates) -> tuple[np.ndarray, np.ndarray]:
        """The items, and their months, those of an item together."""
        known, items, months = reached(case), [], []
        for item in case.burn.items:
            waits = bool(item.milestone) and item.milestone not in dict(known)
            items.append(self._row(item, self.milestones.index(item.milestone) if waits else -1))
            paid = tuple(k - item.lag_months for k in range(self.calendar.n_months))
            figures = item_levels(case.burn, item, case.valuation_date, paid, known)
            months += [self._month(item, k, figure, variates) for k, figure in enumerate(figures)]
        return array_of(items, w.ITEM), array_of(months, w.ITEM_MONTH)

    def _row(self, item: Item, milestone: int) -> dict:
        return {
            "sd": item.volatility,
            "persistence": item.persistence,
            "shock": item.volatility * math.sqrt(1.0 - item.persistence * item.persistence),
            "correlation": item.price_correlation,
            "own": math.sqrt(1.0 - item.price_correlation * item.price_correlation),
            "half_variance": 0.5 * item.volatility * item.volatility,
            "milestone": milestone,
            "fixed": int(item.fixed),
        }

    def _month(self, item: Item, k: int, whole: float, variates: Variates) -> dict:
        """Month `k` pays `whole`, the figure of `lag_months` before; that of a month before the valuation date is its
        level."""
        of, calendar, normal = k - item.lag_months, self.calendar, variates.normal
        random = 0.0 if of < 0 else calendar.share(of)  # of the figure; the rest was owed before
        paid = calendar.share(k) if of < k else 1.0  # of a whole month's figure, unless it is the month's own
        owed = whole * (1.0 - random) if of < k else 0.0
        noisy = item.volatility > 0.0
        return {
            "market_variate": normal(r.MONTH_END_NORMAL, k) if noisy else 0,
            "own_variate": normal(r.ITEM_NORMAL, k, index_of(item.name)) if noisy else -1,
            "owed": owed * paid,
            "level": whole * random,
            "of": max(of, 0),
            "since": calendar.t(calendar.month_opening(of)) - 1.0,
        }
