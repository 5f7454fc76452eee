"""Values of NumPy, pandas and `decimal` as Python's own, so that a case can be made from arrays and data frames.

NumPy and pandas are not imported: their scalars are known by their `dtype`.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any


def native(value: Any) -> Any:
    """A scalar of NumPy, or an array without dimensions, as a flag, number, text or date; a Decimal as a float.

    Neither library has dates: midnight without a time zone, such as `pandas.Timestamp("2002-04-01")`, is one. Any other
    value is returned as it is, `datetime.datetime` among them.
    """
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
    is_moment = isinstance(value, datetime.datetime) and type(value) is not datetime.datetime
    return _date(value) if is_moment else value


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
