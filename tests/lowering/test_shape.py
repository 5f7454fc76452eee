"""Cases of one shape share a structure: every plan is the one that is made for its case alone."""

import dataclasses
from random import Random

import numpy as np
import pytest

import sim
from sim.lowering.lower import Structure, lower, planned
from sim.lowering.shape import shape_of
from tests.support.overrides import every_case, random_overrides

CASES = every_case()
TRIED = 60


def contents(item, where="plan"):
    """Every array and every other value of a plan by its place."""
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        for name in item._fields:
            yield from contents(getattr(item, name), f"{where}.{name}")
    elif dataclasses.is_dataclass(item):
        for field in dataclasses.fields(item):
            if field.name != "structure":
                yield from contents(getattr(item, field.name), f"{where}.{field.name}")
    else:
        yield where, item


def differences(plan, other):
    """The places at which two plans differ in a bit or in a type."""
    here, there = dict(contents(plan)), dict(contents(other))
    assert here.keys() == there.keys()
    return [where for where in here if not _same(here[where], there[where])]


def _same(one, other):
    if isinstance(one, np.ndarray):
        shapes = (one.dtype, one.shape, one.flags.c_contiguous) == (other.dtype, other.shape, other.flags.c_contiguous)
        return shapes and one.tobytes() == other.tobytes()
    return type(one) is type(other) and repr(one) == repr(other) and (one == other or one != one)


def fresh(case):
    """The plan of a case whose structure is made from the case itself."""
    return planned(case, Structure(case))


@pytest.mark.parametrize("name", CASES)
def test_a_shared_structure_gives_the_same_plan(name):
    rng, case = Random(name), CASES[name]
    tried = 0
    while tried < TRIED:
        try:
            changed = case.replace(random_overrides(rng, case))
        except sim.CaseError:
            continue
        tried += 1
        assert differences(lower(changed), fresh(changed)) == []


def test_numbers_alone_keep_the_structure():
    case = CASES["valence-2002"]
    changes = {"company.cash": 5e6, "price.volatility": 0.6, "burn.monthly": 1e6, "line.pricing.multiplier": 0.8}
    assert lower(case.replace(changes)).structure is lower(case).structure


@pytest.mark.parametrize(
    "changes",
    [
        {"horizon": "2003-12-31"},
        {"burn.volatility": 0.0},
        {"third_party.annual_rate": 0.0},
        {"line.pricing.window": 6},
        {"line.conditions[licence].waiver_probability": 1.0},
        {"policy.cadence": "weekly"},
        {"line.pricing.floor": 1.0},
    ],
)
def test_what_tables_depend_on_is_in_the_shape(changes):
    case = CASES["valence-2002"]
    assert shape_of(case.replace(changes)) != shape_of(case)


def test_a_shape_is_its_own():
    for case in CASES.values():
        assert shape_of(shape_of(case).case) == shape_of(case)
