"""The only door between a case and the kernels: dates become days, dollars stay floats, rules become lists of stops.

`lower(case)` gives a `Plan`: the `Program` that the kernels run, and the names and dates that give its rows a meaning.
Constants are computed once, correctly rounded (square roots by IEEE 754, logarithms and exponentials by `decimal`), so
that they are the same on every machine.
"""

from __future__ import annotations

import datetime
import hashlib
import math
from dataclasses import dataclass, field
from decimal import Context, Decimal

import numpy as np

from sim import records as r
from sim.terms import Case
from sim.terms.calendar import (
    FiscalQuarter,
    fiscal_quarter,
    month_end,
    month_number,
    month_start,
    purchase_dates,
    sessions,
)

DAYS_IN_YEAR = 365.25
SESSIONS_IN_YEAR = 252.0
NORMAL_SCORE_90 = 1.2815515655446004
_DIGITS = Context(prec=50)


@dataclass(frozen=True)
class Period:
    """A fiscal quarter, cut to the simulated span."""

    label: str
    start: datetime.date
    end: datetime.date


@dataclass(frozen=True)
class Plan:
    """A lowered case: the program, and what its rows stand for."""

    program: r.Program
    luck_rows: int
    day_dates: tuple[datetime.date | None, ...]  # a date for each row of closes; None where the row is not looked at
    months: tuple[str, ...]  # "2002-04" for each simulated month; rows of months outside the span follow unnamed
    purchase_dates: tuple[datetime.date, ...]
    periods: tuple[Period, ...]
    milestones: tuple[str, ...]  # in the order of the program's rows
    reasons: tuple[str, ...]


def lower(case: Case) -> Plan:
    """Lower a validated case. Every array is C-contiguous and of one dtype, so that the kernels compile once."""
    luck = _Luck()
    calendar = _Calendar(case)
    grid = _Grid(case, calendar, luck)
    months = _months(case, calendar, luck)
    milestones = _in_order(case)
    stops, actions = _stops(case, calendar, grid)
    program = r.Program(
        price=r.PriceRecord(
            initial=float(case.price.initial),
            scale=case.price.volatility * math.sqrt(1.0 / SESSIONS_IN_YEAR),
            impact=int(case.price.impact == "dilution"),
        ),
        burn=_burn(case),
        events=_events(case, luck),
        third_party=_third_party(case),
        line=_line(case),
        opening=_opening(case, calendar),
        walk=_array(grid.walk, r.WALK),
        days=_array(grid.days, r.DAY),
        jumps=_array(_jumps(case, milestones), r.JUMP),
        months=_array(months, r.MONTH),
        milestones=_array(_milestones(case, milestones, luck), r.MILESTONE_RECORD),
        conditions=_array(_conditions(case, milestones, luck), r.CONDITION_RECORD),
        notes=_array(_notes(case, luck), r.NOTE_RECORD),
        stops=_array(stops, r.STOP),
        actions=_array(actions, r.ACTION),
        purchases=_array(_purchases(case, calendar, grid), r.PURCHASE),
        covers=_array(calendar.covers, r.COVER),
        quarters=_array(calendar.quarters, r.QUARTER),
        applies=_applies(case, calendar.purchases),
        calls=_array(luck.calls(), r.CALL),  # last: all luck has been asked for
    )
    return Plan(
        program=program,
        luck_rows=luck.rows,
        day_dates=grid.dates,
        months=tuple(f"{calendar.month_start(k):%Y-%m}" for k in range(calendar.n_months)),
        purchase_dates=calendar.purchases,
        periods=calendar.periods,
        milestones=tuple(milestone.name for milestone in milestones),
        reasons=r.reason_names(tuple(condition.name for condition in case.line.conditions)),
    )


def log(x: float) -> float:
    """Natural logarithm, correctly rounded."""
    return float(_DIGITS.ln(Decimal(x)))


def one_minus_exp(x: float) -> float:
    """1 - exp(-x), correctly rounded."""
    return float(_DIGITS.subtract(Decimal(1), _DIGITS.exp(Decimal(-x))))


def index_of(name: str) -> int:
    """A random stream's index made of a name, so that luck does not move when a list gets longer or shorter."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def _array(rows: list[dict], dtype: np.dtype) -> np.ndarray:
    array = np.zeros(len(rows), dtype)
    for i, row in enumerate(rows):
        for name in dtype.names or ():
            array[name][i] = row[name]
    return array


class _Luck:
    """Gives out rows of luck, and remembers which call of the generator fills each."""

    def __init__(self) -> None:
        self.rows = 1  # row 0 takes what nobody uses
        self._halves: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}

    def ask(self, purpose: int, index: int, half: int, kind: int) -> int:
        """The row that will hold one number for each path."""
        halves = self._halves.setdefault((purpose, index), {})
        if half not in halves:
            halves[half] = (self.rows, kind)
            self.rows += 1
        return halves[half][0]

    def calls(self) -> list[dict]:
        rows = []
        for (purpose, index), halves in self._halves.items():
            (row_a, kind_a), (row_b, kind_b) = (halves.get(half, (0, r.UNUSED)) for half in (0, 1))
            rows.append(
                {"purpose": purpose, "index": index, "row_a": row_a, "kind_a": kind_a, "row_b": row_b, "kind_b": kind_b}
            )
        return rows


class _Calendar:
    """Months, fiscal quarters and purchase dates of a case, and the coverage tests that look at them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.n_months = month_number(case.valuation_date, case.horizon) + 1
        self.sessions = sessions(case.valuation_date, case.horizon)
        self.purchases = purchase_dates(case)
        self.outside: list[int] = []  # months outside the span that some coverage test looks at
        self.covers: list[dict] = []
        self.term_start = self.quarter(case.line.start)
        self.periods = tuple(self._periods())
        self.quarters: list[dict] = []
        if self.carries:
            q = max(self.term_start, self.quarter(case.valuation_date))
            while q.end <= case.horizon and q.start <= case.line.end:
                first, last = self.cover(q)
                self.quarters.append({"percent": self.percent(q), "first_cover": first, "last_cover": last})
                q = q.next()

    @property
    def carries(self) -> bool:
        return self.case.line.coverage is not None and self.case.line.coverage.carry_forward

    def month_start(self, k: int) -> datetime.date:
        return month_start(self.case.valuation_date, k)

    def month_end(self, k: int) -> datetime.date:
        return month_end(self.case.valuation_date, k)

    def month(self, day: datetime.date) -> int:
        return month_number(self.case.valuation_date, day)

    def quarter(self, day: datetime.date) -> FiscalQuarter:
        return fiscal_quarter(day, self.case.company.fiscal_year_end_month)

    def t(self, day: datetime.date) -> float:
        """The close of business on a date, in days from the opening of the valuation date."""
        return float((day - self.case.valuation_date).days + 1)

    def _periods(self):
        q = self.quarter(self.case.valuation_date)
        while q.start <= self.case.horizon:
            yield Period(q.label, max(q.start, self.case.valuation_date), min(q.end, self.case.horizon))
            q = q.next()

    def period(self, day: datetime.date) -> int:
        return self.quarter(day).ordinal - self.quarter(self.case.valuation_date).ordinal

    def percent(self, q: FiscalQuarter) -> float:
        coverage = self.case.line.coverage
        if coverage is None:
            return 0.0
        i = max(0, q.ordinal - self.term_start.ordinal)
        return coverage.percent[min(i, len(coverage.percent) - 1)] / 100.0

    def basis(self, q: FiscalQuarter, through: datetime.date | None = None) -> list[tuple[int, float]]:
        """Months whose cash used counts for a draw in fiscal quarter q on the day `through` (None: at q's end), with their shares."""
        coverage = self.case.line.coverage
        if coverage is None:
            return []
        if coverage.basis == "previous_quarter":
            q = q.plus(-1)
        first = self.month(q.start)
        if coverage.basis != "to_date" or through is None:
            return [(k, 1.0) for k in range(first, first + 3)]
        k = self.month(through)
        return [(j, 1.0) for j in range(first, k)] + [(k, through.day / self.month_end(k).day)]

    def cover(self, q: FiscalQuarter, through: datetime.date | None = None) -> tuple[int, int]:
        """Add a coverage test; returns its rows [first, last) in `covers`."""
        first = len(self.covers)
        self.covers += [{"month": self.month_row(k), "share": share} for k, share in self.basis(q, through)]
        return first, len(self.covers)

    def month_row(self, k: int) -> int:
        """The row that holds month k's cash used: simulated months first, then those outside the span."""
        if 0 <= k < self.n_months:
            return k
        if k not in self.outside:
            self.outside.append(k)
        return self.n_months + self.outside.index(k)

    def unused_at_opening(self) -> float:
        """Coverage that quarters of the term before the valuation date left unused, at their expected figures and undrawn."""
        unused, q = 0.0, self.term_start
        while self.carries and q.end < self.case.valuation_date:
            used = 0.0
            for k, share in self.basis(q):
                used += self.case.burn_level(k) * share
            unused = max(0.0, self.percent(q) * max(0.0, used) + unused)
            q = q.next()
        return unused


@dataclass
class _Grid:
    """The sessions whose closes matter, and the Brownian walk that reaches them."""

    case: Case
    calendar: _Calendar
    luck: _Luck
    walk: list[dict] = field(default_factory=list)
    days: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        numbers = {day: n for n, day in enumerate(self.calendar.sessions, start=1)}
        pricing = self.case.line.pricing
        needed: set[int] = set()
        earliest = 0
        for day in self.calendar.purchases:
            last = numbers[day] if pricing.timing == "through" else numbers[day] - 1
            needed.update(range(last - pricing.window + 1, last + 1), [numbers[day]])
            earliest = min(earliest, last - pricing.window + 1)
        ends: dict[int, int] = {}
        starts: dict[int, int] = {}
        for day, n in numbers.items():
            k = self.calendar.month(day)
            ends[k] = n
            starts.setdefault(k, n)
        if self.case.third_party is not None and self.case.third_party.annual_rate > 0:
            needed.update(ends.values())
        self.month_ends = {k: self.calendar.sessions[n - 1] for k, n in ends.items()}
        self._row_of: dict[int, int] = {}
        dates: list[datetime.date | None] = []
        for n in range(earliest, 1):
            self._row_of[n] = len(self.days)
            self.days.append({"t": -1.0, "drift": 0.0, "needed": r.OPENING})
            dates.append(None)
        for k in range(len(ends)):
            if starts[k] > max(needed, default=0):
                break
            first = min((n for n in needed if starts[k] <= n <= ends[k]), default=ends[k])
            for n in range(first, ends[k] + 1):
                self._row_of[n] = len(self.days)
                day = self.calendar.sessions[n - 1]
                self.days.append({"t": self.calendar.t(day), "drift": self._drift(n), "needed": int(n in needed)})
                dates.append(day if n in needed else None)
            self._walk_month(k, first, starts[k], ends[k])
        self.dates = tuple(dates)
        self.numbers = numbers

    def _drift(self, n: int) -> float:
        price = self.case.price
        return (price.drift - 0.5 * price.volatility * price.volatility) * (n / SESSIONS_IN_YEAR)

    def _walk_month(self, k: int, first: int, start: int, end: int) -> None:
        length = end - start + 1
        back, row = self._row_of[start - 1], self._row_of[end]
        z = self.luck.ask(r.MONTH_END_NORMAL, k >> 1, k & 1, r.NORMAL)
        self.walk.append({"row": row, "back": back, "ahead": -1, "luck": z, "ratio": 0.0, "root": math.sqrt(length)})
        for n in range(end - 1, first - 1, -1):
            j, position = end - n - 1, n - start + 1
            ratio = position / (position + 1)
            z = self.luck.ask(r.DAY_NORMAL, k * r.DAY_CALLS_A_MONTH + (j >> 1), j & 1, r.NORMAL)
            self.walk.append(
                {
                    "row": self._row_of[n], "back": back, "ahead": self._row_of[n + 1],
                    "luck": z, "ratio": ratio, "root": math.sqrt(ratio),
                }
            )  # fmt: skip

    def row(self, n: int) -> int:
        """The row of session number n; 0 and below are the opening and before."""
        return self._row_of[n]

    def rows_through(self, day: datetime.date) -> int:
        """How many rows of closes lie on or before a date."""
        return sum(t["t"] <= self.calendar.t(day) for t in self.days)


def _months(case: Case, calendar: _Calendar, luck: _Luck) -> list[dict]:
    # The purchase dates' coverage tests must all be known before the months outside the span are.
    for day in calendar.purchases:
        for k, _ in calendar.basis(calendar.quarter(day), day):
            calendar.month_row(k)
    random = case.burn.volatility > 0
    arrives = case.third_party is not None and case.third_party.annual_rate > 0
    rows = []
    for k in range(calendar.n_months):
        call, half = k >> 1, k & 1
        rows.append(
            {
                "level": case.burn_level(k),
                "market_luck": luck.ask(r.MONTH_END_NORMAL, call, half, r.NORMAL) if random else 0,
                "own_luck": luck.ask(r.BURN_NORMAL, call, half, r.NORMAL) if random else -1,
                "arrival_luck": luck.ask(r.THIRD_PARTY_ARRIVAL, call, half, r.UNIFORM) if arrives else -1,
            }
        )
    for k in calendar.outside:
        rows.append({"level": case.burn_level(k), "market_luck": 0, "own_luck": -1, "arrival_luck": -1})
    return rows


def _burn(case: Case) -> r.BurnRecord:
    burn = case.burn
    sd, persistence, correlation = float(burn.volatility), float(burn.persistence), float(burn.price_correlation)
    return r.BurnRecord(
        sd=sd,
        persistence=persistence,
        shock=sd * math.sqrt(1.0 - persistence * persistence),
        correlation=correlation,
        own=math.sqrt(1.0 - correlation * correlation),
        half_variance=0.5 * sd * sd,
    )


def _in_order(case: Case) -> list:
    """Milestones in file order, but each after the one it follows."""
    ordered: list = []
    waiting = list(case.milestones)
    while waiting:
        names = {"", *(milestone.name for milestone in ordered)}
        ready = next(milestone for milestone in waiting if milestone.follows in names)
        ordered.append(ready)
        waiting.remove(ready)
    return ordered


def _milestones(case: Case, ordered: list, luck: _Luck) -> list[dict]:
    rows = []
    for milestone in ordered:
        log_median = log(milestone.median_days)
        stretch = _DIGITS.subtract(
            _DIGITS.ln(Decimal(milestone.p90_days)), _DIGITS.ln(Decimal(milestone.median_days))
        )
        rows.append(
            {
                "probability": milestone.probability,
                "log_median": log_median,
                "log_sd": float(_DIGITS.divide(stretch, Decimal(NORMAL_SCORE_90))),
                "follows": next((i for i, m in enumerate(ordered) if m.name == milestone.follows), -1),
                "reached_luck": luck.ask(r.MILESTONE, index_of(milestone.name), 0, r.UNIFORM),
                "own_luck": luck.ask(r.MILESTONE, index_of(milestone.name), 1, r.NORMAL),
            }
        )
    return rows


def _jumps(case: Case, ordered: list) -> list[dict]:
    rows = [
        {"milestone": ordered.index(milestone), "factor": 1.0 + milestone.price_jump}
        for milestone in case.milestones
        if milestone.price_jump != 0
    ]
    change = case.events.ceo_change if case.events else None
    if change is not None and change.price_jump != 0:
        rows.append({"milestone": -1, "factor": 1.0 + change.price_jump})
    return rows


def _events(case: Case, luck: _Luck) -> r.EventRecord:
    events = case.events
    loading = float(events.common_loading) if events else 0.0
    ceo = events.ceo_change.annual_rate if events and events.ceo_change else 0.0
    adverse = events.adverse_change.annual_rate if events and events.adverse_change else 0.0
    row = -1
    if ceo > 0 or adverse > 0:
        row = luck.ask(r.EVENTS, 0, 0, r.UNIFORM)
        luck.ask(r.EVENTS, 0, 1, r.UNIFORM)
    return r.EventRecord(
        factor_luck=luck.ask(r.COMMON_FACTOR, 0, 0, r.NORMAL) if case.milestones else -1,
        loading=loading,
        own=math.sqrt(1.0 - loading * loading),
        luck=row,
        ceo_mean_days=DAYS_IN_YEAR / ceo if ceo > 0 else r.NEVER,
        adverse_mean_days=DAYS_IN_YEAR / adverse if adverse > 0 else r.NEVER,
        adverse_duration=float(events.adverse_change.duration_days) if events and events.adverse_change else 0.0,
    )


def _third_party(case: Case) -> r.ThirdPartyRecord:
    party = case.third_party
    if party is None or party.annual_rate == 0:
        return r.ThirdPartyRecord(0.0, 0.0, 0.0, 0.0, 0.0)
    return r.ThirdPartyRecord(
        probability=one_minus_exp(party.annual_rate / 12.0),
        log_median=log(party.median_amount),
        log_sd=float(party.log_sd),
        price_factor=1.0 - party.discount if party.kind == "equity" else 0.0,
        reduction_probability=float(party.reduction_probability),
    )


def _conditions(case: Case, ordered: list, luck: _Luck) -> list[dict]:
    names = [milestone.name for milestone in ordered]
    return [
        {
            "kind": r.CONDITION_KINDS.index(condition.kind),
            "milestone": names.index(condition.milestone) if condition.kind == "milestone" else -1,
            "probability": condition.waiver_probability,
            "luck": _toss(luck, r.WAIVER, condition.name, condition.waiver_probability),
        }
        for condition in case.line.conditions
    ]


def _toss(luck: _Luck, purpose: int, name: str, probability: float) -> int:
    return luck.ask(purpose, index_of(name), 0, r.UNIFORM) if 0 < probability < 1 else -1


def _notes(case: Case, luck: _Luck) -> list[dict]:
    return [
        {
            "principal": note.principal,
            "accrued": 0.0,  # the first accrual starts on the last interest date, before the opening
            "rate": min(note.base_rate + note.margin, r.NEVER if note.rate_cap is None else note.rate_cap),
            "probability": note.extension_probability,
            "luck": _toss(luck, r.EXTENSION, note.name, note.extension_probability),
            "prepay_above": note.sweep.prepay_above if note.sweep else r.NEVER,
            "reborrow_below": note.sweep.reborrow_below if note.sweep else 0.0,
        }
        for note in case.notes
    ]


def _line(case: Case) -> r.LineRecord:
    line, policy = case.line, case.policy
    return r.LineRecord(
        commitment=float(line.commitment),
        cap=r.NEVER if line.max_per_period is None else float(line.max_per_period),
        multiplier=float(line.pricing.multiplier),
        floor=0.0 if line.pricing.floor is None else float(line.pricing.floor),
        statistic=r.STATISTICS.index(line.pricing.statistic),
        minimum_draw=float(line.minimum_draw),
        legal_cost=float(line.legal_cost_per_draw),
        policy=r.POLICIES.index(policy.kind),
        trigger=r.NEVER if policy.price_trigger is None else policy.price_trigger * case.price.initial,
        carry_forward=int(line.coverage is not None and line.coverage.carry_forward),
    )


def _opening(case: Case, calendar: _Calendar) -> r.OpeningRecord:
    company = case.company
    return r.OpeningRecord(
        cash=float(company.cash),
        minimum=float(company.minimum_cash),
        outstanding=float(company.shares_outstanding),
        headroom=float(company.shares_authorized - company.shares_reserved),
        unused_coverage=calendar.unused_at_opening(),
        window=int(case.line.pricing.window),
    )


def _purchases(case: Case, calendar: _Calendar, grid: _Grid) -> list[dict]:
    pricing, policy = case.line.pricing, case.policy
    rows = []
    for i, day in enumerate(calendar.purchases):
        n, q = grid.numbers[day], calendar.quarter(day)
        first, last = calendar.cover(q, day)
        window_end = n if pricing.timing == "through" else n - 1
        target = (policy.target_months or 0.0) * case.burn_level(calendar.month(day))
        rows.append(
            {
                "t": calendar.t(day),
                "row": grid.row(n),
                "first_row": grid.row(window_end - pricing.window + 1),
                "period": calendar.period(day),
                "percent": calendar.percent(q),
                "first_cover": first,
                "last_cover": last,
                "runway_cash": target,
                "scheduled": policy.amounts[i] if policy.kind == "schedule" else 0.0,
            }
        )
    return rows


def _applies(case: Case, dates: tuple[datetime.date, ...]) -> np.ndarray:
    applies = np.zeros((len(dates), len(case.line.conditions)), np.int64)
    for p, day in enumerate(dates):
        for c, condition in enumerate(case.line.conditions):
            applies[p, c] = condition.after is None or day > condition.after
    return applies


def _interest_dates(note, calendar: _Calendar) -> list[datetime.date]:
    """Interest dates of a note after the last one paid, inside the span and not after its final maturity."""
    if not note.interest_date:
        return []
    case = calendar.case
    month, day = map(int, note.interest_date.split("-"))
    years = range(case.valuation_date.year, case.horizon.year + 1)
    last = min(case.horizon, note.extended_maturity or note.maturity)
    dates = [datetime.date(year, month, day) for year in years]
    return [d for d in dates if max(case.valuation_date, note.last_interest_date) <= d <= last]


def _note_actions(case: Case, calendar: _Calendar) -> dict[datetime.date, list[dict]]:
    """What each note does on which date, with the days of interest since its last accrual."""
    month_ends = [calendar.month_end(k) for k in range(calendar.n_months)]
    by_date: dict[datetime.date, list[dict]] = {}
    for number, note in enumerate(case.notes):
        interest = set(_interest_dates(note, calendar))
        maturities = {note.maturity: 1} | ({note.extended_maturity: 2} if note.extended_maturity else {})
        due = {day for day in maturities if day <= case.horizon}
        accrued_to = note.last_interest_date
        for day in sorted(interest | due | set(month_ends if note.sweep else ())):
            by_date.setdefault(day, []).append(
                {
                    "note": number,
                    "accrual_days": float((day - accrued_to).days),
                    "interest": int(day in interest),
                    "maturity": maturities.get(day, 0),
                    "sweep": int(note.sweep is not None and day in month_ends),
                    "may_reborrow": int(day < note.maturity),
                }
            )
            accrued_to = day
    for actions in by_date.values():
        actions.sort(key=lambda action: action["note"])
    return by_date


def _stops(case: Case, calendar: _Calendar, grid: _Grid) -> tuple[list[dict], list[dict]]:
    """The dates with events in order, and what the notes do on them."""
    notes = _note_actions(case, calendar)
    purchases = {day: i for i, day in enumerate(calendar.purchases)}
    month_ends = {calendar.month_end(k): k for k in range(calendar.n_months)}
    last_sessions = {day: k for k, day in grid.month_ends.items()}
    arrives = case.third_party is not None and case.third_party.annual_rate > 0
    carried = {q: i for i, q in enumerate(_carried_quarters(calendar))}
    stops: list[dict] = []
    actions: list[dict] = []
    before = 0.0
    for day in sorted({*notes, *purchases, *month_ends, *last_sessions}):
        t, k = calendar.t(day), calendar.month(day)
        first = len(actions)
        actions += notes.get(day, [])
        quarter = calendar.quarter(day)
        stops.append(
            {
                "start": before,
                "t": t,
                "days": t - before,
                "share": (t - before) / calendar.month_end(k).day,
                "month": k,
                "third_party_row": _third_party_row(grid, day) if arrives and day in last_sessions else -1,
                "purchase": purchases.get(day, -1),
                "month_end": month_ends.get(day, -1),
                "first_action": first,
                "last_action": len(actions),
                "closes_until": grid.rows_through(day),
                "in_term": int(case.line.start <= day <= case.line.end),
                "closes_quarter": carried.get(quarter, -1) if day == quarter.end else -2,
            }
        )
        before = t
    return stops, actions


def _carried_quarters(calendar: _Calendar) -> list[FiscalQuarter]:
    first = max(calendar.term_start, calendar.quarter(calendar.case.valuation_date))
    return [first.plus(i) for i in range(len(calendar.quarters))]


def _third_party_row(grid: _Grid, day: datetime.date) -> int:
    return grid.row(grid.numbers[day])
