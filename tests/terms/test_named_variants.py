"""The table [variants] of a case."""

import pickle
import tomllib
from datetime import date

import pytest

import sim
from sim.cli import meter
from sim.terms import Case, CaseError, describe
from tests.cli.test_cli import fundrisk
from tests.support.valence import FILE, valence_2002

STATED = """
[variants."a lower burn"]
"burn.monthly" = 2_000_000
"line.conditions[licence].waiver_probability" = 1

[variants."no note"]
notes = []
"policy.dates" = [2002-06-28]
"""
LEFT_OUT = "management acts", "all of these"
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


@pytest.mark.parametrize(
    ("key", "change", "expected"),
    [
        ("notes[0].principal", {"notes[0].name": "Loan"}, "notes[Loan].principal"),
        ("notes[0].principal", {"notes[0].principal": 1e6}, "notes[Baccarat note].principal"),
        ("flows[0].amount", {"flows": [{"name": "capex", "amount": -1.0, "date": date(2002, 6, 3)}]}, None),
        ("notes[0].principal", {"notes[0]": None}, None),
        ("notes[0].principal", {"notes": []}, None),
        ("policy.amounts[1]", {"policy.amounts[0]": None}, None),
    ],
)
def test_a_variant_follows_the_entry_that_it_changes(key, change, expected):
    case = valence_2002()
    if key.startswith("policy"):
        case = case.replace(
            {"policy.amounts": [1e6, 2e6, 3e6], "policy.dates": ["2002-06-28", "2002-07-31", "2002-08-30"]}
        )
        change = {"policy.amounts[1]": None, "policy.dates[1]": None}
    value = -2.0 if key.startswith("flows") else 2e6
    if key.startswith("flows"):
        case = case.replace({"flows": [{"name": "old", "amount": -1.0, "date": date(2002, 6, 3)}]})
    case = case.replace({"variants": {"x": {key: value}, "y": {"burn.monthly": 1e6}}})
    kept = dict(case.replace(change).variants)
    assert kept.pop("y") == {"burn.monthly": 1e6}
    assert kept == ({} if expected is None else {"x": {expected: value}})


@pytest.mark.parametrize("words", ["check", "compare --variants --paths 16", "report --paths 16 --out out"])
@pytest.mark.parametrize("change", ["flows[0].name=capex", "flows[0]="])
def test_commands_name_a_variant_that_does_not_fit(words, change, tmp_path, monkeypatch):
    command, *options = words.split()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(meter.Meter, "PATIENCE", 600.0)
    got = fundrisk(command, "valence-2002", "--set", change, *options)
    assert got.status == 0
    reason = "flows[capital spending].amount = -246000: there is no flows[capital spending]: flows has no entries"
    gone = [f'fundrisk: note: variants."{name}": {reason}; the variant is left out' for name in LEFT_OUT]
    said = [line for line in got.err.splitlines() if "variants" in line]
    assert said == ([] if "name" in change else gone)
    if command != "report":
        assert all((name in got.out) == ("name" in change) for name in LEFT_OUT)


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
