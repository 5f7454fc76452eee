"""Named tuples that compiled code reads through pointers."""

from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from sim.kernels.jit import stage
from sim.kernels.reference import Reference, refer


class Inner(NamedTuple):
    rows: np.ndarray
    factor: float


class Numbers(NamedTuple):
    first: int
    second: float


class Outer(NamedTuple):
    count: int
    inner: Inner
    numbers: Numbers
    records: np.ndarray
    absent: Any


def given():
    records = np.zeros(3, np.dtype([("t", "f8"), ("k", "i8")]))
    records["t"], records["k"] = [0.5, 1.5, 2.5], [7, 8, 9]
    return Outer(4, Inner(np.arange(6.0).reshape(2, 3), -2.5), Numbers(11, 0.25), records, None)


@stage
def total(outer):
    inner, numbers = outer.inner, outer.numbers
    if outer.absent is not None:
        return 0.0
    sums = 0.0
    for k in range(len(outer.records)):
        sums += outer.records[k].t * outer.records[k].k
    return sums + outer.count + numbers.first * numbers.second + inner.factor * inner.rows[1, 2] + inner.rows.shape[1]


@numba.njit
def by_reference(outer):
    return total(refer(outer))


@numba.njit
def scaled(outer, target):
    seen = refer(outer)
    for i in range(len(target)):
        target[i] = seen.inner.factor * target[i]
    return seen.inner.factor


@numba.njit
def unchanged(value):
    return refer(value)


@numba.njit
def of_no_field(outer):
    return refer(outer).inner.row


def test_every_field_is_read_as_from_the_tuple():
    assert by_reference(given()) == 0.5 * 7 + 1.5 * 8 + 2.5 * 9 + 4 + 11 * 0.25 - 2.5 * 5 + 3


def test_a_function_that_takes_everything_takes_one_pointer():
    by_reference(given())
    (kind,) = total.signatures[0]
    assert isinstance(kind, Reference)


def test_stores_between_two_reads_change_nothing_that_is_read():
    target = np.array([1.0, 3.0])
    assert scaled(given(), target) == -2.5
    assert target.tolist() == [-2.5, -7.5]


@pytest.mark.parametrize("value", [None, 3.5, Numbers(1, 2.0)])
def test_what_has_no_arrays_stays_a_value(value):
    assert unchanged(value) == value


def test_a_field_that_is_not_there_is_named():
    with pytest.raises(numba.TypingError, match="row"):
        of_no_field(given())
