"""Equality, hashes, copies and pickles of the immutable objects that this program returns.

Dataclasses compare their fields with `==`, which fails for arrays and is false for NaN, an absent number here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from typing import Any, ClassVar, NoReturn

import numpy as np

from sim.text.frozen import FrozenDict, FrozenList, same, whole


@whole
class Value:
    """Base of a frozen dataclass, made with eq=False, that holds arrays, mappings or absent numbers.

    Two values are equal if they are of one class and all their fields are, arrays with their types and shapes; NaN
    equals NaN. Arrays, dictionaries and lists are read-only, also after copying and unpickling. A value cannot be
    hashed: it holds mappings.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, field.name, locked(getattr(self, field.name)))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(map(same, _contents(self), _contents(other)))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), _contents(self)


@whole
class Frozen:
    """Base of a class that is no dataclass and whose attributes cannot be set; `__init__` fills `vars(self)`."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")


class Parts:
    """Base of a value that is passed over by its parts: with `for`, `in` and `len`. It is true without any, too."""

    __slots__ = ()

    _parts: ClassVar[str]  # the field that has them

    def __iter__(self) -> Iterator[Any]:
        return iter(getattr(self, self._parts))

    def __len__(self) -> int:
        return len(getattr(self, self._parts))

    def __contains__(self, part: object) -> bool:
        return any(part is each or same(part, each) for each in self)

    def __bool__(self) -> bool:
        return True


class HashableValue(Value):
    """A value of numbers, texts, dates and tuples of them, which can be an element of a set."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash((type(self).__name__, hashed(_contents(self))))


def _contents(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, field.name) for field in fields(value))


def hashed(item: Any) -> int:
    """As `hash`, the same for every NaN, as all of them are equal."""
    if isinstance(item, tuple):
        return hash(tuple(map(hashed, item)))
    return hash("absent") if item != item else hash(item)


def locked(item: Any) -> Any:
    """Arrays, dictionaries and lists as read-only ones, at any depth; any other object as it is."""
    if isinstance(item, np.ndarray):
        view: np.ndarray = item.view()
        view.flags.writeable = False
        return view
    if type(item) in (dict, FrozenDict):  # a deep copy has arrays of its own
        return FrozenDict((name, locked(each)) for name, each in item.items())
    if type(item) in (list, FrozenList):
        return FrozenList(map(locked, item))
    if type(item) is tuple and any(isinstance(each, dict | list | np.ndarray) for each in item):
        return tuple(map(locked, item))
    return item
