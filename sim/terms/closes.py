"""The rule of `price.closes`: closes that the market has shown, from a file or as a list, oldest first."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.closes import ClosesError, read_closes
from sim.terms.problems import Say, one_line
from sim.terms.ranges import BAD, iso_date

MOST_CLOSES = 100_000
LEAST_CLOSE, MOST_CLOSE = 1e-6, 1e9


class ShownCloses:
    """Becomes a tuple of closes, or of pairs (date, close); a text is the path of a file with a date and a close."""

    allowed = (
        "the path of a CSV file, or a list of 1 to 100000 closes or pairs of a date and a close, oldest first, each "
        "close from 1e-6 to 1e9"
    )

    def read(self, value: Any, name: str, say: Say) -> Any:
        if isinstance(value, str) and value.strip():
            try:
                value = file_closes(value)
            except ClosesError as error:
                say(name, value, f"must be the path of a file of closes: {one_line(error.problems[0], 200)}")
                return BAD
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_CLOSES:
            say(name, value, f"must be {self.allowed}")
            return BAD
        rows = [_row(item) for item in value]
        for number, (row, item) in enumerate(zip(rows, value, strict=True)):
            if row is None or isinstance(row, tuple) != isinstance(rows[0], tuple):
                say(f"{name}[{number}]", item, "must be a close from 1e-6 to 1e9, or each a date and a close")
                return BAD
            if number and isinstance(row, tuple) and row[0] <= rows[number - 1][0]:  # type: ignore[index]
                say(f"{name}[{number}]", item, "must be after the date before it")
                return BAD
        return tuple(rows)


def _row(item: Any) -> Any:
    """A close, a pair of a date and a close, or None."""
    if isinstance(item, list | tuple):
        if len(item) != 2:
            return None
        day = iso_date(item[0]) if isinstance(item[0], str) else item[0]
        close = _row(item[1])
        is_day = isinstance(day, datetime.date) and not isinstance(day, datetime.datetime)
        return (day, close) if is_day and isinstance(close, float) else None
    number = isinstance(item, int | float) and not isinstance(item, bool)
    return float(item) if number and LEAST_CLOSE <= item <= MOST_CLOSE else None


def file_closes(path: str) -> list[tuple[datetime.date, float]]:
    """Dates and closes of a file, in the order of the dates. Raises `sim.closes.ClosesError`."""
    closes = read_closes(path)
    return list(zip(closes.dates, closes.values, strict=True))


def with_closes(doc: Any, closes: Any) -> Any:
    """The document of a case's text with the closes that were read from the file which it names, if it names one."""
    if closes is None:
        return doc
    return {**doc, "price": {**doc["price"], "closes": closes}}


def with_path(doc: Any, folder: Path) -> Any:
    """The document of a case file in `folder`, a path in `price.closes` made one from here."""
    price = doc.get("price") if isinstance(doc, Mapping) else None
    closes = price.get("closes") if isinstance(price, Mapping) else None
    if not isinstance(closes, str) or not closes.strip():
        return doc
    return {**doc, "price": {**price, "closes": str(folder / closes)}}  # type: ignore[dict-item]
