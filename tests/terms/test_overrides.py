"""Changing keys by their dotted names."""

from datetime import date
from importlib.resources import files

import pytest

from sim.terms import (
    CaseError,
    Step,
    overridden,
    parse_override,
)
from tests.support.documents import CASE


def test_replace_changes_keys_of_any_depth():
    case = CASE.replace({
        "price.volatility": 0.8,
        "notes[Baccarat note].extension_probability": 1,
        "line.conditions[0].waiver_probability": 0.5,
        "line.conditions[265 Wh/l polymer].after": None,
        "line.coverage.percent[3]": 60,
        "line.pricing.floor": 0.5,
        "events.adverse_change": None,
        "third_party": None,
        "burn.steps": (Step(date=date(2003, 1, 1), factor=0.5),),
        "policy": {"kind": "runway", "target_months": 6},
    })  # fmt: skip
    assert (case.price.volatility, case.notes[0].extension_probability) == (0.8, 1.0)
    assert (case.line.conditions[0].waiver_probability, case.line.conditions[1].after) == (0.5, None)
    assert (case.line.coverage.percent, case.line.pricing.floor) == ((100.0, 100.0, 75.0, 60.0), 0.5)
    assert (case.events.adverse_change, case.third_party, case.policy.cadence) == (None, None, "quarter_end")
    assert case.burn.steps[0].factor == 0.5
    assert case.source == CASE.source
    assert CASE.price.volatility == 0.95  # the original is untouched


def test_replace_removes_list_entries_and_makes_optional_tables():
    assert CASE.replace({"notes[Baccarat note]": None}).notes == ()
    swept = CASE.replace({"notes[0].sweep.prepay_above": 2e7, "notes[0].sweep.reborrow_below": 3e6})
    assert swept.notes[0].sweep.prepay_above == 2e7
    assert CASE.replace({"line.pricing.floor": None}) == CASE


def test_replace_keeps_rules_between_keys():
    with pytest.raises(
        CaseError, match=r"^replace: line.end = 2002-03-01: must be on or after line.start, 2002-04-01$"
    ) as caught:
        CASE.replace({"line.end": date(2002, 3, 1), "valuation_date": date(2002, 3, 1)})
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"price.volatilty": 1}, "price.volatilty = 1: unknown key. Did you mean price.volatility?"),
        ({"prize.volatility": 1}, "prize.volatility = 1: unknown key. Did you mean price?"),
        ({"notes[x].principal": 1}, "notes[x].principal = 1: there is no notes[x]; must be notes[Baccarat note]"),
        ({"notes[1].principal": 1}, "notes[1].principal = 1: there is no notes[1]; must be notes[Baccarat note]"),
        ({"notes[-1].margin": 1}, "notes[-1].margin = 1: there is no notes[-1]; must be notes[Baccarat note]"),
        ({"notes[].margin": 1}, "notes[].margin = 1: there is no notes[]; must be notes[Baccarat note]"),
        *[({f"notes[{quoted}].margin": 1}, f"notes[{quoted}].margin = 1: there is no notes[{quoted}]; must be without "
           "quotes and blanks around the name: notes[Baccarat note]")
          for quoted in ('"Baccarat note"', "'Baccarat note'", " Baccarat note ",
                         "\u201cBaccarat note\u201d", "'\"Baccarat note")],
        *[({f"notes[{name}].margin": 1}, f"notes[{name}].margin = 1: there is no notes[{name}]. Did you mean "
           "notes[Baccarat note]?") for name in ("baccarat note", "Baccarat", "Bacarat note", "'baccarat note'")],
        ({"milestones[4].probability": 1}, "milestones[4].probability = 1: there is no milestones[4]; must be one of "
         "milestones[polymer-265], [cylindrical-samples], [licence], [generation-two]"),
        ({"burn.steps[9].factor": 1}, "burn.steps[9].factor = 1: there is no burn.steps[9]; must be burn.steps[0]"),
        ({"line.coverage.percent[x]": 1}, "line.coverage.percent[x] = 1: there is no line.coverage.percent[x]; "
         "must be one of line.coverage.percent[0], [1], [2], [3]"),
        ({"policy.amounts[0]": 1}, "policy.amounts[0] = 1: there is no policy.amounts[0]: policy.amounts has no "
         "entries"),
        ({"lines[ATM].commitment": 1}, "lines[ATM].commitment = 1: there is no lines[ATM]: lines has no entries"),
        ({'"price.drift"': 1}, '"price.drift" = 1: must be a key without quotes, such as price.volatility'),
        ({"'price'.drift": 1}, "'price'.drift = 1: must be a key without quotes, such as price.volatility"),
        ({'price."drift"': 1}, 'price."drift" = 1: must be a key without quotes, such as price.volatility'),
        ({"notes.principal": 1}, "notes.principal = 1: must name the entry: notes[NAME] or notes[NUMBER]"),
        ({"notes[0].prncipal": 1}, "notes[0].prncipal = 1: unknown key. Did you mean notes[Baccarat note].principal?"),
        ({"price[0].drift": 1}, "price[0].drift = 1: price is not a list, so [0] does not apply"),
        ({"burn.steps[0][0]": 1}, "burn.steps[0][0] = 1: burn.steps is not a list of lists, so [0] does not apply"),
        ({"price.drift.x": 1}, "price.drift.x = 1: price.drift has no keys of its own"),
        ({"": 1}, " = 1: must be a key, such as price.volatility or notes[NAME].principal"),
        ({"price.": 1}, "price. = 1: must be a key, such as price.volatility or notes[NAME].principal"),
        ({".drift": 1}, ".drift = 1: must be a key, such as price.volatility or notes[NAME].principal"),
        ({"notes[0": 1}, "notes[0 = 1: must be a key whose brackets are closed, such as notes[NAME].principal"),
        ({"notes[0.margin": 1}, "notes[0.margin = 1: must be a key whose brackets are closed, such as "
         "notes[NAME].principal"),
        ({"price": None}, "price: missing; must be a table with the keys model, initial, drift, volatility, jump_rate, "
         "jump_mean, jump_sd, initial_volatility, mean_reversion, vol_of_vol, correlation, alpha, beta, "
         "degrees_of_freedom, "
         "closes, block_days, day, volume, jumps, impact"),
        ({"price.initial": None}, "price.initial: missing; must be a number from 1e-6 to 1e9, or closes must be given"),
        ({"source": "me"}, 'source = "me": unknown key; must be one of schema, title, '
         "valuation_date, horizon, "
         "company, price, burn, line, lines, milestones, events, third_party, notes, flows, response, bridge, policy, "
         "simulation, ranges, variants, record, forecasts"),
        ({"notes": 5, "notes[0].principal": 1},
         "notes[0].principal = 1: notes is not a list after the changes before this one"),
        ({"price": 5, "price.drift": 1}, "price.drift = 1: price has no keys after the changes before this one"),
    ],
)  # fmt: skip
def test_changes_that_have_no_place(change, expected):
    with pytest.raises(CaseError) as caught:
        CASE.replace(change)
    assert caught.value.problems == [f"replace: {expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price.volatility=0.8", ("price.volatility", 0.8)),
        (" price.volatility = 0.8 ", ("price.volatility", 0.8)),
        ("company.cash=11_527_000", ("company.cash", 11_527_000)),
        ("line.end=2003-03-31", ("line.end", date(2003, 3, 31))),
        ("line.registered=true", ("line.registered", True)),
        ("line.coverage.percent=[100, 50]", ("line.coverage.percent", [100, 50])),
        ("policy.kind=maximum", ("policy.kind", "maximum")),
        ('policy.kind="maximum"', ("policy.kind", "maximum")),
        ("title=Berg & Berg = 2", ("title", "Berg & Berg = 2")),
        ("notes[a=b].principal=1", ("notes[a=b].principal", 1)),
        ("third_party=", ("third_party", None)),
        ("events.ceo_change={annual_rate=0.1}", ("events.ceo_change", {"annual_rate": 0.1})),
    ],
)
def test_parse_override(text, expected):
    assert parse_override(text) == expected


@pytest.mark.parametrize(
    "text", ["", "price.volatility", "=1", "a=[1", "a={", 'a="x', "a=1\nb=2", "a=" + "[" * 100_000]
)
def test_overrides_that_are_none(text):
    with pytest.raises(CaseError) as caught:
        parse_override(text)
    (line,) = caught.value.problems
    assert line.startswith("--set: ")
    assert "\n" not in line


def test_overridden_says_every_problem_with_set_as_the_file():
    assert overridden(CASE, []) is CASE
    assert overridden(CASE, ["price.volatility=0.8", "third_party="]).price.volatility == 0.8
    with pytest.raises(CaseError) as caught:
        overridden(CASE, ["nonsense", "a=[1"])
    assert [line[:7] for line in caught.value.problems] == ["--set: "] * 2
    with pytest.raises(CaseError) as caught:
        overridden(CASE, ["price.volatility=nan", "line.pricing.window=5.0"])
    assert caught.value.problems == [
        "--set: price.volatility = nan: must be a number from 0 to 10",
        "--set: line.pricing.window = 5.0: must be a whole number from 1 to 250",
    ]


def test_the_ways_of_removing_a_key_are_those_of_the_document():
    document = files("sim").joinpath("docs", "case-file.md").read_text(encoding="utf-8")
    assert "removed by an empty value on the command\n  line, `--set line.coverage=`, and by None in Python" in document
    for without in (overridden(CASE, ["line.coverage="]), CASE.replace({"line.coverage": None})):
        assert CASE.line.coverage
        assert without.line.coverage is None
    with pytest.raises(CaseError, match="must be a table"):
        CASE.replace({"line.coverage": ""})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9,400,000", ': "9,400,000": must be a number from 0 to 1e15: TOML has no thousands commas; write 9_400_000'),
        ("$5", ': "$5": must be a number from 0 to 1e15: a number is written without $; write 5'),
        ("5x", ': "5x": must be a number from 0 to 1e15'),
    ],
)
def test_spellings_of_overrides(written, expected):
    with pytest.raises(CaseError) as caught:
        overridden(CASE, [f"company.cash={written}"])
    assert caught.value.problems == [f"--set: company.cash = {expected.removeprefix(': ')}"]
