"""Flows, statements and what notes do in a case file: errors in one line each, words of `check`, inputs that vary."""

import pytest

import sim
from sim.analysis.inputs import inputs_of
from sim.terms import describe
from sim.terms.warnings import warnings_of
from sim.verify.samples import PLAIN, plain_case

LICENCE = {"name": "licence", "probability": 0.7, "median_days": 270, "p90_days": 700}
NOTE = {"name": "loan", "principal": 1e6, "maturity": "2003-06-30", "base_rate": 0.05}
ITEM = {"name": "costs", "monthly": 1e6}
DATE = "must be a date, unless milestone is the name of a milestone"


def flow(**keys):
    return {"flows": [{"name": "capex", "amount": -1e6, **keys}]}


def statement(*items, **keys):
    return {"burn": {"model": "statement", "items": list(items), **keys}}


def note(**keys):
    return {"notes": [NOTE | keys]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (flow(), f"flows[capex].date: missing; {DATE} or monthly = true"),
        (flow(date="2002-05-01", milestone="licence"),
         'flows[capex].milestone = "licence": must be empty, as date is given'),
        (flow(date="2002-05-01", monthly=True), "flows[capex].monthly = true: must be false, as date is given"),
        (flow(milestone="licence", monthly=True), "flows[capex].monthly = true: must be false, as milestone is given"),
        (flow(date="2002-05-01", delay_days=3),
         "flows[capex].delay_days = 3.0: must be 0, as no milestone is given"),
        (flow(date="2002-05-01", to="2002-06-01"),
         "flows[capex].to = 2002-06-01: must be left out: only with monthly = true"),
        (flow(date="2002-05-01", growth=0.1), "flows[capex].growth = 0.1: must be left out: only with monthly = true"),
        (flow(**{"monthly": True, "from": "2002-06-01", "to": "2002-05-01"}),
         "flows[capex].to = 2002-05-01: must be on or after from, 2002-06-01"),
        (flow(milestone="patent"), 'flows[capex].milestone = "patent": must be the name of a milestone: licence'),
        (flow(date="2002-03-31"), "flows[capex].date = 2002-03-31: must be on or after valuation_date, 2002-04-01"),
        (flow(date="2002-05-01", probability=1.5),
         "flows[capex].probability = 1.5: must be a number from 0 to 1"),
        (flow(date="2002-05-01", day=1), "flows[capex].day = 1: unknown key"),
        ({"flows": [{"name": "capex", "date": "2002-05-01"}]},
         "flows[capex].amount: missing; must be a number from -1e15 to 1e15"),
        ({"company.interest_income_rate": -0.1},
         "company.interest_income_rate = -0.1: must be a number from 0 to 10000"),
        (statement(), 'burn.items: missing; must be a list of tables, as model = "statement" adds them up'),
        (statement(ITEM, monthly=1.0),
         'burn.monthly = 1.0: must be left out, as model = "statement" has it for each item'),
        (statement(ITEM, growth=0.1),
         'burn.growth = 0.1: must be left out, as model = "statement" has it for each item'),
        (statement(ITEM | {"milestone": "patent"}),
         'burn.items[costs].milestone = "patent": must be the name of a milestone: licence'),
        (statement(ITEM | {"lag_months": 1.5}),
         "burn.items[costs].lag_months = 1.5: must be a whole number from 0 to 120"),
        (statement(ITEM | {"monthly": 9e14, "growth": 1}),
         "burn.items[costs].monthly = 900000000000000.0: must stay at most 1e15 a month with growth and steps, either "
         "way"),
        ({"burn": {"model": "lognormal", "volatility": 0}}, "burn.monthly: missing; must be a number from 0 to 1e15"),
        ({"burn.items": [ITEM]}, 'burn.items = ["costs"]: must be left out: only with model = "statement"'),
        (note(interest="accrue"),
         'notes[loan].interest = "accrue": must be "cash", unless interest_date or interest_dates says when'),
        (note(interest_date="12-31", interest_dates=["06-30"]),
         'notes[loan].interest_date = "12-31": must be left out, as interest_dates lists the days'),
        (note(interest_dates=["02-30"]),
         'notes[loan].interest_dates[0] = "02-30": must be a day that every year has, as "MM-DD", or ""'),
        (note(advance={}), f"notes[loan].advance.date: missing; {DATE}"),
        (note(advance={"date": "2003-06-30"}),
         "notes[loan].advance.date = 2003-06-30: must be before maturity, 2003-06-30"),
        (note(advance={"date": "2002-05-01", "delay_days": 3}),
         "notes[loan].advance.delay_days = 3.0: must be 0, as no milestone is given"),
        (note(advance={"milestone": "patent"}),
         'notes[loan].advance.milestone = "patent": must be the name of a milestone: licence'),
        (note(advance={"date": "2002-05-01"}, accrued=1.0),
         "notes[loan].accrued = 1.0: must be left out, as the principal comes in after the opening"),
    ],
)  # fmt: skip
def test_each_problem_has_one_line(changes, expected):
    with pytest.raises(sim.CaseError) as caught:
        plain_case({"milestones": [LICENCE], **changes})
    (line,) = caught.value.problems
    assert line.startswith(f"replace: {expected}")


def test_an_item_cannot_move_with_a_bootstrap():
    price = {"model": "bootstrap", "closes": [1.0 + (k % 7) / 10 for k in range(120)]}
    with pytest.raises(sim.CaseError, match=r"burn\.items\[costs\]\.price_correlation = 0\.5: must be 0 with price"):
        sim.Case.from_dict(PLAIN | {"price": price, **statement(ITEM | {"volatility": 0.1, "price_correlation": 0.5})})


WHOLE = {
    "milestones": [LICENCE],
    "company.interest_income_rate": 0.03,
    "flows": [
        {"name": "capex", "amount": -2e5, "monthly": True, "from": "2002-06-01", "growth": 0.1, "operations": True},
        {"name": "grant", "amount": 1e6, "milestone": "licence", "delay_days": 30, "probability": 0.4},
        {"name": "tax", "amount": -3e5, "date": "2003-01-15"},
    ],
    **statement(
        ITEM | {"volatility": 0.2, "fixed": True},
        {"name": "royalties", "monthly": -2e5, "milestone": "licence", "lag_months": 2},
    ),
    "notes": [
        NOTE | {"interest": "accrue", "interest_dates": ["06-30", "12-31"], "accrued": 1e5},
        NOTE | {"name": "tranche", "advance": {"date": "2002-09-01"}},
    ],
}


def test_the_description_says_everything():
    text = " ".join(describe(plain_case(WHOLE)).split())
    for words in (
        "- costs: $1.00 million of cash a month on average. Management does not cut it. In about two months of three",
        "- royalties: $200,000 of income a month on average. It starts in the month after licence is reached. "
        "A month's figure is collected two months later.",
        "Cash earns interest of 3% a year on what a month opens with",
        "- capex: $200,000 goes out each month, in months from 1 June 2002 on. It grows by 10% a year. "
        "It counts in the cash used in operations.",
        "- grant: $1.00 million comes in 30 days after licence is reached. It happens with probability 40%.",
        "- tax: $300,000 goes out on 15 January 2003.",
        "added to it every 30 June and 31 December and paid with it. At the opening $100,000 of interest is owed.",
        "- tranche: $1.00 million due 30 June 2003. The money comes in on 1 September 2002, and interest starts then.",
    ):
        assert words in text
    assert list(warnings_of(plain_case(WHOLE))) == list(warnings_of(plain_case()))
    assert "Other cash" not in describe(plain_case())


def test_numbers_of_other_cash_are_uncertain_inputs():
    names = {one.key for one in inputs_of(plain_case(WHOLE))}
    assert {
        "flows[capex].amount", "flows[grant].probability", "burn.items[costs].monthly", "burn.items[costs].volatility",
        "burn.items[royalties].growth", "company.interest_income_rate",
    } <= names  # fmt: skip
    assert not names & {"flows[tax].probability", "burn.growth", "burn.items[royalties].persistence"}
    plain = {one.key for one in inputs_of(plain_case())}
    assert not {name for name in plain if "items" in name or "flows" in name or "interest_income" in name}


def test_newer_keys_leave_the_hash_of_a_case_as_it_was():
    document = plain_case().to_dict()
    assert "flows" not in document
    assert "items" not in document["burn"]
    assert "interest_income_rate" not in document["company"]
    assert "interest" not in plain_case(note()).to_dict()["notes"][0]
    case = plain_case(WHOLE)
    assert sim.Case.from_dict(case.to_dict()) == case


def test_values_in_thousands_and_percent_are_warned_of():
    changes = {
        "flows": [{"name": "capex", "amount": -200, "monthly": True, "growth": 3}],
        "company.interest_income_rate": 2.0,
    }
    said = " ".join(warnings_of(plain_case(changes)))
    assert "flows[capex].amount = 200 is in dollars" in said
    assert "flows[capex].growth = 3 is a fraction a year" in said
    assert "company.interest_income_rate = 2 is a fraction a year" in said


def test_income_that_management_would_cut_is_warned_of():
    items = [{"name": "costs", "monthly": 9e5}, {"name": "sales", "monthly": -2e5}]
    changes = statement(*items) | {"response": {"cover_months": 4, "cut": 0.3}}
    said = [line for line in warnings_of(plain_case(changes)) if "management" in line]
    assert said == ["- burn.items[sales] is income and not fixed, so that management's response cuts it too."]
    fixed = plain_case(changes | statement(items[0], items[1] | {"fixed": True}))
    none = plain_case(changes | {"response": {"cover_months": 4, "cut": 0.0}})
    assert [line for case in (fixed, none) for line in warnings_of(case) if "management" in line] == []
