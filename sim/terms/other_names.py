"""Names by which one table refers to an entry of a list: each takes the spelling that the entry has.

Texts that look the same can have an accented letter as one character or as two. What refers is put right here, once,
when it is read; everything else compares names as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sim.terms.ranges import Text
from sim.terms.schema import Draft, Rows, Table, Values, filled, keys, words_of
from sim.text.characters import composed

#: The names that the entries of lists have, by what the lists are of.
Known = Mapping[str, Iterable[str]]


@dataclasses.dataclass(frozen=True)
class NameOf(Text):
    """The name of an entry of a list of `to`, such as "milestones"; whether there is one is a rule between tables."""

    to: str = dataclasses.field(default="", kw_only=True)


def as_spelled(of: Any, part: Any, known: Known) -> Any:
    """A table of class `of`, or a draft of one, whose references have the spelling of what they refer to."""
    changed = {}
    for word, rule in _referring(of).items():
        value = _value(part, word)
        new = _spelled(rule, value, known)
        if new is not value:
            changed[word] = new
    if not changed:
        return part
    if isinstance(part, Draft):
        return Draft(vars(part) | changed)
    return filled(of, [changed[word] if word in changed else getattr(part, name) for name, word in words_of(of)])


def names_of(*lists: Any) -> tuple[str, ...]:
    """The names of the entries of lists of tables, or drafts of them, without those that could not be read."""
    found = (_value(row, "name") for rows in lists for row in rows or ())
    return tuple(name for name in found if name)


def inside(lines: Any, word: str) -> list[Any]:
    """The lists `word` of tables, or of drafts of them."""
    return [_value(line, word) for line in lines or () if line is not None]


def _spelled(rule: Any, value: Any, known: Known) -> Any:
    """A value by its rule; the value itself if nothing in it is spelled in another way."""
    if value is None:
        return None
    if isinstance(rule, NameOf):
        return value if rule.to not in known else _spelling(value, known[rule.to])
    if isinstance(rule, Table):
        return as_spelled(rule.of, value, known)
    items = tuple(
        as_spelled(rule.of, item, known) if isinstance(rule, Rows) else _spelled(rule.of, item, known) for item in value
    )
    return value if all(new is old for new, old in zip(items, value, strict=True)) else items


def _spelling(name: str, known: Iterable[str]) -> str:
    if name in known:
        return name
    return next((other for other in known if composed(other) == composed(name)), name)


@cache
def _referring(of: Any) -> dict[str, Any]:
    """The keys of a class of terms that are references, or tables with references, with their rules."""
    return {word: known.rule for word, known in keys(of).items() if _refers(known.rule)}


def _refers(rule: Any) -> bool:
    if isinstance(rule, Table | Rows):
        return bool(_referring(rule.of))
    return _refers(rule.of) if isinstance(rule, Values) else isinstance(rule, NameOf)


def _value(part: Any, word: str) -> Any:
    """The value of a key; None where it could not be read."""
    return vars(part).get(word) if isinstance(part, Draft) else getattr(part, word)
