"""What a case file may not contain, and the line that reports it."""

import math
from datetime import date

import pytest

from sim.terms import (
    Case,
    CaseError,
)
from tests.support.documents import REMOVED, changed, document, problems

C0, M0, N0 = ("line", "conditions", 1), ("milestones", 0), ("notes", 0)
P265 = "line.conditions[265 Wh/l polymer]"
MONEY, PROBABILITY, RATE = "a number from 0 to 1e15", "a number from 0 to 1", "a number from 0 to 10000"
DAY = "a date from 1975-01-01 to 2199-12-31"
TEXT = "one line of text without blanks around it, 1 to 200 characters"
WAITS = "must have 8 amounts, one for each purchase date (2002-06-28 to 2004-03-31); "

ONE_PROBLEM = [
    # absent and unknown keys
    ({("company", "cash"): REMOVED}, f"company.cash: missing; must be {MONEY}"),
    ({("schema",): REMOVED}, "schema: missing; must be 1, the only supported version"),
    ({(*M0, "probability"): REMOVED}, f"milestones[polymer-265].probability: missing; must be {PROBABILITY}"),
    ({("price", "volatilty"): 0.8}, "price.volatilty = 0.8: unknown key. Did you mean price.volatility?"),
    ({("pric",): {"a": 1}}, "pric = { a = 1 }: unknown key. Did you mean price?"),
    (
        {(*C0, "wavier"): 1},
        f"{P265}.wavier = 1: unknown key; must be one of the keys of {P265}: name, "
        "kind, milestone, after, waiver_probability",
    ),
    (
        {("line", "coverage", "a\nb"): True},
        "line.coverage.a\\nb = true: unknown key; must be one of the keys of line.coverage: "
        "percent, basis, carry_forward, includes_interest, waiver_probability",
    ),
    # wrong types
    ({("company", "cash"): "much"}, f'company.cash = "much": must be {MONEY}'),
    ({("line", "registered"): 1}, "line.registered = 1: must be true or false"),
    ({("line", "start"): "2002-13-01"}, f'line.start = "2002-13-01": must be {DAY}'),
    (
        {("price",): 3},
        "price = 3: must be a table with the keys model, initial, drift, volatility, jump_rate, "
        "jump_mean, jump_sd, initial_volatility, mean_reversion, vol_of_vol, correlation, alpha, beta, "
        "degrees_of_freedom, "
        "closes, block_days, day, volume, jumps, impact",
    ),
    (
        {("line", "coverage"): "100%"},
        'line.coverage = "100%": must be a table with the keys percent, basis, carry_forward, includes_interest, '
        "waiver_probability",
    ),
    (
        {("burn", "steps"): {"date": 1}},
        "burn.steps = { date = 1 }: must be a list of at most 1000 tables with the keys date, factor",
    ),
    (
        {("line", "coverage", "percent"): 100},
        "line.coverage.percent = 100: must be a list of 1 to 1000 entries, each a number from 0 to 1000",
    ),
    ({("line", "coverage", "percent"): [100, "x"]}, 'line.coverage.percent[1] = "x": must be a number from 0 to 1000'),
    # numbers that are none, and numbers out of range
    ({("company", "cash"): math.nan}, f"company.cash = nan: must be {MONEY}"),
    ({("company", "cash"): 10**400}, f"company.cash = an integer of 1329 bits: must be {MONEY}"),
    (
        {("company", "fiscal_year_end_month"): 3.0},
        "company.fiscal_year_end_month = 3.0: must be a whole number from 1 to 12",
    ),
    (
        {("company", "shares_outstanding"): 0.5},
        "company.shares_outstanding = 0.5: must be a whole number from 1 to 1e15",
    ),
    (
        {("company", "shares_authorized"): 45_552_309},
        "company.shares_authorized = 45552309: must be at least 45552310, the outstanding and reserved shares",
    ),
    (
        {("price", "model"): "cev"},
        'price.model = "cev": must be one of "gbm", "merton", "heston", "garch", "bootstrap"',
    ),
    ({("price", "jump_rate"): 6}, 'price.jump_rate = 6.0: must be left out: only with model = "merton"'),
    (
        {("price", "model"): "merton", ("price", "jump_rate"): 6},
        'price.jump_sd: missing; must be a number from 0 to 3, as model = "merton" needs it',
    ),
    (
        {("price", "model"): "garch", ("price", "alpha"): 0.2},
        "price.alpha = 0.2: must leave alpha + beta below 1; they are 0.2 + 0.9",
    ),
    (
        {("price", "model"): "heston", ("price", "volatility"): 0},
        'price.volatility = 0.0: must be above 0 with model = "heston"',
    ),
    ({("price", "impact"): "big"}, 'price.impact = "big": must be one of "none", "dilution"'),
    ({("burn", "persistence"): 1}, "burn.persistence = 1: must be a number above -1 and below 1"),
    (
        {("burn", "steps"): [{"date": date(2002, 5, 1), "factor": 1000}] * 4},
        "burn.monthly = 2367000.0: must stay at most 1e15 a month with growth and steps",
    ),
    (
        {("burn", "steps"): [{"date": date(2002, 5, 1), "factor": 1}] * 1001},
        "burn.steps = ["
        + "{ date = 2002-05-01, factor = 1 }, " * 4
        + "...]: must be a list of at most 1000 tables with the keys date, factor",
    ),
    ({("line", "pricing", "window"): 5.0}, "line.pricing.window = 5.0: must be a whole number from 1 to 250"),
    ({("third_party", "discount"): 1}, "third_party.discount = 1: must be a number at least 0 and below 1"),
    ({("simulation", "paths"): 1e5}, "simulation.paths = 100000.0: must be a whole number from 1 to 1000000000000"),
    (
        {("simulation", "seed"): 2**64},
        "simulation.seed = 18446744073709551616: must be a whole number from 0 to 18446744073709551615",
    ),
    ({("schema",): 2}, "schema = 2: must be 1, the only supported version"),
    # dates
    ({("horizon",): date(2004, 3, 30)}, "horizon = 2004-03-30: must be the last day of a month"),
    (
        {("horizon",): date(2032, 4, 30)},
        "horizon = 2032-04-30: must be at most 30 years after valuation_date, 2002-04-01",
    ),
    ({("horizon",): date(2100, 1, 31)}, "horizon = 2100-01-31: must be a date from 1975-01-01 to 2099-12-31"),
    ({("line", "start"): date(1974, 12, 31)}, f"line.start = 1974-12-31: must be {DAY}"),
    (
        {("line", "end"): date(2002, 3, 1), ("line", "start"): date(2002, 2, 1)},
        "line.end = 2002-03-01: must be on or after valuation_date, 2002-04-01",
    ),
    (
        {("line", "start"): date(2004, 4, 1), ("line", "end"): date(2004, 4, 1)},
        "line.start = 2004-04-01: must be on or before horizon, 2004-03-31",
    ),
    (
        {("line", "end"): date(2002, 4, 1), ("line", "start"): date(2002, 4, 2)},
        "line.end = 2002-04-01: must be on or after line.start, 2002-04-02",
    ),
    # names
    ({("company", "name"): ""}, f'company.name = "": must be {TEXT}'),
    ({("company", "name"): " Valence"}, f'company.name = " Valence": must be {TEXT}; it begins with U+0020 SPACE'),
    ({("company", "name"): "Valence "}, f'company.name = "Valence ": must be {TEXT}; it ends with U+0020 SPACE'),
    (
        {("company", "name"): "a\n\x1b[31mb"},
        f'company.name = "a\\n\\x1b[31mb": must be {TEXT}; character 2 is U+000A LINE FEED, a control character',
    ),
    ({("company", "name"): 'a"\\' + "x" * 300}, f'company.name = "a\\"\\\\{"x" * 52}...": must be {TEXT}'),
    (
        {(*M0, "name"): "licence", ("line", "conditions", 1, "milestone"): "licence"},
        'milestones[2].name = "licence": must be a name that no other entry of milestones has',
    ),
    # milestones and conditions
    ({(*M0, "p90_days"): 120}, "milestones[polymer-265].p90_days = 120.0: must be above median_days, 120"),
    (
        {(*C0, "milestone"): "polymer"},
        f'{P265}.milestone = "polymer": must be the name of a milestone: polymer-265, '
        "cylindrical-samples, licence, generation-two",
    ),
    (
        {(*C0, "milestone"): REMOVED},
        f'{P265}.milestone = "": must be the name of a milestone, as kind = "milestone" needs one',
    ),
    (
        {(*M0, "follows"): "nothing"},
        'milestones[polymer-265].follows = "nothing": must be the name of a milestone: polymer-265, '
        "cylindrical-samples, licence, generation-two",
    ),
    (
        {(*M0, "follows"): "polymer-265"},
        'milestones[polymer-265].follows = "polymer-265": must not lead back to the milestone '
        "itself, as in polymer-265 -> polymer-265",
    ),
    (
        {("milestones", 1, "follows"): "generation-two"},
        'milestones[cylindrical-samples].follows = "generation-two": must '
        "not lead back to the milestone itself, as in cylindrical-samples -> generation-two -> cylindrical-samples",
    ),
    # notes
    (
        {(*N0, "maturity"): date(2002, 3, 31)},
        "notes[Baccarat note].maturity = 2002-03-31: must be on or after valuation_date, 2002-04-01",
    ),
    (
        {(*N0, "extended_maturity"): date(2002, 8, 30)},
        "notes[Baccarat note].extended_maturity = 2002-08-30: must be after maturity, 2002-08-30",
    ),
    (
        {(*N0, "extended_maturity"): REMOVED},
        "notes[Baccarat note].extension_probability = 0.9: must be 0, as the note has no extended_maturity",
    ),
    (
        {(*N0, "last_interest_date"): date(2002, 4, 2)},
        "notes[Baccarat note].last_interest_date = 2002-04-02: must be on or before valuation_date, 2002-04-01",
    ),
    (
        {(*N0, "interest_date"): "02-29"},
        'notes[Baccarat note].interest_date = "02-29": must be a day that every year has, as "MM-DD", or ""',
    ),
    (
        {(*N0, "margin"): -0.05},
        "notes[Baccarat note].margin = -0.05: must be at least -0.0475, so that no negative interest is owed",
    ),
    (
        {(*N0, "sweep"): {"prepay_above": 1, "reborrow_below": 2}},
        "notes[Baccarat note].sweep.prepay_above = 1.0: must be at least reborrow_below, 2",
    ),
    ({(*N0, "sweep"): {"prepay_above": 1}}, f"notes[Baccarat note].sweep.reborrow_below: missing; must be {MONEY}"),
    (
        {(*N0, "sweep"): {"prepay_above": 5e6, "reborrow_below": 0}, ("company", "minimum_cash"): 6e6},
        "notes[Baccarat note].sweep.prepay_above = 5000000.0: must be at least company.minimum_cash, 6000000",
    ),
    # policy
    (
        {("policy", "kind"): "runway"},
        'policy.target_months: missing; must be a number from 0 to 1200, as kind = "runway" needs it',
    ),
    (
        {("policy", "kind"): "opportunistic", ("policy", "target_months"): 6},
        'policy.price_trigger: missing; must be a number above 0 and at most 1e6, as kind = "opportunistic" needs it',
    ),
    (
        {("policy", "cadence"): "dates"},
        'policy.dates = []: must have at least one date, as cadence = "dates" needs them',
    ),
    ({("policy", "dates"): [date(2002, 6, 29)]}, "policy.dates[0] = 2002-06-29: must be a day on which Nasdaq trades"),
    (
        {("policy", "dates"): [date(2002, 3, 28)]},
        "policy.dates[0] = 2002-03-28: must be inside the term and the simulated span, 2002-04-01 to 2004-03-31",
    ),
    (
        {("policy", "dates"): [date(2002, 12, 2), date(2002, 12, 2)]},
        "policy.dates[1] = 2002-12-02: must be after the date before it, 2002-12-02",
    ),
    ({("policy", "kind"): "schedule", ("policy", "amounts"): [1, 2]}, f"policy.amounts = [1.0, 2.0]: {WAITS}2 given"),
    ({("policy", "amounts"): [1, -2]}, f"policy.amounts[1] = -2: must be {MONEY}"),
]


@pytest.mark.parametrize(("changes", "expected"), ONE_PROBLEM, ids=[line[:60] for _, line in ONE_PROBLEM])
def test_each_problem_has_one_line(changes, expected):
    assert problems(changed(changes)) == [f"x.toml: {expected}"]


def test_all_problems_are_reported_at_once():
    doc = changed({change: value for changes, _ in ONE_PROBLEM[:5] for change, value in changes.items()})
    assert sorted(problems(doc)) == sorted(f"x.toml: {line}" for _, line in ONE_PROBLEM[:5])


def test_a_bad_key_hides_no_other_rule():
    lines = problems(changed({(*M0, "probability"): 2, (*C0, "milestone"): "nothing", ("horizon",): "later"}))
    got = [line.split(" = ")[0] for line in lines]
    assert got == ["x.toml: horizon", "x.toml: milestones[polymer-265].probability", f"x.toml: {P265}.milestone"]


def every_path(value, path=()):
    """The path of every key and entry of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for word, item in items:
        yield (*path, word)
        yield from every_path(item, (*path, word))


def refusals(doc):
    """The problems of a document, none if it is a valid case."""
    try:
        Case.from_dict(doc)
    except CaseError as error:
        return error.problems
    return []


@pytest.mark.parametrize(
    "wrong", [[], {}, [[]], [{}], {"name": []}, "", "x", True, -1, 1e300, math.nan, date(1, 1, 1), b"x"]
)
def test_wrong_values_raise_case_errors_only(wrong):
    paths = list(every_path(document()))
    lines = [refusals(changed({path: wrong})) for path in paths]
    assert sum(map(bool, lines)) > 60
    assert all(line.startswith("python: ") and line.isprintable() for said in lines for line in said)


@pytest.mark.parametrize("doc", [None, 3, "x", [], {}, {1: 2}, {None: {}}])
def test_other_objects_raise_case_errors(doc):
    assert problems(doc)


def test_accepted_edges():
    for changes in [
        {("line", "commitment"): 0},
        {("simulation", "seed"): 2**64 - 1},
        {("line", "pricing", "multiplier"): 2},
        {("company", "shares_authorized"): 45_552_310},
        {("horizon",): date(2032, 3, 31)},
        {("horizon",): date(2002, 4, 30)},
        {("notes", 0, "maturity"): date(2002, 4, 1)},
        {("notes", 0, "interest_date"): ""},
        {("policy", "amounts"): [1.0]},  # not used by the kind of the policy
        {("price", "volatility"): 0},
        {("burn", "persistence"): -0.999},
        {  # above 1e15 before the valuation date only
            ("burn", "monthly"): 1e15,
            ("burn", "growth"): -0.5,
            ("burn", "steps"): [{"date": date(2002, 2, 1), "factor": 1}],
        },
    ]:
        case = Case.from_dict(changed(changes))
        assert Case.from_dict(case.to_dict()) == case
