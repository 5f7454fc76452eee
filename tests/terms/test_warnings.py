"""Warnings about valid but unusual values of a case."""

import datetime
import tomllib

import pytest

import sim
from sim.calendar import sessions
from sim.cli.new import KINDS, template
from sim.terms import describe
from sim.terms.warnings import warnings_of
from tests.support.valence import valence_2002

CASE = valence_2002()
NO_LIMIT = {"line.max_per_period": None, "line.coverage": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"line.coverage.percent": [1.0, 0.75]}, "line.coverage.percent = [1, 0.75] is in percent: 100 means all of"),
        ({"line.coverage.percent": [0.5, 0]}, "line.coverage.percent = [0.5, 0] is in percent"),
        ({"notes[0].base_rate": 4.75}, "notes[Baccarat note].base_rate = 4.75 is a fraction a year: 475%."),
        ({"notes[0].margin": 1.5}, "notes[Baccarat note].margin = 1.5 is a fraction a year: 150%."),
        ({"notes[0].rate_cap": 10}, "notes[Baccarat note].rate_cap = 10 is a fraction a year: 1,000%."),
        ({"price.drift": -5}, "price.drift = -5 is a fraction a year: -500%."),
        ({"burn.growth": 3}, "burn.growth = 3 is a fraction a year: 300%."),
        ({"price.volatility": 9.5}, "price.volatility = 9.5 is a fraction a year: 950%."),
        (
            {"price.volatility": 0.0095},
            "price.volatility = 0.0095 is a fraction a year: 0.95%. Few stocks move by less",
        ),
        ({"events.ceo_change.annual_rate": 50}, "events.ceo_change.annual_rate = 50 is a number of events a year"),
        ({"company.cash": 11.527}, "company.cash = 11.527 is in dollars, not in thousands or millions."),
        ({"burn.monthly": 2367}, "burn.monthly = 2367 is in dollars"),
        ({"line.commitment": 30}, "line.commitment = 30 is in dollars"),
        ({"line.max_per_period": 5}, "line.max_per_period = 5 is in dollars"),
        ({"third_party.median_amount": 8}, "third_party.median_amount = 8 is in dollars"),
        ({"notes[0].principal": 15}, "notes[Baccarat note].principal = 15 is in dollars"),
        (
            {"company.minimum_cash": 12e6},
            "company.minimum_cash = 12000000 is above company.cash, 11527000: every scenario is out of cash on",
        ),
        (
            {"line.pricing.multiplier": 0.03},
            "line.pricing.multiplier = 0.03 sells shares at 3% of the price of the window. For a discount of 3%, write "
            "0.97.",
        ),
        (
            {"line.pricing.multiplier": 0.4},
            "line.pricing.multiplier = 0.4 sells shares at 40% of the price of the window. For a discount of 40%, "
            "write 0.6.",
        ),
        ({"line.pricing.multiplier": 1.5}, "line.pricing.multiplier = 1.5 sells shares above the price of the window."),
        (
            {"line.pricing.floor": 2.6},
            "line.pricing.floor = 2.6 is above the purchase price at the opening, 0.85 x $3 = $2.55: no draw until",
        ),
        (
            {"price.initial": 0.1},
            "price.initial = 0.1 makes a draw of $5.00 million 58,823,529 shares, more than the 45,552,310",
        ),
        ({"line.max_per_period": 3e7, "line.coverage": None}, "line.commitment = 30000000 can be drawn on one day: no"),
        (NO_LIMIT, "line.commitment = 30000000 can be drawn on one day"),
        (
            {"line.coverage.percent": [1.5], "line.minimum_draw": 2e5},
            "line.minimum_draw = 200000 is above line.coverage, 106515 at the expected burn: few draws are",
        ),
        ({**NO_LIMIT, "line.coverage": {"percent": [500]}}, "line.commitment = 30000000 can be drawn on one day"),
        (
            {"line.minimum_draw": 6e6},
            "line.minimum_draw = 6000000 is above line.max_per_period, 5000000: no draw is la",
        ),
        ({"line.legal_cost_per_draw": 3e6}, "line.legal_cost_per_draw = 3000000 is more than half of the largest draw"),
        ({"line.start": "2004-01-02", "line.end": "2004-01-05"}, "line.end = 2004-01-05: no purchase date lies in the"),
        ({"company.shares_authorized": 45_552_310}, "company.shares_authorized = 45552310 leaves no shares to sell"),
        (
            {"line.conditions[1].after": "2004-03-31"},
            "line.conditions[265 Wh/l polymer].after = 2004-03-31 is the end of the term or later: it never applies.",
        ),
        (
            {"milestones[0].median_days": 800, "milestones[0].p90_days": 900},
            "milestones[polymer-265].median_days = 800 is a time in days: 2004-06-09, after the horizon.",
        ),
        ({"policy.target_months": 6}, 'policy.target_months = 6 has no effect with kind = "maximum".'),
        (
            {"policy.kind": "opportunistic", "policy.target_months": 6, "policy.price_trigger": 1.2,
             "policy.trigger_sessions": 20},
            'policy.trigger_sessions = 20 has no effect without trigger_over = "average".',
        ),
        (
            {"line.pricing.timing": "after", "line.pricing.below_floor": "drop_sessions"},
            'line.pricing.below_floor = "drop_sessions" has no effect: the price has no floor.',
        ),
        (
            {"line.fees": {"staged": [{"date": "2004-05-01", "shares": 100_000}]}},
            "line.fees.staged[0].date = 2004-05-01 is after the horizon: it is not paid.",
        ),
        (
            {"line.volume_during": {"share": 30}, "price.volume": {"mean": 100_000}},
            "line.volume_during.share = 30 is more than all that is traded: a share of 30% is written 0.3.",
        ),
        (
            {"price.drift": 0.0, "ranges": {"price.volume.mean": [1e5, 2e5]}},
            'ranges."price.volume.mean" = [100000, 200000] has no effect: the case does not give mean.',
        ),
        (
            {"line.conditions": [], "ranges": {"waivers": [0, 1]}},
            'ranges."waivers" = [0, 1] has no effect: the case has no conditions.',
        ),
        ({"policy.amounts": [1, 2]}, 'policy.amounts = [2 amounts] has no effect with kind = "maximum".'),
    ],
)  # fmt: skip
def test_unusual_values_are_warned_about(changes, expected):
    case = CASE.replace(changes)
    assert any(line.startswith(f"- {expected}") for line in warnings_of(case)), list(warnings_of(case))
    assert "Warnings" in describe(case)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "line.coverage.percent": [2], "notes[0].base_rate": 1.0, "notes[0].rate_cap": None, "price.drift": -1.0,
            "burn.growth": 1.0, "price.volatility": 3.0, "company.cash": 0, "burn.monthly": 10_000.0,
            "line.max_per_period": None, "line.legal_cost_per_draw": 0,
        },
        {"line.pricing.multiplier": 0.5, "line.pricing.floor": 1.5, "price.volatility": 0.05},
        {"line.pricing.multiplier": 1.0, "line.pricing.floor": 3.0, "price.volatility": 0.0},
        {"company.minimum_cash": 11_527_000, "line.commitment": 0, "line.minimum_draw": 1e9},
        {"line.minimum_draw": 5e6, "line.legal_cost_per_draw": 2e6, "line.coverage.percent": [100]},
        {"line.max_per_period": None},  # coverage is below the commitment
        {"line.conditions[1].after": "2004-03-30", "milestones[0].median_days": 731, "milestones[0].p90_days": 900},
    ],
)  # fmt: skip
def test_usual_values_are_not_warned_about(changes):
    assert list(warnings_of(CASE.replace(changes))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"company.shares_authorized": 46_000_000},
        {"company.shares_reserved": 50_000_000},
        {"policy": {"kind": "runway", "target_months": 6}},
        {"policy": {"kind": "schedule", "cadence": "quarter_end", "amounts": [3e6] * 8}},
    ],
)
def test_a_commitment_out_of_reach_is_no_warning(changes):
    assert not any("on one day" in line for line in warnings_of(CASE.replace(NO_LIMIT | changes)))


UNUSED = {"name": "side", "probability": 0.5, "median_days": 100, "p90_days": 200}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, ["side"]),
        ({"milestones[side].price_jump": 0.1}, []),
        ({"milestones[side].follows": "licence"}, ["side"]),
        ({"milestones[licence].follows": "side"}, []),
        ({"line.exchange_cap": {"share": 0.2, "vote": "side"}}, []),
        ({"line.registrations": [{"shares": 1000, "milestone": "side"}]}, []),
        ({"line.conditions[4]": None}, ["side"]),
        ({"line.conditions": None}, ["side"]),
    ],
)
def test_a_milestone_that_nothing_uses_is_remarked(changes, named):
    case = sim.load_case("valence-2002")
    case = case.replace({"milestones": [*case.to_dict()["milestones"], UNUSED]}).replace(changes)
    found = [line for line in warnings_of(case) if "nothing in the case requires it" in line]
    assert [line for line in found if "side" in line] == [
        f"- milestones[{name}] has no effect: nothing in the case requires it, and it does not move the stock."
        for name in named
    ]


@pytest.mark.parametrize(
    ("key", "ends", "remarked"),
    [
        ("company.cash", [1e6, 2e6], True),
        ("company.cash", [20e6, 30e6], True),
        ("company.cash", [11_527_000, 12e6], False),
        ("notes[0].extension_probability", [0.0, 0.5], True),
        ("notes[0].extension_probability", [0.9, 1.0], False),
        ("price.mean_reversion", [1.0, 2.0], False),
        ("waivers", [0.0, 0.1], False),
    ],
)
def test_a_range_without_the_value_of_the_case_is_remarked(key, ends, remarked):
    case = valence_2002().replace({"ranges": {key: ends}})
    found = [line for line in warnings_of(case) if "does not contain the value" in line]
    assert len(found) == remarked
    assert all(line.startswith('- ranges."') for line in found)


def test_templates_have_ranges_with_their_values():
    for kind in KINDS:
        case = sim.Case.from_dict(tomllib.loads(template(kind)))
        assert not [line for line in warnings_of(case) if "does not contain" in line or "has no effect" in line], kind


def test_sessions_without_a_close_among_those_that_are_used():
    """The first purchase date of the shipped case is a quarter's end: a window of 80 sessions reaches back 17."""
    days = sessions(datetime.date(2001, 6, 1), datetime.date(2002, 3, 28))

    def warned(left_out, days=days, **changes):
        closes = [[day.isoformat(), 3.0 - 0.001 * k] for k, day in enumerate(days[::-1]) if day not in left_out][::-1]
        case = CASE.replace({"price.closes": closes, "line.pricing.window": 80} | changes)
        return [line for line in warnings_of(case) if "closes" in line]

    assert warned(()) == []
    assert "price.closes lacks sessions: 2002-03-20 to 2002-03-21." in warned(days[-7:-5])[0]
    assert warned(days[-60:-55]) == []
    assert "ends with 2002-03-20: the last session before the valuation date, 2002-03-28," in warned((), days[:-6])[0]
    resampled = {"price": {"model": "bootstrap", "closes": []}, "burn.price_correlation": 0.0}
    closes = [[day.isoformat(), 3.0] for day in days if day not in days[-60:-55]]
    resampled["price"]["closes"] = closes
    (line,) = (line for line in warnings_of(CASE.replace(resampled)) if "closes" in line)
    assert f"lacks sessions: {days[-60]} to {days[-56]}. As it stands, the bootstrap takes a move" in line


def test_an_opening_price_apart_from_the_closes():
    days = sessions(datetime.date(2002, 1, 2), datetime.date(2002, 3, 28))

    def warned(initial, window, last=None, dated=True):
        closes = [[day.isoformat(), 3.0] if dated else 3.0 for day in days[:last]]
        changes = {"price.closes": closes, "price.initial": initial, "line.pricing.window": window}
        return [line for line in warnings_of(CASE.replace(changes)) if "takes the place" in line]

    place = "- price.initial = 2 takes the place of the last of price.closes, 3, and differs by more than 5%: "
    mixed = [f"{place}windows that reach back before the valuation date mix the two."]
    assert warned(2.0, 80) == warned(2.0, 80, last=-6) == warned(2.0, 80, dated=False) == mixed
    assert warned(2.0, 5) == warned(2.0, 5, dated=False) == [f"{place}one of them may be wrong."]
    assert warned(2.0, 5, last=-6) == warned(3.14, 80) == warned(2.87, 80) == []
    assert len(warned(3.16, 80)) == 1
