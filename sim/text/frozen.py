"""What objects that cannot change are made of: dictionaries and lists that cannot either, and comparison as a whole."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pprint import pformat
from typing import Any, NoReturn, TypeVar

from sim.text.bidi import isolated_html
from sim.text.lines import one_line
from sim.text.tables import WIDTH, Table, table_html

MOST_REPR = 160  # characters
_MOST_PART = 60  # characters of a part of what is written in brief
_MOST_ROWS = 60  # of a table
_T = TypeVar("_T", bound=type)


def whole(kind: _T) -> _T:
    """Mark a class, and those derived from it, whose objects compare as a whole.

    Without the mark `value == array` and `array == value` are arrays: NumPy and pandas compare each element with what a
    mapping or a tuple has.
    """
    kind.__array_ufunc__ = None  # type: ignore[attr-defined]
    kind.__pandas_priority__ = 1_000_000  # type: ignore[attr-defined]  # above that of a DataFrame
    return kind


def same(mine: Any, theirs: Any) -> bool:
    """Whether two contents are equal. NaN equals NaN, arrays have one type and shape."""
    numpy = sys.modules.get("numpy")  # without it there are no arrays
    if numpy is not None and (isinstance(mine, numpy.ndarray) or isinstance(theirs, numpy.ndarray)):
        if not (isinstance(mine, numpy.ndarray) and isinstance(theirs, numpy.ndarray)) or mine.dtype != theirs.dtype:
            return False
        return bool(numpy.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"))
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(same(each, theirs[name]) for name, each in mine.items())
    for kind in (tuple, list):
        if isinstance(mine, kind) and isinstance(theirs, kind):
            return len(mine) == len(theirs) and all(map(same, mine, theirs))
    try:
        return bool(mine == theirs or (mine != mine and theirs != theirs))
    except (TypeError, ValueError):  # what compares each of its elements, such as a DataFrame, is no content of ours
        return False


def in_brief(value: Any) -> str:
    """The `repr` of a dataclass or named tuple: its fields in one line, those that are long by their size alone."""
    names: Iterable[str] = getattr(value, "_fields", None) or [field.name for field in fields(value)]
    parts = (f"{name}={_part(getattr(value, name))}" for name in names)
    return one_line(f"{type(value).__name__}({', '.join(parts)})", MOST_REPR)


def _part(value: Any) -> str:
    """A value in one line, a long one by its size."""
    if getattr(value, "ndim", 0):
        return f"<array {value.shape}>"
    if isinstance(value, str):
        return one_line(repr(value), _MOST_PART)
    numbered = isinstance(value, dict | list | tuple) and len(value) > 1 and not hasattr(value, "_fields")
    if numbered and any(getattr(each, "ndim", 0) for each in (value.values() if isinstance(value, dict) else value)):
        return f"<{len(value)} arrays>"
    text = repr(value)
    if numbered and len(text) > _MOST_PART:
        return f"{{{len(value)} entries}}" if isinstance(value, dict) else f"[{len(value)} entries]"
    return one_line(text, _MOST_PART)


class _Sealed:
    """The methods of dictionaries and lists that change them, and those that show them."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is read-only; a copy that is not: `dict`, `list`, or to_dict()")

    __setitem__ = __delitem__ = __ior__ = __iadd__ = __imul__ = _refuse
    clear = pop = popitem = setdefault = update = append = extend = insert = remove = sort = reverse = _refuse

    def __str__(self) -> str:
        return pformat(opened(self), width=WIDTH, sort_dicts=False)

    def _repr_html_(self) -> str:
        names = map(str, self if isinstance(self, dict) else range(len(self._rows())))
        rows = [(name, part) for name, (_, part) in zip(names, self._rows(), strict=True)]
        more = f"and {len(rows) - _MOST_ROWS:,} more" if len(rows) > _MOST_ROWS else ""
        heading = f"{type(self).__name__} of {len(rows):,}"
        return isolated_html(table_html(Table(heading, ("", ""), rows[:_MOST_ROWS], left=(0, 1), note=more)))

    def __repr__(self) -> str:
        """The contents where they are short; else their number and the first of them. `str` has everything."""
        rows = self._rows()
        texts = [f"{name}: {part}" if isinstance(self, dict) else part for name, part in rows]
        whole_text = ("{%s}" if isinstance(self, dict) else "[%s]") % ", ".join(texts)
        if len(whole_text) <= MOST_REPR:
            return whole_text
        start = f"<{type(self).__name__} of {len(rows):,}: "
        room, shown = MOST_REPR - len(f"{start}...>"), ""
        for text in texts:
            room -= len(text) + len(", ")
            if room < 0:
                break
            shown += f"{text}, "
        return f"{start}{shown}...>"

    def _rows(self) -> list[tuple[str, str]]:
        """The names or numbers of the entries, and each in one line."""
        if isinstance(self, dict):
            return [(_part(name), _part(each)) for name, each in self.items()]
        assert isinstance(self, list)
        return [(str(number), _part(each)) for number, each in enumerate(self)]


@whole
class FrozenDict(_Sealed, dict[Any, Any]):
    """A dictionary that cannot be changed, also after it is copied or pickled. Arrays in it compare as wholes."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return same(dict(self), dict(other)) if isinstance(other, dict) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other if isinstance(other, dict) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


class FrozenList(_Sealed, list[Any]):
    """A list that cannot be changed, also after it is copied or pickled."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (list(self),)


def sealed(part: Any) -> Any:
    """The dictionaries and lists of a document, at any depth, as ones that cannot be changed."""
    if isinstance(part, FrozenDict | FrozenList):
        return part
    if isinstance(part, dict):
        return FrozenDict((word, sealed(each)) for word, each in part.items())
    return FrozenList(map(sealed, part)) if isinstance(part, list) else part


def opened(part: Any) -> Any:
    """A copy of a document that is made of plain dictionaries and lists."""
    if isinstance(part, Mapping):
        return {word: opened(each) for word, each in part.items()}
    return [opened(each) for each in part] if isinstance(part, list) else part
