"""The shape of a case: what is left of it when numbers are known by their class only.

Cases that differ in amounts, rates and probabilities have the same dates, sessions, random numbers and rows of tables.
What decides these of a number is whether it is absent, below, at or above 0 and 1; everything else that a case says
counts as it is. `shape_of` replaces each number by one of its class, so that a table made from a shape cannot depend on
more than the shape says.
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
NOT_LOWERED = ("title", "simulation", "ranges", "record")
#: The classes of numbers, and a number of each.
CLASSES = ("below -1", "-1", "-1 to 0", "0", "0 to 1", "1", "above 1")
NUMBERS = (-2.0, -1.0, -0.4, 0.0, 0.4, 1.0, 2.0)
#: What stands for closes, whose number has no effect on any table.
CLOSES = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Shape:
    """The shape of a case. Shapes are equal if their keys are."""

    key: tuple[Any, ...]
    of: Case = field(compare=False, repr=False)

    @property
    def case(self) -> Case:
        """The case with a number of its class in the place of each, the same for all cases of this shape."""
        emptied: Case = _emptied(self.of)
        return emptied


def shape_of(case: Case) -> Shape:
    """The shape of a case."""
    return Shape(_reader(Case)(case), case)


def _class_of(x: float) -> int:
    """The number of a class in `CLASSES`."""
    if x > 0:
        return 4 if x < 1 else 5 if x == 1 else 6
    return 3 if x == 0 else 2 if x > -1 else 1 if x == -1 else 0


def _is_number(rule: Any) -> bool:
    """Whether a rule is one of amounts, and not of a count such as sessions or months."""
    return isinstance(rule, Number) or (isinstance(rule, Whole) and rule.floats)


@cache
def _reader(of: type) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the key of an object of a class of terms. A number that is the default of its key counts as it is."""
    parts = [
        (attrgetter(word), _part(known.rule, known.default))
        for word, known in keys(of).items()
        if of is not Case or word not in NOT_LOWERED
    ]
    return lambda table: tuple([part(get(table)) for get, part in parts])


def _part(rule: Any, default: Any) -> Callable[[Any], Any]:
    """What stands for the value of a key."""
    if _is_number(rule):
        return lambda x: x if x is None or x == default else CLASSES[_class_of(x)]
    if isinstance(rule, Table):
        return lambda table: None if table is None else _reader(rule.of)(table)
    if isinstance(rule, Rows):
        return lambda rows: None if rows is None else tuple([_reader(rule.of)(row) for row in rows])
    if isinstance(rule, Values) and _is_number(rule.of):
        return lambda values: None if values is None else tuple(map(_class_of, values))
    if isinstance(rule, ShownCloses):
        return lambda closes: closes is not None
    return lambda value: value


def _emptied(part: Any) -> Any:
    """A table with a number of its class in the place of each."""
    of: Any = type(part)
    values = {}
    for word, known in keys(of).items():
        value, rule = getattr(part, word), known.rule
        values[word] = known.default if of is Case and word in NOT_LOWERED else _without(rule, value, known.default)
    return unchecked(of, values)


def _without(rule: Any, value: Any, default: Any) -> Any:
    if value is None or value == default:
        return value
    if _is_number(rule):
        number = NUMBERS[_class_of(value)]
        return int(number) if isinstance(rule, Whole) else number
    if isinstance(rule, Table):
        return _emptied(value)
    if isinstance(rule, Rows):
        return tuple(map(_emptied, value))
    if isinstance(rule, Values) and _is_number(rule.of):
        return tuple(NUMBERS[_class_of(x)] for x in value)
    return CLOSES if isinstance(rule, ShownCloses) else value
