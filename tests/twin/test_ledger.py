"""The twin's own checks, worked out by hand: what it agrees with is the documents, not the simulator."""

import json
from datetime import date

import pytest

from tests.support.small_case import MILESTONE, changed, small_case, small_history
from tests.twin.ledger import MissingHistory, counted_draws, measures, raised_by_quarter, read, replay

# ------------------------------------------------------------------------------------------------ worked by hand


def test_the_real_draw_of_2_december_2002():
    case = changed(
        small_case(),
        {
            "horizon": date(2002, 12, 31),
            "line.commitment": 30_000_000,
            "line.pricing.window": 5,
            "line.coverage.percent": [100, 100, 75, 50],
            "policy.dates": [date(2002, 12, 2)],
        },
    )
    history = small_history(case, close=1.50)
    history["cash_used"] |= {"2002-10": 2_300_000, "2002-11": 2_300_000, "2002-12": 2_300_000}
    five_days = ["2002-11-22", "2002-11-25", "2002-11-26", "2002-11-27", "2002-11-29"]  # the 28th is Thanksgiving
    history["closes"] |= dict(zip(five_days, [1.30, 1.35, 1.32, 1.36, 1.34], strict=True))
    (draw,) = replay(case, history)["draws"]
    assert draw["average"] == pytest.approx(1.3340, abs=1e-12)
    assert draw["price"] == pytest.approx(1.1339, abs=1e-12)
    assert (draw["amount"], draw["shares"]) == (5_000_000, 4_409_560)
    assert (draw["binding"], draw["close"], draw["request"]) == ("period cap", 1.50, None)
    # 75% of the whole quarter's 6.9M is 5.175M; on cash used up to the day it would not have been enough.
    (to_date,) = replay(changed(case, {"line.coverage.basis": "to_date"}), history)["draws"]
    assert to_date["binding"] == "coverage"
    assert to_date["amount"] == pytest.approx(0.75 * (2_300_000 * 2 + 2_300_000 * 2 / 31), abs=1e-6)


def test_two_quarters_by_hand_with_a_cash_out_inside_a_month():
    # April, May      2,500,000 - 600,000 - 620,000 = 1,280,000
    # 28 June         28 of 30 days of 900,000: 440,000. Price 0.85 x 2 = 1.70. Coverage 50% of 2,120,000 = 1,060,000 is
    #                 less than the commitment of 1,200,000: 623,529.41 -> 623,529 shares; after legal cost 1,480,000
    # 30 June         1,420,000; interest 181 days: 1,000,000 x 0.06 x 181 / 365 = 29,753.42 -> 1,390,246.58
    # July, August    -930,000 = 460,246.58; the note is extended, nothing is paid on 15 August
    # September       20,000 a day: 360,246.58 above the minimum last 18.0123 days after t = 153, so into the 19th
    # 30 September    -139,753.42, which is 239,753.42 below the minimum; 140,000 are left of the commitment and are
    #                 drawn in the record, after the cash-out: -19,753.42 after legal cost
    case = small_case()
    ledger = replay(case, small_history(case))
    interest = 1_000_000 * 0.06 * 181 / 365
    first, second = ledger["draws"]
    assert (first["date"], first["amount"], first["shares"], first["binding"]) == (
        "2002-06-28",
        1_060_000,
        623_529,
        "coverage",
    )
    assert (second["date"], second["shares"], second["binding"]) == ("2002-09-30", 82_353, "commitment")
    assert second["amount"] == pytest.approx(140_000)
    expected = [1_900_000, 1_280_000, 1_420_000 - interest, 1_110_000 - interest, 490_000 - interest, 10_000 - interest]
    assert list(ledger["cash_month_end"].values()) == pytest.approx(expected, abs=1e-6)
    assert round(ledger["cash_month_end"]["2002-06"], 2) == 1_390_246.58
    assert ledger["cash_out"]["days"] == pytest.approx(153 + (390_000 - interest) / 20_000, abs=1e-9)
    assert (ledger["cash_out"]["date"], ledger["cash_out"]["cause"]) == ("2002-09-19", "operations")
    assert (ledger["raised"], ledger["shares_issued"], ledger["ending_cash"]) == (1_060_000, 623_529, 100_000)
    assert ledger["funding_gap"] == pytest.approx(210_000 + interest, abs=1e-6)
    assert ledger["discount_cost"] == pytest.approx(623_529 * 0.30)
    got = measures(case, ledger)
    assert got["dilution"] == 623_529 / 20_623_529
    assert got["effective_price"] == pytest.approx(1.70, abs=1e-5)
    assert got["effective_discount"] == pytest.approx(0.15, abs=1e-6)
    assert got["runway_months"] == pytest.approx(171.012329 / 30.4375)
    assert got["draws"] == 1
    assert raised_by_quarter(case, ledger) == {"FY2003 Q1": 1_060_000, "FY2003 Q2": 0.0}


def test_principal_that_cannot_be_paid_is_a_cash_out_on_its_day():
    # 15 August: 1,390,246.58 - 310,000 - 300,000 = 780,246.58; 46 more days of interest are 7,561.64; then principal.
    case = small_case()
    ledger = replay(case, small_history(case) | {"extended": []})
    balance = 1_390_000 + 20_000 + 10_000 - 1_000_000 * 0.06 * (181 + 46) / 365 - 610_000 - 1_000_000
    assert ledger["cash_out"] == {"days": 137.0, "date": "2002-08-15", "cause": "principal"}
    assert ledger["ending_cash"] == pytest.approx(balance, abs=1e-6)
    assert measures(case, ledger)["draws"] == 1


def test_interest_that_cannot_be_paid_comes_before_principal():
    # With 678,000 more used in July, 102,246.58 are there on 15 August, and 7,561.64 of interest are due.
    case = small_case()
    history = changed(small_history(case), {"cash_used.2002-07": 988_000, "extended": []})
    assert replay(case, history)["cash_out"] == {"days": 137.0, "date": "2002-08-15", "cause": "interest"}


def test_legal_cost_can_break_the_minimum_and_its_draw_counts():
    # 28 June: 440,000 before, 1,500,000 with the draw; legal cost of 1,450,000 leaves 50,000.
    case = changed(small_case(), {"line.legal_cost_per_draw": 1_450_000})
    ledger = replay(case, small_history(case))
    assert ledger["cash_out"] == {"days": 89.0, "date": "2002-06-28", "cause": "operations"}
    assert (ledger["raised"], ledger["ending_cash"]) == (1_060_000, 100_000)
    assert [draw["date"] for draw in counted_draws(case, ledger)] == ["2002-06-28"]


def test_operations_that_break_the_minimum_on_a_purchase_date_come_before_the_draw():
    # Minimum 500,000 is passed two days before 28 June, when 30,000 a day have left 440,000.
    case = changed(small_case(), {"company.minimum_cash": 500_000})
    ledger = replay(case, small_history(case))
    assert ledger["cash_out"]["days"] == pytest.approx(87.0)
    assert (ledger["raised"], ledger["draws"][0]["amount"]) == (0.0, 1_060_000)


def test_opening_below_the_minimum_is_a_cash_out_at_once():
    case = changed(small_case(), {"company.cash": 99_999})
    ledger = replay(case, small_history(case))
    assert ledger["cash_out"] == {"days": 0.0, "date": "2002-04-01", "cause": "operations"}
    assert ledger["raised"] == 0
    assert measures(case, ledger)["effective_price"] is None


# ------------------------------------------------------------------------------------------------ limits, one by one

CONDITION = {"name": "gen-2 done", "kind": "milestone", "milestone": "gen-2"}
SAME_CEO = {"name": "same CEO", "kind": "same_ceo"}
CALM = {"name": "calm", "kind": "no_adverse_change"}


# 28 June 2002 is t = 89, 30 September t = 183.
@pytest.mark.parametrize(
    ("changes", "happened", "expected"),
    [
        ({}, {}, ["coverage", "commitment"]),
        ({"line.coverage": None}, {}, ["commitment", "commitment"]),
        ({"line.max_per_period": 1_060_000}, {}, ["period cap", "commitment"]),  # a tie: the earlier one
        ({"line.pricing.floor": 1.7}, {}, ["coverage", "commitment"]),
        ({"line.pricing.floor": 1.75}, {}, ["floor price", "floor price"]),
        ({"company.shares_authorized": 20_600_000}, {}, ["authorized shares"] * 2),
        ({"line.minimum_draw": 1_000_000}, {}, ["coverage", "minimum draw"]),
        # A limit that is used up keeps its own reason, and so does a request of nothing.
        ({"line.minimum_draw": 5e5, "line.max_per_period": 0}, {}, ["period cap"] * 2),
        ({"line.minimum_draw": 5e5, "line.commitment": 1_060_000}, {}, ["commitment"] * 2),
        ({"line.minimum_draw": 5e5, "line.coverage.percent": [0]}, {}, ["coverage"] * 2),
        ({"line.minimum_draw": 5e5, "company.shares_authorized": 20_000_000}, {}, ["authorized shares"] * 2),
        ({"line.minimum_draw": 5e5, "policy": {"kind": "schedule", "amounts": [0, 0]}}, {}, ["policy"] * 2),
        (
            {"line.minimum_draw": 5e5, "policy": {"kind": "schedule", "amounts": [1e5, 0]}},
            {},
            ["minimum draw", "policy"],
        ),
        ({"line.conditions": [CONDITION]}, {}, ["condition: gen-2 done"] * 2),
        ({"line.conditions": [CONDITION]}, {"waived": ["gen-2 done"]}, ["coverage", "commitment"]),
        ({"line.conditions": [CONDITION]}, {"achieved_days": {"gen-2": 89.0}}, ["coverage", "commitment"]),
        ({"line.conditions": [CONDITION]}, {"achieved_days": {"gen-2": 89.1}}, ["condition: gen-2 done", "coverage"]),
        ({"line.conditions": [CONDITION | {"after": date(2002, 6, 28)}]}, {}, ["coverage", "condition: gen-2 done"]),
        ({"line.conditions": [SAME_CEO]}, {"ceo_change_days": 89.0}, ["condition: same CEO"] * 2),
        ({"line.conditions": [SAME_CEO]}, {"ceo_change_days": 89.1}, ["coverage", "condition: same CEO"]),
        ({"line.conditions": [CALM]}, {"adverse_change_days": 79.0}, ["coverage", "commitment"]),  # over at 89
        ({"line.conditions": [CALM]}, {"adverse_change_days": 79.1}, ["condition: calm", "coverage"]),
        (
            {"line.conditions": [SAME_CEO, CALM]},
            {"ceo_change_days": 1, "adverse_change_days": 88},
            ["condition: same CEO"] * 2,
        ),
        ({"policy": {"kind": "schedule", "amounts": [100_000, 0]}}, {}, ["policy", "policy"]),
        ({"policy": {"kind": "runway", "target_months": 2}}, {}, ["policy", "commitment"]),
        ({"policy": {"kind": "opportunistic", "target_months": 2, "price_trigger": 1}}, {}, ["coverage", "commitment"]),
        ({"policy": {"kind": "opportunistic", "target_months": 2, "price_trigger": 1.1}}, {}, ["policy", "commitment"]),
        ({"line.start": date(2002, 7, 1), "line.commitment": 300_000}, {}, ["commitment"]),
        ({"line.end": date(2002, 9, 29)}, {}, ["coverage"]),
    ],
)
def test_what_binds(changes, happened, expected):
    events = {"adverse_change": {"annual_rate": 1, "duration_days": 10}}
    case = changed(small_case() | {"milestones": [MILESTONE], "events": events}, changes)
    got = [draw["binding"] for draw in replay(case, small_history(case) | happened)["draws"]]
    assert got == expected


def test_the_runway_policy_asks_for_what_is_missing():
    # 28 June: 2 x 600,000 - 440,000
    case = changed(small_case(), {"policy": {"kind": "runway", "target_months": 2}})
    first = replay(case, small_history(case))["draws"][0]
    assert (first["request"], first["amount"]) == (760_000, 760_000)


@pytest.mark.parametrize(
    ("basis", "first", "second"),
    [
        ("quarter", 1_060_000, 765_000),  # 600 + 620 + 900 and 310 + 620 + 600
        ("to_date", 0.5 * (1_220_000 + 840_000), 765_000),  # 28 of June's 30 days; the whole of September
        ("previous_quarter", 900_000, 1_060_000),  # January to March are expected months of 600,000
    ],
)
def test_the_basis_of_coverage(basis, first, second):
    case = changed(small_case(), {"line.coverage.basis": basis, "line.commitment": 9e6})
    amounts = [draw["amount"] for draw in replay(case, small_history(case))["draws"]]
    assert amounts == pytest.approx([first, second])


def test_coverage_carries_forward_what_earlier_quarters_of_the_term_left():
    # The term starts in November 2001: its first two quarters are outside the span, 100% and then 50% of 1,800,000
    # unused. Q1: 50% of 2,120,000 more is 3,760,000, of which 1,000,000 (period cap) is drawn. Q2: 765,000 more.
    case = changed(
        small_case(),
        {
            "line.start": date(2001, 11, 20),
            "line.commitment": 9e6,
            "line.coverage": {"percent": [100, 50], "carry_forward": True},
            "line.max_per_period": 1_000_000,
        },
    )
    assert [draw["binding"] for draw in replay(case, small_history(case))["draws"]] == ["period cap"] * 2
    del case["line"]["max_per_period"]
    case["line"]["commitment"] = 1e8
    amounts = [draw["amount"] for draw in replay(case, small_history(case))["draws"]]
    assert amounts == pytest.approx([3_760_000, 765_000])


def test_two_draws_of_a_quarter_share_its_limits():
    case = changed(small_case(), {"policy.dates": [date(2002, 6, 3), date(2002, 6, 4)], "line.max_per_period": 800_000})
    draws = replay(case, small_history(case))["draws"]
    assert [(draw["amount"], draw["binding"]) for draw in draws] == [(800_000, "period cap"), (0.0, "period cap")]


def test_windows():
    # Sessions 3, 4, 5 April 2002 are the third to fifth; the window of the second session reaches before the opening.
    case = changed(small_case(), {"policy.dates": [date(2002, 4, 2), date(2002, 4, 5)], "line.pricing.window": 3})
    history = small_history(case)
    days = ["2002-04-01", "2002-04-02", "2002-04-03", "2002-04-04", "2002-04-05"]
    history["closes"] |= dict(zip(days, [1.0, 3.0, 4.0, 5.0, 9.0], strict=True))
    for timing, statistic, expected in [
        ("before", "mean", [(2 + 2 + 1) / 3, 4.0]),
        ("through", "mean", [2.0, 6.0]),
        ("before", "lowest", [1.0, 3.0]),
        ("through", "lowest", [1.0, 4.0]),
    ]:
        pricing = {"line.pricing.timing": timing, "line.pricing.statistic": statistic}
        draws = replay(changed(case, pricing), history)["draws"]
        assert [draw["average"] for draw in draws] == expected


def test_third_party_money_and_the_investors_option():
    # 28 June, before the draw: 600,000 at 2.00 x 0.9 = 333,333 shares; the commitment falls to 600,000 and then binds.
    case = small_case() | {"third_party": {"kind": "equity", "discount": 0.1}}
    deal = {"month": "2002-06", "amount": 600_000, "reduces_line": True}
    history = small_history(case) | {"third_party": [deal]}
    ledger = replay(case, history)
    assert (ledger["draws"][0]["amount"], ledger["draws"][0]["binding"]) == (600_000, "commitment")
    unreduced = small_history(case) | {"third_party": [deal | {"reduces_line": False}]}
    assert replay(case, unreduced)["draws"][0]["amount"] == 1_060_000
    later = changed(case, {"line.start": date(2002, 7, 1)})  # before the term there is no option to take up
    assert replay(later, history)["draws"][0]["amount"] == 765_000
    tight = changed(case, {"company.shares_authorized": 20_100_000})
    got = replay(tight, history)  # 100,000 shares at 1.80 are 180,000, and nothing is left to sell on the line
    assert (got["draws"][0]["amount"], got["draws"][0]["binding"]) == (0.0, "authorized shares")
    assert got["cash_month_end"]["2002-06"] == pytest.approx(380_000 + 180_000 - 1_000_000 * 0.06 * 181 / 365)
    debt = changed(tight, {"third_party.kind": "debt"})
    assert replay(debt, history)["draws"][0]["amount"] == pytest.approx(100_000 * 1.7)


def test_a_revolving_note_is_prepaid_interest_first_and_borrowed_again_until_maturity():
    # 30 April: 1,900,000 is 700,000 above; 120 days of interest at 6% are 19,726.03, the rest repays principal.
    # 31 May: 1,200,000 - 620,000 = 580,000 is 70,000 below and borrowed again.
    case = changed(
        small_case(),
        {
            "notes.0.sweep": {"prepay_above": 1_200_000, "reborrow_below": 650_000},
            "line.commitment": 0,
            "horizon": date(2002, 5, 31),
        },
    )
    ledger = replay(case, small_history(case))
    assert ledger["cash_month_end"] == pytest.approx({"2002-04": 1_200_000, "2002-05": 650_000})
    after = changed(case, {"notes.0.maturity": date(2002, 5, 31)})
    assert replay(after, small_history(case))["cash_month_end"]["2002-05"] == pytest.approx(580_000)


def test_a_missing_close_or_month_is_named():
    case, history = small_case(), small_history(small_case())
    del history["closes"]["2002-06-27"]
    with pytest.raises(MissingHistory, match="2002-06-27"):
        replay(case, history)
    history = small_history(case)
    del history["cash_used"]["2002-08"]
    with pytest.raises(MissingHistory, match="2002-08"):
        replay(case, history)


@pytest.mark.parametrize(
    ("cadence", "number", "last"),
    [
        ("quarter_end", 8, "2004-03-31"),
        ("month_end", 24, "2004-03-31"),
        ("weekly", 104, "2004-03-26"),
        ("daily", 506, "2004-03-31"),
    ],
)
def test_purchase_dates_of_the_term(cadence, number, last):
    # 31 March 2004 is a Wednesday, so its week ends past the term. Sessions: 192 + 252 + 62.
    case = changed(
        small_case(), {"horizon": date(2004, 3, 31), "line.end": date(2004, 3, 31), "policy.cadence": cadence}
    )
    got = read(case).purchase_dates
    assert (len(got), got[-1].isoformat()) == (number, last)


@pytest.mark.parametrize(
    ("month", "day", "label"),
    [(3, date(2002, 4, 1), "FY2003 Q1"), (3, date(2003, 3, 31), "FY2003 Q4"), (12, date(2002, 1, 1), "FY2002 Q1"),
     (12, date(2002, 12, 31), "FY2002 Q4"), (1, date(2002, 1, 31), "FY2002 Q4"), (1, date(2002, 2, 1), "FY2003 Q1"),
     (6, date(2002, 6, 30), "FY2002 Q4"), (9, date(2002, 12, 31), "FY2003 Q1"), (11, date(2002, 12, 1), "FY2003 Q1")],
)  # fmt: skip
def test_fiscal_quarters(month, day, label):
    terms = read(changed(small_case(), {"company.fiscal_year_end_month": month}))
    assert terms.quarter_label(terms.quarter(day)) == label


def test_expected_months_grow_and_step():
    terms = read(
        changed(small_case(), {"burn.growth": 0.21, "burn.steps": [{"date": date(2002, 6, 15), "factor": 0.5}]})
    )
    first = terms.first_month
    assert terms.level(first - 12) == pytest.approx(600_000 / 1.21, rel=1e-15)
    assert terms.level(first + 2) == pytest.approx(600_000 * 1.21 ** (2 / 12), rel=1e-15)  # the step is after 1 June
    assert terms.level(first + 6) == pytest.approx(600_000 * 1.1 * 0.5, rel=1e-15)


def test_dates_may_be_text_and_optional_keys_empty():
    # The canonical document of a case, as JSON has it, is read like the TOML file.
    case = small_case()
    text = json.loads(json.dumps(case, default=str)) | {"milestones": [], "third_party": None, "events": None}
    text["line"] |= {"conditions": None, "minimum_draw": None}
    assert replay(text, small_history(case)) == replay(case, small_history(case))
