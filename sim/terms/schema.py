"""A small schema engine: each key's allowed range stands in exactly one place, the dataclass field that holds it.

A class of terms is a frozen dataclass whose fields are made with `key(RULE, default)`. Reading a table applies
every rule, then the class's `check_*` methods (rules between keys), and collects every problem instead of stopping at
the first. Objects made directly in Python go through the same rules, so that a wrong object cannot exist.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from numbers import Integral, Real
from typing import Any

MOST_ENTRIES = 1000
MOST_MONEY = 1e15
FIRST_DAY, LAST_DAY = datetime.date(1975, 1, 1), datetime.date(2199, 12, 31)
MOST_TEXT = 200
SHOWN = 60  # characters of a value in a message

Problem = tuple[str, Any, str]  # key, value, what is allowed
Say = Callable[[str, Any, str], None]


class CaseError(ValueError):
    """Terms that cannot be used. `problems` holds one line each: `FILE: KEY = VALUE: what is allowed`."""

    def __init__(self, problems: list[str]):
        super().__init__(list(problems))

    @property
    def problems(self) -> list[str]:
        return self.args[0]

    def __str__(self) -> str:
        return "\n".join(self.problems)


class Unread(Exception):
    """A check asked for a key that could not be read; its own problem is already noted, so the check is skipped."""


class Missing:
    """Stands for the value of a key that is absent, in messages and as the default of a required key."""


MISSING = Missing()
_BAD = object()  # what a rule returns when it has complained


class Draft:
    """A table with problems in it: the keys that could be read are there, the others raise Unread."""

    def __init__(self, values: dict[str, Any]):
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise Unread(name)


# --- showing values --------------------------------------------------------------------------------------------------


def one_line(text: str, limit: int = SHOWN) -> str:
    """`text` on one line: control characters and newlines escaped, cut to `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def show(value: Any, depth: int = 2) -> str:
    """A value as TOML would write it, shortened, always one line."""
    match value:
        case Missing():
            return "missing"
        case str():
            return '"' + one_line(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if value.bit_length() < 200 else f"an integer of {value.bit_length()} bits"
        case float():
            return repr(float(value))
        case datetime.date() | datetime.time():
            return value.isoformat()
        case list() | tuple():
            items = [show(v, depth - 1) for v in value[:4]] if depth else ["..."] * bool(value)
            return "[" + ", ".join(items + ["..."] * (depth > 0 and len(value) > 4)) + "]"
        case dict():
            pairs = [f"{one_line(str(k))} = {show(v, depth - 1)}" for k, v in list(value.items())[:4]] if depth else []
            dots = ["..."] * (len(value) > len(pairs))
            return "{ " + ", ".join(pairs + dots) + " }" if value else "{}"
        case _:
            return one_line(repr(value))


def number_text(x: float) -> str:
    """A limit as people write it: 0.5, 1000, 1e15."""
    return f"{x:g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def problem_line(where: str, problem: Problem) -> str:
    name, value, allowed = problem
    return f"{one_line(where, 200)}: {one_line(name, 200)} = {show(value)}: {allowed}"


# --- rules for one value ---------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Number:
    """A finite real number, stored as float. `least` and `most` are allowed themselves, `above` and `below` are not."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    @property
    def allowed(self) -> str:
        if self.least is not None and self.most is not None:
            return f"a number from {number_text(self.least)} to {number_text(self.most)}"
        limits = (("at least", self.least), ("above", self.above), ("at most", self.most), ("below", self.below))
        return "a number " + " and ".join(f"{word} {number_text(x)}" for word, x in limits if x is not None)

    def read(self, value: Any, name: str, say: Say) -> Any:
        if isinstance(value, bool) or not isinstance(value, Real) or not self._within(value):
            say(name, value, self.allowed)
            return _BAD
        return float(value) + 0.0  # no negative zero

    def _within(self, x: Any) -> bool:
        # Written so that NaN fails whatever the limits are.
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
    """A whole number. `floats`: a float without a fraction, such as 1e8, will do too."""

    least: int
    most: int
    floats: bool = False

    @property
    def allowed(self) -> str:
        if self.least == self.most:
            return f"only {self.least} so far"
        return f"a whole number from {self.least} to {number_text(self.most) if self.floats else self.most}"

    def read(self, value: Any, name: str, say: Say) -> Any:
        whole = isinstance(value, Integral) or (self.floats and isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not self.least <= value <= self.most:
            say(name, value, self.allowed)
            return _BAD
        return int(value)


@dataclasses.dataclass(frozen=True)
class Text:
    """One line of text; `choices` names all that is allowed, `empty` allows the empty string."""

    choices: tuple[str, ...] = ()
    empty: bool = False

    @property
    def allowed(self) -> str:
        if len(self.choices) == 1:
            return f"only {show(self.choices[0])} so far"
        if self.choices:
            return "one of " + ", ".join(map(show, self.choices))
        return f"one line of text, {0 if self.empty else 1} to {MOST_TEXT} characters"

    def read(self, value: Any, name: str, say: Say) -> Any:
        if not isinstance(value, str) or not self._fits(value):
            say(name, value, self.allowed)
            return _BAD
        return str(value)

    def _fits(self, text: str) -> bool:
        if self.choices:
            return text in self.choices
        return text.isprintable() and len(text) <= MOST_TEXT and (self.empty or bool(text.strip()))


@dataclasses.dataclass(frozen=True)
class Flag:
    allowed: str = "true or false"

    def read(self, value: Any, name: str, say: Say) -> Any:
        if not isinstance(value, bool):
            say(name, value, self.allowed)
            return _BAD
        return value


@dataclasses.dataclass(frozen=True)
class Day:
    """A calendar date; its ISO string will do too, so that documents survive JSON."""

    first: datetime.date = FIRST_DAY
    last: datetime.date = LAST_DAY

    @property
    def allowed(self) -> str:
        return f"a date from {self.first} to {self.last}"

    def read(self, value: Any, name: str, say: Say) -> Any:
        day = value
        if isinstance(value, str) and len(value) == 10:
            try:
                day = datetime.date.fromisoformat(value)
            except ValueError:
                pass
        is_day = isinstance(day, datetime.date) and not isinstance(day, datetime.datetime)
        if not is_day or not self.first <= day <= self.last:
            say(name, value, self.allowed)
            return _BAD
        return day


@dataclasses.dataclass(frozen=True)
class MonthDay:
    """A day of every year as "MM-DD", or empty; 29 February is not in every year."""

    allowed: str = 'a day that every year has, as "MM-DD", or ""'

    def read(self, value: Any, name: str, say: Say) -> Any:
        try:
            if value != "":
                datetime.date.fromisoformat(f"2001-{value}" if isinstance(value, str) and len(value) == 5 else "")
        except ValueError:
            say(name, value, self.allowed)
            return _BAD
        return value


# --- rules for tables and lists --------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Table:
    """A table that becomes an object of class `of`."""

    of: type

    @property
    def allowed(self) -> str:
        return "a table with the keys " + ", ".join(rules(self.of))

    def read(self, value: Any, name: str, say: Say) -> Any:
        return value if isinstance(value, self.of) else read_table(self.of, value, name, say)


@dataclasses.dataclass(frozen=True)
class Rows:
    """A list of tables, each an object of class `of`; where they have names, each name is used once."""

    of: type

    @property
    def allowed(self) -> str:
        return f"a list of at most {MOST_ENTRIES} tables with the keys " + ", ".join(rules(self.of))

    def read(self, value: Any, name: str, say: Say) -> Any:
        if not isinstance(value, list | tuple) or len(value) > MOST_ENTRIES:
            say(name, value, self.allowed)
            return _BAD
        taken: set[str] = set()
        rows = []
        for number, item in enumerate(value):
            label = item_name(item)
            repeated = label in taken
            where = f"{name}[{number if label is None or repeated else label}]"
            row = Table(self.of).read(item, where, say)
            if repeated:
                say(f"{where}.name", label, f"a name that no other entry of {name} has")
            elif label is not None:
                taken.add(label)
            rows.append(Draft({}) if row is _BAD else row)
        return tuple(rows)


@dataclasses.dataclass(frozen=True)
class Values:
    """A list of single values, each by the rule `of`."""

    of: Number | Day
    least_entries: int = 0

    @property
    def allowed(self) -> str:
        return f"a list of {self.least_entries} to {MOST_ENTRIES} entries, each {self.of.allowed}"

    def read(self, value: Any, name: str, say: Say) -> Any:
        if not isinstance(value, list | tuple) or not self.least_entries <= len(value) <= MOST_ENTRIES:
            say(name, value, self.allowed)
            return _BAD
        items = tuple(self.of.read(item, f"{name}[{i}]", say) for i, item in enumerate(value))
        return _BAD if _BAD in items else items


def item_name(item: Any) -> str | None:
    """The name of a list entry, a table or an object; None if it has none that can be shown."""
    name = item.get("name") if isinstance(item, Mapping) else getattr(item, "name", None)
    return name if isinstance(name, str) and Text()._fits(name) else None


# --- classes of terms ------------------------------------------------------------------------------------------------


def key(rule: Any, default: Any = MISSING) -> Any:
    """A dataclass field with its rule. Without a default it is required; a default of None makes it optional."""
    if default is MISSING:
        return dataclasses.field(metadata={"rule": rule})
    return dataclasses.field(default=default, metadata={"rule": rule})


@cache
def rules(of: type) -> dict[str, tuple[Any, Any]]:
    """key -> (rule, default or MISSING) of a class of terms, in the order of its fields."""
    found = {}
    for field in dataclasses.fields(of):
        if "rule" in field.metadata:
            required = field.default is dataclasses.MISSING
            found[field.name] = (field.metadata["rule"], MISSING if required else field.default)
    return found


class Terms:
    """Base of all terms. An object that breaks a rule raises CaseError instead of coming to be."""

    __slots__ = ()

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        doc = {name: getattr(self, name) for name in rules(type(self))}
        values = _read_values(type(self), doc, "", lambda *problem: problems.append(problem))
        raise_if(problems, type(self).__name__)
        for name, value in values.items():
            object.__setattr__(self, name, value)


def raise_if(problems: list[Problem], where: str) -> None:
    """CaseError with a line for each problem, `where` as the FILE part; nothing if there are none."""
    if problems:
        raise CaseError([problem_line(where, problem) for problem in problems])


def read_table(of: type, doc: Any, name: str, say: Say) -> Any:
    """An object of class `of` from a mapping; a Draft if there were problems, all of them said."""
    if not isinstance(doc, Mapping):
        say(name, doc, Table(of).allowed)
        return _BAD
    said = []

    def note(*problem: Any) -> None:
        said.append(problem)
        say(*problem)

    for word in doc:
        if word not in rules(of):
            note(joined(name, str(word)), doc[word], unknown_key(str(word), list(rules(of)), name))
    values = _read_values(of, doc, name, note)
    if said:
        return Draft(values)
    made = object.__new__(of)  # the rules have just been applied: no second time in __post_init__
    for field in dataclasses.fields(of):
        object.__setattr__(made, field.name, values.get(field.name, field.default))
    return made


def _read_values(of: type, doc: Mapping[str, Any], name: str, say: Say) -> dict[str, Any]:
    """The values of a table's keys that could be read, defaults filled in, `check_*` methods applied."""
    values = {}
    for word, (rule, default) in rules(of).items():
        value = doc.get(word)
        if value is not None:
            got = rule.read(value, joined(name, word), say)
            if got is not _BAD:
                values[word] = got
        elif default is MISSING:
            say(joined(name, word), MISSING, "required, " + rule.allowed)
        else:
            values[word] = default
    for check in checks(of):
        for word, value, allowed in attempt(check, Draft(values)):
            say(joined(name, word), value, allowed)
    return values


@cache
def checks(of: type) -> list[Callable[[Any], Iterator[Problem]]]:
    return [check for word, check in vars(of).items() if word.startswith("check_")]


def attempt(check: Callable[..., Iterator[Problem]], *on: Any) -> list[Problem]:
    """The problems a check finds; none if it needs a key that could not be read."""
    try:
        return list(check(*on))
    except Unread:
        return []


def joined(name: str, word: str) -> str:
    return f"{name}.{word}" if name else word


def unknown_key(word: str, known: list[str], name: str = "") -> str:
    """What to say of a key that nobody knows."""
    from difflib import get_close_matches  # only needed when something is wrong

    near = get_close_matches(word.lower(), known, 1, 0.5)
    if near:
        return f"unknown key, the nearest known one is {joined(name, near[0])}"
    return f"unknown key, known {'in ' + one_line(name) if name else 'at the top'} are " + ", ".join(known)


def plain(value: Any) -> Any:
    """Terms as a plain document: tables, lists, ISO dates, text, numbers. Keys without a value are left out."""
    if isinstance(value, Terms):
        pairs = ((name, getattr(value, name)) for name in rules(type(value)))
        return {name: plain(v) for name, v in pairs if v is not None}
    if isinstance(value, Mapping):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    return value
