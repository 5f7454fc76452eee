"""Values of NumPy, pandas and `decimal` as Python's own, so that a case can be made from arrays and data frames.

NumPy and pandas are not imported: their scalars are known by their `dtype`.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any


def native(value: Any) -> Any:
    """A scalar of NumPy, or an array without dimensions, as a flag, number, text or date; a Decimal as a float.

    Neither library has dates: midnight without a time zone, such as `pandas.Timestamp("2002-04-01")` or the
    `datetime.datetime` that its `to_pydatetime` returns, is one. Any other value is returned as it is; a masked one is
    absent, which no key allows.
    """
    if _is_masked(value):
        return ABSENT
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind and getattr(value, "ndim", None) == 0:
        if kind == "M":
            return _date(value.astype("datetime64[us]").item())
        elif kind == "m":
            value = value.astype("timedelta64[us]").item()  # to NumPy a duration is a whole number
        elif kind in "biuf":
            value = float(value) if kind == "f" else value.item()
        elif kind == "U":
            value = str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return float(value)
    return _date(value) if isinstance(value, datetime.datetime) else value


class Absent:
    """Stands for a masked number, and is the value of no key."""

    def __repr__(self) -> str:
        return "masked"


ABSENT = Absent()


def _is_masked(value: Any) -> bool:
    """Whether a value is an array of NumPy without dimensions whose only element is masked."""
    return getattr(value, "ndim", None) == 0 and getattr(value, "mask", None) is not None and bool(value.mask)


def _date(moment: Any) -> Any:
    """The date of a moment at midnight; any other moment as it is, as "not a time", which is unequal to itself."""
    if moment is None or moment != moment or moment.tzinfo is not None or moment.time() != datetime.time():
        return moment
    return moment.date()


def entries(value: Any) -> Any:
    """A list, a tuple, or the elements of a one-dimensional array or column as a list; None for anything else."""
    if isinstance(value, list | tuple):
        return value
    return list(value) if hasattr(value, "dtype") and getattr(value, "ndim", None) == 1 else None
