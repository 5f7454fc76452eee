"""Any number of lines and kinds of purchase, with every limit, as numbers."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_right
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sim.calendar import fiscal_quarter
from sim.lowering import line_records as lr
from sim.lowering import model_records as m
from sim.lowering import program as r
from sim.lowering.market import Market, priced_sessions
from sim.lowering.schedule import Agenda, Calendar, Coverage, DrawDates, array_of
from sim.terms import Case, Line, Policy, Pricing, Purchase


class _Notice(NamedTuple):
    """A purchase date of a kind of purchase."""

    kind: int
    line: int
    place: int  # among the kind's dates
    day: datetime.date
    session: int
    legs: tuple[range, ...]  # sessions of each leg's window
    settled: int  # session of the settlement


class Lines:
    """The lines of a case, first asking the market for sessions; `finish` makes the rows, once these have numbers."""

    record = r.LineRecord(0.0, r.UNLIMITED, r.UNLIMITED, 1.0, 0.0, 0.0, 0.0, r.NEVER, 0.0, 0, 0)  # not in use
    unused_coverage = 0.0
    purchases: ClassVar[list[dict]] = []
    legs: ClassVar[list[dict]] = []
    dates_by = np.zeros(1, np.int64)

    def __init__(self, case: Case, calendar: Calendar, market: Market, milestones: tuple[str, ...]) -> None:
        self.case, self.calendar, self.market, self.milestones = case, calendar, market, milestones
        self.lines = case.facilities
        self.kinds = [(self.lines.index(line), purchase, dates) for line, purchase, dates in case.purchases]
        self.coverages = [Coverage(calendar, line) for line in self.lines]
        self.quarters = [row for coverage in self.coverages for row in coverage.quarters]
        conditions = [condition for line in self.lines for condition in line.conditions]
        self.names = tuple(dict.fromkeys(condition.name for condition in conditions))
        self.reasons = lr.reason_names(self.names)
        self.applies = np.zeros((0, len(conditions)), np.int64)
        self.notices = sorted(self._notices(), key=lambda notice: (notice.day, notice.kind))
        self.covers = [self._cover(notice) for notice in self.notices]
        self.dates = tuple(notice.day for notice in self.notices)
        self.draws = tuple(map(self._draw, self.notices))
        for notice in self.notices:
            self._ask(notice)
        self.fees = list(self._fees())

    def finish(self) -> None:
        """The rows of purchase dates and of what belongs to them."""
        self.leg_rows: list[int] = []
        self.rows = [self._notice_row(number) for number in range(len(self.notices))]

    @property
    def agenda(self) -> Agenda:
        """Settlements, then notices, then fees of each date; lines and kinds of purchase in the file's order."""
        days = self.market.sessions
        settlements = [
            (days[int(row["settled"]) - 1], lr.TURN_SETTLE, row["kind"], row["number"])
            for row in self.rows
            if row["later"] and not row["lapses"]
        ]
        notices = [(notice.day, lr.TURN_NOTICE, notice.kind, p) for p, notice in enumerate(self.notices)]
        fees = [(day, lr.TURN_FEE, 0, f) for f, (day, _) in enumerate(self.fees)]
        order = {lr.TURN_SETTLE: 0, lr.TURN_NOTICE: 1, lr.TURN_FEE: 2}
        turns: dict[datetime.date, list[dict]] = {}
        for day, what, _, row in sorted(
            settlements + notices + fees, key=lambda turn: (turn[0], order[turn[1]], *turn[2:])
        ):
            turns.setdefault(day, []).append({"what": what, "row": row})
        term = (self.case.valuation_date, self.case.horizon)
        return Agenda((), frozenset(), term, {}, turns)

    def tables(self, turns: list[dict]) -> lr.LineTables:
        """The tables of the program; the records of lines and kinds in the file's order."""
        legs: list[dict] = []
        tiers: list[dict] = []
        registrations: list[dict] = []
        lines = [self._line_row(number, line, registrations) for number, line in enumerate(self.lines)]
        kinds = [self._kind_row(number, legs, tiers) for number in range(len(self.kinds))]
        conditions = [condition for line in self.lines for condition in line.conditions]
        applies = np.zeros((len(self.notices), len(conditions)), np.int64)
        for p, day in enumerate(self.dates):
            for c, condition in enumerate(conditions):
                applies[p, c] = condition.after is None or day > condition.after
        codes = [len(lr.REASONS_BEFORE_CONDITIONS) + self.names.index(condition.name) for condition in conditions]
        return lr.LineTables(
            lines=array_of(lines, lr.LINE),
            kinds=array_of(kinds, lr.KIND),
            legs=array_of(legs, lr.KIND_LEG),
            tiers=array_of(tiers, lr.TIER),
            registrations=array_of(registrations, lr.REGISTRATION),
            notices=array_of(self.rows, lr.NOTICE),
            leg_rows=np.array(self.leg_rows, np.int64),
            turns=array_of(turns, lr.TURN),
            fees=array_of([self._fee_row(fee) for _, fee in self.fees], lr.FEE),
            applies=applies,
            condition_codes=np.array(codes, np.float64),
            conditions=float(len(self.names)),
            reasons=len(self.reasons),
            periods=self.calendar.periods,
        )

    # --- what the market is asked for ---

    def _notices(self) -> list[_Notice]:
        found = []
        for kind, (line, purchase, dates) in enumerate(self.kinds):
            pricing = priced(purchase)
            legs, after = pricing.legs, pricing.sessions_after
            for place, day in enumerate(dates):
                n = self.market.numbers[day]
                settled = n + after + purchase.settlement_sessions
                windows = tuple(priced_sessions(leg, n) for leg in legs)
                found.append(_Notice(kind, line, place, day, n, windows, settled))
        return found

    def _draw(self, notice: _Notice) -> DrawDates:
        line, (_, purchase, _), days = self.lines[notice.line], self.kinds[notice.kind], self.market.sessions
        settled = days[notice.settled - 1] if notice.settled <= len(days) else None
        return DrawDates(line.label, purchase.name, notice.day, settled, self.calendar.period(notice.day))

    def _cover(self, notice: _Notice) -> tuple[int, int]:
        return self.coverages[notice.line].cover(self.calendar.quarter(notice.day), notice.day)

    def _ask(self, notice: _Notice) -> None:
        """The sessions whose closes a notice, or its settlement, looks at."""
        _, purchase, _ = self.kinds[notice.kind]
        n, pricing, need = notice.session, priced(purchase), self.market.need
        for session in (n, *self._trigger(notice)):
            need(session)
        for session in self._volume_before(notice):
            need(session, "volume")
        settles = notice.settled <= len(self.market.sessions)
        if settles or not pricing.forward:
            for leg, window in zip(pricing.legs, notice.legs, strict=True):
                for session in window:
                    need(session, leg.series)
            for session in self._volume_during(notice):
                need(session, "volume")
        if settles and self._needs_settled_close(self.lines[notice.line]):
            need(notice.settled)

    def _trigger(self, notice: _Notice) -> range:
        """The sessions whose mean close the trigger is a multiple of; none where it is of the opening price."""
        policy, n = followed(self.kinds[notice.kind][1]), notice.session
        return range(n - (policy.trigger_sessions or 0) * averaged(policy), n)

    def _volume_before(self, notice: _Notice) -> range:
        """The sessions before a notice whose volumes limit it."""
        rule, n = self.kinds[notice.kind][1].volume_before, notice.session
        return range(n - (rule.sessions if rule else 0), n)

    def _volume_during(self, notice: _Notice) -> range:
        """The sessions of the windows after a notice, or its own, whose volumes limit it."""
        purchase, n = self.kinds[notice.kind][1], notice.session
        if purchase.volume_during is None:
            return range(n, n)
        pricing = priced(purchase)
        return range(n + 1, n + pricing.sessions_after + 1) if pricing.forward else range(n, n + 1)

    def _needs_settled_close(self, line: Line) -> bool:
        """Whether the close of a settlement's date matters: to the dilution impact, and for the worth of fee shares."""
        return self.case.price.impact == "dilution" or bool(line.fees and line.fees.pro_rata_shares)

    def _fees(self) -> Any:
        """The staged fees that are due in the simulated span, with their lines."""
        for number, line in enumerate(self.lines):
            for stage in line.fees.staged if line.fees else ():
                if self.case.valuation_date <= stage.date <= self.case.horizon:
                    session = bisect_right(self.market.sessions, stage.date)
                    if stage.shares:
                        self.market.need(session)
                    yield stage.date, (number, stage, session)

    # --- rows ---

    def _fee_row(self, fee: tuple[int, Any, int]) -> dict:
        number, stage, session = fee
        row = self.market.row(session) if stage.shares else 0
        t = self.calendar.t(stage.date)
        return {
            "line": number, "t": t, "session": session, "row": row, "cash": stage.cash, "shares": stage.shares,
        }  # fmt: skip

    def _notice_row(self, number: int) -> dict:
        notice, market, calendar = self.notices[number], self.market, self.calendar
        _, purchase, _ = self.kinds[notice.kind]
        pricing, policy = priced(purchase), followed(purchase)
        line, coverage = self.lines[notice.line], self.coverages[notice.line]
        day, quarter, month = notice.day, calendar.quarter(notice.day), calendar.month(notice.day)
        settles = notice.settled <= len(market.sessions)
        close = notice.settled if settles and self._needs_settled_close(line) else notice.session
        first_leg_row = len(self.leg_rows)
        known = settles or not pricing.forward  # else a window is not over by the horizon
        self.leg_rows += [market.row(window[0]) if known else 0 for window in notice.legs]
        before, during, trigger = self._volume_before(notice), self._volume_during(notice), self._trigger(notice)
        cap_rows, quarter_rows = self._drawn_rows(notice.line)
        by_month = line.period == "month"
        tests = quarter.ordinal - coverage.first_carried.ordinal
        return {
            "number": number, "kind": notice.kind, "t": calendar.t(day), "session": notice.session, "month": month,
            "row": market.row(notice.session), "quarter": calendar.period(day),
            "cap_row": cap_rows + (month if by_month else calendar.period(day)),
            "quarter_row": quarter_rows + calendar.period(day),
            "percent": coverage.percent(quarter), "first_cover": self.covers[number][0],
            "last_cover": self.covers[number][1], "unused_until": min(max(tests, 0), len(coverage.quarters)),
            "level": self.case.burn_level(month),
            "scheduled": policy.amounts[notice.place] if policy.kind == "schedule" else r.UNLIMITED,
            "runway": int(policy.kind in ("runway", "opportunistic")), "blackout": int(self._is_blackout(line, day)),
            "first_leg_row": first_leg_row, "before_row": market.row(before[0]) if before else 0,
            "during_row": market.row(during[0]) if during and known else 0, "during_sessions": len(during),
            "trigger_row": market.row(trigger[0]) if trigger else 0,
            "later": int(notice.settled > notice.session), "lapses": int(not settles), "settled": notice.settled,
            "settled_t": market.t(notice.settled) if settles else r.NEVER, "settled_row": market.row(close),
        }  # fmt: skip

    def _is_blackout(self, line: Line, day: datetime.date) -> bool:
        if any(blackout.from_ <= day <= blackout.to for blackout in line.blackouts):
            return True
        around = line.earnings_blackout
        if around is None:
            return False
        quarter = fiscal_quarter(day, self.case.company.fiscal_year_end_month)
        ends = [quarter.plus(k).end for k in range(-5, 6)]  # at most 366 days away
        return any(-around.before <= (day - end).days <= around.after for end in ends)

    def _drawn_rows(self, number: int) -> tuple[int, int]:
        """First rows of `Books.drawn` of a line, by period of its cap and by fiscal quarter."""
        first = 0
        for line in self.lines[:number]:
            first += self._drawn_room(line)
        return first, first + self._cap_room(self.lines[number])

    def _drawn_room(self, line: Line) -> int:
        return self.calendar.periods + self._cap_room(line)

    def _cap_room(self, line: Line) -> int:
        """Rows by period of the cap, where draws alone do not use it up or it is not by fiscal quarter; else none, as
        those by fiscal quarter say the same."""
        if line.period == "month":
            return self.calendar.n_months
        reduced = self.case.third_party is not None and self.case.third_party.reduces == "period"
        return self.calendar.periods * reduced

    def cap_rows(self, number: int) -> int:
        """The first row of `Books.drawn` of a line by period of its cap."""
        return self._drawn_rows(number)[0]

    @property
    def drawn_rows(self) -> int:
        """Rows of `Books.drawn`."""
        return sum(map(self._drawn_room, self.lines))

    def _line_row(self, number: int, line: Line, registrations: list[dict]) -> dict:
        used, fees, coverage = line.used, line.fees, self.coverages[number]
        first_condition = sum(len(before.conditions) for before in self.lines[:number])
        first_test = sum(len(before.quarters) for before in self.coverages[:number])
        cap = limit(line.max_per_period)
        whole = limit(line.commitment)
        last = max((notice.day for notice in self.notices if notice.line == number), default=None)
        start = self.calendar.quarter(self.case.valuation_date)
        first_registration = len(registrations)
        for row in line.registrations:
            milestone = self.milestones.index(row.milestone) if row.milestone else -1
            t = self.calendar.t(row.effective) if row.effective else 0.0
            registrations.append({"shares": row.shares, "t": t, "milestone": milestone})
        cap_rows, quarter_rows = self._drawn_rows(number)
        return {
            "commitment": max(whole - (used.amount if used else 0.0), 0.0), "whole": whole or 1.0,
            "waterfall": int(whole < math.inf),
            "issued": used.shares if used else 0, "paid": used.amount if used else 0.0,
            "holdings": used.holdings if used else 0, "this_period": used.this_period if used else 0.0,
            "cap": cap, "quarter_cap": cap if line.period == "fiscal_quarter" else r.UNLIMITED,
            "max_shares": limit(line.max_shares), "legal_cost": line.legal_cost_per_draw,
            "percent": fees.percent / 100.0 if fees else 0.0, "pro_rata": fees.pro_rata_shares if fees else 0,
            "share_multiplier": fees.share_multiplier if fees else 1.0,
            "start": self.calendar.t(line.start), "end": self.calendar.t(line.end),
            "last_t": self.calendar.t(last) if last else -1.0, "unused_coverage": coverage.unused_at_opening(),
            "ownership": line.ownership.share if line.ownership else 1.0,
            "resale": line.ownership.resale_sessions if line.ownership else 1,
            **self._exchange_cap(line), "registered": int(bool(line.registrations)),
            "first_registration": first_registration, "last_registration": len(registrations),
            "first_condition": first_condition, "last_condition": first_condition + len(line.conditions),
            "first_quarter": coverage.first_carried.ordinal - start.ordinal, "first_test": first_test,
            "last_test": first_test + len(coverage.quarters), "cap_rows": cap_rows, "quarter_rows": quarter_rows,
        }  # fmt: skip

    def _exchange_cap(self, line: Line) -> dict:
        cap, used = line.exchange_cap, line.used.shares if line.used else 0
        if cap is None:
            return {"exchange_cap": r.UNLIMITED, "exempt_price": r.UNLIMITED, "exempt_average": 0, "vote": -1}
        opening = self.case.company.shares_outstanding - used
        return {
            "exchange_cap": cap.shares if cap.share is None else cap.share * opening,
            "exempt_price": limit(cap.exempt_price),
            "exempt_average": lr.AVERAGES.index(cap.average),
            "vote": self.milestones.index(cap.vote) if cap.vote else -1,
        }

    def _kind_row(self, number: int, legs: list[dict], tiers: list[dict]) -> dict:
        line, purchase, _ = self.kinds[number]
        pricing, policy, multiple = priced(purchase), followed(purchase), purchase.multiple_of
        before, during = purchase.volume_before, purchase.volume_during
        kinds = [(of, kind.name) for of, kind, _ in self.kinds]
        opportunistic = policy.kind == "opportunistic"
        first_leg, first_tier = len(legs), len(tiers)
        legs += leg_rows(pricing)
        tiers += tier_rows(purchase, pricing)
        return {
            "line": line, "multiplier": pricing.multiplier, "floor": pricing.floor or 0.0,
            "floor_of_close": pricing.floor_of_close or 0.0,
            "below_floor": lr.BELOW_FLOOR.index(pricing.below_floor), "forward": int(pricing.forward),
            "draw_cap": limit(purchase.max_per_draw), "share_cap": limit(purchase.max_shares_per_draw),
            "volume_share": before.share if before else 0.0, "volume_least": before.at_least_shares if before else 0,
            "volume_statistic": lr.VOLUME_STATISTICS.index(before.statistic) if before else 0,
            "volume_sessions": before.sessions if before else 0,
            "during_share": during.share if during else r.UNLIMITED, "market_cap": limit(purchase.market_cap_share),
            "multiple": kinds.index((line, multiple.purchase)) if multiple else -1,
            "times": multiple.times if multiple else 0.0, "cooldown": purchase.cooldown_sessions,
            "minimum_draw": purchase.minimum_draw, "first_leg": first_leg, "last_leg": len(legs),
            "first_tier": first_tier, "last_tier": len(tiers),
            "price_trigger": policy.price_trigger if opportunistic else r.NEVER,
            "trigger_price": self.case.price.initial,
            "trigger_sessions": (policy.trigger_sessions or 0) * averaged(policy),
            "reserve_price": policy.reserve_price or 0.0,
            "need_months": -1.0 if policy.need_months is None else policy.need_months,
            "tilt": (policy.price_tilt or 0.0) * (policy.kind == "runway"),
            "most_months": limit(policy.cover_months_high) if policy.kind == "runway" else r.UNLIMITED,
            "target_months": policy.target_months or 0.0,
        }  # fmt: skip


def limit(value: float | None) -> float:
    """A limit as a number; an absent one is infinite."""
    return r.UNLIMITED if value is None else float(value)


def priced(purchase: Purchase) -> Pricing:
    """The pricing of a completed kind of purchase."""
    assert purchase.pricing is not None
    return purchase.pricing


def followed(purchase: Purchase) -> Policy:
    """The policy of a completed kind of purchase."""
    assert purchase.policy is not None
    return purchase.policy


def averaged(policy: Policy) -> bool:
    """Whether the trigger is a multiple of an average close."""
    return policy.kind == "opportunistic" and policy.trigger_over == "average"


def leg_rows(pricing: Pricing) -> list[dict]:
    """The legs of a price."""
    return [
        {
            "series": m.SERIES.index(leg.series),
            "window": leg.window,
            "statistic": r.STATISTICS.index(leg.statistic),
            "count": min(leg.count or 1, leg.window),
            "multiplier": leg.multiplier,
        }
        for leg in pricing.legs
    ]


def tier_rows(purchase: Purchase, pricing: Pricing) -> list[dict]:
    """The limits from each close on; without tiers one row that every close reaches."""
    own = {
        "from_price": -math.inf,
        "share_cap": limit(purchase.max_shares_per_draw),
        "draw_cap": limit(purchase.max_per_draw),
        "multiplier": pricing.multiplier,
    }
    rows = []
    for tier in purchase.tiers:
        row = own | {"from_price": tier.from_price}
        row |= {"share_cap": limit(tier.max_shares_per_draw)} if tier.max_shares_per_draw is not None else {}
        row |= {"draw_cap": limit(tier.max_per_draw)} if tier.max_per_draw is not None else {}
        row |= {"multiplier": tier.multiplier} if tier.multiplier is not None else {}
        rows.append(row)
    return rows or [own]
