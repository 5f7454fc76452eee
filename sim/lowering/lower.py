"""Convert a validated `Case` into the numeric `Program` that the kernels run. No other module builds a `Program`.

Dates become day numbers, and contract rules a list of ledger dates. `lower(case)` returns a `Plan`: the program, and
the names and dates that its rows stand for. Constants are computed once, correctly rounded (square roots by IEEE 754,
logarithms and exponentials by `decimal`), so that they are the same on every machine.

A `Structure` has what cases of one shape have in common. It is made once, from the shape, and kept; what depends on the
numbers of a case is made by `_planned`, which reads them from the case alone.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from sim.lowering import line_records as lr
from sim.lowering import model_records as m
from sim.lowering import models
from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.line import PlainLine, is_plain
from sim.lowering.lines import Lines
from sim.lowering.market import Market
from sim.lowering.people import PeopleRows
from sim.lowering.schedule import Calendar, DrawDates, array_of, issues_to_others, stops_of
from sim.lowering.shape import Shape, shape_of
from sim.lowering.variates import Variates, index_of
from sim.lowering.waivers import Waiver
from sim.lowering.world import still_reached, world_tables
from sim.terms import Case, Milestone
from sim.terms.derived import burn_levels
from sim.text.exact import FIFTY_DIGITS

DAYS_IN_YEAR = 365.25
NORMAL_SCORE_90 = 1.2815515655446004
#: Structures that are kept; one takes up to a few megabytes.
STRUCTURES = 16


@dataclass(frozen=True)
class Plan:
    """A lowered case: the program, and what its rows stand for. Plans of one `structure` differ in numbers only."""

    program: r.Program
    structure: Structure
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
    gap_months: tuple[int, ...]  # months of the rows of `Output.gap_by_month`
    issues_to_others: bool  # `Output.other_shares` has a row
    waivers: tuple[Waiver, ...]  # in the order of `People.waivers`
    world: w.WorldTables | None  # None: a case without any of its mechanisms

    @property
    def has_tables(self) -> bool:
        """Whether the lines are in `LineTables`."""
        return len(self.program.lines.lines) > 0


def lower(case: Case) -> Plan:
    """Lower a validated case. Every array is C-contiguous and of one dtype, so that the kernels compile once.

    Arrays that do not depend on numbers are those of other plans of the same shape: they must not be written to.
    """
    return planned(case, _structure_of(shape_of(case)))


@lru_cache(maxsize=STRUCTURES)
def _structure_of(shape: Shape) -> Structure:
    return Structure(shape.case)


class Structure:
    """What cases of one shape have in common: dates, sessions, and the rows of their random numbers and tables."""

    def __init__(self, case: Case) -> None:
        self.variates = Variates()
        self.calendar = calendar = Calendar(case)
        self.market = market = Market(case, self.variates)
        self.milestones = tuple(milestone.name for milestone in _in_order(case))
        plain = is_plain(case)
        self.lines = PlainLine(case, calendar, market) if plain else Lines(case, calendar, market, self.milestones)
        market.finish()
        self.months = array_of(_months(case, calendar, market, self.variates), r.MONTH)
        self.month_numbers = (*range(calendar.n_months), *calendar.outside)  # of the rows of `months`
        self.lines.finish()
        stops, actions, turns = stops_of(case, calendar, market, self.lines.agenda)
        self.stops, self.actions = array_of(stops, r.STOP), array_of(actions, r.ACTION)
        self.turns = array_of(turns, lr.TURN)
        self.walk, self.windows = np.array(market.walk, m.WALK), np.array(market.windows, m.WINDOW)
        self.day_calls = np.array([*market.day_calls, *[0] * 8], np.int64)  # read on to a multiple of 8
        self.anchors, self.bridges = np.array(market.anchors, m.ANCHOR), np.array(market.bridges, m.BRIDGE)
        self.covers = array_of(calendar.covers, r.COVER)
        self.people = PeopleRows(case, calendar, self.lines)
        self.calls = np.zeros(0, r.CALL)
        _program(case, self)  # asks for every row of variates, as do the tables of the world
        world_tables(case, _in_order(case), self.people, self.variates)
        self.variates.complete = True
        self.calls = array_of(self.variates.calls(), r.CALL)
        self.described = self._described(plain)

    def _described(self, plain: bool) -> dict[str, Any]:
        """What the rows of a plan stand for."""
        variates, calendar, market, lines = self.variates, self.calendar, self.market, self.lines
        day_rows = 2 * int(self.windows["last_call"][-1] - self.windows["first_call"][-1])
        return {
            "variate_rows": variates.rows,
            "day_rows": day_rows,
            "rows_by_importance": (*variates.by_importance(), *range(variates.rows, variates.rows + day_rows)),
            "market_rows": _month_rows(variates, r.MONTH_END_NORMAL, calendar.n_months),
            "burn_rows": _month_rows(variates, r.BURN_NORMAL, calendar.n_months),
            "month_sessions": market.lengths,
            "day_dates": market.dates,
            "earlier_dates": market.earlier,
            "priced_rows": market.looked_at("close"),
            "looked_at": {series: market.looked_at(series) for series in ("low", "vwap", "volume")},
            "whole": market.whole or not plain,
            "months": tuple(f"{calendar.month_start(k):%Y-%m}" for k in range(calendar.n_months)),
            "purchase_dates": lines.dates,
            "draws": lines.draws,
            "periods": calendar.periods,
            "milestones": self.milestones,
            "reasons": lines.reasons,
            "drawn_rows": lines.drawn_rows,
            "gap_months": calendar.gap_months,
            "issues_to_others": issues_to_others(calendar.case),
            "waivers": self.people.waivers,
        }


def planned(case: Case, structure: Structure) -> Plan:
    """The plan of a case of this structure."""
    return Plan(
        program=_program(case, structure),
        structure=structure,
        market=models.market_tables(case, structure.market),
        lines=tuple(line.label for line in case.facilities),
        world=world_tables(case, _in_order(case), structure.people, structure.variates),
        **structure.described,
    )


def _program(case: Case, structure: Structure) -> r.Program:
    """The program of a case: the tables of its structure, and its numbers."""
    calendar, market, variates, lines = structure.calendar, structure.market, structure.variates, structure.lines
    milestones, drift = _in_order(case), market.drift(case)
    levels = np.array(burn_levels(case.burn, case.valuation_date, structure.month_numbers))
    months = structure.months.copy()
    months["level"] = levels
    months["drift"][: calendar.n_months] = drift[market.month_end_sessions]
    return r.Program(
        price=models.price_record(case),
        burn=_burn(case),
        events=_events(case, variates),
        third_party=_third_party(case, variates),
        line=lines.record(case),
        opening=_opening(case, lines),
        walk=structure.walk,
        windows=structure.windows,
        day_calls=structure.day_calls,
        anchors=structure.anchors,
        bridges=structure.bridges,
        days=market.day_table(case, drift),
        legs=array_of(lines.legs(case), m.LEG),
        jumps=array_of(_jumps(case, milestones), m.JUMP),
        months=months,
        milestones=array_of(_milestones(case, milestones, variates), r.MILESTONE_RECORD),
        conditions=array_of(_conditions(case, milestones, variates), r.CONDITION_RECORD),
        notes=array_of(_notes(case, variates), r.NOTE_RECORD),
        stops=structure.stops,
        actions=structure.actions,
        purchases=lines.purchases(case, levels),
        covers=structure.covers,
        quarters=lines.quarters(case),
        applies=lines.applies,
        dates_by=lines.dates_by,
        lines=lines.tables(case, structure.turns, levels),
        calls=structure.calls,
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
                "level": 0.0,
                "market_variate": variates.ask(r.MONTH_END_NORMAL, call, half, r.NORMAL) if random else 0,
                "own_variate": variates.ask(r.BURN_NORMAL, call, half, r.NORMAL) if random else -1,
                "month_end": k + 1 if k < len(market.walk) else -1,
                "t": market.t(last),
                "drift": 0.0,
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
    return rows + [{"level": 0.0, **outside}] * len(calendar.outside)


def _burn(case: Case) -> m.BurnRecord:
    burn = case.burn
    sd, persistence, correlation = float(burn.volatility), float(burn.persistence), float(burn.price_correlation)
    shock, known = sd * math.sqrt(1.0 - persistence * persistence), burn.last_surprise is not None
    return m.BurnRecord(
        sd=sd,
        before=float(burn.last_surprise or 0.0),
        first_shock=shock if known else sd,
        persistence=persistence,
        shock=shock,
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
                "probability": still_reached(milestone),
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
        _jump(ordered.index(milestone), milestone.price_jump)
        for milestone in case.milestones
        if milestone.price_jump != 0 and milestone.achieved is None
    ]
    change = case.events.ceo_change if case.events else None
    if change is not None and change.price_jump != 0 and change.happened is None:
        rows.append(_jump(max(len(ordered), 1), change.price_jump))
    return rows


def _jump(event: int, move: float) -> dict:
    return {"event": event, "move": move, "factor": 1.0 + move}


def _events(case: Case, variates: Variates) -> m.EventRecord:
    events = case.events
    loading = float(events.common_loading) if events else 0.0
    ceo, adverse = (
        event.annual_rate if event is not None and event.happened is None else 0.0
        for event in (events.ceo_change, events.adverse_change)
    )
    lasts = events.adverse_change.duration_days if events and events.adverse_change else 0.0
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
        adverse_duration=r.NEVER if lasts is None else float(lasts),
    )


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
        unused_coverage=lines.unused_coverage(case),
    )
