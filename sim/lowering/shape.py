"""The shape of a case: what is left of it when numbers are known by their signs only.

Cases that differ in amounts, rates and probabilities have the same dates, sessions, random numbers and rows of tables.
Of a number these depend on no more than whether it is absent, its sign, and whether it is the default of its key or an
end of what the key allows, such as a probability of 1. Everything else that a case says counts as it is. A shape has
one number for all of a sign, so that a table made from a shape cannot depend on more than the shape says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

from sim.terms import Case
from sim.terms.closes import ShownCloses
from sim.terms.ranges import Number, Whole
from sim.terms.schema import Rows, Table, Values, keys, unchecked

#: Keys of a case that are not simulated.
NOT_LOWERED = ("title", "simulation", "ranges", "variants", "record", "forecasts")
#: Numbers of each sign, for the keys that allow them.
BELOW, ABOVE, WHOLE = (-0.4, -0.3, -2.0), (0.4, 0.3, 2.0, 3.0), (2.0, 3.0)
#: What stands for closes, whose number has no effect on any table.
CLOSES = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Shape:
    """The shape of a case. Shapes are equal if their keys are."""

    key: tuple[Any, ...]
    of: Case = field(compare=False, repr=False)

    @property
    def case(self) -> Case:
        """The case with one number for all of a sign, the same for all cases of this shape."""
        emptied: Case = _emptied(self.of)
        return emptied


def shape_of(case: Case) -> Shape:
    """The shape of a case."""
    return Shape(_reader(Case)(case), case)


@cache
def _reduction(rule: Any, default: Any) -> Callable[[Any], Any]:
    """What makes one number of all numbers of a sign, for a key with this rule and default."""
    kept = (0, rule.least, rule.most, default)

    def one_of(some: tuple[float, ...]) -> Any:
        allowed = [x for x in some if (rule.least is None or x >= rule.least) and x not in kept]
        return next((int(x) if isinstance(rule, Whole) else x for x in allowed), None)

    below, above = one_of(BELOW), one_of(WHOLE if isinstance(rule, Whole) else ABOVE)

    def reduced(x: Any) -> Any:
        if x is None or x in kept:
            return x
        return above if x > 0 else below

    return reduced


def _is_number(rule: Any) -> bool:
    """Whether a rule is one of amounts, and not of a count such as sessions or months."""
    return isinstance(rule, Number) or (isinstance(rule, Whole) and rule.floats)


@cache
def _reader(of: type) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the key of an object of a class of terms."""
    lowered = {word: known for word, known in keys(of).items() if of is not Case or word not in NOT_LOWERED}
    found = {word: _part(known.rule, known.default) for word, known in lowered.items()}
    parts = [(attrgetter(word), part) for word, part in found.items() if part]
    # In one call; an attrgetter of a single name would return no tuple, hence the class.
    rest = attrgetter("__class__", *[word for word, part in found.items() if not part])
    return lambda table: (rest(table), *[part(get(table)) for get, part in parts])


def _part(rule: Any, default: Any) -> Callable[[Any], Any] | None:
    """What makes what stands for the value of a key; None if that is the value."""
    if _is_number(rule):
        return _reduction(rule, default)
    if isinstance(rule, Table):
        return lambda table: None if table is None else _reader(rule.of)(table)
    if isinstance(rule, Rows):
        return lambda rows: None if rows is None else tuple([_reader(rule.of)(row) for row in rows])
    if isinstance(rule, Values) and _is_number(rule.of):
        reduced = _reduction(rule.of, None)
        return lambda values: None if values is None else tuple(map(reduced, values))
    if isinstance(rule, ShownCloses):
        return lambda closes: None if closes is None else CLOSES
    return None


def _emptied(table: Any) -> Any:
    """A table with one number for all of a sign."""
    of: Any = type(table)
    values = {}
    for word, known in keys(of).items():
        value, rule = getattr(table, word), known.rule
        if of is Case and word in NOT_LOWERED:
            value = known.default
        elif isinstance(rule, Table) and value is not None:
            value = _emptied(value)
        elif isinstance(rule, Rows) and value is not None:
            value = tuple(map(_emptied, value))
        elif value is not None and (part := _part(rule, known.default)):
            value = part(value)
        values[word] = value
    return unchecked(of, values)
