"""The table [variants] of a case."""

import pickle
import tomllib
from datetime import date

import pytest

import sim
from sim.terms import Case, CaseError, describe
from tests.support.valence import FILE, valence_2002

STATED = """
[variants."a lower burn"]
"burn.monthly" = 2_000_000
"line.conditions[licence].waiver_probability" = 1

[variants."no note"]
notes = []
"policy.dates" = [2002-06-28]
"""
LOWER, NONE = "a lower burn", "no note"


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.from_dict(tomllib.loads(FILE.read_text(encoding="utf-8") + STATED), source="x.toml")


def test_variants_are_cases_by_name_after_the_signed_one(case):
    found = sim.variants(case)
    assert list(found)[:5] == ["as signed", LOWER, NONE, "line off", "every condition waived"]
    assert found[LOWER].burn.monthly == 2e6
    assert found[LOWER] == case.replace(case.variants[LOWER])
    assert found[NONE].notes == ()
    assert found[NONE].policy.dates == (date(2002, 6, 28),)


def test_a_case_keeps_its_variants(case):
    assert Case.from_dict(case.to_dict()) == case
    assert pickle.loads(pickle.dumps(case)) == case
    assert hash(case) == hash(Case.from_dict(case.to_dict()))
    assert case != valence_2002()
    assert "variants" not in valence_2002().to_dict()
    assert case.replace({"price.volatility": 0.5}).variants == case.variants
    assert case.replace({"variants": None}) == valence_2002()
    assert repr(case.variants).startswith("NamedVariants({'a lower burn'")


def test_a_variant_of_what_is_gone_is_left_out(case):
    without = case.replace({"line.conditions[licence]": None})
    assert LOWER not in sim.variants(without)
    assert NONE in sim.variants(without)


def test_the_description_lists_them(case):
    text = " ".join(describe(case).split())
    assert "a lower burn: burn.monthly = 2000000, line.conditions[licence].waiver_probability = 1" in text
    assert "Variants The simulation does not use these variants" in text


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        ({"x": {"burn.montly": 1}}, 'f: variants."x": burn.montly = 1: unknown key. Did you mean burn.monthly?'),
        ({"x": {"price.drift": 11}}, 'f: variants."x": price.drift = 11: must be a number from -10 to 10'),
        ({"x": {}}, 'f: variants."x" = {}: must be a table of dotted keys and values, such as "burn.monthly" = 1e6'),
        ({"x": 5}, 'f: variants."x" = 5: must be a table of dotted keys and values, such as "burn.monthly" = 1e6'),
        ({"line off": {"price.drift": 1}}, 'f: variants."line off" = ["price.drift"]: must have another name'),
        ({"x": {"record": None}}, 'f: variants."x" = ["record"]: must not change variants, record or schema'),
        ({}, "f: variants = {}: must be a table of tables"),
        ({f"{i}": {"price.drift": 1} for i in range(21)}, "f: variants = {"),
    ],
)
def test_problems_of_variants(variants, expected):
    with pytest.raises(CaseError) as caught:
        Case.from_dict(valence_2002().to_dict() | {"variants": variants}, source="f")
    (line,) = caught.value.problems
    assert line.startswith(expected)
