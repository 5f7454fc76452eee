"""Ranges of what is uncertain, the inputs made of them, the tornado and Sobol' indices."""

import pytest

import sim
from sim.terms import Case, CaseError, describe, overridden

CASE = sim.load_case("valence-2002")
BARE = CASE.replace({"ranges": None})


# --- the table [ranges] ---


def test_a_case_without_ranges_says_nothing_of_them():
    assert BARE.ranges is None
    assert "ranges" not in BARE.to_dict()
    assert "anges" not in describe(BARE)
    assert Case.from_dict(BARE.to_dict()).sha256 == BARE.sha256 != CASE.sha256


def test_ranges_are_part_of_the_case():
    document = CASE.to_dict()
    assert document["ranges"]["company.cash"] == [9_895_000.0, 11_936_000.0]
    again = Case.from_dict(document)
    assert (again, again.sha256, hash(again)) == (CASE, CASE.sha256, hash(CASE))
    assert "company.cash: 9895000 to 11936000" in describe(CASE)
    assert again != CASE.replace({"ranges": {"company.cash": [9_895_000, 11_936_001]}})


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ({"price.vol": [1, 2]}, '"price.vol" = [1.0, 2.0]: unknown key, known in price are model, initial, drift'),
        ({"price.volatility": [2, 1]}, '"price.volatility" = [2, 1]: two numbers, the lower one first'),
        ({"price.volatility": [1]}, '"price.volatility" = [1]: two numbers, the lower one first'),
        ({"price.volatility": 0.5}, '"price.volatility" = 0.5: two numbers, the lower one first'),
        ({"price.volatility": [float("nan"), 1]}, '"price.volatility" = [nan, 1]: two numbers, the lower one first'),
        ({"price.volatility": [1, 11]}, '"price.volatility" = [1.0, 11.0]: both ends a number from 0 to 10'),
        ({"price.model": [1, 2]}, '"price.model" = [1.0, 2.0]: the dotted key of a number that need not be whole'),
        ({"simulation.paths": [1, 2]}, '"simulation.paths" = [1.0, 2.0]: the dotted key of a number that need not'),
        ({"notes": [1, 2]}, '"notes" = [1.0, 2.0]: the dotted key of a number that need not be whole'),
        ({"notes[x].principal": [1, 2]}, '"notes[x].principal" = [1.0, 2.0]: no entry x in notes, there are "Bac'),
        ({"waivers": [0, 2]}, '"waivers" = [0.0, 2.0]: both ends a number from 0 to 1'),
        ({"price..x": [0, 2]}, '"price..x" = [0.0, 2.0]: a key, such as price.volatility'),
        ({"price.volatility.x": [0, 2]}, '"price.volatility.x" = [0.0, 2.0]: price.volatility has no keys of its own'),
    ],
)
def test_ranges_that_cannot_be(ranges, expected):
    with pytest.raises(CaseError) as caught:
        CASE.replace({"ranges": ranges})
    (line,) = caught.value.problems
    assert line.startswith(f"replace: ranges.{expected}")


def test_every_wrong_range_is_said_at_once():
    with pytest.raises(CaseError) as caught:
        Case.from_dict(CASE.to_dict() | {"ranges": {"price.drift": [-11, 0], "x": [0, 1]}, "title": ""}, source="f")
    assert [line.split(" = ")[0] for line in caught.value.problems] == [
        "f: title", 'f: ranges."price.drift"', 'f: ranges."x"'
    ]  # fmt: skip


def test_ranges_go_with_what_they_are_about():
    ranges = {"line.conditions[licence].waiver_probability": [0, 1], "price.drift": [0, 0]}
    case = CASE.replace({"ranges": ranges})
    assert list(case.replace({"line.conditions[licence]": None}).ranges) == ["price.drift"]
    assert case.replace({"line.conditions[licence]": None, "ranges": None}).ranges is None
    assert list(case.replace({"price.volatility": 0.5}).ranges) == list(ranges)
    # An optional table that is absent takes its ranges out of play, not out of the case.
    assert CASE.replace({"third_party": None}).ranges == CASE.ranges


def test_ranges_from_the_command_line():
    assert overridden(CASE, ['ranges={"price.volatility"=[0.5, 1]}']).ranges == {"price.volatility": (0.5, 1.0)}
    assert overridden(CASE, ["ranges="]).ranges is None
