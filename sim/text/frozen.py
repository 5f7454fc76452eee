"""What objects that cannot change are made of: dictionaries and lists that cannot either, and comparison as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

_T = TypeVar("_T", bound=type)


def whole(kind: _T) -> _T:
    """Mark a class, and those derived from it, whose objects compare as a whole.

    Without the mark `value == array` and `array == value` are arrays: NumPy and pandas compare each element with what a
    mapping or a tuple has.
    """
    kind.__array_ufunc__ = None  # type: ignore[attr-defined]
    kind.__pandas_priority__ = 1_000_000  # type: ignore[attr-defined]  # above that of a DataFrame
    return kind


class _Sealed:
    """The methods of dictionaries and lists that change them."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is read-only; a copy that is not: `dict`, `list`, or to_dict()")

    __setitem__ = __delitem__ = __ior__ = __iadd__ = __imul__ = _refuse
    clear = pop = popitem = setdefault = update = append = extend = insert = remove = sort = reverse = _refuse


@whole
class FrozenDict(_Sealed, dict[str, Any]):
    """A dictionary that cannot be changed, also after it is copied or pickled."""

    __slots__ = ()

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
