"""The terms of a case in plain words: `fundrisk check`."""

from datetime import date

import pytest

from sim.terms import describe, load_case
from sim.terms.warnings import warnings_of
from tests.support.valence import valence_2002

CASE = valence_2002()


def flowing(changes=None):
    """The description of the shipped case with changes, without line breaks."""
    return " ".join(describe(CASE.replace(changes or {})).split())


def test_the_shipped_case():
    text = flowing()
    for expected in [
        "Valence Technology, Inc.: the simulation starts on 1 April 2002 (FY2003 Q1) with $11.5 million of cash and "
        "ends on 31 March 2004.",
        "The company is out of cash when its cash falls below zero.",
        "In about two months of three, cash use is between 75% and 124% of the average.",
        "From 1 October 2002 the average is multiplied by 0.92.",
        "Without draws and note payments, the opening cash lasts until 27 August 2002 at the average cash use.",
        "up to $30.0 million of restricted stock from 1 April 2002 to 31 March 2004, on purchase dates on which the "
        "conditions hold.",
        "Purchase price: 85% of the mean close of the five sessions (Nasdaq trading days) before the purchase date. "
        "There is no floor price.",
        "Limits: at most $5.00 million per fiscal quarter, and the coverage limit below. At $5.00 million per quarter, "
        "the commitment lasts six fiscal quarters. The term spans eight fiscal quarters.",
        "The company pays $25,000 of legal fees for each draw.",
        "On the last session of each fiscal quarter, the company requests the maximum that the limits allow. There are "
        "eight purchase dates. The draws of a fiscal quarter are limited to a percentage of the cash used in "
        "operations in that quarter. This percentage is called coverage. quarter ends purchase dates coverage coverage "
        "limit FY2003 Q1",
        "FY2003 Q3 2002-12-31 2002-12-31 75% $4.90 million",
        "50% $3.27 million The coverage limit shown is that at the average cash use. The limit of $5.00 million per "
        "fiscal quarter applies as well. Conditions",
        "265 Wh/l polymer: After 30 September 2002, no draw until the milestone polymer-265 is reached. With "
        "probability 60%, the investor waives this condition for the whole term.",
        "same CEO: No draw once the chief executive has changed. The simulation has 0.12 such changes a year on "
        "average. The investor never waives this condition.",
        "polymer-265: 95% probability of being reached. If it is reached, the median date is 29 July 2002; with "
        "probability 90% it is 24 February 2003 or earlier.",
        "If it is reached, the median time after cylindrical-samples is 270 days; with probability 90% it is at most "
        "600 days.",
        "Interest has been paid to 31 December 2001.",
        "At a stock price of at least $0.65 the authorised shares suffice for the whole commitment.",
        "With probability 50%, Berg & Berg Enterprises, LLC then reduces the remaining commitment by the same amount.",
        "$15.0 million due 30 August 2002. With probability 90% it is extended to 30 September 2005. Interest is 5.75% "
        "a year: base rate 4.75% plus margin 1%, capped at 10%. That is $862,500 a year on the whole principal, paid "
        "every 31 December and when the principal is repaid.",
        "45,552,310 shares are outstanding and none are reserved for other purposes, such as options.",
        "The stock price is $3.00 at the opening. Apart from its moves at milestones and other events, it moves at "
        "random with a volatility of 95% a year and no trend in its mean (geometric Brownian motion).",
        "100,000 simulated paths; the seed 20020401 fixes the random numbers.",
        "The simulation of one case does not use these ranges; the sensitivity analysis, the what-if tables and the "
        "bands of uncertain inputs do. - Monthly burn: "
        "$2.23 million to $2.911 million - Opening cash: $9.895 million to $11.936 million - Probability of a "
        "reduction for third-party financing: 0% to 100%",
        "(terms SHA-256 b3a56d2cdf5b...)",
        "so 54,447,690 can still be issued",
        "At this price the whole commitment is 11,764,706 shares, a dilution of 20.53%.",
    ]:
        assert expected in text
    assert "Warnings" not in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"line.commitment": 0}, "The line is off"),
        ({"line.max_per_period": None}, "Limits: no limit by fiscal quarter, and the coverage limit below."),
        ({"line.max_per_period": None}, "at the average cash use. Conditions"),
        ({"line.coverage": None}, "Limits: at most $5.00 million per fiscal quarter. At"),
        ({"burn.volatility": 0, "ranges": None}, "Monthly cash use does not vary around the average."),
        ({"burn.volatility": 1, "ranges": None}, "cash use is between 22% and 165% of the average"),
        ({"company.shares_reserved": 1_000}, "outstanding and 1,000 are reserved for other purposes"),
        ({"price.drift": 0.05}, "a volatility of 95% a year and a growth of its mean of 5% a year"),
        ({"milestones": None, "line.conditions": None, "events": None}, "$3.00 at the opening. It moves at random"),
        ({"milestones": None, "line.conditions": None}, "Apart from its moves at milestones and other events, it"),
        ({"price.jumps": "compensated"}, "Until such an event comes, the price drifts against its move"),
        ({"events": None}, "Apart from its moves at milestones and other events, it"),
        (
            {"milestones": None, "line.conditions": None, "events.ceo_change.price_jump": 0},
            "$3.00 at the opening. It moves at random",
        ),
        ({"ranges": {"burn.monthly": [1e6, 2.5e6]}}, "- Monthly burn: $1 million to $2.5 million"),
        ({"ranges": {"price.initial": [2, 4.5]}}, "- Opening stock price: $2.00 to $4.50"),
        ({"ranges": {"waivers": [0.1, 1]}}, "- Waivers: mean probability: 10% to 100%"),
        ({"ranges": {"milestones[licence].median_days": [90, 300]}}, "- Licence: median time: 90 days to 300 days"),
        ({"ranges": {"third_party.annual_rate": [0.2, 0.8]}}, "- Third-party financings per year: 0.2 to 0.8"),
        ({"ranges": {"burn.growth": [-0.1, 0.1]}}, "- Growth of the burn: -10% a year to 10% a year"),
        ({"line.pricing.floor": 0.5}, "purchase date. No draw at a purchase price below $0.50."),
        (
            {"line.minimum_draw": 250_000},
            "Limits: at most $5.00 million per fiscal quarter; no draw below $250,000, and the coverage",
        ),
        ({"line.legal_cost_per_draw": 0}, "eight fiscal quarters. Purchase dates"),
        ({"line.pricing.timing": "through"}, "the five sessions (Nasdaq trading days) that end with the purchase date"),
        ({"line.pricing.statistic": "lowest"}, "85% of the lowest close of the five sessions (Nasdaq trading days)"),
        ({"line.pricing.window": 1}, "85% of the close of the session (Nasdaq trading day) before the purchase date"),
        ({"line.pricing.window": 1, "line.pricing.timing": "through"}, "85% of the close of the purchase date"),
        ({"line.pricing.multiplier": 1}, "Purchase price: the mean close of"),
        ({"line.coverage.basis": "previous_quarter"}, "cash used in operations in the fiscal quarter before."),
        ({"line.coverage.basis": "to_date"}, "cash used in operations in that quarter through the purchase date."),
        (
            {"line.coverage.includes_interest": True},
            "cash used in operations and the interest paid on notes in that quarter. This percentage is called "
            "coverage. Interest that is due later in the quarter counts on the principal of the purchase date.",
        ),
        (
            {"line.coverage": {"percent": [100], "basis": "to_date", "includes_interest": True}},
            "through the purchase date. This percentage is called coverage. Interest that is due on the purchase date "
            "itself counts too.",
        ),
        (
            {"line.coverage": {"percent": [100], "basis": "previous_quarter", "includes_interest": True}},
            "before. This percentage is called coverage. Interest that is added to the principal does not count.",
        ),
        ({"notes[0].base_rate": 0.0, "notes[0].margin": 0.0}, "It bears no interest."),
        ({"notes[0].margin": 0.0}, "Interest is 4.75% a year, capped at 10%. That is"),
        ({"notes": []}, "Without draws, the opening cash lasts"),
        ({"line.conditions": []}, "on its purchase dates."),
        ({"line.coverage": None}, "draw. Purchase dates On the last session"),
        ({"milestones[polymer-265].probability": 1.0}, "polymer-265: sure to be reached. The median date is"),
        ({"third_party.annual_rate": 1.0}, "from third parties once a year on average"),
        ({"line.coverage.carry_forward": True}, "Coverage that a quarter leaves unused is carried forward."),
        ({"line.coverage": None, "line.conditions": None}, "no event keeps the company from selling"),
        ({"policy.cadence": "weekly"}, "13 from 2002-04-05 to 2002-06-28"),
        (
            {"policy.kind": "runway", "policy.target_months": 6},
            "requests the amount that restores cash to 6 months of expected burn. There",
        ),
        (
            {"policy": {"kind": "opportunistic", "target_months": 6, "price_trigger": 1.25}},
            "or the maximum that the limits allow if the stock closes at $3.75 or above",
        ),
        ({"policy": {"kind": "schedule", "amounts": [1e6] * 8}}, "listed amounts, $8.00 million in all"),
        ({"third_party.kind": "debt"}, "as debt, without shares"),
        ({"third_party": None}, "No financing by third parties"),
        ({"company.minimum_cash": 1e6}, "out of cash when its cash falls below $1.00 million"),
        (
            {"company.shares_authorized": 50_000_000},
            "does not allow that many. From a stock price of $7.94 it would.",
        ),
        ({"company.shares_authorized": 45_552_310}, "The charter allows no more shares."),
        ({"company.cash": 1e9}, "the opening cash lasts beyond the horizon"),
        (
            {"company.cash": 24.5e6, "burn.monthly": 1e6, "burn.steps": None},
            "the opening cash lasts beyond the horizon",
        ),
        (
            {"company.cash": 23.5e6, "burn.monthly": 1e6, "burn.steps": None},
            "the opening cash lasts until 16 March 2004",
        ),
        ({"company.cash": 2e6, "burn.monthly": 1e6}, "the opening cash lasts until 1 June 2002"),
        ({"milestones[0].price_jump": 0.2}, "2003 or earlier. The stock price then moves by +20%. - cyl"),
        ({"milestones[0].price_jump": -0.2}, "2003 or earlier. The stock price then moves by -20%. - cyl"),
        ({"milestones[0].price_jump": 0}, "24 February 2003 or earlier. - cylindrical-samples"),
        ({"burn.growth": 0.1}, "The average grows by 10% a year."),
        ({"events": None}, "The simulation has no such change."),
        ({"events.ceo_change.annual_rate": 0}, "changed. The simulation has no such change."),
        ({"notes": None}, "Notes None."),
        (
            {"notes[0].sweep": {"prepay_above": 2e7, "reborrow_below": 3e6}},
            "cash above $20.0 million prepays the note.",
        ),
        ({"notes[0].extension_probability": 0}, "due 30 August 2002. Interest is 5.75% a year"),
        ({"notes[0].rate_cap": None}, "base rate 4.75% plus margin 1%. That is $862,500 a year"),
        ({"price.impact": "dilution"}, "ex-issue price"),
        ({"line.start": "2004-01-02", "line.end": "2004-01-05"}, "There are no purchase dates."),
    ],
)
def test_the_words_follow_the_terms(changes, expected):
    assert expected in flowing(changes)


def test_lines_fit_a_hundred_columns_and_keep_hyphens():
    long = CASE.replace(
        {
            "policy.cadence": "daily", "notes[0].sweep": {"prepay_above": 2e7, "reborrow_below": 3e6},
            "company.name": "x" * 80, "title": "y " * 90 + "z", "line.investor": "A-long-name-of-many-parts " * 2 + "z",
        }
    )  # fmt: skip
    lines = describe(long).splitlines()
    assert max(map(len, lines)) <= 100
    assert not [line for line in lines if line.endswith("-")]


def test_lines_hang_under_the_text_of_their_item():
    sections = dict(part.split("\n", 1) for part in describe(CASE).split("\n\n")[1:])
    for head in ("Conditions", "Milestones", "Notes"):
        lines = sections[head].splitlines()
        assert any(line.startswith("    ") for line in lines)
        assert all(line.startswith("  - ") or (line[:4] == "    " and line[4] != " ") for line in lines)
    assert all(line[:2] == "  " and line[2] != " " for line in sections["Company"].splitlines())


@pytest.mark.parametrize(
    ("days", "expected"), [(1.0, "1 April 2002"), (30.5, "1 May 2002"), (999_999, "25 February 4740")]
)
def test_a_time_in_days_becomes_its_date(days, expected):
    """Day 1 ends with 1 April; 30.5 is half of 1 May."""
    changes = {"milestones[polymer-265].median_days": days, "milestones[polymer-265].p90_days": days + 1e-3}
    assert f"the median date is {expected};" in flowing(changes)


@pytest.mark.parametrize(
    ("basis", "day", "expected"),
    [
        ("quarter", "2002-04-15", "$3.00 million"),
        ("previous_quarter", "2002-04-15", "$3.00 million"),
        ("quarter", "2002-10-15", "$6.00 million"),
        ("previous_quarter", "2002-10-15", "$3.00 million"),
        ("to_date", "2002-04-15", "$500,000"),
        ("to_date", "2002-08-15", "$1.48 million"),  # July and 15 of August's 31 days
    ],
)
def test_the_coverage_table_counts_the_basis(basis, day, expected):
    """$1M a month, $2M from October on, and one purchase date in the middle of a month."""
    case = CASE.replace(
        {
            "burn": {
                "model": "lognormal", "monthly": 1e6, "volatility": 0.0,
                "steps": [{"date": "2002-10-01", "factor": 2}],
            },
            "line.coverage": {"percent": [100], "basis": basis},
            "policy": {"kind": "maximum", "cadence": "dates", "dates": [day]},
            "ranges": None,
        }
    )  # fmt: skip
    row = next(line for line in describe(case).splitlines() if day in line and "100%" in line)
    assert row.split("100%")[1].strip() == expected


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.1, "$0.10"), (2.5, "$2.50"), (0.0, "$0.00"), (3, "$3.00"), (0.1275, "$0.1275"), (0.125, "$0.125"),
     (0.12999, "$0.13"),
     (0.999, "$0.999"), (1.2345, "$1.23"), (1234.5, "$1,234.50"), (0.0001, "$0.0001"), (0.00002, "$0.00002")],
)  # fmt: skip
def test_a_price_has_at_least_two_decimals(amount, text):
    from sim.text.numbers import price

    assert price(amount) == text


def test_prices_of_inputs_are_written_as_prices():
    from sim.analysis.inputs import shown

    assert [shown(value, "$/share") for value in (0.1, 2.5, 3.0, 0.12755)] == ["$0.10", "$2.50", "$3.00", "$0.1275"]


LEGS = [{"series": "low", "window": 1, "timing": "through"}, {"window": 3}]


@pytest.mark.parametrize(
    ("legs", "said"), [(LEGS[:1], "the lesser of A and B"), (LEGS, "the least of A, B and C")], ids=["two", "three"]
)
def test_two_prices_have_a_lesser_and_more_a_least(legs, said):
    text = flowing({"line.pricing.lesser_of": legs, "line.pricing.multiplier": 1})
    legs_said = [
        "the mean close of the five sessions (Nasdaq trading days) before the purchase date",
        "the low of the purchase date",
        "the mean close of the three sessions before the purchase date",
    ]
    for letter, leg in zip("ABC", legs_said, strict=True):
        said = said.replace(letter, leg)
    assert f"Purchase price: {said}." in text


def test_fees_before_the_start_are_paid():
    stages = [{"date": date(2002, 3, 1), "cash": 5e5}, {"date": date(2002, 4, 1), "shares": 100}]
    text = flowing({"line.fees": {"staged": stages}})
    assert "Fees of $500,000 on 1 March 2002 are paid: they are before the simulation." in text
    assert "The company owes fees of 100 shares on 1 April 2002." in text
    assert "owes" not in flowing({"line.fees": {"staged": stages[:1]}})
    assert "are paid" not in flowing({"line.fees": {"staged": stages[1:]}})


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (0.5, "There is no floor price, but no draw at a close below $0.50."),
        (0.0, "There is no floor price."),
        (None, "There is no floor price."),
    ],
)
def test_a_lowest_tier_is_a_floor(first, said):
    tiers = (
        [] if first is None else [{"from_price": first, "max_per_draw": 1e6}, {"from_price": 2, "max_per_draw": 2e6}]
    )
    assert said in flowing({"line.tiers": tiers})


def test_a_tier_of_no_price_is_of_any_close():
    tiers = [{"from_price": 0, "max_per_draw": 1e6}, {"from_price": 0.5, "max_per_draw": 2e6}]
    assert "by the close of the date: at any close $1.00 million; from $0.50 $2.00 million" in flowing(
        {"line.tiers": tiers}
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "At a stock price of at least $0.65 the authorised shares suffice for the whole commitment."),
        (
            {"line.exchange_cap": {"shares": 5_000_000}},
            "The exchange cap leaves 5,000,000. They suffice from a stock price of $7.06 on.",
        ),
        (
            {"line.exchange_cap": {"share": 0.1999, "exempt_price": 2.5}},
            "The exchange cap (where no exemption applies) "
            "leaves 9,105,906. They suffice from a stock price of $3.88 on.",
        ),
        (
            {"line.registrations": [{"shares": 20_000_000, "effective": date(2002, 5, 1)}], "line.registered": True},
            "At a stock price of at least $1.76, the registration of shares allows the whole commitment.",
        ),
        (
            {
                "line.registrations": [{"shares": 20_000_000, "effective": date(2002, 5, 1)}],
                "line.registered": True,
                "line.exchange_cap": {"shares": 6_000_000},
            },
            "The exchange cap leaves 6,000,000.",
        ),
        ({"company.shares_authorized": 45_552_310}, "The charter allows no more shares."),
    ],
)
def test_shares_of_the_whole_commitment_meet_every_cap(changes, said):
    assert said in flowing(changes)


def test_what_windows_find_before_the_valuation_date():
    closes = {"price.closes": [2.5, 2.6, 2.7], "price.initial": None}
    found = "Windows that reach back before the valuation date find the 3 closes that the case gives, the last of them "
    others = "Windows of lows and VWAPs find the opening price there."
    assert f"{found}$2.70. " in flowing(closes)
    assert others not in flowing(closes)
    text = flowing(closes | {"price.initial": 2.0, "line.pricing.series": "vwap"})
    assert f"{found}$2.70; the opening price, $2.00, takes its place. {others}" in text


def test_volume_of_resampled_returns_does_not_depend_on_the_move():
    volume = {"price.volume": {"mean": 1e6, "return_loading": 0.25}}
    assert "is higher by 0.25 for a move of one standard deviation of the stock." in flowing(volume)
    price = {"model": "bootstrap", "initial": 3.0, "closes": [3.0 + 0.01 * (k % 9) for k in range(120)]}
    case = CASE.replace({"price": price, "burn.price_correlation": 0.0}).replace(volume)
    text = " ".join(describe(case).split())
    assert "does not depend on the size of the stock's move, as returns are resampled." in text
    (line,) = (line for line in warnings_of(case) if "volume" in line)
    assert line == '- price.volume.return_loading = 0.25 has no effect with model = "bootstrap".'
    assert not [line for line in warnings_of(case.replace({"price.volume.return_loading": 0})) if "volume" in line]


def test_conditions_are_named_where_there_are_any():
    assert "on which the conditions hold" in flowing()
    assert "on which the conditions hold" not in describe(load_case("sorrento-2020"))
