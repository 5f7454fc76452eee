"""Changing single values of a valid case: what is not changed is kept, and is not validated again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.terms.other_names import NameOf
from sim.terms.paths import Path, Refused
from sim.terms.ranges import BAD, Day, Flag, MonthDay, Number, Text, Whole
from sim.terms.schema import Rows, Table, Values, attempt, checks, filled, keys, plain, words_of

SINGLE = (Number, Whole, Text, Flag, Day, MonthDay)
#: Keys whose values decide more than themselves: what an entry of a list is called, and which keys a model has.
MORE_THAN_VALUES = ("name", "date", "model", "schema")
#: Tables that a change of a value inside them, or beside them, may alter as a whole.
WHOLE_TABLES = ("record", "ranges")


class _General(Exception):
    """Raised where a change is not one of a single value, or has a problem."""


def with_values(case: Any, changes: Mapping[str, Any]) -> Any:
    """A case, without record and ranges, with other single values in the tables that it has.

    None if a change is of another kind, or if a rule does not hold: such changes are left to the general way, which
    finds every problem.
    """
    if not changes:
        return None
    tree: dict[Any, Any] = {}
    try:
        for name, value in changes.items():
            _plant(tree, case, str(name), plain(value))
        return _changed(case, tree, dict.fromkeys(WHOLE_TABLES))
    except (_General, Refused):
        return None


def _plant(tree: dict[Any, Any], part: Any, name: str, value: Any) -> None:
    """Put a change at its place in a tree of words and of numbers of entries, whose leaves are values."""
    path = Path(name)
    steps: list[Any] = []
    while True:
        word = path.word()
        of: Any = type(part)
        known = keys(of).get(word)
        if known is None or word in MORE_THAN_VALUES or (not steps and word in WHOLE_TABLES):
            raise _General
        rule, part = known.rule, getattr(part, word)
        steps.append(word)
        if path.at_index() and isinstance(rule, Rows | Values) and part:
            slot = path.index(part, "")
            steps.append(slot)
            part, rule = part[slot], Table(rule.of) if isinstance(rule, Rows) else rule.of
        if path.is_last():
            break
        if not isinstance(rule, Table) or part is None:
            raise _General
    if value is None or not isinstance(rule, SINGLE) or isinstance(rule, NameOf):
        raise _General
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
    if steps[-1] in tree:  # given twice
        raise _General
    tree[steps[-1]] = value


def _changed(part: Any, tree: Mapping[str, Any], values: dict[str, Any]) -> Any:
    """A table with the changes of a tree and the given values. Raises _General if one of its rules does not hold."""
    of: Any = type(part)
    for word, change in tree.items():
        rule, value = keys(of)[word].rule, getattr(part, word)
        if isinstance(rule, Table):
            values[word] = _changed(value, change, {})
        elif isinstance(rule, Rows):
            rows = list(value)
            for slot, inside in change.items():
                rows[slot] = _changed(rows[slot], inside, {})
            values[word] = tuple(rows)
        else:
            if isinstance(rule, Values):
                change = [change.get(slot, item) for slot, item in enumerate(value)]
            values[word] = rule.read(change, word, _ignore)
            if values[word] is BAD:
                raise _General
    made = filled(of, [values[word] if word in values else getattr(part, name) for name, word in words_of(of)])
    if any(attempt(check, made) for check in checks(of)):
        raise _General
    return made


def _ignore(*_: Any) -> None:
    """The general way reports the problem."""
