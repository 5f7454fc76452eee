"""The twin's sampler against published vectors, frequencies and the promises of SPEC section 6."""

import cmath
import math
from datetime import date
from itertools import pairwise

import pytest

from tests.support.small_case import MILESTONE, changed, small_case
from tests.twin import sampler as reference_luck
from tests.twin.ledger import read, replay, sample


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_the_generators_published_vectors(counter, key, expected):
    assert " ".join(f"{word:08x}" for word in reference_luck.philox(counter, key)) == expected


def test_fused_multiply_add_rounds_once():
    a = 1 + 2.0**-30
    assert a * a - (1 + 2.0**-29) == 0.0
    assert reference_luck.fma(a, a, -(1 + 2.0**-29)) == 2.0**-60


def test_another_horizon_or_cadence_sees_the_same_luck():
    case = small_case() | {"milestones": [MILESTONE], "events": {"ceo_change": {"annual_rate": 1, "price_jump": -0.5}}}
    longer = changed(case, {"horizon": date(2003, 6, 30), "policy.cadence": "daily"})
    short, long = sample(case, 5, 2**32 + 1), sample(longer, 5, 2**32 + 1)
    assert long["closes"].items() >= short["closes"].items()
    assert long["cash_used"].items() >= short["cash_used"].items()
    assert long["ceo_change_days"] == short["ceo_change_days"]
    assert sample(case, 5, 1)["closes"] != short["closes"] != sample(case, 5 + 2**32, 2**32 + 1)["closes"]


def test_the_brownian_path_has_independent_increments_of_variance_one():
    terms = read(changed(small_case(), {"horizon": date(2002, 5, 31)}))
    increments = []
    for path in range(400):
        luck = reference_luck.Luck(11, path)
        shocks = [luck.nth_normal(reference_luck.MONTH_END_NORMAL, k) for k in range(2)]
        walk = [0.0, *reference_luck.brownian_path(terms, luck, shocks)]
        increments.append([after - before for before, after in pairwise(walk)])
    n, days = len(increments), len(increments[0])
    squares = [x * x for row in increments for x in row]
    neighbours = [a * b for row in increments for a, b in pairwise(row)]
    assert days == 44
    assert abs(sum(squares) / (n * days) - 1) < 4 * math.sqrt(2 / (n * days))
    assert abs(sum(neighbours) / len(neighbours)) < 4 / math.sqrt(len(neighbours))


def test_draws_move_later_closes_to_the_ex_issue_price():
    case = changed(small_case(), {"policy.dates": [date(2002, 6, 3), date(2002, 7, 3)], "company.cash": 9e6})
    plain, moved = sample(case, 3, 4), sample(changed(case, {"price.impact": "dilution"}), 3, 4)
    outstanding, factor = 20_000_000, 1.0
    for draw in replay(case, moved)["draws"]:
        assert moved["closes"][draw["date"]] == plain["closes"][draw["date"]] * factor
        factor *= (outstanding + draw["shares"] * draw["price"] / draw["close"]) / (outstanding + draw["shares"])
        outstanding += draw["shares"]
    assert factor < 0.998
    assert moved["closes"]["2002-09-30"] == plain["closes"]["2002-09-30"] * factor


def test_events_have_their_models_frequencies():
    follower = MILESTONE | {"name": "next", "probability": 0.5, "follows": "gen-2"}
    events = {"common_loading": 0.4, "ceo_change": {"annual_rate": 0.7}}
    deals = {"annual_rate": 6.0, "median_amount": 1e6, "log_sd": 0.5, "kind": "debt", "reduction_probability": 0.25}
    case = small_case() | {
        "milestones": [follower, MILESTONE | {"probability": 0.8}],
        "events": events,
        "third_party": deals,
    }
    terms, n = read(changed(case, {"horizon": date(2002, 4, 30)})), 2000
    paths = [sample(terms, 1, path) for path in range(n)]
    checks = {
        "reached": (0.8, [("gen-2" in path["achieved_days"]) for path in paths]),
        "followed": (0.4, [("next" in path["achieved_days"]) for path in paths]),
        "by the median": (0.4, [path["achieved_days"].get("gen-2", 99) <= 10 for path in paths]),
        "by the 90% point": (0.72, [path["achieved_days"].get("gen-2", 99) <= 20 for path in paths]),
        "CEO within a year": (1 - math.exp(-0.7), [path["ceo_change_days"] <= 365.25 for path in paths]),
        "financing": (1 - math.exp(-0.5), [bool(path["third_party"]) for path in paths]),
    }
    for name, (expected, happened) in checks.items():
        error = math.sqrt(expected * (1 - expected) / n)
        assert abs(sum(happened) / n - expected) < 4 * error, name
    later = [path["achieved_days"] for path in paths if "next" in path["achieved_days"]]
    assert all(times["next"] > times["gen-2"] for times in later)


def test_the_first_month_number_by_number():
    # April 2002 has 22 sessions; path 2^33 + 7 has the words 7 and 2. Normals 0 and 1 of a call are from its first two
    # words of 32 bits, 2 and 3 from the other two.
    case = changed(small_case(), {"price.drift": 0.1, "burn.volatility": 0.25, "burn.price_correlation": -0.2})
    history = sample(case, seed=9, path=2**33 + 7)

    def normal(index, purpose, place):
        words = reference_luck.philox((7, 2, index, purpose), (9, 0))
        low, high = words[:2] if place < 2 else words[2:]
        radius = math.sqrt(-2 * math.log((high * 2**8 + low // 2**24 + 0.5) / 2**40))
        number = radius * cmath.exp(1j * math.pi / 2 * ((low % 2**22 + 0.5) / 2**22 - 0.5))
        pair = [number.imag, number.real * (-1) ** (low // 2**23)]
        return pair[(place + 1 + low // 2**22) % 2]

    def close(session, w):
        return 2.0 * math.exp((0.1 - 0.125) * session / 252 + 0.5 * w / math.sqrt(252))

    last = math.sqrt(22) * normal(0, 1, 0)
    w17 = last * 17 / 22 + math.sqrt(17 * 5 / 22) * normal(0, 2, 0)
    w19 = w17 + (last - w17) * 2 / 5 + math.sqrt(2 * 3 / 5) * normal(0, 2, 1)
    w18 = (w17 + w19) / 2 + math.sqrt(1 / 2) * normal(0, 2, 2)
    w20 = w19 + (last - w19) / 3 + math.sqrt(2 / 3) * normal(0, 2, 3)
    w21 = (w20 + last) / 2 + math.sqrt(1 / 2) * normal(1, 2, 0)
    got = [history["closes"][f"2002-04-{day}"] for day in (30, 29, 26, 25, 24)]
    expected = [close(22, last), close(21, w21), close(20, w20), close(19, w19), close(18, w18)]
    assert got == pytest.approx(expected, rel=1e-12)
    may_end = last + math.sqrt(22) * normal(0, 1, 1)
    assert history["closes"]["2002-05-31"] == pytest.approx(close(44, may_end), rel=1e-12)
    shock = -0.2 * normal(0, 1, 0) + math.sqrt(0.96) * normal(0, 3, 0)
    assert history["cash_used"]["2002-04"] == pytest.approx(600_000 * math.exp(0.25 * shock - 0.03125), rel=1e-12)


def test_burn_is_stationary_with_its_level_as_mean():
    burn = {"burn.volatility": 0.4, "burn.persistence": 0.8}
    terms, n = read(changed(small_case(), burn)), 2000
    lucks = [reference_luck.Luck(3, path) for path in range(n)]
    used = [list(reference_luck.cash_used(terms, luck, [0.0] * 6).values()) for luck in lucks]
    for month in (0, 5):
        ratios = [row[month] / 600_000 for row in used]
        logs = [math.log(ratio) + 0.08 for ratio in ratios]
        assert abs(sum(ratios) / n - 1) < 4 * math.sqrt(math.expm1(0.16) / n)
        assert abs(sum(x * x for x in logs) / n / 0.16 - 1) < 4 * math.sqrt(2 / n)
    lagged = sum((math.log(row[4] / 6e5) + 0.08) * (math.log(row[5] / 6e5) + 0.08) for row in used)
    assert abs(lagged / n - 0.8 * 0.16) < 4 * 0.16 * math.sqrt((1 + 0.8**2) / n)


def test_event_times_are_exponential_with_a_year_of_365_and_a_quarter_days():
    case = small_case() | {"events": {"ceo_change": {"annual_rate": 0.5}, "adverse_change": {"annual_rate": 2}}}
    history, luck = sample(case, 4, 5), reference_luck.Luck(4, 5)
    assert history["ceo_change_days"] == pytest.approx(-math.log(luck.uniform(6, 0, 0)) * 730.5, rel=1e-14)
    assert history["adverse_change_days"] == pytest.approx(-math.log(luck.uniform(6, 0, 1)) * 182.625, rel=1e-14)
