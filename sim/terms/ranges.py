"""Rules for single values: numbers, whole numbers, text, flags and days. `allowed` completes "must be ..."."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from numbers import Integral, Real
from typing import Any

from sim.terms.native import native
from sim.terms.problems import Say, number_text, show
from sim.terms.spelling import spelled
from sim.text.characters import BLANKS, named, refused, visible

MOST_MONEY = 1e15
MOST_TEXT = 200  # characters
FIRST_DAY, LAST_DAY = datetime.date(1975, 1, 1), datetime.date(2199, 12, 31)

BAD: Any = object()  # what a rule returns for a value that it has refused


def _rewritten(value: Any, name: str) -> str:
    """How to write a number that was given as text, such as "9,400,000"; "" for any other value."""
    said = spelled(value, "percent" in name) if isinstance(value, str) and value[:1] in "0123456789.+-$€£" else ""
    return f": {said}" if said else ""


@functools.lru_cache(maxsize=4096)
def _unfit(value: str) -> str:
    """Which character keeps a text from being one line of text, and where; "" if none does."""
    if not value:
        return ""
    found = refused(value)
    if found is not None:
        where = f"character {found.place + 1} is {named(found.character)}"
        return f"; {where}, {found.kind}"
    for place, verb in ((0, "begins"), (-1, "ends")):
        if value[place] in BLANKS:
            return f"; it {verb} with {named(value[place])}"
    return "" if visible(value) else f"; it has nothing that can be seen, only {named(value[0])}"


@dataclasses.dataclass(frozen=True)
class Number:
    """A finite real number, stored as float. `least` and `most` are allowed themselves, `above` and `below` are not."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    unit: str = ""

    @property
    def allowed(self) -> str:
        if self.least is not None and self.most is not None:
            return f"a number from {number_text(self.least)} to {number_text(self.most)}"
        limits = (("at least", self.least), ("above", self.above), ("at most", self.most), ("below", self.below))
        return "a number " + " and ".join(f"{word} {number_text(x)}" for word, x in limits if x is not None)

    def read(self, value: Any, name: str, say: Say) -> Any:
        value = native(value)
        if isinstance(value, bool) or not isinstance(value, Real) or not self.fits(value):
            say(name, value, f"must be {self.allowed}{_rewritten(value, name)}")
            return BAD
        return float(value) + 0.0  # no negative zero

    def fits(self, x: Any) -> bool:
        """Whether a number is finite and inside the limits."""
        # NaN fails whatever the limits are.
        return (
            x == x
            and abs(x) != float("inf")
            and (self.least is None or x >= self.least)
            and (self.most is None or x <= self.most)
            and (self.above is None or x > self.above)
            and (self.below is None or x < self.below)
        )


@dataclasses.dataclass(frozen=True)
class Whole:
    """A whole number; with `floats` also a float without a fraction, such as 1e8."""

    least: int
    most: int
    floats: bool = False
    unit: str = ""
    noun: str = "value"  # what the only allowed value is called

    @property
    def allowed(self) -> str:
        if self.least == self.most:
            return f"{self.least}, the only supported {self.noun}"
        return f"a whole number from {self.least} to {number_text(self.most) if self.floats else self.most}"

    def read(self, value: Any, name: str, say: Say) -> Any:
        value = native(value)
        whole = isinstance(value, Integral) or (self.floats and isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not self.least <= value <= self.most:
            say(name, value, f"must be {self.allowed}{_rewritten(value, name)}")
            return BAD
        return int(value)


@dataclasses.dataclass(frozen=True)
class Text:
    """One line of text; `choices` names all that is allowed, `empty` allows the empty string."""

    choices: tuple[str, ...] = ()
    empty: bool = False
    noun: str = "value"  # what the only allowed choice is called

    @property
    def allowed(self) -> str:
        if len(self.choices) == 1:
            return f"{show(self.choices[0])}, the only supported {self.noun}"
        if self.choices:
            return "one of " + ", ".join(map(show, self.choices))
        return f"one line of text without blanks around it, {0 if self.empty else 1} to {MOST_TEXT} characters"

    def read(self, value: Any, name: str, say: Say) -> Any:
        value = native(value)
        if not isinstance(value, str) or not self.fits(value):
            say(name, value, f"must be {self.allowed}{_unfit(value) if isinstance(value, str) else ''}")
            return BAD
        return str(value)

    def fits(self, text: str) -> bool:
        if self.choices:
            return text in self.choices
        return _unfit(text) == "" and len(text) <= MOST_TEXT and (self.empty or text != "")


@dataclasses.dataclass(frozen=True)
class Flag:
    allowed: str = "true or false"

    def read(self, value: Any, name: str, say: Say) -> Any:
        value = native(value)
        if not isinstance(value, bool):
            say(name, value, f"must be {self.allowed}")
            return BAD
        return value


def iso_date(text: Any) -> datetime.date | None:
    """The date that a text names as people write it, 2002-06-21; None for any other value."""
    try:
        day = datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if day.isoformat() == text else None


def as_day(value: Any) -> datetime.date | None:
    """A date, its ISO text, or a moment at midnight as a date; None for any other value."""
    day = native(value)
    if isinstance(day, str):
        return iso_date(day)
    is_moment = isinstance(day, datetime.datetime)  # which is a date to Python
    return day if isinstance(day, datetime.date) and not is_moment else None


@dataclasses.dataclass(frozen=True)
class Day:
    """A calendar date, or its ISO string, as JSON has no dates."""

    first: datetime.date = FIRST_DAY
    last: datetime.date = LAST_DAY

    @property
    def allowed(self) -> str:
        return f"a date from {self.first} to {self.last}"

    def read(self, value: Any, name: str, say: Say) -> Any:
        day = as_day(value)
        if day is None or not self.first <= day <= self.last:
            say(name, value, f"must be {self.allowed}")
            return BAD
        return day


@dataclasses.dataclass(frozen=True)
class MonthDay:
    """A day of every year as "MM-DD", or empty; 29 February is not in every year."""

    allowed: str = 'a day that every year has, as "MM-DD", or ""'

    def read(self, value: Any, name: str, say: Say) -> Any:
        value = native(value)
        try:
            if not isinstance(value, str) or value:
                datetime.date.fromisoformat(f"2001-{value}" if isinstance(value, str) and len(value) == 5 else "")
        except ValueError:
            say(name, value, f"must be {self.allowed}")
            return BAD
        return str(value)
