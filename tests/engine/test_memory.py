"""Arrays on cache lines: shapes, types, and that none overlaps another."""

import numpy as np
import pytest

import sim
from sim.engine import memory
from sim.engine.memory import empty_together, zeros
from sim.engine.workspace import Workspace
from sim.lowering.layout import LINE
from sim.lowering.lower import lower


def arrays_in(value):
    """All arrays in nested tuples."""
    if isinstance(value, np.ndarray):
        return [value]
    return [each for part in value for each in arrays_in(part)] if isinstance(value, tuple) else []


def root(array):
    return array if array.base is None else root(array.base)


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("shape", [0, 1, 7, (3, 128), (0, 128), (2, 3, 5)])
@pytest.mark.parametrize("kind", [np.float64, np.int8, np.dtype([("a", "f8"), ("b", "i8", (3,))])])
def test_zeros_is_that_of_numpy_on_a_line(shape, kind):
    made, plain = zeros(shape, kind), np.zeros(shape, kind)
    assert (made.shape, made.dtype, made.flags.c_contiguous) == (plain.shape, plain.dtype, True)
    assert made.tobytes() == plain.tobytes()
    assert address(made) % LINE == 0


@pytest.mark.parametrize(("large", "pieces"), [(memory.LARGE, 5), (0, 1)])
def test_arrays_made_together_do_not_overlap(monkeypatch, large, pieces):
    monkeypatch.setattr(memory, "LARGE", large)
    wanted = [(5, np.float64), (5, np.int8), ((3, 5), np.float64), ((0, 5), np.float64), (1, np.int32)]
    made = empty_together(wanted)
    assert [(each.shape, each.dtype) for each in made] == [(np.empty(s).shape, np.dtype(k)) for s, k in wanted]
    for number, each in enumerate(made):
        each[...] = number
    for number, each in enumerate(made):
        assert address(each) % LINE == 0
        assert (each == number).all()
    assert len({id(root(each)) for each in made}) == pieces


@pytest.mark.parametrize("name", ["valence-2002", "kulr-2022"])
def test_every_array_of_a_workspace_begins_on_a_line(name):
    space = Workspace(lower(sim.load_case(name)), 256, recorded=128, draws=True)
    found = [*arrays_in(space.arrays()), *arrays_in(space.room), *arrays_in(space.selection)]
    rooms = [each for each in found if each.nbytes]
    assert len(rooms) > 50
    outside = [each.shape for each in rooms if address(each) % LINE]
    assert outside == []
