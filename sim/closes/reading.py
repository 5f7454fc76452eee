"""The rows of a file as dates and prices."""

from __future__ import annotations

import datetime
import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from sim.closes.columns import ADJUSTED, CLOSE, MEAN_OF_QUOTES, OTHER_PRICES, SECURITY, folded
from sim.closes.dates import DatesError, Stated, read_dates, stated
from sim.closes.numbers import absent, currency, decimal_mark, named_currency, number
from sim.closes.series import LEAST_PRICE, MOST_PRICE, MOST_PROBLEMS, PRICES, ClosesError
from sim.closes.table import Columns, Row
from sim.text.lines import one_line

_MOST_GAP = 3  # days between two closes, in the middle of the gaps
_LEAST_GAPS = 4  # that show how far apart closes are


#: Notes that say how a file is written, which is nothing to look into.
COLUMN_NOTE = "Closes are those of the column"
COMMA_NOTE = "Numbers have a decimal comma."
ORDER_NOTE = "The newest close comes first in the file."


@dataclass
class Reading:
    """The rows of a file as dates and prices; `notes` collects what was found."""

    source: str
    columns: Columns
    rows: list[Row]
    close: int
    notes: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.name = self.columns.names[self.close]
        self.notes.append(f"{COLUMN_NOTE} {one_line(self.name)}.")
        self.dated = self._dated()
        self._one_security()
        prices = self.columns.places((*ADJUSTED, *CLOSE, *OTHER_PRICES))
        self.mark = decimal_mark([self.cell(row, i) for row, _ in self.dated] for i in (self.close, *prices))
        if self.mark == ",":
            self.notes.append(COMMA_NOTE)
        self._note_currency()

    def cell(self, row: Row, column: int | None) -> str:
        return row.cells[column].strip() if column is not None and column < len(row.cells) else ""

    def days(self) -> dict[datetime.date, tuple[float, Row]]:
        """The close of each day with its row, by date. Raises ClosesError for whatever cannot be read."""
        problems: list[tuple[int, str]] = []
        prices = [self._price(row, problems) for row, _ in self.dated]
        self.refuse(problems)
        name = one_line(self.columns.names[self.columns.date])
        cells = [(row.line, one_line(self.cell(row, self.columns.date)), when) for row, when in self.dated]
        try:
            dates = read_dates(cells)
        except DatesError as error:
            self.refuse([(line, f"{name} = {said}") for line, said in error.problems])
            raise AssertionError from error
        found: dict[datetime.date, tuple[float, Row]] = {}
        twice = 0
        for day, price, (row, _) in zip(dates, prices, self.dated, strict=True):
            if price is None:
                continue
            if day not in found:
                found[day] = price, row
            elif found[day][0] == price:
                twice += 1
            else:
                first = min(row.line, found[day][1].line)
                both = f"{found[day][0]:g} and {price:g}" if first != row.line else f"{price:g} and {found[day][0]:g}"
                last = max(row.line, found[day][1].line)
                problems.append(
                    (last, f"{name} = {day}: also on line {first}, with another close ({both}); must be one")
                )
        self.refuse(problems)
        self._note_count(twice, "repeated with the same close", "counted once")
        if len(dates) > 1 and dates[0] > dates[-1]:
            self.notes.append(ORDER_NOTE)
        found = dict(sorted(found.items()))
        self._daily(list(found))
        return found

    def _dated(self) -> list[tuple[Row, Stated]]:
        """The rows with a date; others may stand only above and below them, as remarks and units do."""
        stating = [(row, stated(self.cell(row, self.columns.date))) for row in self.rows]
        places = [i for i, (_, when) in enumerate(stating) if when is not None]
        if not places:
            line = self.rows[0].line if self.rows else self.columns.line
            raise ClosesError([f"{self.source}: line {line}: no date below the header; must be daily closes"])
        problems, remarks = [], 0
        for i, (row, when) in enumerate(stating):
            text = self.cell(row, self.columns.date)
            extra = [cell for cell in row.cells[len(self.columns.names) :] if cell.strip()]
            if when is not None and extra:
                cells = f"{len(row.cells)} cells where the header has {len(self.columns.names)}"
                problems.append((row.line, f"{cells}; a number with a comma must be in quotes"))
            elif when is None and [" ".join(cell.split()) for cell in row.cells] != list(self.columns.names):
                between = places[0] < i < places[-1]
                if between or (any(c.isdigit() for c in text) and self._is_number(self.cell(row, self.close))):
                    name = one_line(self.columns.names[self.columns.date])
                    problems.append((row.line, f"{name} = {one_line(text) or '(empty)'}: must be a date"))
                remarks += 1
        self.refuse(problems)
        self._note_count(remarks, "without a date above or below the closes", "left out")
        return [(row, when) for row, when in stating if when is not None]

    def _price(self, row: Row, problems: list[tuple[int, str]]) -> float | None:
        text = self.cell(row, self.close)
        if absent(text):
            self.seen["without a close"] += 1
            return None
        said = f"{one_line(self.name)} = {one_line(text)}"
        try:
            value = number(text, self.mark)
        except ValueError:
            hint = " with a decimal comma, as others of the file" if self.mark == "," and "." in text else ""
            problems.append((row.line, f"{said}: must be a price{hint}"))
            return None
        if value < 0.0 and folded(self.name) == MEAN_OF_QUOTES:
            self.seen["with the mean of bid and ask"] += 1
            value = -value
        if value == 0.0:
            self.seen["with a close of 0"] += 1
            return None
        if not LEAST_PRICE <= value <= MOST_PRICE:
            problems.append((row.line, f"{said}: must be a price {PRICES}"))
            return None
        return value

    def numbers(self, column: int | None, rows: Iterable[Row]) -> list[float | None]:
        """The numbers of a column that is not needed: None where a cell has none."""
        found: list[float | None] = []
        for row in rows:
            try:
                value = number(self.cell(row, column), self.mark)
            except ValueError:
                found.append(None)
            else:
                found.append(value if 0.0 <= value < 1e15 else None)
        return found

    def _is_number(self, text: str) -> bool:
        try:
            number(text, decimal_mark([[text]]))
        except ValueError:
            return False
        return True

    def _one_security(self) -> None:
        for place in self.columns.places(SECURITY):
            first: dict[str, int] = {}
            for row, _ in self.dated:
                if self.cell(row, place):
                    first.setdefault(self.cell(row, place), row.line)
            if len(first) > 1:
                (one, _), (other, line) = list(first.items())[:2]
                said = f"{one_line(self.columns.names[place])} = {one_line(other)}"
                must = f"must be {one_line(one)}, as above: the closes of one stock"
                raise ClosesError([f"{self.source}: line {line}: {said}: {must}"])

    def _daily(self, dates: list[datetime.date]) -> None:
        for what, count in self.seen.items():
            self._note_count(count, what, "taken as the close" if "mean" in what else "left out")
        if not dates:
            raise ClosesError([f"{self.source}: no closes; must be the daily closes of a stock"])
        gaps = [(after - before).days for before, after in pairwise(dates)]
        if len(gaps) >= _LEAST_GAPS and statistics.median(gaps) > _MOST_GAP:
            lines = f"line {self.dated[0][0].line}: "
            days = statistics.median(gaps)
            raise ClosesError(
                [f"{self.source}: {lines}closes are {days:g} days apart; must be daily, not weekly or monthly"]
            )

    def _note_currency(self) -> None:
        """A case counts in dollars; closes in another currency are right but for their level."""
        stated = {currency(self.cell(row, self.close)) for row, _ in self.dated} | {named_currency(self.name)}
        if named := " and ".join(sorted(stated - {""})):
            self.notes.append(f"Closes are in {one_line(named, 40)}, a case counts in dollars: convert price.initial.")

    def _note_count(self, count: int, what: str, done: str) -> None:
        if count:
            lines = "1 line is" if count == 1 else f"{count:,} lines are"
            self.notes.append(f"{lines} {what}: {done}.")

    def refuse(self, problems: list[tuple[int, str]]) -> None:
        if problems:
            told = [f"{self.source}: line {line}: {said}" for line, said in sorted(problems)[:MOST_PROBLEMS]]
            more = len(problems) - len(told)
            raise ClosesError(told + [f"{self.source}: and {more:,} more such lines"] * (more > 0))
