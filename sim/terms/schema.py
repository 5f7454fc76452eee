"""A small schema engine: all that is known about a key stands in one place, the dataclass field that holds it.

A class of terms is a frozen dataclass whose fields are made with `key(RULE, default, meaning=...)`. Reading a table
applies every rule, then the class's `check_*` methods (rules between keys), and collects every problem instead of
stopping at the first. Objects made directly in Python go through the same rules.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sim.terms.native import entries
from sim.terms.problems import MISSING, Problem, Say, joined, one_line, raise_if, show, unknown_key
from sim.terms.ranges import BAD, Day, MonthDay, Number, Text
from sim.terms.variation import Variation
from sim.text.characters import composed
from sim.text.frozen import whole

MOST_ENTRIES = 1000
MOST_REPR = 160  # characters
NAMES = Text()


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


@dataclasses.dataclass(frozen=True)
class Table:
    """A table that becomes an object of class `of`."""

    of: type

    @property
    def allowed(self) -> str:
        return "a table with the keys " + ", ".join(keys(self.of))

    def read(self, value: Any, name: str, say: Say) -> Any:
        return value if isinstance(value, self.of) else read_table(self.of, value, name, say)


@dataclasses.dataclass(frozen=True)
class Rows:
    """A list of tables, each an object of class `of`; where they have names, each name is used once."""

    of: type

    @property
    def allowed(self) -> str:
        return f"a list of at most {MOST_ENTRIES} tables with the keys " + ", ".join(keys(self.of))

    def read(self, value: Any, name: str, say: Say) -> Any:
        rows_given = entries(value)
        if rows_given is None or len(rows_given) > MOST_ENTRIES:
            say(name, value, f"must be {self.allowed}")
            return BAD
        taken: set[str] = set()
        rows = []
        for number, item in enumerate(rows_given):
            label = item_name(item)
            repeated = label is not None and composed(label) in taken
            where = f"{name}[{number if label is None or repeated else label}]"
            row = Table(self.of).read(item, where, say)
            if repeated:
                say(f"{where}.name", label, f"must be a name that no other entry of {name} has")
            elif label is not None:
                taken.add(composed(label))
            rows.append(Draft({}) if row is BAD else row)
        return tuple(rows)


@dataclasses.dataclass(frozen=True)
class Values:
    """A list of single values, each by the rule `of`."""

    of: Number | Day | MonthDay | Text
    least_entries: int = 0

    @property
    def unit(self) -> str:
        return getattr(self.of, "unit", "")

    @property
    def allowed(self) -> str:
        return f"a list of {self.least_entries} to {MOST_ENTRIES} entries, each {self.of.allowed}"

    def read(self, value: Any, name: str, say: Say) -> Any:
        given = entries(value)
        if given is None or not self.least_entries <= len(given) <= MOST_ENTRIES:
            say(name, value, f"must be {self.allowed}")
            return BAD
        items = tuple(self.of.read(item, f"{name}[{i}]", say) for i, item in enumerate(given))
        return BAD if any(item is BAD for item in items) else items


def item_name(item: Any) -> str | None:
    """The name of a list entry, a table or an object; None if it has none that can be shown."""
    if type(item) is not dict and not isinstance(item, Mapping):  # an object, whose name has been read
        return getattr(item, "name", None)
    name = item.get("name")
    return name if isinstance(name, str) and NAMES.fits(name) else None


def entry_key(where: str, number: int, row: Any) -> str:
    """The key of an entry of the list `where`: `notes[Bank note]` by its name, `burn.steps[0]` where it has none."""
    name = item_name(row)
    return f"{where}[{number if name is None else name}]"


def entry_keys(where: str, rows: Iterable[Any]) -> list[str]:
    """The key of each entry of a list."""
    return [entry_key(where, number, row) for number, row in enumerate(rows)]


# --- classes of terms ------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Clause:
    """What a key restricts: a clause of the line that can be removed.

    Parameters
    ----------
    name : the reason that it gives to a draw, such as "period cap", or a short name of what it costs
    words : what it says, in lower case and with {} for the value
    without : the value of the key that lifts the clause
    kind : its place in the order in which a draw meets the clauses, one of `CLAUSE_KINDS`; "limit" is an amount of
        dollars that a draw cannot exceed
    binds : whether a value of the key restricts anything; by default every value but 0 and None
    used : whether the clause has any effect, given the table that the key stands in
    shown : the value as text; by default by the key's unit
    """

    name: str
    words: str
    without: Any = None
    kind: str = "limit"
    binds: Callable[[Any], bool] | None = None
    used: Callable[[Any], bool] | None = None
    shown: Callable[[Any], str] | None = None

    def applies(self, value: Any, table: Any) -> bool:
        """Whether the clause, with this value, can hold a draw back or cost anything."""
        if value is None or (self.used is not None and not self.used(table)):
            return False
        return self.binds(value) if self.binds is not None else self.kind == "limit" or bool(value)


CLAUSE_KINDS = ("date", "price", "condition", "reduction", "limit", "coverage", "charter", "shares", "size", "cost")


@dataclasses.dataclass(frozen=True)
class Key:
    """What is known about one key of a table; see `key`."""

    rule: Any
    default: Any
    meaning: str
    unit: str
    label: str
    vary: Variation | None
    used: Callable[[Any], bool] | None
    clause: Clause | None
    brief: bool


def key(
    rule: Any,
    default: Any = MISSING,
    *,
    meaning: str,
    unit: str = "",
    label: str = "",
    vary: Variation | None = None,
    used: Callable[[Any], bool] | None = None,
    clause: Clause | None = None,
    brief: bool = False,
) -> Any:
    """A dataclass field of a class of terms: everything that is known about one key stands here.

    Parameters
    ----------
    rule : what the key allows
    default : value of the key where it is absent; without one the key is required, and None makes it optional
    meaning : what the key means, for the key reference
    unit : "$", "$/share", "1/year", ...; by default that of the rule
    label : short name of an uncertain input, {name} for the name of its list entry; by default the words of the key
    vary : from the value to a low and a high, for inputs that are uncertain where [ranges] does not name them
    used : whether the key has any effect, given the table it stands in; an input without effect is not varied
    clause : the clause of the line that the key states
    brief : whether the canonical document leaves the key out where it has its default. Keys that came later are brief,
        so that the hash of a case without them stays what it was
    """
    unit = unit or getattr(rule, "unit", "")
    known = Key(rule, default, meaning, unit, label, vary, used, clause, brief)
    if default is MISSING:
        return dataclasses.field(metadata={"key": known})
    return dataclasses.field(default=default, metadata={"key": known})


@cache
def keys(of: type[Any]) -> dict[str, Key]:
    """The keys of a class of terms: its own in the order of its fields, then those it inherits.

    The field of a key that is a word of Python has an underscore at its end: `from_` is the key `from`.
    """
    own = vars(of).get("__annotations__", {})
    fields = sorted(dataclasses.fields(of), key=lambda field: field.name not in own)
    return {word_of(field): field.metadata["key"] for field in fields if "key" in field.metadata}


def word_of(field: dataclasses.Field[Any]) -> str:
    """The key of a field."""
    return field.name.rstrip("_")


@whole
class Terms:
    """Base of all terms. The constructor raises CaseError for values that break a rule."""

    __slots__ = ()

    def __repr__(self) -> str:
        values = (f"{name}={_short(value)}" for name, value in values_of(self).items())
        return one_line(f"{type(self).__name__}({', '.join(values)})", MOST_REPR)

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        values = _read_values(type(self), values_of(self), "", lambda *problem: problems.append(problem))
        raise_if(problems, type(self).__name__)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def as_spelled(cls, values: dict[str, Any]) -> dict[str, Any]:
        """The values of the keys, references among them with the names of what they refer to; see `other_names`."""
        return values

    def __reduce__(self) -> tuple[Any, ...]:
        of: Any = type(self)
        return filled, (of, tuple(getattr(self, name) for name, _ in words_of(of)))


@cache
def words_of(of: Any) -> tuple[tuple[str, str], ...]:
    """The fields of a class of terms, each with its key."""
    return tuple((field.name, word_of(field)) for field in dataclasses.fields(of))


def filled(of: Any, values: Iterable[Any]) -> Any:
    """An object of class `of` with these values of its fields, to which the rules have been applied."""
    made = object.__new__(of)  # without __post_init__
    for (name, _), value in zip(words_of(of), values, strict=True):
        object.__setattr__(made, name, value)
    return made


def _short(value: Any) -> str:
    """A value in the repr of its table; tables in it are named only."""
    if isinstance(value, Terms):
        return f"{type(value).__name__}(...)"
    if isinstance(value, tuple) and any(isinstance(item, Terms) for item in value):
        return f"[{len(value)} x {type(value[0]).__name__}]"
    return show(value)


def values_of(part: Terms) -> dict[str, Any]:
    """key -> value of an object."""
    of: Any = type(part)
    return {name: getattr(part, name) for name in keys(of)}


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
        if word not in keys(of):
            note(joined(name, str(word)), doc[word], unknown_key(str(word), list(keys(of)), name))
    values = _read_values(of, doc, name, note)
    if said:
        return Draft(values)
    return unchecked(of, values)


def unchecked(of: Any, values: Mapping[str, Any]) -> Any:
    """An object of class `of` from values to which the rules have been applied; fields without one have the default."""
    return filled(of, [values.get(word, _defaults(of)[word]) for _, word in words_of(of)])


@cache
def _defaults(of: Any) -> dict[str, Any]:
    return {word_of(field): field.default for field in dataclasses.fields(of)}


def _read_values(of: type, doc: Mapping[str, Any], name: str, say: Say) -> dict[str, Any]:
    """The values of a table's keys that could be read, defaults filled in, `check_*` methods applied."""
    values: dict[str, Any] = {}
    for word, known in keys(of).items():
        rule, default = known.rule, known.default
        value = doc.get(word)
        if value is not None:
            got = rule.read(value, joined(name, word), say)
            if got is not BAD:
                values[word] = got
        elif default is MISSING:
            say(joined(name, word), MISSING, f"must be {rule.allowed}")
        else:
            values[word] = default
    values = of.as_spelled(values)  # type: ignore[attr-defined]
    for check in checks(of):
        for word, value, allowed in attempt(check, Draft(values)):
            say(joined(name, word), value, allowed)
    return values


@cache
def checks(of: type[Any]) -> list[Callable[[Any], Iterator[Problem]]]:
    return [check for part in reversed(of.__mro__) for word, check in vars(part).items() if word.startswith("check_")]


def attempt(check: Callable[..., Iterator[Problem]], *on: Any) -> list[Problem]:
    """The problems that a check finds; none if it reads a field that failed validation."""
    try:
        return list(check(*on))
    except Unread:
        return []


def plain(value: Any) -> Any:
    """Terms as a plain document: tables, lists, ISO dates, text, numbers. Keys without a value are left out."""
    if isinstance(value, Terms):
        of: Any = type(value)
        known = keys(of)
        return {
            name: plain(v)
            for name, v in values_of(value).items()
            if v is not None and not (known[name].brief and v == known[name].default)
        }
    if isinstance(value, Mapping):
        return {name: plain(v) for name, v in getattr(value, "document", value).items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    return value
