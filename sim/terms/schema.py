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
from typing import Any

from sim.terms.problems import MISSING, Problem, Say, joined, raise_if, unknown_key
from sim.terms.ranges import BAD, Day, Number, Text

MOST_ENTRIES = 1000


class Unread(Exception):
    """Raised when a check reads a field that failed validation. The failure has already been reported, so the check is
    skipped.
    """


class Draft:
    """A partially validated table; reading an invalid field raises `Unread`."""

    def __init__(self, values: dict[str, Any]):
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise Unread(name)


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
            say(name, value, f"must be {self.allowed}")
            return BAD
        taken: set[str] = set()
        rows = []
        for number, item in enumerate(value):
            label = item_name(item)
            repeated = label in taken
            where = f"{name}[{number if label is None or repeated else label}]"
            row = Table(self.of).read(item, where, say)
            if repeated:
                say(f"{where}.name", label, f"must be a name that no other entry of {name} has")
            elif label is not None:
                taken.add(label)
            rows.append(Draft({}) if row is BAD else row)
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
            say(name, value, f"must be {self.allowed}")
            return BAD
        items = tuple(self.of.read(item, f"{name}[{i}]", say) for i, item in enumerate(value))
        return BAD if BAD in items else items


def item_name(item: Any) -> str | None:
    """The name of a list entry, a table or an object; None if it has none that can be shown."""
    name = item.get("name") if isinstance(item, Mapping) else getattr(item, "name", None)
    return name if isinstance(name, str) and Text().fits(name) else None


# --- classes of terms ------------------------------------------------------------------------------------------------


def key(rule: Any, default: Any = MISSING) -> Any:
    """A dataclass field with its rule. Without a default it is required; a default of None makes it optional."""
    if default is MISSING:
        return dataclasses.field(metadata={"rule": rule})
    return dataclasses.field(default=default, metadata={"rule": rule})


@cache
def rules(of: type[Any]) -> dict[str, tuple[Any, Any]]:
    """key -> (rule, default or MISSING) of a class of terms, in the order of its fields."""
    found = {}
    for field in dataclasses.fields(of):
        if "rule" in field.metadata:
            required = field.default is dataclasses.MISSING
            found[field.name] = (field.metadata["rule"], MISSING if required else field.default)
    return found


class Terms:
    """Base of all terms. The constructor raises CaseError for values that break a rule."""

    __slots__ = ()

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        values = _read_values(type(self), values_of(self), "", lambda *problem: problems.append(problem))
        raise_if(problems, type(self).__name__)
        for name, value in values.items():
            object.__setattr__(self, name, value)


def values_of(part: Terms) -> dict[str, Any]:
    """key -> value of an object."""
    of: Any = type(part)
    return {name: getattr(part, name) for name in rules(of)}


def read_table(of: type, doc: Any, name: str, say: Say) -> Any:
    """An object of class `of` from a mapping; a Draft if there were problems, which have all been reported."""
    if not isinstance(doc, Mapping):
        say(name, doc, f"must be {Table(of).allowed}")
        return BAD
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
    made: Any = object.__new__(of)  # without __post_init__, as the rules have just been applied
    for field in dataclasses.fields(of):
        object.__setattr__(made, field.name, values.get(field.name, field.default))
    return made


def _read_values(of: type, doc: Mapping[str, Any], name: str, say: Say) -> dict[str, Any]:
    """The values of a table's keys that could be read, defaults filled in, `check_*` methods applied."""
    values: dict[str, Any] = {}
    for word, (rule, default) in rules(of).items():
        value = doc.get(word)
        if value is not None:
            got = rule.read(value, joined(name, word), say)
            if got is not BAD:
                values[word] = got
        elif default is MISSING:
            say(joined(name, word), MISSING, f"must be {rule.allowed}")
        else:
            values[word] = default
    for check in checks(of):
        for word, value, allowed in attempt(check, Draft(values)):
            say(joined(name, word), value, allowed)
    return values


@cache
def checks(of: type[Any]) -> list[Callable[[Any], Iterator[Problem]]]:
    return [check for word, check in vars(of).items() if word.startswith("check_")]


def attempt(check: Callable[..., Iterator[Problem]], *on: Any) -> list[Problem]:
    """The problems that a check finds; none if it reads a field that failed validation."""
    try:
        return list(check(*on))
    except Unread:
        return []


def plain(value: Any) -> Any:
    """Terms as a plain document: tables, lists, ISO dates, text, numbers. Keys without a value are left out."""
    if isinstance(value, Terms):
        return {name: plain(v) for name, v in values_of(value).items() if v is not None}
    if isinstance(value, Mapping):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    return value
