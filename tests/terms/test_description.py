"""The terms of a case in plain words: `fundrisk check`."""

import pytest

from sim.terms import describe, load_case

CASE = load_case("valence-2002")


def flowing(changes=None):
    """The description of the shipped case with changes, without line breaks."""
    return " ".join(describe(CASE.replace(changes or {})).split())


def test_the_shipped_case():
    text = flowing()
    for expected in [
        "Valence Technology, Inc.: the simulation starts on 1 April 2002 (FY2003 Q1) with $11.5 million of cash and "
        "ends on 31 March 2004.",
        "The company is out of cash when its cash falls below zero.",
        "Monthly cash use varies; its logarithm has a standard deviation of 0.25.",
        "From 1 October 2002 the average is multiplied by 0.92.",
        "Without draws and note payments, the opening cash lasts until 27 August 2002 at the average burn.",
        "up to $30.0 million of restricted stock from 1 April 2002 to 31 March 2004, on purchase dates on which the "
        "conditions hold.",
        "Purchase price: 85% of the mean close of the five sessions (Nasdaq trading days) before the purchase date. "
        "There is no floor price.",
        "Limits: at most $5.00 million a fiscal quarter. At $5.00 million a quarter, the commitment lasts six fiscal "
        "quarters. The term spans eight fiscal quarters.",
        "The company pays $25,000 of legal fees for each draw.",
        "On the last session of each fiscal quarter, the company requests the maximum that the limits allow. There are "
        "eight purchase dates. The draws of a fiscal quarter are limited to a percentage of the cash used in "
        "operations in that quarter.",
        "FY2003 Q3 2002-12-31 2002-12-31 75% $4.90 million",
        "265 Wh/l polymer: After 30 September 2002, no draw until the milestone polymer-265 is reached. The investor "
        "waives this condition with probability 60%.",
        "same CEO: No draw once the chief executive has changed. The simulation has 0.12 such changes a year on "
        "average. The investor never waives this condition.",
        "polymer-265: 95% probability of being reached. If reached, the median date is 29 July 2002 and the 90th "
        "percentile 24 February 2003.",
        "If reached, the time after cylindrical-samples has median 270 and 90th percentile 600 days.",
        "Interest has been paid to 31 December 2001.",
        "At a stock price of at least $0.65 the authorised shares suffice for the whole commitment.",
        "With probability 50%, Berg & Berg Enterprises, LLC then reduces the remaining commitment by the same amount.",
        "$15.0 million due 30 August 2002. With probability 90% it is extended to 30 September 2005. Interest is 5.75%",
        "so 54,447,690 can still be issued",
        "At this price the whole commitment is 11,764,706 shares, a dilution of 20.53%.",
    ]:
        assert expected in text
    assert "Warnings" not in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"line.commitment": 0}, "The line is off"),
        ({"line.max_per_period": None}, "Limits: no limit by fiscal quarter."),
        ({"line.pricing.floor": 0.5}, "purchase date. No draw at a purchase price below $0.50."),
        ({"line.minimum_draw": 250_000}, "Limits: at most $5.00 million a fiscal quarter; no draw below $250,000."),
        ({"line.legal_cost_per_draw": 0}, "eight fiscal quarters. Purchase dates"),
        ({"line.pricing.timing": "through"}, "the five sessions (Nasdaq trading days) that end with the purchase date"),
        ({"line.pricing.statistic": "lowest"}, "85% of the lowest close of the five sessions (Nasdaq trading days)"),
        ({"line.pricing.window": 1}, "85% of the close of the session (Nasdaq trading day) before the purchase date"),
        ({"line.pricing.window": 1, "line.pricing.timing": "through"}, "85% of the close of the purchase date"),
        ({"line.pricing.multiplier": 1}, "Purchase price: the mean close of"),
        ({"line.coverage.basis": "previous_quarter"}, "cash used in operations in the fiscal quarter before."),
        ({"line.coverage.basis": "to_date"}, "cash used in operations in that quarter through the purchase date."),
        ({"line.coverage.carry_forward": True}, "Coverage that a quarter leaves unused is carried forward."),
        ({"line.coverage": None, "line.conditions": None}, "the investor must always buy"),
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
        ({"burn.growth": 0.1}, "The average grows by 10% a year."),
        ({"events": None}, "The simulation has no such change."),
        ({"events.ceo_change.annual_rate": 0}, "changed. The simulation has no such change."),
        ({"notes": None}, "Notes None."),
        (
            {"notes[0].sweep": {"prepay_above": 2e7, "reborrow_below": 3e6}},
            "cash above $20.0 million prepays the note.",
        ),
        ({"notes[0].rate_cap": None}, "Interest is 5.75% a year (4.75% + 1%), $862,500 a year"),
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


@pytest.mark.parametrize(
    ("days", "expected"), [(1.0, "1 April 2002"), (30.5, "1 May 2002"), (999_999, "25 February 4740")]
)
def test_a_time_in_days_becomes_its_date(days, expected):
    """Day 1 ends with 1 April; 30.5 is half of 1 May."""
    changes = {"milestones[polymer-265].median_days": days, "milestones[polymer-265].p90_days": days + 1e-3}
    assert f"the median date is {expected} and" in flowing(changes)


@pytest.mark.parametrize(
    ("basis", "day", "expected"),
    [
        ("quarter", "2002-04-15", "$3.00 million"),
        ("previous_quarter", "2002-04-15", "$3.00 million"),
        ("to_date", "2002-04-15", "$500,000"),
        ("to_date", "2002-08-15", "$1.48 million"),  # July and 15 of August's 31 days
    ],
)
def test_the_coverage_table_counts_the_basis(basis, day, expected):
    """$1M a month, and one purchase date in the middle of a month."""
    case = CASE.replace(
        {
            "burn": {"model": "lognormal", "monthly": 1e6, "volatility": 0.0},
            "line.coverage": {"percent": [100], "basis": basis},
            "policy": {"kind": "maximum", "cadence": "dates", "dates": [day]},
            "ranges": None,
        }
    )
    row = next(line for line in describe(case).splitlines() if day in line and "100%" in line)
    assert row.split("100%")[1].strip() == expected
