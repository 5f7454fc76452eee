"""Any number of lines and kinds of purchase, with every limit, as numbers."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_right
from typing import Any, NamedTuple

import numpy as np

from sim.calendar import fiscal_quarter
from sim.lowering import line_records as lr
from sim.lowering import program as r
from sim.lowering.burn import Levels
from sim.lowering.interest import InterestRows, tests_of
from sim.lowering.market import Market, priced_sessions
from sim.lowering.purchase_rows import averaged, followed, leg_rows, limit, priced, tier_rows
from sim.lowering.schedule import Agenda, Calendar, Coverage, DrawDates, array_of
from sim.terms import Case, Line, Purchase


class _Notice(NamedTuple):
    """A purchase date of a kind of purchase."""

    kind: int
    line: int
    place: int  # among the kind's dates
    day: datetime.date
    session: int
    legs: tuple[range, ...]  # sessions of each leg's window
    settled: int  # session of the settlement
    paid: datetime.date | None  # its day; None after the horizon


class Lines:
    """The lines of a case, first asking the market for sessions; `finish` makes the rows, once these have numbers.

    They depend on the shape of the case alone. The functions of a case add its numbers.
    """

    dates_by = np.zeros(1, np.int64)

    def __init__(self, case: Case, calendar: Calendar, market: Market, milestones: tuple[str, ...]) -> None:
        self.case, self.calendar, self.market, self.milestones = case, calendar, market, milestones
        self.lines = case.facilities
        self.kinds = [(self.lines.index(line), purchase, dates) for line, purchase, dates in case.purchases]
        self.coverages = [Coverage(calendar, line) for line in self.lines]
        conditions = [condition for line in self.lines for condition in line.conditions]
        self.names = tuple(dict.fromkeys(condition.name for condition in conditions))
        self.reasons = lr.reason_names(self.names)
        self.applies = np.zeros((0, len(conditions)), np.int64)  # of the program, not in use
        self.notices = sorted(self._notices(), key=lambda notice: (notice.day, notice.kind))
        asked, quarter = self.coverages, calendar.quarter
        self.covers = [asked[n.line].cover(quarter(n.day), n.day, n.paid) for n in self.notices]
        self.dates = tuple(notice.day for notice in self.notices)
        self.draws = tuple(map(self._draw, self.notices))
        for notice in self.notices:
            self._ask(notice)
        self.fees = list(self._fees())
        self.interest = InterestRows(case, calendar, tests_of(self))

    def finish(self) -> None:
        """The rows of purchase dates and of what belongs to them."""
        self.leg_rows: list[int] = []
        rows = [self._notice_row(number) for number in range(len(self.notices))]
        self.rows = array_of(rows, lr.NOTICE)
        notices, line_of = self.notices, self.coverages
        places = [line_of[one.line].place(self.calendar.quarter(one.day)) for one in notices]
        self._percent_at, self._date_at = np.array(places, np.int64), np.array([one.place for one in notices], np.int64)
        self._line_of = np.array([one.line for one in notices], np.int64)
        self._applies = self._conditions_that_apply()

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

    def record(self, case: Case) -> r.LineRecord:
        """Not in use."""
        return r.LineRecord(0.0, r.UNLIMITED, r.UNLIMITED, 1.0, 0.0, 0.0, 0.0, r.NEVER, 0.0, 0, 0)

    def legs(self, case: Case) -> list[dict]:
        """Not in use."""
        return []

    def purchases(self, case: Case, levels: Levels) -> np.ndarray:
        """Not in use."""
        return np.zeros(0, r.PURCHASE)

    def unused_coverage(self, case: Case) -> float:
        """Not in use."""
        return 0.0

    def quarters(self, case: Case) -> np.ndarray:
        """The coverage tests at the ends of quarters, line by line."""
        tests = zip(self.coverages, case.facilities, strict=True)
        return np.concatenate([coverage.quarter_table(line) for coverage, line in tests])

    def tables(self, case: Case, turns: np.ndarray, levels: Levels) -> lr.LineTables:
        """The tables of the program; the records of lines and kinds in the file's order.

        `levels`: the expected burn by row of months.
        """
        legs: list[dict] = []
        tiers: list[dict] = []
        registrations: list[dict] = []
        lines = [self._line_row(case, number, registrations) for number in range(len(self.lines))]
        terms = [purchase for line in case.facilities for purchase in line.kinds(case.policy)]
        kinds = [self._kind_row(case, terms, number, legs, tiers) for number in range(len(self.kinds))]
        conditions = [condition for line in self.lines for condition in line.conditions]
        codes = [len(lr.REASONS_BEFORE_CONDITIONS) + self.names.index(condition.name) for condition in conditions]
        return lr.LineTables(
            lines=array_of(lines, lr.LINE),
            kinds=array_of(kinds, lr.KIND),
            legs=array_of(legs, lr.KIND_LEG),
            tiers=array_of(tiers, lr.TIER),
            registrations=array_of(registrations, lr.REGISTRATION),
            notices=self._notice_table(case, terms, levels),
            leg_rows=np.array(self.leg_rows, np.int64),
            turns=turns,
            fees=array_of([self._fee_row(case, fee) for _, fee in self.fees], lr.FEE),
            interest=self.interest.table(case),
            dues=self.interest.dues,
            applies=self._applies,
            condition_codes=np.array(codes, np.float64),
            conditions=float(len(self.names)),
            reasons=len(self.reasons),
            periods=self.calendar.periods,
        )

    def _notice_table(self, case: Case, terms: list[Purchase], levels: Levels) -> np.ndarray:
        """The notices with the numbers of a case, of whose kinds of purchase `terms` are the completed ones."""
        table = self.rows.copy()
        table["level"], table["cut_level"] = levels.whole[table["month"]], levels.cut[table["month"]]
        for number, (coverage, line) in enumerate(zip(self.coverages, case.facilities, strict=True)):
            own = self._line_of == number
            table["percent"][own] = coverage.percents(line)[self._percent_at[own]]
        for kind, purchase in enumerate(terms):
            policy = followed(purchase)
            if policy.kind == "schedule":
                own = table["kind"] == kind
                table["scheduled"][own] = np.array(policy.amounts)[self._date_at[own]]
        return table

    # --- what the market is asked for ---

    def _notices(self) -> list[_Notice]:
        found, days = [], self.market.sessions
        for kind, (line, purchase, dates) in enumerate(self.kinds):
            pricing = priced(purchase)
            legs, after = pricing.legs, pricing.sessions_after
            for place, day in enumerate(dates):
                n = self.market.numbers[day]
                settled = n + after + purchase.settlement_sessions
                windows = tuple(priced_sessions(leg, n) for leg in legs)
                paid = days[settled - 1] if settled <= len(days) else None
                found.append(_Notice(kind, line, place, day, n, windows, settled, paid))
        return found

    def _draw(self, notice: _Notice) -> DrawDates:
        line, (_, purchase, _) = self.lines[notice.line], self.kinds[notice.kind]
        return DrawDates(line.label, purchase.name, notice.day, notice.paid, self.calendar.period(notice.day))

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
        """The staged fees that are due in the simulated span: number of the line, and which of its fees."""
        for number, line in enumerate(self.lines):
            for place, stage in enumerate(line.fees.staged if line.fees else ()):
                if self.case.valuation_date <= stage.date <= self.case.horizon:
                    session = bisect_right(self.market.sessions, stage.date)
                    if stage.shares:
                        self.market.need(session)
                    yield stage.date, (number, place, session)

    # --- rows ---

    def _fee_row(self, case: Case, fee: tuple[int, int, int]) -> dict:
        number, place, session = fee
        fees = case.facilities[number].fees
        assert fees is not None
        stage = fees.staged[place]
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
            "percent": 0.0, "first_cover": self.covers[number][0],
            "last_cover": self.covers[number][1], "unused_until": min(max(tests, 0), len(coverage.quarters)),
            "level": 0.0, "cut_level": 0.0, "scheduled": r.UNLIMITED,
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

    def _conditions_that_apply(self) -> np.ndarray:
        """int64 (notices, conditions): 1 where a condition applies on the date."""
        conditions = [condition for line in self.lines for condition in line.conditions]
        applies = np.zeros((len(self.notices), len(conditions)), np.int64)
        for p, day in enumerate(self.dates):
            for c, condition in enumerate(conditions):
                applies[p, c] = condition.after is None or day > condition.after
        return applies

    def _line_row(self, case: Case, number: int, registrations: list[dict]) -> dict:
        line, coverage = case.facilities[number], self.coverages[number]
        used, fees = line.used, line.fees
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
            "this_quarter": used.of_quarter if used else 0.0,
            "cap": cap, "quarter_cap": cap if line.period == "fiscal_quarter" else r.UNLIMITED,
            "max_shares": limit(line.max_shares), "legal_cost": line.legal_cost_per_draw,
            "percent": fees.percent / 100.0 if fees else 0.0, "pro_rata": fees.pro_rata_shares if fees else 0,
            "share_multiplier": fees.share_multiplier if fees else 1.0,
            "start": self.calendar.t(line.start), "end": self.calendar.t(line.end),
            "last_t": self.calendar.t(last) if last else -1.0,
            "unused_coverage": coverage.unused_at_opening(case, line),
            "ownership": line.ownership.share if line.ownership else 1.0,
            "resale": line.ownership.resale_sessions if line.ownership else 1,
            **self._exchange_cap(case, line), "registered": int(bool(line.registrations)),
            "first_registration": first_registration, "last_registration": len(registrations),
            "first_condition": first_condition, "last_condition": first_condition + len(line.conditions),
            "first_quarter": coverage.first_carried.ordinal - start.ordinal, "first_test": first_test,
            "last_test": first_test + len(coverage.quarters), "cap_rows": cap_rows, "quarter_rows": quarter_rows,
        }  # fmt: skip

    def _exchange_cap(self, case: Case, line: Line) -> dict:
        cap, used = line.exchange_cap, line.used.shares if line.used else 0
        if cap is None:
            return {"exchange_cap": r.UNLIMITED, "exempt_price": r.UNLIMITED, "exempt_average": 0, "vote": -1}
        opening = case.company.shares_outstanding - used
        return {
            "exchange_cap": cap.shares if cap.share is None else cap.share * opening,
            "exempt_price": limit(cap.exempt_price),
            "exempt_average": lr.AVERAGES.index(cap.average),
            "vote": self.milestones.index(cap.vote) if cap.vote else -1,
        }

    def _kind_row(self, case: Case, terms: list[Purchase], number: int, legs: list[dict], tiers: list[dict]) -> dict:
        (line, _, _), purchase = self.kinds[number], terms[number]
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
            "trigger_price": case.price.initial,
            "trigger_sessions": (policy.trigger_sessions or 0) * averaged(policy),
            "reserve_price": policy.reserve_price or 0.0,
            "need_months": -1.0 if policy.need_months is None else policy.need_months,
            "tilt": (policy.price_tilt or 0.0) * (policy.kind == "runway"),
            "most_months": limit(policy.cover_months_high) if policy.kind == "runway" else r.UNLIMITED,
            "target_months": policy.target_months or 0.0,
        }  # fmt: skip
