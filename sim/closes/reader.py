"""`read_closes`: the daily closes of one stock, from a file as a data service or a spreadsheet writes it."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Mapping
from typing import Any

from sim.closes.columns import ADJUSTED, CLOSE, SPLIT, VOLUME, folded
from sim.closes.decoding import read_lines, shown
from sim.closes.reading import Reading
from sim.closes.series import LEAST_PRICE, MOST_PRICE, MOST_PROBLEMS, PRICES, Closes, ClosesError
from sim.closes.splits import MOST_FACTOR, adjusted, likely, ratio_of, ratio_text, rounded, unadjusted
from sim.closes.table import Columns, Row, table_of
from sim.closes.without_session import sessions_alone
from sim.text.lines import one_line
from sim.text.reading import is_stdin

_MOST_NAMES = 12
_LEAST_SPLIT = math.log(1.4)  # 3:2 is larger, dividends are smaller


def read_closes(
    path: str | os.PathLike[str],
    *,
    column: str | None = None,
    splits: Mapping[Any, Any] | None = None,
    as_is: bool = False,
) -> Closes:
    """Read the daily closes of a stock from a file of Yahoo, Nasdaq, Stooq, Bloomberg, a spreadsheet or the like.

    The first of 60 lines with the names of a date and of a close is the header. Separators, decimal commas, signs of
    currencies, the form and the order of the dates and the encoding are found out. Adjusted closes are preferred.
    Lines without a close, closes of 0, and those of weekends and holidays that repeat the close before them are left
    out and counted.

    Parameters
    ----------
    path : str or path
        A text file of at most 16 MiB; "-" is the standard input.
    column : str, optional
        The name of the column with the closes; by default the adjusted closes if there are such, else the closes.
    splits : mapping of a date to a ratio, optional
        Splits of the shares that the closes are not adjusted for: `{"2024-06-10": "10:1"}` divides the closes before
        that date by 10.
    as_is : bool, default False
        Accept moves of a day by more than a factor of 4.5, which are refused as unadjusted splits otherwise.

    Returns
    -------
    Closes
        In the order of the dates, with what was found in the file as its `notes`.

    Raises
    ------
    ClosesError
        With a line for each problem, at most five: `FILE: line N: COLUMN = VALUE: must be ...`.

    Examples
    --------
    >>> sim.read_closes("prices.csv")                                                       # doctest: +SKIP
    <Closes: 756 closes, 2021-12-01 to 2024-12-02, column Adj Close of prices.csv>
    """
    source = shown(path)
    columns, rows = table_of(read_lines(path), source, column)
    reading = Reading(source, columns, rows, _chosen(columns, column, source))
    days = _of_sessions(reading)
    series = _Series(reading, days, _splits(splits, source))
    series.apply_splits(as_is)
    return series.closes(plain=column is None and not splits and not is_stdin(path))


def _of_sessions(reading: Reading) -> dict[datetime.date, tuple[float, Row]]:
    """The close of each day with its row, without rows that fill up days on which nothing was traded."""
    days = reading.days()
    dates = list(days)
    kept, notes = sessions_alone(dates, [price for price, _ in days.values()])
    reading.notes += notes
    return {dates[i]: days[dates[i]] for i in kept}


def _chosen(columns: Columns, name: str | None, source: str) -> int:
    """The column with the closes."""
    listed = ", ".join(one_line(each) for each in columns.names[:_MOST_NAMES] if each)
    if name is None:
        found = [i for i in columns.places((*ADJUSTED, *CLOSE)) if i != columns.date]
        if not found and len(columns.names) == 2:
            found = [1 - columns.date]
        same = [i for i in found if folded(columns.names[i]) == folded(columns.names[found[0]])] if found else []
        if len(same) == 1:
            return same[0]
        what = "two columns of that name" if same else "no column that can only be the closes"
        raise ClosesError([f"{source}: line {columns.line}: {what}; name one of: {listed} (--column, column=)"])
    exact = [i for i, each in enumerate(columns.names) if each.lower() == name.strip().lower()]
    alike = exact or [i for i, each in enumerate(columns.names) if folded(each) == folded(name)]
    if len(alike) != 1 or alike[0] == columns.date:
        raise ClosesError(
            [f"{source}: column = {one_line(name) or '(empty)'}: must be the name of one column: {listed}"]
        )
    return alike[0]


def _splits(splits: Mapping[Any, Any] | None, source: str) -> dict[datetime.date, float]:
    """The user's splits by date."""
    found = {}
    for when, ratio in (splits or {}).items():
        try:
            day = when if isinstance(when, datetime.date) else datetime.date.fromisoformat(str(when))
            found[day] = ratio_of(ratio)
        except ValueError:
            said = f"{one_line(str(when))}={one_line(str(ratio))}"
            must = "must be a date and new shares for old ones, such as 2024-06-10=10:1"
            raise ClosesError([f"{source}: split = {said}: {must}"]) from None
    return found


def _leaps(factor: float) -> bool:
    return not 1 / MOST_FACTOR <= factor <= MOST_FACTOR


class _Series:
    """The closes and volumes of the days, before and after what splits do to them."""

    def __init__(
        self, reading: Reading, days: dict[datetime.date, tuple[float, Row]], splits: dict[Any, float]
    ) -> None:
        rows = [row for _, row in days.values()]
        self.reading, self.splits = reading, splits
        self.accepted = False  # whether there are moves that are too large
        self.dates, self.values = list(days), [price for price, _ in days.values()]
        self.lines = [row.line for row in rows]
        place = reading.columns.place(VOLUME)
        self.volumes = reading.numbers(place, rows) if place is not None else []
        self.volumes = self.volumes if any(self.volumes) else []
        self.adjusted_volumes = place is not None and folded(reading.columns.names[place]).startswith("adj")
        column = reading.columns.place(SPLIT)
        factors = [factor or 1.0 for factor in reading.numbers(column, rows)] if column is not None else []
        self.stated = {day: f for day, f in zip(self.dates, factors, strict=False) if f != 1.0}
        self.has_splits = column is not None and any(reading.cell(row, column) for row in rows)
        if not self.has_splits and reading.close not in reading.columns.places(ADJUSTED):
            self.stated = self._splits_of(reading.numbers(reading.columns.place(ADJUSTED), rows))
        raw = next((i for i in reading.columns.places(CLOSE) if i != reading.columns.date), None)
        self.raw = reading.numbers(raw, rows) if raw is not None else []

    def _splits_of(self, adjusted: list[float | None]) -> dict[datetime.date, float]:
        """Splits by the jumps of adjusted to unadjusted closes; dividends move these less."""
        shares = [(value or 0.0) / close for value, close in zip(adjusted, self.values, strict=True)]
        jumps = zip(self.dates[1:], shares, shares[1:], strict=False)
        ratios = {day: after / before for day, before, after in jumps if before > 0.0 and after > 0.0}
        return {day: rounded(ratio) for day, ratio in ratios.items() if abs(math.log(ratio)) > _LEAST_SPLIT}

    def apply_splits(self, as_is: bool) -> None:
        """Adjust for the splits of the user and of the file; refuse what remains and is too large."""
        unknown = [day for day in self.splits if day not in self.dates[1:]]
        if unknown:
            must = "must be a date of the file after its first one: the first day in new shares"
            raise ClosesError([f"{self.reading.source}: split = {unknown[0]}: {must}"])
        stated = {day: f for day, f in self.stated.items() if day not in self.splits}
        due = unadjusted(self.values, self.dates, stated)
        # Volumes follow the unadjusted closes, which may stand in another column than the one that is used.
        full = [value or 0.0 for value in self.raw]
        volumes = unadjusted(full, self.dates, stated) if full and all(full) else due
        volumes = {} if self.adjusted_volumes else volumes
        self.values, _ = adjusted(self.values, [], self.dates, due | self.splits)
        if not all(LEAST_PRICE <= value <= MOST_PRICE for value in self.values):
            raise ClosesError([f"{self.reading.source}: split: must leave prices {PRICES}"])
        _, self.volumes = adjusted(self.values, self.volumes, self.dates, volumes | self.splits)
        for day, ratio in sorted((due | self.splits).items()):
            way = f"divided by {ratio:g}" if ratio >= 1.0 else f"multiplied by {1.0 / ratio:g}"
            self.reading.notes.append(f"Closes before {day} are {way} for a split of {ratio_text(ratio)}.")
        leaps = [i for i in range(1, len(self.values)) if _leaps(self._factor(i))]
        if not as_is:
            self.reading.refuse([self._leap_problem(i) for i in leaps])
            return
        self.accepted = bool(leaps)
        moves = [f"{self._move(i)}, on {self.dates[i]}" for i in leaps[:MOST_PROBLEMS]]
        more = f", and {len(leaps) - MOST_PROBLEMS} more" * (len(leaps) > MOST_PROBLEMS)
        if leaps:
            self.reading.notes.append(f"Accepted as they are: moves {'; '.join(moves)}{more}.")

    def _factor(self, i: int) -> float:
        return self.values[i] / self.values[i - 1]

    def _move(self, i: int) -> str:
        return f"from {self.values[i - 1]:g} to {self.values[i]:g} in a day"

    def _leap_problem(self, i: int) -> tuple[int, str]:
        """A move that is too large, and which split would explain it: that of the user made it larger, or is absent."""
        day, factor, given = self.dates[i], self._factor(i), self.splits.get(self.dates[i], 1.0)
        raw = factor / given
        name = one_line(self.reading.name)
        if given != 1.0 and abs(math.log(factor)) > abs(math.log(raw)):
            way = f"--split {day}={likely(raw)}" if round(max(raw, 1 / raw)) > 1 else "no split of that day"
            return self.lines[i], (
                f"{name} goes {self._move(i)}, on {day}, with the split of {ratio_text(given)}, which makes the move "
                f"larger; must be {way}"
            )
        must = f"must be adjusted, as with --split {day}={likely(raw)} (splits=), or be confirmed with --as-is"
        return self.lines[i], f"{name} goes {self._move(i)}, on {day}; {must} (as_is=True)"

    def closes(self, plain: bool) -> Closes:
        within = tuple(day for day in self.stated if day in self.dates) if self.has_splits else None
        return Closes(
            self.reading.source, self.reading.name, tuple(self.dates), tuple(self.values), tuple(self.volumes),
            tuple(self.reading.notes), within, plain and not self.accepted,
        )  # fmt: skip
