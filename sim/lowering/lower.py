"""Convert a validated `Case` into the numeric `Program` that the kernels run. No other module builds a `Program`.

Dates become day numbers, and contract rules a list of ledger dates. `lower(case)` returns a `Plan`: the program, and
the names and dates that its rows stand for. Constants are computed once, correctly rounded (square roots by IEEE 754,
logarithms and exponentials by `decimal`), so that they are the same on every machine.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import numpy as np

from sim.lowering import model_records as m
from sim.lowering import models
from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.line import PlainLine, is_plain
from sim.lowering.lines import Lines
from sim.lowering.market import Market
from sim.lowering.schedule import Calendar, DrawDates, array_of, stops_of
from sim.lowering.variates import Variates, index_of
from sim.lowering.waivers import Waiver, waivers_of
from sim.lowering.world import world_tables
from sim.terms import Case, Milestone
from sim.text.exact import FIFTY_DIGITS

DAYS_IN_YEAR = 365.25
NORMAL_SCORE_90 = 1.2815515655446004


@dataclass(frozen=True)
class Plan:
    """A lowered case: the program, and what its rows stand for."""

    program: r.Program
    variate_rows: int
    day_rows: int  # of normals of the window of all sessions
    rows_by_importance: tuple[int, ...]  # of variates, then of those normals, for quasi-random points
    market_rows: tuple[int, ...]  # of variates: month-end normals, the first months'
    burn_rows: tuple[int, ...]
    month_sessions: tuple[int, ...]  # sessions in each month
    day_dates: tuple[datetime.date | None, ...]  # a date for each row of closes; None before the valuation date
    earlier_dates: dict[int, datetime.date]  # of the rows of closes before the valuation date
    priced_rows: frozenset[int]  # rows of closes that the ledger uses; those of financings apart
    looked_at: dict[str, frozenset[int]]  # rows whose "low", "vwap" or "volume" a clause uses
    market: m.MarketTables
    whole: bool  # closes of all paths are made at once, and by `market`
    months: tuple[str, ...]  # "2002-04" for each simulated month; rows of months outside the span follow unnamed
    purchase_dates: tuple[datetime.date, ...]  # of each kind of purchase, in the order of the ledger
    draws: tuple[DrawDates, ...]  # what each of them is
    periods: int  # fiscal quarters that the simulated span meets
    milestones: tuple[str, ...]  # in the order of the program's rows
    reasons: tuple[str, ...]
    lines: tuple[str, ...]  # names
    drawn_rows: int  # of `Books.drawn`
    waivers: tuple[Waiver, ...]  # in the order of `People.waivers`
    world: w.WorldTables | None  # None: a case without any of its mechanisms

    @property
    def has_tables(self) -> bool:
        """Whether the lines are in `LineTables`."""
        return len(self.program.lines.lines) > 0


def lower(case: Case) -> Plan:
    """Lower a validated case. Every array is C-contiguous and of one dtype, so that the kernels compile once."""
    variates = Variates()
    calendar, milestones = Calendar(case), _in_order(case)
    market = Market(case, variates)
    names = tuple(milestone.name for milestone in milestones)
    lines = PlainLine(case, calendar, market) if is_plain(case) else Lines(case, calendar, market, names)
    market.finish()
    months = _months(case, calendar, market, variates)
    lines.finish()
    world = world_tables(case, calendar, variates, lines)
    stops, actions, turns = stops_of(case, calendar, market, lines.agenda)
    program = r.Program(
        price=models.price_record(case),
        burn=_burn(case),
        events=_events(case, variates),
        third_party=_third_party(case, variates),
        line=lines.record,
        opening=_opening(case, lines),
        walk=np.array(market.walk, m.WALK),
        windows=np.array(market.windows, m.WINDOW),
        day_calls=np.array([*market.day_calls, *[0] * 8], np.int64),  # read on to a multiple of 8
        anchors=np.array(market.anchors, m.ANCHOR),
        bridges=np.array(market.bridges, m.BRIDGE),
        days=np.array(market.days, m.DAY),
        legs=array_of(lines.legs, m.LEG),
        jumps=array_of(_jumps(case, milestones), m.JUMP),
        months=array_of(months, r.MONTH),
        milestones=array_of(_milestones(case, milestones, variates), r.MILESTONE_RECORD),
        conditions=array_of(_conditions(case, milestones, variates), r.CONDITION_RECORD),
        notes=array_of(_notes(case, variates), r.NOTE_RECORD),
        stops=array_of(stops, r.STOP),
        actions=array_of(actions, r.ACTION),
        purchases=array_of(lines.purchases, r.PURCHASE),
        covers=array_of(calendar.covers, r.COVER),
        quarters=array_of(lines.quarters, r.QUARTER),
        applies=lines.applies,
        dates_by=lines.dates_by,
        lines=lines.tables(turns),
        calls=array_of(variates.calls(), r.CALL),  # last: every row has been allocated
    )
    day_rows = 2 * int(program.windows["last_call"][-1] - program.windows["first_call"][-1])
    return Plan(
        program=program,
        variate_rows=variates.rows,
        day_rows=day_rows,
        rows_by_importance=(*variates.by_importance(), *range(variates.rows, variates.rows + day_rows)),
        market_rows=_month_rows(variates, r.MONTH_END_NORMAL, calendar.n_months),
        burn_rows=_month_rows(variates, r.BURN_NORMAL, calendar.n_months),
        month_sessions=market.lengths,
        day_dates=market.dates,
        earlier_dates=market.earlier,
        priced_rows=market.looked_at("close"),
        looked_at={series: market.looked_at(series) for series in ("low", "vwap", "volume")},
        market=models.market_tables(case, market),
        whole=market.whole or isinstance(lines, Lines),
        months=tuple(f"{calendar.month_start(k):%Y-%m}" for k in range(calendar.n_months)),
        purchase_dates=lines.dates,
        draws=lines.draws,
        periods=calendar.periods,
        milestones=names,
        reasons=lines.reasons,
        lines=tuple(line.label for line in case.facilities),
        drawn_rows=lines.drawn_rows,
        waivers=waivers_of(case, calendar),
        world=world,
    )


def _month_rows(variates: Variates, purpose: int, months: int) -> tuple[int, ...]:
    """Rows of a number that each month has, up to the last month that has one."""
    rows = (variates.row_of(purpose, k >> 1, k & 1) for k in range(months))
    return tuple(row for row in rows if row >= 0)


@lru_cache(maxsize=4096)
def log(x: float) -> float:
    """Natural logarithm, correctly rounded."""
    return float(FIFTY_DIGITS.ln(Decimal.from_float(x)))


@lru_cache(maxsize=4096)
def _log_sd(median: float, p90: float) -> float:
    """Standard deviation of the log of a lognormal with this median and 90% point, correctly rounded."""
    stretch = FIFTY_DIGITS.subtract(
        FIFTY_DIGITS.ln(Decimal.from_float(p90)), FIFTY_DIGITS.ln(Decimal.from_float(median))
    )
    return float(FIFTY_DIGITS.divide(stretch, Decimal.from_float(NORMAL_SCORE_90)))


def _months(case: Case, calendar: Calendar, market: Market, variates: Variates) -> list[dict]:
    random = case.burn.volatility > 0
    rows = []
    for k in range(calendar.n_months):
        call, half, last = k >> 1, k & 1, market.ends[k]
        rows.append(
            {
                "days": float(calendar.month_end(k).day),
                "level": case.burn_level(k),
                "market_variate": variates.ask(r.MONTH_END_NORMAL, call, half, r.NORMAL) if random else 0,
                "own_variate": variates.ask(r.BURN_NORMAL, call, half, r.NORMAL) if random else -1,
                "month_end": k + 1 if k < len(market.walk) else -1,
                "t": market.t(last),
                "drift": market.drift(last),
                "row": market.row_or_none(last),
            }
        )
    outside = {
        "days": 1.0,
        "market_variate": 0,
        "own_variate": -1,
        "month_end": -1,
        "t": r.NEVER,
        "drift": 0.0,
        "row": -1,
    }
    rows += [{"level": case.burn_level(k), **outside} for k in calendar.outside]
    return rows


def _burn(case: Case) -> m.BurnRecord:
    burn = case.burn
    sd, persistence, correlation = float(burn.volatility), float(burn.persistence), float(burn.price_correlation)
    return m.BurnRecord(
        sd=sd,
        persistence=persistence,
        shock=sd * math.sqrt(1.0 - persistence * persistence),
        correlation=correlation,
        own=math.sqrt(1.0 - correlation * correlation),
        half_variance=0.5 * sd * sd,
    )


def _in_order(case: Case) -> list:
    """Milestones in file order, but each after the one it follows."""
    ordered: list[Milestone] = []
    waiting = list(case.milestones)
    while waiting:
        names = {"", *(milestone.name for milestone in ordered)}
        ready = next(milestone for milestone in waiting if milestone.follows in names)
        ordered.append(ready)
        waiting.remove(ready)
    return ordered


def _milestones(case: Case, ordered: list[Milestone], variates: Variates) -> list[dict]:
    rows = []
    for milestone in ordered:
        log_median = log(milestone.median_days)
        rows.append(
            {
                "probability": milestone.probability,
                "log_median": log_median,
                "log_sd": _log_sd(milestone.median_days, milestone.p90_days),
                "follows": next((i for i, m in enumerate(ordered) if m.name == milestone.follows), -1),
                "reached_variate": variates.ask(r.MILESTONE, index_of(milestone.name), 0, r.UNIFORM),
                "own_variate": variates.ask(r.MILESTONE, index_of(milestone.name), 1, r.NORMAL),
            }
        )
    return rows


def _jumps(case: Case, ordered: list[Milestone]) -> list[dict]:
    rows = [
        {"event": ordered.index(milestone), "factor": 1.0 + milestone.price_jump}
        for milestone in case.milestones
        if milestone.price_jump != 0
    ]
    change = case.events.ceo_change if case.events else None
    if change is not None and change.price_jump != 0:
        rows.append({"event": max(len(ordered), 1), "factor": 1.0 + change.price_jump})
    return rows


def _events(case: Case, variates: Variates) -> m.EventRecord:
    events = case.events
    loading = float(events.common_loading) if events else 0.0
    ceo = events.ceo_change.annual_rate if events and events.ceo_change else 0.0
    adverse = events.adverse_change.annual_rate if events and events.adverse_change else 0.0
    row = -1
    if ceo > 0 or adverse > 0:
        row = variates.ask(r.EVENTS, 0, 0, r.UNIFORM)
        variates.ask(r.EVENTS, 0, 1, r.UNIFORM)
    return m.EventRecord(
        factor_variate=variates.ask(r.COMMON_FACTOR, 0, 0, r.NORMAL) if case.milestones else -1,
        loading=loading,
        own=math.sqrt(1.0 - loading * loading),
        variate=row,
        ceo_mean_days=DAYS_IN_YEAR / ceo if ceo > 0 else r.NEVER,
        adverse_mean_days=DAYS_IN_YEAR / adverse if adverse > 0 else r.NEVER,
        adverse_duration=_adverse_duration(case),
    )


def _adverse_duration(case: Case) -> float:
    adverse = case.events.adverse_change if case.events else None
    if adverse is None:
        return 0.0
    return r.NEVER if adverse.duration_days is None else float(adverse.duration_days)


def _third_party(case: Case, variates: Variates) -> m.ThirdPartyRecord:
    party = case.third_party
    if party is None:
        return m.ThirdPartyRecord(0.0, -1, 0.0, 0.0, 0.0, 0.0)
    rate, row = float(party.annual_rate), -1
    if rate > 0 and not party.price_sensitivity:
        row = variates.ask(r.THIRD_PARTY_ARRIVAL, 0, 0, r.UNIFORM)
        variates.ask(r.THIRD_PARTY_ARRIVAL, 0, 1, r.UNIFORM)
    return m.ThirdPartyRecord(
        months=12.0 / rate if rate > 0 else r.NEVER,
        variate=row,
        log_median=log(party.median_amount),
        log_sd=float(party.log_sd),
        price_factor=1.0 - party.discount if party.kind == "equity" else 0.0,
        reduction_probability=float(party.reduction_probability),
    )


def _conditions(case: Case, ordered: list[Milestone], variates: Variates) -> list[dict]:
    names = [milestone.name for milestone in ordered]
    return [
        {
            "kind": r.CONDITION_KINDS.index(condition.kind),
            "milestone": names.index(condition.milestone) if condition.kind == "milestone" else -1,
            "probability": waived,
            "variate": _bernoulli(variates, r.WAIVER, condition.name, waived),
        }
        for line in case.facilities
        for condition in line.conditions
        for waived in [0.0 if line.waivers and line.waivers.mode == "each_period" else condition.waiver_probability]
    ]


def _bernoulli(variates: Variates, purpose: int, name: str, probability: float) -> int:
    return variates.ask(purpose, index_of(name), 0, r.UNIFORM) if 0 < probability < 1 else -1


def _notes(case: Case, variates: Variates) -> list[dict]:
    return [
        {
            "principal": note.principal,
            "rate": min(note.base_rate + note.margin, r.UNLIMITED if note.rate_cap is None else note.rate_cap),
            "probability": note.extension_probability,
            "variate": _bernoulli(variates, r.EXTENSION, note.name, note.extension_probability),
            "prepay_above": note.sweep.prepay_above if note.sweep else r.NEVER,
            "reborrow_below": note.sweep.reborrow_below if note.sweep else 0.0,
        }
        for note in case.notes
    ]


def _opening(case: Case, lines: PlainLine | Lines) -> r.OpeningRecord:
    company = case.company
    return r.OpeningRecord(
        cash=float(company.cash),
        minimum=float(company.minimum_cash),
        outstanding=float(company.shares_outstanding),
        headroom=float(company.shares_authorized - company.shares_reserved),
        unused_coverage=lines.unused_coverage,
    )
