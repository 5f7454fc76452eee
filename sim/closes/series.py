"""A series of closes, and the error for a file that has none."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sim.text.frozen import whole
from sim.text.lines import ListedError
from sim.text.readable import html_of
from sim.text.tables import Table

#: Limits of a price ($/share), those of the key `price.initial`.
LEAST_PRICE, MOST_PRICE = 1e-6, 1e9
PRICES = "from 0.000001 to 1e9"
_MOST_SHOWN = 20  # rows of a table
MOST_PROBLEMS = 5  # listed of one file


class ClosesError(ListedError):
    """Raised for closes that cannot be used. `problems` are lines: `FILE: line N: NAME = VALUE: must be ...`."""


@whole
@dataclass(frozen=True, repr=False)
class Closes:
    """Daily closes in the order of their dates.

    Attributes
    ----------
    source : str
        The name of the file, or "" for numbers given in Python.
    column : str
        The name of the column that the closes come from.
    dates : tuple of datetime.date
        Increasing; empty if the dates are not known. The closes are then those of consecutive sessions.
    values : tuple of float
        The closes, $/share.
    volumes : tuple of float or None
        Shares traded on each date, None where the file does not say; empty if it has no such column.
    notes : tuple of str
        What was found in the file, one sentence each.
    split_dates : tuple of datetime.date or None
        Dates of the splits that the file states, None if it has no column of splits.
    plain : bool
        Whether the file alone gives these closes: without a column or splits that a user names, or large moves that he
        accepts.
    """

    source: str
    column: str
    dates: tuple[datetime.date, ...]
    values: tuple[float, ...]
    volumes: tuple[float | None, ...] = ()
    notes: tuple[str, ...] = ()
    split_dates: tuple[datetime.date, ...] | None = None
    plain: bool = True

    def __post_init__(self) -> None:
        for name in ("dates", "volumes"):
            if len(getattr(self, name)) not in (0, len(self.values)):
                raise ValueError(f"{name}: must be as many as the closes, or none")
        if any(after <= before for before, after in pairwise(self.dates)):
            raise ValueError("dates: must increase")
        if not all(math.isfinite(value) and LEAST_PRICE <= value <= MOST_PRICE for value in self.values):
            raise ValueError(f"closes: must be prices {PRICES}")

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[float]:
        return iter(self.values)

    def _repr_html_(self) -> str:
        return html_of([self._table()])

    def _table(self) -> Table:
        """The first and the last closes."""
        size, half = len(self), _MOST_SHOWN // 2
        chosen = list(range(size)) if size <= _MOST_SHOWN else [*range(half), None, *range(size - half, size)]
        columns = ("Date" if self.dates else "Session", "Close, $", *["Volume"] * bool(self.volumes))
        rows = [self._row(i) if i is not None else ("...",) * len(columns) for i in chosen]
        return Table(repr(self)[1:-1], columns, rows, (0,))

    def _row(self, i: int) -> tuple[str, ...]:
        day = f"{self.dates[i]}" if self.dates else f"{i + 1:,}"
        volume = self.volumes[i] if self.volumes else None
        return (day, f"{self.values[i]:.10g}", *["" if volume is None else f"{volume:,.0f}"] * bool(self.volumes))

    def __repr__(self) -> str:
        span = f", {self.dates[0]} to {self.dates[-1]}" if self.dates else ""
        return f"<Closes: {len(self):,} closes{span}, column {self.column or '(none)'} of {self.source or 'numbers'}>"

    def to_pandas(self) -> Any:
        """A DataFrame by date with the column close and, if the file has volumes, volume. Needs pandas."""
        import pandas

        columns: dict[str, Any] = {"close": list(self.values)}
        if self.volumes:
            columns["volume"] = [math.nan if volume is None else volume for volume in self.volumes]
        index = pandas.DatetimeIndex(self.dates, name="date") if self.dates else None
        return pandas.DataFrame(columns, index=index)
