"""Named tuples that compiled code reads through pointers."""

import sys
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from sim.kernels.jit import POLICY, stage
from sim.kernels.reference import Reference, by_reference


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


by_reference(Outer)


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


@numba.njit(**POLICY)
def whole(outer):
    return total(outer)


@numba.njit(**POLICY)
def scaled(outer, target):
    for i in range(len(target)):
        target[i] = outer.inner.factor * target[i]
    return outer.inner.factor


@numba.njit(**POLICY)
def doubled(outer):
    outer.inner.rows[1, 2] *= 2.0
    outer.records[0].t += outer.inner.rows[1, 2]
    return outer.records[0].t


@numba.njit(**POLICY)
def of_no_field(outer):
    return outer.inner.row


def test_every_field_is_read_as_from_the_tuple():
    assert whole(given()) == 0.5 * 7 + 1.5 * 8 + 2.5 * 9 + 4 + 11 * 0.25 - 2.5 * 5 + 3


def test_each_call_reads_the_tuple_that_it_is_given():
    for factor in (1.0, -4.0):
        outer = given()._replace(inner=Inner(np.full((2, 3), factor), factor), count=int(factor))
        assert whole(outer) == 0.5 * 7 + 1.5 * 8 + 2.5 * 9 + factor + 11 * 0.25 + factor * factor + 3


def test_a_function_that_takes_everything_takes_one_pointer():
    whole(given())
    assert total.signatures
    for (kind,) in (*whole.signatures, *total.signatures):
        assert isinstance(kind, Reference)


def test_stores_between_two_reads_change_nothing_that_is_read():
    target = np.array([1.0, 3.0])
    assert scaled(given(), target) == -2.5
    assert target.tolist() == [-2.5, -7.5]


def test_what_is_stored_goes_to_the_arrays_themselves():
    outer = given()
    assert doubled(outer) == 0.5 + 10.0
    assert outer.inner.rows[1, 2] == 10.0
    assert outer.records["t"].tolist() == [10.5, 1.5, 2.5]


def test_arrays_that_are_not_contiguous_keep_their_strides():
    rows = np.arange(24.0).reshape(4, 6)[::2, ::2]
    outer = given()._replace(inner=Inner(rows, -2.5))
    assert whole(outer) == 0.5 * 7 + 1.5 * 8 + 2.5 * 9 + 4 + 11 * 0.25 - 2.5 * rows[1, 2] + 3


def test_no_reference_is_kept_to_what_was_passed():
    outer = given()
    counts = [sys.getrefcount(each) for each in (outer, outer.inner, outer.inner.rows, outer.records)]
    for _ in range(3):
        whole(outer)
    assert [sys.getrefcount(each) for each in (outer, outer.inner, outer.inner.rows, outer.records)] == counts


def test_a_field_that_is_not_there_is_named():
    with pytest.raises(numba.TypingError, match="row"):
        of_no_field(given())
