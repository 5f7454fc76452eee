"""Lines of today: what their keys may not say, what `check` says of them, and what a kind of purchase takes over."""

from datetime import date

import pytest

from sim.terms import Case, CaseError, describe
from sim.terms.warnings import warnings_of
from tests.support.documents import REMOVED, changed, problems
from tests.support.valence import valence_2002

BERG = changed({})["line"]
KINDS = [{"name": "regular"}, {"name": "accelerated", "multiple_of": {"purchase": "regular", "times": 2}}]
AFTER = {"window": 3, "timing": "after", "multiplier": 0.97}


def lines(*names: str, **more) -> dict:
    """The change of the shipped case to several lines like its own."""
    return {("line",): REMOVED, ("lines",): [BERG | {"name": name} | more for name in names]}


ONE_PROBLEM = [
    (lines("A", "A"), 'lines[1].name = "A": must be a name that no other entry of lines has'),
    (lines("A", ""), "lines[1].name: missing; must be the name of the line, which no other one has"),
    ({("lines",): [BERG | {"name": "A"}]}, 'lines = ["A"]: must be absent, as the case has [line]'),
    ({("line",): REMOVED}, "line: missing; must be a table, unless [[lines]] lists the lines"),
    (
        {("line", "commitment"): REMOVED},
        "line.commitment: missing; must be a number from 0 to 1e15, unless max_shares is there",
    ),
    (
        {("line", "purchases"): KINDS[::-1]},
        'line.purchases[accelerated].multiple_of.purchase = "regular": must be a purchase of this line that is listed '
        "before it: none is",
    ),
    (
        lines("A", purchases=KINDS)
        | {("lines",): [BERG | {"name": "A", "purchases": KINDS}, BERG | {"name": "B", "purchases": KINDS[1:]}]},
        'lines[B].purchases[accelerated].multiple_of.purchase = "regular": must be a purchase of this line that is '
        "listed before it: none is",
    ),
    (
        {("line", "tiers"): [{"from_price": 2}, {"from_price": 1}]},
        "line.tiers[1].from_price = 1.0: must be above that of the row before it, 2",
    ),
    ({("line", "max_shares_per_draw"): -5}, "line.max_shares_per_draw = -5: must be a whole number from 1 to 1e15"),
    ({("line", "max_shares"): 0}, "line.max_shares = 0: must be a whole number from 1 to 1e15"),
    (
        {("line", "pricing"): AFTER, ("policy", "dates"): [date(2004, 3, 29)]},
        'line.pricing.timing = "after": must not be "after": no purchase date settles by horizon, 2004-03-31',
    ),
    (
        {("line", "pricing"): AFTER | {"window": 200}, ("line", "end"): date(2002, 12, 31)},
        "line.pricing.window = 200: must be at most 192, the sessions of the term",
    ),
    (
        {("line", "pricing", "below_floor"): "drop_sessions"},
        'line.pricing.below_floor = "drop_sessions": must be "skip", as timing is not "after"',
    ),
    (
        {("line", "exchange_cap"): {"shares": 10, "vote": "holders"}},
        'line.exchange_cap.vote = "holders": must be the name of a milestone: polymer-265, cylindrical-samples, '
        "licence, generation-two",
    ),
    (
        {("line", "exchange_cap"): {}},
        "line.exchange_cap.shares: missing; must be a whole number from 1 to 1e15, unless share is there",
    ),
    (
        {("line", "registrations"): [{"shares": 10, "milestone": "S-1"}]},
        'line.registrations[0].milestone = "S-1": must be the name of a milestone: polymer-265, cylindrical-samples, '
        "licence, generation-two",
    ),
    (
        {("line", "registrations"): [{"shares": 10}]},
        "line.registrations[0].effective: missing; must be a date from 1975-01-01 to 2199-12-31, unless milestone "
        "names a milestone",
    ),
    (
        {("line", "blackouts"): [{"from": date(2002, 5, 2), "to": date(2002, 5, 1)}]},
        "line.blackouts[0].to = 2002-05-01: must be on or after from, 2002-05-02",
    ),
    (
        {("line", "used"): {"amount": 4e7}},
        "line.used.amount = 40000000.0: must be at most line.commitment, 30000000",
    ),
    (
        {("line", "purchases"): [{"name": "put", "policy": {"dates": [date(2002, 6, 29)]}}]},
        "line.purchases[put].policy.dates[0] = 2002-06-29: must be a day on which Nasdaq trades",
    ),
    (
        {("policy", "trigger_over"): "average"},
        'policy.trigger_sessions: missing; must be a whole number from 1 to 250, as trigger_over = "average" needs it',
    ),
]


@pytest.mark.parametrize(("changes", "expected"), ONE_PROBLEM, ids=[line[:60] for _, line in ONE_PROBLEM])
def test_each_problem_has_one_line(changes, expected):
    assert problems(changed(changes)) == [f"x.toml: {expected}"]


def test_a_case_without_newer_keys_keeps_its_hash():
    assert valence_2002().sha256.startswith("b3a56d2cdf5b4373")


def test_a_kind_of_purchase_takes_over_what_it_leaves_out():
    case = Case.from_dict(changed({
        ("line", "max_per_draw"): 1e6, ("line", "purchases"): [
            {"name": "regular", "policy": {"cadence": "weekly"}},
            {"name": "put", "max_per_draw": 2e6, "pricing": {"window": 1, "multiplier": 0.9}},
        ],
    }))  # fmt: skip
    (line, regular, weekly), (_, put, dates) = case.purchases
    assert line is case.line
    assert (regular.max_per_draw, regular.pricing) == (1e6, line.pricing)
    assert (put.max_per_draw, put.pricing.multiplier, put.policy) == (2e6, 0.9, case.policy)
    assert (len(weekly), len(dates)) == (104, 8)
    assert set(case.purchase_dates) == {*weekly, *dates}
    assert Case.from_dict(case.to_dict()) == case


def test_the_day_before_a_key_that_is_a_word_of_python():
    case = Case.from_dict(changed({("line", "blackouts"): [{"from": "2002-05-01", "to": "2002-05-02"}]}))
    assert case.line.blackouts[0].from_ == date(2002, 5, 1)
    assert case.to_dict()["line"]["blackouts"] == [{"from": "2002-05-01", "to": "2002-05-02"}]
    assert case.replace({"line.blackouts[0].from": date(2002, 4, 30)}).line.blackouts[0].from_ == date(2002, 4, 30)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {("line", "max_shares"): 90_000_000},
            "- line.max_shares = 90,000,000 can never bind: the charter leaves 54,447,690 shares to issue.",
        ),
        (
            {("line", "max_shares_per_draw"): 90_000_000},
            "- line.max_shares_per_draw = 90,000,000 can never bind: at most 54,447,690 shares are left to issue.",
        ),
        (
            {("line", "exchange_cap"): {"shares": 60_000_000}},
            "- line.exchange_cap.shares = 60,000,000 can never bind: at most 54,447,690 shares are left to issue.",
        ),
        (
            {("line", "max_per_draw"): 6e6},
            "- line.max_per_draw = 6,000,000 can never bind: it is above line.max_per_period.",
        ),
        (
            {("line", "cooldown_sessions"): 5},
            "- line.cooldown_sessions = 5 can never bind: purchase dates are further apart.",
        ),
        (
            {("line", "blackouts"): [{"from": date(2002, 5, 1), "to": date(2002, 5, 3)}]},
            "- line.blackouts[0] from 1 May 2002 to 3 May 2002 can never bind: it holds no purchase date.",
        ),
        (
            {("line", "registrations"): [{"shares": 10, "effective": date(2005, 1, 1)}]},
            "- line.registrations[0].effective "
            "= 2005-01-01 is after the last purchase date, 2004-03-31: it has no effect.",
        ),
    ],
)
def test_check_names_what_can_never_bind(changes, expected):
    assert expected in list(warnings_of(Case.from_dict(changed(changes))))
    assert not [said for said in warnings_of(valence_2002()) if "never bind" in said]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({("line", "exchange_cap"): {"shares": 8_000_000}}, "at most 8,000,000 shares under the line, and the"),
        (
            {("line", "exchange_cap"): {"shares": 50, "exempt_price": 1.2, "average": "draw"}},
            "at most 50 shares under the line, unless the price of the draw is at least $1.20, and the",
        ),
        (
            {("line", "tiers"): [{"from_price": 0.25}]},
            "limits by the close of the date: from $0.25 without other limits; at most",
        ),
    ],
)
def test_check_leaves_out_what_a_table_does_not_say(changes, words):
    assert words in " ".join(describe(Case.from_dict(changed(changes))).split())


def test_check_says_every_key_of_a_line():
    case = Case.from_dict(changed({
        ("line", "signing"): date(2002, 3, 12), ("line", "period"): "month", ("line", "max_shares"): 8_000_000,
        ("line", "used"): {"amount": 250_000, "shares": 348_721, "this_period": 7_000, "holdings": 100_001},
        ("line", "blackouts"): [{"from": date(2002, 8, 1), "to": date(2002, 8, 12)}],
        ("line", "earnings_blackout"): {"before": 5, "after": 10},
        ("line", "registrations"): [{"shares": 1_970_000, "effective": date(2002, 6, 26)}],
        ("line", "exchange_cap"): {"share": 0.1999, "exempt_price": 2.5, "vote": "licence"},
        ("line", "ownership"): {"share": 0.0999, "resale_sessions": 10},
        ("line", "fees"): {"staged": [{"date": date(2002, 12, 2), "cash": 12_000, "shares": 5_000}],
                           "pro_rata_shares": 100_000, "percent": 2.5, "share_multiplier": 1.125},
        ("line", "tiers"): [{"from_price": 1, "max_shares_per_draw": 40_000, "max_per_draw": 9_000, "multiplier": 0.9}],
        ("line", "max_shares_per_draw"): 50_000, ("line", "market_cap_share"): 0.05,
        ("line", "cooldown_sessions"): 3, ("line", "settlement_sessions"): 2,
        ("line", "pricing", "floor_of_close"): 0.8, ("line", "pricing", "timing"): "after",
        ("line", "pricing", "below_floor"): "drop_sessions",
        ("policy", "kind"): "runway", ("policy", "target_months"): 6, ("policy", "price_tilt"): 1.5,
        ("policy", "cover_months_high"): 9, ("policy", "reserve_price"): 0.5, ("policy", "need_months"): 2,
    }))  # fmt: skip
    said = " ".join(describe(case).split())
    for words in (
        "Signed on 12 March 2002.", "it had issued 348,721 shares for $250,000, $7,000 of it in the current month",
        "still holds 100,001", "no notice from 1 August 2002 to 12 August 2002",
        "from five days before the end of a fiscal quarter to ten days after it", "at most $5.00 million per month",
        "at most 8,000,000 shares under the line", "only registered shares: 1,970,000 from 26 June 2002",
        "at most 19.99% of the opening shares under the line, unless the average price of all its shares is at least "
        "$2.50, until the milestone licence", "holds at most 9.99% of the shares, and sells within ten sessions",
        "$12,000 and 5,000 shares on 2 December 2002", "100,000 fee shares are delivered in proportion",
        "Each draw costs 2.5% of its amount", "1.125 shares are delivered for each that is paid for",
        "from $1.00 40,000 shares, $9,000, 90% of the price", "at most 50,000 shares per draw",
        "at most 5% of the market value", "no notice within three sessions of the last settlement",
        "Settlement is two sessions after the end of the window", "below 80% of the date's close",
        "value below the floor is left out", "+1.5 months for each unit of the log", "at most 9 months",
        "It requests nothing at a close below $0.50, unless cash covers less than 2 months.",
    ):  # fmt: skip
        assert words in said, words


def test_a_purchase_made_in_python_is_checked():
    from sim.terms import Purchase

    with pytest.raises(CaseError, match=r"Purchase: cooldown_sessions = -1: must be a whole number from 0 to 250"):
        Purchase(name="put", cooldown_sessions=-1)
