"""Convert a validated `Case` into the numeric `Program` that the kernels run. No other module builds a `Program`.

Dates become day numbers, and contract rules a list of ledger dates. `lower(case)` returns a `Plan`: the program, and
the names and dates that its rows stand for. Constants are computed once, correctly rounded (square roots by IEEE 754,
logarithms and exponentials by `decimal`), so that they are the same on every machine.

A `Structure` has what cases of one shape have in common. It is made once, from the shape, and kept; what depends on the
numbers of a case is made by `_planned`, which reads them from the case alone.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from sim.lowering import line_records as lr
from sim.lowering import model_records as m
from sim.lowering import models
from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.burn import burn_record, expected_figures, levels_of
from sim.lowering.events import condition_rows, event_record, in_order, jump_rows, milestone_rows, third_party_record
from sim.lowering.line import PlainLine, is_plain
from sim.lowering.lines import Lines
from sim.lowering.market import Market
from sim.lowering.other_cash import OtherCash
from sim.lowering.people import PeopleRows
from sim.lowering.schedule import Calendar, DrawDates, array_of, issues_to_others, stops_of
from sim.lowering.shape import Shape, shape_of
from sim.lowering.variates import Variates, bernoulli
from sim.lowering.waivers import Waiver
from sim.lowering.world import world_tables
from sim.terms import Case, Milestone
from sim.terms.derived import comes_in_later

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
    normal_rows: tuple[int, ...]  # those of them that are normals
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
        self.order = in_order(case.milestones)
        self.milestones = tuple(case.milestones[i].name for i in self.order)
        plain = is_plain(case)
        self.lines = PlainLine(case, calendar, market) if plain else Lines(case, calendar, market, self.milestones)
        market.finish()
        self.months = array_of(_months(case, calendar, market, self.variates), r.MONTH)
        self.lines.finish()
        self.other = OtherCash(case, calendar, self.milestones)
        stops, actions, turns = stops_of(case, calendar, market, self.lines.agenda, self.other.days)
        self.other.place(stops)
        self.stops, self.actions = array_of(stops, r.STOP), array_of(actions, r.ACTION)
        self.turns = array_of(turns, lr.TURN)
        self.walk, self.windows = np.array(market.walk, m.WALK), np.array(market.windows, m.WINDOW)
        self.day_calls = np.array([*market.day_calls, *[0] * 8], np.int64)  # read on to a multiple of 8
        self.anchors, self.bridges = np.array(market.anchors, m.ANCHOR), np.array(market.bridges, m.BRIDGE)
        self.covers = array_of(calendar.covers, r.COVER)
        self.people = PeopleRows(case, calendar, self.lines)
        self.calls = np.zeros(0, r.CALL)
        _program(case, self)  # these two ask for every row of variates
        _world(case, self)
        self.variates.complete = True
        self.calls = array_of(self.variates.calls(), r.CALL)
        self.described = self._described(plain)

    def milestones_of(self, case: Case) -> list[Milestone]:
        """The milestones of a case in the order of the program's rows."""
        return [case.milestones[i] for i in self.order]

    def _described(self, plain: bool) -> dict[str, Any]:
        """What the rows of a plan stand for."""
        variates, calendar, market, lines = self.variates, self.calendar, self.market, self.lines
        everything = self.windows[-1]
        day_rows = r.NORMALS_A_CALL * int(everything["last_call"] - everything["first_call"])
        bridges = self.bridges[everything["first_bridge"] : everything["last_bridge"]]
        days = sorted(variates.rows + normal for normal in bridges["normal"].tolist())
        return {
            "variate_rows": variates.rows,
            "day_rows": day_rows,
            "rows_by_importance": (*variates.by_importance(), *days),
            "normal_rows": (*variates.normal_rows(), *days),
            "market_rows": variates.normals(r.MONTH_END_NORMAL, calendar.n_months),
            "burn_rows": variates.normals(r.BURN_NORMAL, calendar.n_months),
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
        world=_world(case, structure),
        **structure.described,
    )


def _world(case: Case, structure: Structure) -> w.WorldTables | None:
    """What surrounds the lines of a case."""
    other = structure.other.tables(case, structure.variates)
    return world_tables(case, structure.milestones_of(case), other, structure.people, structure.variates)


def _program(case: Case, structure: Structure) -> r.Program:
    """The program of a case: the tables of its structure, and its numbers."""
    calendar, market, variates, lines = structure.calendar, structure.market, structure.variates, structure.lines
    milestones, drift = structure.milestones_of(case), market.drift(case)
    levels, months = levels_of(case, calendar.rows.months), structure.months.copy()
    months["level"] = expected_figures(case, calendar, levels.whole)
    months["drift"][: calendar.n_months] = drift[market.month_end_sessions]
    return r.Program(
        price=models.price_record(case),
        burn=burn_record(case),
        events=event_record(case, variates),
        third_party=third_party_record(case, variates),
        line=lines.record(case),
        opening=_opening(case, lines),
        walk=structure.walk,
        windows=structure.windows,
        day_calls=structure.day_calls,
        anchors=structure.anchors,
        bridges=structure.bridges,
        days=market.day_table(case, drift),
        legs=array_of(lines.legs(case), m.LEG),
        jumps=array_of(jump_rows(case, milestones), m.JUMP),
        months=months,
        milestones=array_of(milestone_rows(case, milestones, variates), r.MILESTONE_RECORD),
        conditions=array_of(condition_rows(case, milestones, variates), r.CONDITION_RECORD),
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


def _months(case: Case, calendar: Calendar, market: Market, variates: Variates) -> list[dict]:
    random = bool(case.burn.volatility)
    rows = []
    for k in range(calendar.n_months):
        last = market.ends[k]
        rows.append(
            {
                "days": float(calendar.days(k)),
                "level": 0.0,
                "market_variate": variates.normal(r.MONTH_END_NORMAL, k) if random else 0,
                "own_variate": variates.normal(r.BURN_NORMAL, k) if random else -1,
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


def _notes(case: Case, variates: Variates) -> list[dict]:
    return [
        {
            "principal": 0.0 if comes_in_later(case, note) else note.principal,
            "accrued": note.accrued or 0.0,
            "rate": note.rate,
            "probability": note.extension_probability,
            "variate": bernoulli(variates, r.EXTENSION, note.name, note.extension_probability),
            "prepay_above": note.sweep.prepay_above if note.sweep else r.NEVER,
            "reborrow_below": note.sweep.reborrow_below if note.sweep else 0.0,
            "advanced": int(comes_in_later(case, note)),
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
