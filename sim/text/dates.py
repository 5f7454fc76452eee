"""Dates as text, in English whatever the locale."""

from __future__ import annotations

import datetime

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def long_date(day: datetime.date) -> str:
    """`30 September 2002`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
