"""The burn as numbers: what is expected of each month, and the process around it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.lowering import model_records as m
from sim.lowering.other_cash import planned
from sim.lowering.schedule import Calendar
from sim.terms import Case
from sim.terms.derived import burn_levels, cut_levels, level_before, reached


class Levels(NamedTuple):
    """The expected burn of whole months, in dollars: as it is, and as management's response cuts it."""

    whole: np.ndarray
    cut: np.ndarray


def levels_of(case: Case, months: tuple[int, ...]) -> Levels:
    """The expected burn of some months; both are the same where the case has no response."""
    whole = burn_levels(case.burn, case.valuation_date, months, reached(case))
    return Levels(np.array(whole), np.array(cut_levels(case, months)))


def expected_figures(case: Case, calendar: Calendar, levels: np.ndarray) -> np.ndarray:
    """The expected cash used by row of months, as far as the month is simulated, from `levels` by row.

    A month that a forecast looks ahead to counts with the flows of operations that are planned in it.
    """
    figures = levels * calendar.rows.shares
    for row, k in enumerate(calendar.outside, start=calendar.n_months):
        if k < 0:
            figures[row] = level_before(case, calendar.rows.months[row]) * calendar.rows.shares[row]
        if 0 <= k < calendar.n_months:
            for amount in planned(case, calendar, k):
                figures[row] = figures[row] - amount
    return figures


def burn_record(case: Case) -> m.BurnRecord:
    """The lognormal burn."""
    burn = case.burn
    sd, persistence, correlation = float(burn.volatility or 0.0), float(burn.persistence), float(burn.price_correlation)
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
