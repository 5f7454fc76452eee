"""The table [ranges] of a case: between which values its uncertain inputs may lie, by their dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError
from typing import Any, NoReturn

from sim.terms.native import entries
from sim.terms.overrides import canonical, find, known_key, label_of
from sim.terms.problems import Problem, Say, one_line
from sim.terms.ranges import BAD, Number
from sim.terms.schema import MOST_ENTRIES, MOST_REPR, Unread
from sim.text.numbers import percent, price

#: Not a key of the case: the conditions' waiver probabilities, all of them at once, by their mean.
WAIVERS, WAIVERS_LABEL = "waivers", "waivers: mean probability"


class Ranges(Mapping[str, tuple[float, float]]):
    """An immutable mapping from dotted keys to (low, high), in the order of the file."""

    __slots__ = ("_rows",)

    _rows: tuple[tuple[str, tuple[float, float]], ...]

    def __init__(self, rows: Mapping[str, tuple[float, float]]) -> None:
        object.__setattr__(self, "_rows", tuple((name, (low, high)) for name, (low, high) in rows.items()))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __getitem__(self, name: str) -> tuple[float, float]:
        return dict(self._rows)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __hash__(self) -> int:
        return hash(frozenset(self._rows))

    def __reduce__(self) -> tuple[Any, ...]:
        return Ranges, (dict(self._rows),)

    def __repr__(self) -> str:
        return one_line(f"Ranges({dict(self._rows)!r})", MOST_REPR)


class StatedRanges:
    """The rule of the table: pairs of numbers, the lower one first. A check of the case applies to its keys."""

    allowed = 'a table of dotted keys and two numbers each, such as "price.volatility" = [0.7, 1.2]'

    def read(self, value: Any, name: str, say: Say) -> Any:
        if not isinstance(value, Mapping) or len(value) > MOST_ENTRIES:
            say(name, value, f"must be {self.allowed}")
            return BAD
        rows = {str(word): _pair(f'{name}."{one_line(str(word), 200)}"', pair, say) for word, pair in value.items()}
        return BAD if BAD in rows.values() else Ranges(rows)


def _nowhere(*_: Any) -> None:
    """Ignore the problem of one end: it is reported for the pair."""


def _pair(where: str, pair: Any, say: Say) -> Any:
    ends = entries(pair) or ()
    low, high = (Number().read(end, where, _nowhere) for end in ends) if len(ends) == 2 else (BAD, BAD)
    if low is BAD or high is BAD or low > high:
        say(where, pair, "must be two numbers, the lower one first")
        return BAD
    return low, high


def range_problems(case: Any, ranges: Ranges, of: type) -> Iterator[Problem]:
    """What is wrong with the keys of the ranges, or with one of their ends, for this case, an object or draft of `of`.

    A key of an optional table that is absent is no problem; its range has no effect.
    """
    given: dict[str, str] = {}
    for name, (low, high) in ranges.items():
        where = f'ranges."{name}"'
        if name == WAIVERS:
            if not 0.0 <= low <= high <= 1.0:
                yield where, [low, high], "must be two numbers from 0 to 1"
            continue
        try:
            rule, _ = find(case, name, of)
        except Unread:
            continue
        except KeyError as unknown:
            yield where, [low, high], unknown.args[0]
            continue
        if not isinstance(rule, Number) or name.startswith("record."):
            yield where, [low, high], "must be the dotted key of a number that is simulated and need not be whole"
            continue
        if BAD in (rule.read(low, where, _nowhere), rule.read(high, where, _nowhere)):
            yield where, [low, high], f"must be two values, each {rule.allowed}"
        first = given.setdefault(canonical(case, name, of), name)
        if first != name:
            yield where, [low, high], f'must be given once; "{first}" is the same key'


def canonical_ranges(case: Any, ranges: Ranges) -> Ranges:
    """The ranges of a valid case by the canonical keys: entries of lists by their names."""
    return Ranges({name if name == WAIVERS else canonical(case, name): ends for name, ends in ranges.items()})


def still_there(case: Any, ranges: Ranges, before: Any, moved: Mapping[str, str | None]) -> Ranges | None:
    """The ranges of `before` that hold for `case`, by the keys that they have now.

    `moved` are the list entries with another key, None for those that are gone. Left out are the ranges of what is
    gone, and those of numbers that were inside in `before` and are outside now.
    """

    def outside(one: Any, name: str, ends: tuple[float, float]) -> bool:
        value = find(one, name)[1]
        return value is not None and not ends[0] <= value <= ends[1]

    kept = {}
    for name, ends in ranges.items():
        now = _moved(name, moved)
        try:
            if now == WAIVERS or (now and (not outside(case, now, ends) or outside(before, name, ends))):
                kept[now] = ends
        except KeyError:  # the entry went with its list
            continue
    return Ranges(kept) if kept else None


def _moved(name: str, moved: Mapping[str, str | None]) -> str | None:
    """The present key of what was `name`; None if the entry it was in is gone."""
    for entry in sorted(moved, key=len, reverse=True):
        if name == entry or name.startswith(f"{entry}."):
            other = moved[entry]
            return other and other + name[len(entry) :]
    return name


def range_lines(case: Any) -> Iterator[str]:
    """What the ranges of a case are for, and each of them in words."""
    if not case.ranges:
        return
    yield "The simulation does not use these ranges; the sensitivity analysis and the what-if tables do."
    for name, (low, high) in case.ranges.items():
        known = None if name == WAIVERS else known_key(type(case), name)
        label = WAIVERS_LABEL if known is None else label_of(case, name)
        ends = (_with_unit(end, "1" if known is None else known.unit) for end in (low, high))
        yield f"- {one_line(label[:1].upper() + label[1:], 200)}: {' to '.join(ends)}"


def _with_unit(number: float, unit: str) -> str:
    """A number with all its digits and its unit; the label of an input says what is per month or per year."""
    if unit == "$/share":
        return price(number, most=15)
    if unit in ("$", "$/month"):
        return f"${number / 1e6:,.15g} million" if abs(number) >= 1e6 else f"${number:,.15g}"
    if unit in ("1", "1/year"):
        return percent(number) + " a year" * (unit == "1/year")
    return f"{number:,.15g}" + f" {unit}" * (unit != "events/year")
