"""Dates: Nasdaq sessions, months, fiscal quarters and purchase dates."""

from sim.calendar.fiscal import (
    FiscalQuarter,
    a_year_from,
    days_in_month,
    fiscal_quarter,
    month_end,
    month_number,
    month_opening,
    month_start,
    simulated_days,
)
from sim.calendar.purchases import last_sessions
from sim.calendar.sessions import LAST_SESSION_YEAR, ONE_DAY, closures, is_session, sessions

__all__ = [
    "LAST_SESSION_YEAR",
    "ONE_DAY",
    "FiscalQuarter",
    "a_year_from",
    "closures",
    "days_in_month",
    "fiscal_quarter",
    "is_session",
    "last_sessions",
    "month_end",
    "month_number",
    "month_opening",
    "month_start",
    "sessions",
    "simulated_days",
]
