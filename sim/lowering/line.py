"""One line whose price is known on the purchase date, with the limits of `sim.kernels.line`, as numbers."""

from __future__ import annotations

import datetime
from functools import cache
from typing import Any

import numpy as np

from sim.lowering import line_records as lr
from sim.lowering import model_records as m
from sim.lowering import program as r
from sim.lowering.burn import Levels
from sim.lowering.market import Market, priced_sessions
from sim.lowering.schedule import Agenda, Calendar, Coverage, DrawDates, agenda_of, array_of
from sim.terms import Case, Line, Policy, Pricing
from sim.terms.schema import keys

#: Keys of such a line; any other, and a settlement or a policy that is not among `_policy_is_plain`, needs `Lines`.
PLAIN_KEYS = frozenset((
    "name", "investor", "commitment", "signing", "start", "end", "period", "max_per_period", "registered",
    "legal_cost_per_draw", "coverage", "conditions", "pricing", "policy", "max_per_draw", "minimum_draw", "used",
    "waivers",
))  # fmt: skip
PLAIN_POLICY_KEYS = frozenset(("kind", "cadence", "dates", "target_months", "price_trigger", "amounts", "need_months"))


def is_plain(case: Case) -> bool:
    """Whether a case has one line that `sim.kernels.line` can run."""
    if len(case.facilities) != 1:
        return False
    line = case.facilities[0]
    (purchase,) = line.kinds(case.policy) if len(line.purchases) < 2 else (None,)
    if purchase is None or purchase.pricing is None or purchase.policy is None or line.commitment is None:
        return False
    pricing = purchase.pricing
    begun = line.used is not None and line.used.of_quarter > 0.0
    known = not pricing.forward and pricing.floor_of_close is None and not begun and not line.waives_by_price
    if line.coverage is not None and (line.coverage.waiver_probability > 0 or line.coverage.includes_interest):
        return False
    party = case.third_party
    if party is not None and (party.price_sensitivity != 0 or party.reduces == "period"):
        return False
    return (
        known
        and line.period == "fiscal_quarter"
        and _only(line, PLAIN_KEYS)
        and _only(purchase.policy, PLAIN_POLICY_KEYS)
    )


def _only(table: Any, allowed: frozenset[str]) -> bool:
    """Whether every key of a table that is not at its default is among those allowed."""
    of: Any = type(table)
    return all(word in allowed or getattr(table, word) in (known.default, None) for word, known in keys(of).items())


class PlainLine:
    """The line of a case, first asking the market for sessions; `finish` makes the rows, once these have numbers.

    They depend on the shape of the case alone. The functions of a case add its numbers.
    """

    drawn_rows = 0

    def __init__(self, case: Case, calendar: Calendar, market: Market) -> None:
        self.case, self.calendar, self.market = case, calendar, market
        ((_, purchase, self.dates),) = case.purchases
        self.line, self.pricing, self.policy = _terms_of(case)
        self.coverage = Coverage(calendar, self.line)
        for day in self.dates:
            self.coverage.basis(calendar.quarter(day), day)  # asks for the rows of months outside the span
        self.priced = self.pricing.legs
        self.reach = max(leg.window - (leg.timing == "through") for leg in self.priced)
        market.price(self.priced, self.reach, self.dates)
        self.applies = _applies(self.line, self.dates)
        self.reasons = r.reason_names(tuple(condition.name for condition in self.line.conditions))
        periods = (calendar.period(day) for day in self.dates)
        self.draws = tuple(
            DrawDates(self.line.label, purchase.name, day, day, period)
            for day, period in zip(self.dates, periods, strict=True)
        )

    def finish(self) -> None:
        """The rows of purchase dates."""
        self.skips = self._may_skip()
        rows = self._purchases()
        self.together = frozenset(day for day, row in zip(self.dates, rows, strict=True) if row["everyone"])
        self._rows, self._month = array_of(rows, r.PURCHASE), np.array([row["month"] for row in rows], np.int64)
        self._place = np.array([self.coverage.place(self.calendar.quarter(day)) for day in self.dates], np.int64)
        self.dates_by = self._dates_by()

    @property
    def agenda(self) -> Agenda:
        """What the line does on which dates."""
        return agenda_of(self.case, self.line, self.coverage, self.together)

    def tables(self, case: Case, turns: np.ndarray, levels: Levels) -> lr.LineTables:
        """Empty tables: the program's `line` and `purchases` are in use."""
        return empty_tables()._replace(turns=turns)

    def quarters(self, case: Case) -> np.ndarray:
        """The coverage tests at the ends of quarters."""
        return self.coverage.quarter_table(case.facilities[0])

    def unused_coverage(self, case: Case) -> float:
        """Coverage that the quarters before the valuation date left unused."""
        return self.coverage.unused_at_opening(case, case.facilities[0])

    def purchases(self, case: Case, levels: Levels) -> np.ndarray:
        """The purchase dates. `levels`: the expected burn by row of months."""
        line, _, policy = _terms_of(case)
        table = self._rows.copy()
        table["percent"] = self.coverage.percents(line)[self._place]
        if policy.kind in ("runway", "opportunistic"):
            months = policy.target_months or 0.0
            table["runway_cash"] = months * levels.whole[self._month]
            table["cut_runway_cash"] = months * levels.cut[self._month]
        if policy.kind == "schedule":
            table["scheduled"] = policy.amounts
        return table

    def record(self, case: Case) -> r.LineRecord:
        """The line's terms."""
        line, pricing, policy = _terms_of(case)
        opportunistic = policy.kind == "opportunistic"
        return r.LineRecord(
            commitment=max(float(line.commitment or 0.0) - (line.used.amount if line.used else 0.0), 0.0),
            cap=r.UNLIMITED if line.max_per_period is None else float(line.max_per_period),
            draw_cap=r.UNLIMITED if line.max_per_draw is None else float(line.max_per_draw),
            multiplier=float(pricing.multiplier),
            floor=0.0 if pricing.floor is None else float(pricing.floor),
            minimum_draw=float(line.minimum_draw),
            legal_cost=float(line.legal_cost_per_draw),
            trigger=(policy.price_trigger or 0.0) * case.price.initial if opportunistic else r.NEVER,
            reasons=float(len(line.conditions)),
            price_first=int(pricing.floor is not None or opportunistic),
            skips=int(self.skips),
        )

    def legs(self, case: Case) -> list[dict]:
        """Legs of the price; their windows begin so many sessions after the first of all."""
        return [
            {
                "series": m.SERIES.index(leg.series),
                "first": self.reach + priced_sessions(leg, 0)[0],
                "window": leg.window,
                "statistic": r.STATISTICS.index(leg.statistic),
                "count": min(leg.count or 1, leg.window),
                "multiplier": leg.multiplier,
            }
            for leg in _terms_of(case)[1].legs
        ]

    def _may_skip(self) -> bool:
        """Whether a path that cannot draw on a date cannot draw later in that quarter, unless a condition changes."""
        coverage, dates = self.line.coverage, self.dates
        still = coverage is None or coverage.basis in ("quarter", "previous_quarter")
        several = len(dates) > len({self.calendar.period(day) for day in dates})
        return self.policy.kind == "maximum" and self.pricing.floor is None and still and several

    def _purchases(self) -> list[dict]:
        calendar, market = self.calendar, self.market
        changes = [False, *(self.applies[1:] != self.applies[:-1]).any(axis=1)]
        together = (
            not self.skips or self.case.price.impact == "dilution"
        )  # a draw then moves the closes of the next date
        rows: list[dict] = []
        for i, day in enumerate(self.dates):
            q, k = calendar.quarter(day), calendar.month(day)
            first, last = self.coverage.cover(q, day)
            rows.append(
                {
                    "t": calendar.t(day),
                    "month": k,
                    "row": market.row(market.numbers[day]),
                    "first_row": market.row(market.numbers[day] - self.reach),
                    "period": calendar.period(day),
                    "percent": 0.0,
                    "first_cover": first,
                    "last_cover": last,
                    "runway_cash": r.UNLIMITED,
                    "cut_runway_cash": r.UNLIMITED,
                    "scheduled": r.UNLIMITED,
                    "everyone": int(together or i == 0 or changes[i] or rows[-1]["period"] != calendar.period(day)),
                }
            )
        return rows

    def _dates_by(self) -> np.ndarray:
        """Number of purchase dates by the close of each day; none by t = 0."""
        days = np.zeros((self.case.horizon - self.case.valuation_date).days + 2, np.int64)
        for day in self.dates:
            days[int(self.calendar.t(day)) :] += 1
        return days


def _terms_of(case: Case) -> tuple[Line, Pricing, Policy]:
    """The line of a case, and the pricing and the policy of its one kind of purchase."""
    line = case.facilities[0]
    assert line.pricing is not None  # as it has no other kinds of purchase
    return line, line.pricing, line.policy or case.policy


def _applies(line: Line, dates: tuple[datetime.date, ...]) -> np.ndarray:
    applies = np.zeros((len(dates), len(line.conditions)), np.int64)
    for p, day in enumerate(dates):
        for c, condition in enumerate(line.conditions):
            applies[p, c] = condition.after is None or day > condition.after
    return applies


@cache
def empty_tables() -> lr.LineTables:
    """`LineTables` without a line."""
    none: list[dict] = []
    return lr.LineTables(
        lines=array_of(none, lr.LINE),
        kinds=array_of(none, lr.KIND),
        legs=array_of(none, lr.KIND_LEG),
        tiers=array_of(none, lr.TIER),
        registrations=array_of(none, lr.REGISTRATION),
        notices=array_of(none, lr.NOTICE),
        leg_rows=np.zeros(0, np.int64),
        turns=array_of(none, lr.TURN),
        fees=array_of(none, lr.FEE),
        interest=array_of(none, lr.INTEREST),
        dues=array_of(none, lr.DUE),
        applies=np.zeros((0, 0), np.int64),
        condition_codes=np.zeros(0),
        conditions=0.0,
        reasons=0,
        periods=0,
    )
