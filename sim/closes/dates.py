"""The dates of a column, read in one way for the whole column."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1800, 2100
_PIVOT = 69  # two digits from here on are of the twentieth century, as in POSIX

_ISO = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})\s*[일日.]?(?:[T\s(].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6}|\.0+)?(?:[T\s].*)?")
_TRIPLE = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})\.?(?:[,T\s].*)?")
_SERIAL = re.compile(r"([2-7]\d{4})(?:[.,]\d+)?")
_EPOCH = re.compile(r"(\d{9,10})(?:\d{3})?(?:\.0+)?")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,12}\.?,?\s+(?=\d)")
_EXCEL = datetime.date(1899, 12, 30)  # day 0 of spreadsheets

#: Months by the first letters of their names without accents: English, German, French, Spanish, Italian, Portuguese,
#: Dutch, Polish, Swedish. Longer beginnings come first.
_MONTHS = {
    1: "jan ene gen sty", 2: "feb fev lut", 3: "mar mrt mrz mae", 4: "apr avr abr kwi", 5: "may mai mag mei maj",
    6: "jun juin giu cze", 7: "jul juil lug lip", 8: "aug aou ago sie", 9: "sep set wrz", 10: "oct okt out ott paz",
    11: "nov lis", 12: "dec dez dic gru",
}  # fmt: skip
_BEGINNINGS = sorted(((word, n) for n, words in _MONTHS.items() for word in words.split()), key=lambda p: -len(p[0]))

Fields = tuple[int, int, int]


class Stated(NamedTuple):
    """A cell as it states a date: its form, and its three numbers in the order of the form."""

    form: str
    fields: Fields


_Wrong = dict[Callable[[Fields], Fields], list[tuple[int, str, Stated]]]  # cells that an order of numbers does not fit


class DatesError(ValueError):
    """The dates of a column cannot be read; `problems` are pairs of a line's number and what is wrong with it."""

    def __init__(self, problems: list[tuple[int, str]]):
        super().__init__(problems)
        self.problems = problems


def stated(text: str) -> Stated | None:
    """The date that a cell states, not yet read; None if it states none."""
    text = " ".join(text.replace('="', "").strip("\"'= ").split())
    for form, pattern in (("iso", _ISO), ("compact", _COMPACT), ("triple", _TRIPLE)):
        found = pattern.fullmatch(text) or pattern.fullmatch(_WEEKDAY.sub("", text))
        if found:
            first, second, third = map(int, found.groups())
            return Stated(form if len(found[3]) < 4 else "triple of four", (first, second, third))
    if found := _SERIAL.fullmatch(text):
        return Stated("day number", _fields(_EXCEL + datetime.timedelta(int(found[1]))))
    if found := _EPOCH.fullmatch(text):
        return Stated("seconds", _fields(datetime.date(1970, 1, 1) + datetime.timedelta(seconds=int(found[1]))))
    return _with_name(text)


def read_dates(cells: Sequence[tuple[int, str, Stated]]) -> list[datetime.date]:
    """The dates of a column, of which each cell comes with its line's number.

    Raises
    ------
    DatesError
        For a cell that is no date of the calendar, for cells in different forms, and where nothing shows whether the
        day or the month comes first: neither a number above 12, nor weekends, nor the order of the dates.
    """
    form = cells[0][2].form
    other = next((cell for cell in cells if cell[2].form != form), None)
    if other is not None:
        line, text, _ = other
        raise DatesError([(line, f"{text}: must be a date in the form of line {cells[0][0]}, {cells[0][1]}")])
    if not form.startswith("triple"):
        return _dates(cells, lambda fields: fields)
    return _dates(cells, _order(cells))


def _order(cells: Sequence[tuple[int, str, Stated]]) -> Callable[[Fields], Fields]:
    """How to turn the three numbers of a cell into year, month and day: the order with the fewest odd dates."""
    orders: list[Callable[[Fields], Fields]] = [_month_first, _day_first]
    if cells[0][2].form == "triple":
        orders.append(_year_first)
    wrong: _Wrong = {order: [cell for cell in cells if _date(order(cell[2].fields)) is None] for order in orders}
    possible = [order for order in orders if not wrong[order]]
    if not possible:
        return _least_wrong(wrong)
    odd = {order: _oddness([order(cell[2].fields) for cell in cells]) for order in possible}
    best = min(odd.values())
    found = [order for order in possible if odd[order] == best]
    if len(found) > 1:
        line, text, _ = cells[0]
        raise DatesError([(line, f"{text}: the day or the month may come first; write the dates as YYYY-MM-DD")])
    return found[0]


def _least_wrong(wrong: _Wrong) -> Callable[[Fields], Fields]:
    """The order in which the fewest cells are no dates; DatesError if the column mixes two orders."""
    lines = {order: {cell[0] for cell in wrong[order]} for order in wrong}
    if not lines[_month_first] & lines[_day_first]:
        month_first, day_first = wrong[_day_first][0], wrong[_month_first][0]
        must = f"line {month_first[0]} has the month first: {month_first[1]}; must be one order, such as YYYY-MM-DD"
        raise DatesError([(day_first[0], f"{day_first[1]}: has the day first, but {must}")])
    return min(wrong, key=lambda order: len(wrong[order]))


def _oddness(dates: list[Fields]) -> tuple[int, int]:
    """Dates on weekends, and turns of direction."""
    days = [datetime.date(*fields) for fields in dates]
    signs = [after > before for before, after in pairwise(days) if after != before]
    return sum(day.weekday() > 4 for day in days), sum(a != b for a, b in pairwise(signs))


def _dates(cells: Sequence[tuple[int, str, Stated]], order: Callable[[Fields], Fields]) -> list[datetime.date]:
    found = [_date(order(cell[2].fields)) for cell in cells]
    problems = [
        (line, f"{text}: must be a date of the calendar, from {FIRST_YEAR} to {LAST_YEAR}")
        for (line, text, _), day in zip(cells, found, strict=True)
        if day is None
    ]
    if problems:
        raise DatesError(problems)
    return [day for day in found if day is not None]


def _date(fields: Fields) -> datetime.date | None:
    try:
        return datetime.date(*fields) if FIRST_YEAR <= fields[0] <= LAST_YEAR else None
    except ValueError:
        return None


def _month_first(fields: Fields) -> Fields:
    month, day, year = fields
    return _year(year), month, day


def _day_first(fields: Fields) -> Fields:
    day, month, year = fields
    return _year(year), month, day


def _year_first(fields: Fields) -> Fields:
    year, month, day = fields
    return _year(year), month, day


def _year(year: int) -> int:
    return year if year >= 100 else year + (1900 if year >= _PIVOT else 2000)


def _fields(day: datetime.date) -> Fields:
    return day.year, day.month, day.day


def _with_name(text: str) -> Stated | None:
    """A date with the name of its month: `02-Jan-2024`, `Jan 02, 2024`, `2. Januar 2024`, `2024 Jan 2`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    numbers = re.findall(r"\d+", plain)[:2]
    months = [n for word in re.findall(r"[^\W\d_]+", plain) if (n := _month(word))]
    if not months or len(numbers) < 2 or not all(len(digits) in (1, 2, 4) for digits in numbers):
        return None
    first, second = numbers
    day, year = (second, first) if len(first) == 4 else (first, second)
    return Stated("with the month's name", (_year(int(year)), months[-1], int(day)))


def _month(word: str) -> int:
    return next((n for beginning, n in _BEGINNINGS if word.startswith(beginning)), 0)
