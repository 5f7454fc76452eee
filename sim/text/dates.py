"""Dates as text, in English whatever the locale."""

from __future__ import annotations

import datetime

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def month_name(month: int) -> str:
    """`September` for 9."""
    return _MONTHS[month - 1]


def month_and_year(day: datetime.date) -> str:
    """`Sep` above `2002`, for an axis."""
    return f"{_MONTHS[day.month - 1][:3]}\n{day.year}"


def long_date(day: datetime.date) -> str:
    """`30 September 2002`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
