"""Options of runs and analyses that a case completes."""

from __future__ import annotations

import datetime

from sim.terms.case import Case
from sim.terms.problems import check_whole, one_line
from sim.terms.ranges import as_day


def seed_of(case: Case, seed: int | None) -> int:
    """The seed: as given, else the case's. Raises ValueError unless it is from 0 to 2^64 - 1."""
    return check_whole("seed", case.simulation.seed if seed is None else seed, 0, 2**64 - 1)


def day_of(case: Case, name: str, day: datetime.date | str | None, default: datetime.date) -> datetime.date:
    """The option `name`, a simulated day or its ISO text: as given, else `default`. Raises ValueError for any other."""
    first, last = case.valuation_date, case.horizon
    when = default if day is None else as_day(day)
    if when is None or not first <= when <= last:
        raise ValueError(f"{name} = {one_line(str(day))}: must be a date from {first} to {last}")
    return when
