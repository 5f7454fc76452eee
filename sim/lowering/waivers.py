"""How the investor waives: the rows of what can be waived in which period, and their random numbers."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim.calendar import FiscalQuarter
from sim.lowering import program as r
from sim.lowering.schedule import Calendar
from sim.lowering.variates import Variates, index_of
from sim.terms import Case, Line
from sim.terms.derived import coverage_name
from sim.text.exact import FIFTY_DIGITS


class Waiver(NamedTuple):
    """What can be waived in a period. `condition`: number among the case's conditions; -1: coverage. `period`: None
    where a waiver holds for the whole term."""

    line: int
    condition: int
    name: str
    period: FiscalQuarter | None


def has_own_waivers(line: Line) -> bool:
    """Whether a line's waivers are more than one draw for each condition."""
    shared = line.waivers is not None and line.waivers.common > 0
    return shared or line.waives_by_price or (line.coverage is not None and line.coverage.waiver_probability > 0)


def waivers_of(case: Case, calendar: Calendar) -> tuple[Waiver, ...]:
    """What can be waived: by line, by period, conditions before coverage. None of lines without `has_own_waivers`."""
    found: list[Waiver] = []
    first = 0
    for number, line in enumerate(case.facilities):
        if has_own_waivers(line):
            for period in _periods(case, calendar, line):
                for c, condition in enumerate(line.conditions, start=first):
                    found.append(Waiver(number, c, condition.name, period))
                if line.coverage is not None and line.coverage.waiver_probability > 0:
                    found.append(Waiver(number, -1, coverage_name(case, line), period))
        first += len(line.conditions)
    return tuple(found)


def _periods(case: Case, calendar: Calendar, line: Line) -> list[FiscalQuarter | None]:
    """The fiscal quarters with purchase dates of a line, where each has waivers of its own."""
    if line.waivers is None or line.waivers.mode == "once":
        return [None]
    days = {day for owner, _, dates in case.purchases if owner is line for day in dates}
    return list(dict.fromkeys(calendar.quarter(day) for day in sorted(days)))


def waiver_rows(case: Case, waivers: tuple[Waiver, ...], variates: Variates) -> list[dict]:
    """Rows of `world_records.WAIVER`."""
    conditions = [condition.waiver_probability for line in case.facilities for condition in line.conditions]
    rows = []
    for waiver in waivers:
        line = case.facilities[waiver.line]
        covered = line.coverage.waiver_probability if line.coverage else 0.0
        p = conditions[waiver.condition] if waiver.condition >= 0 else covered
        loading = line.waivers.common if line.waivers else 0.0
        once, label = waiver.period is None, "" if waiver.period is None else f" {waiver.period.label}"
        purpose, own, factor = r.WAIVER if once else r.WAIVER_OF_PERIOD, -1, 0
        if 0 < p < 1:
            own = variates.ask(purpose, index_of(waiver.name + label), 0, r.UNIFORM)
            if loading > 0:
                factor = variates.ask(r.WAIVER_FACTOR, index_of(line.label + label), 0, r.NORMAL)
        rows.append(
            {
                "condition": waiver.condition,
                "variate": own,
                "factor": factor,
                "once": int(once),
                "probability": p,
                "log_odds": _log_odds(p) if 0 < p < 1 else 0.0,
                "loading": loading,
                "own": math.sqrt(1.0 - loading * loading),
                "sensitivity": line.waivers.price_sensitivity if line.waivers else 0.0,
            }
        )
    return rows


@lru_cache(maxsize=4096)
def _log_odds(p: float) -> float:
    """ln(p / (1 - p)), correctly rounded."""
    with localcontext(FIFTY_DIGITS):
        return float(Decimal(p).ln() - (1 - Decimal(p)).ln())


def renewal_rows(case: Case, calendar: Calendar, waivers: tuple[Waiver, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Of each purchase date, in the order of the ledger: the rows of waivers that begin on it, and that of coverage."""
    kinds = [(case.facilities.index(line), dates) for line, _, dates in case.purchases]
    notices = sorted((day, number, line) for number, (line, dates) in enumerate(kinds) for day in dates)
    renewals, coverage_rows = np.zeros((len(notices), 2), np.int64), np.full(len(notices), -1, np.int64)
    begun: set[tuple[int, FiscalQuarter | None]] = set()
    for p, (day, _, number) in enumerate(notices):
        line = case.facilities[number]
        each_period = line.waivers is not None and line.waivers.mode == "each_period"
        period = calendar.quarter(day) if each_period else None
        mine = [n for n, waiver in enumerate(waivers) if waiver.line == number and waiver.period == period]
        if mine and line.waives_by_price and (number, period) not in begun:
            renewals[p] = mine[0], mine[-1] + 1
        begun.add((number, period))
        coverage_rows[p] = next((n for n in mine if waivers[n].condition < 0), -1)
    return renewals, coverage_rows
