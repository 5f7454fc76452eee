"""Where a case's figures together leave what numbers can hold: the last allowed value, and the first refused."""

import math
from datetime import date

import pytest
from scipy.optimize import brentq

import sim
from sim.terms import base, clause_tables, forecast
from sim.terms.problems import show
from sim.terms.ranges import BAD, Number, Whole
from sim.terms.schema import Terms, Values, keys
from sim.terms.stated import WAIVERS
from sim.verify.samples import plain_case

LAST_DAY = date(2032, 3, 31)
YEARS = ((LAST_DAY - date(2002, 4, 1)).days + 1) / 365.25
EDGE = 290 * math.log(10)
REACHED = {"probability": 1.0, "median_days": 10.0, "p90_days": 20.0}


def allowed(changes: dict) -> bool:
    try:
        plain_case({"horizon": LAST_DAY} | changes)
    except sim.CaseError:
        return False
    return True


def furthest(sd: float, drift: float, jumps: tuple[float, ...], impact: str) -> tuple[float, float]:
    """Lowest and highest log price: nine standard deviations, drift where it leads further, every jump either way."""
    median = (drift - sd**2 / 2) * YEARS
    away = 9 * sd * math.sqrt(YEARS) + sum(abs(math.log(1 + jump)) for jump in jumps)
    low, high = math.log(2.5) + min(0.0, median) - away, math.log(2.5) + max(0.0, median) + away
    return low - (15 * math.log(10) if impact == "dilution" else 0.0), high


@pytest.mark.parametrize("impact", ["none", "dilution"])
@pytest.mark.parametrize("jumps", [(0.0, 0.0), (9.0, 0.0), (-0.9, 0.0), (0.0, -0.99), (3.0, 50.0)])
@pytest.mark.parametrize("drift", [-8.0, 0.0, 10.0])
def test_prices_stay_numbers(drift, jumps, impact):
    """`jumps` are those of a milestone and of a change of CEO."""

    def room(sd: float) -> float:
        low, high = furthest(sd, drift, jumps, impact)
        return min(low + EDGE, EDGE - high)

    most = brentq(room, 1e-3, 10.0, xtol=1e-14)
    changes = {
        "price.drift": drift, "price.impact": impact, "milestones": [{"name": "m", "price_jump": jumps[0]} | REACHED],
        "events": {"ceo_change": {"annual_rate": 1.0, "price_jump": jumps[1]}},
    }  # fmt: skip
    assert allowed(changes | {"price.volatility": most * (1 - 1e-9)})
    assert not allowed(changes | {"price.volatility": most * (1 + 1e-9)})


def test_compensated_moves_keep_prices_above_what_numbers_can_hold():
    """By up to (1 - p)^j until a milestone comes, and by e^(-j rate t) until the CEO changes."""
    sure = {"milestones": [{"name": "m", "price_jump": 20.0} | REACHED]}
    assert allowed(sure)
    assert not allowed(sure | {"price.jumps": "compensated"})  # (2^-53)^20 = 1e-319
    likely = {"milestones": [{"name": "m", "price_jump": 20.0} | REACHED | {"probability": 0.9}]}
    assert allowed(likely | {"price.jumps": "compensated"})
    jump, low = 0.5, furthest(0.9, -0.1, (0.5,), "none")[0]  # volatility and drift of the plain case
    most = (low + EDGE) / jump / YEARS
    for rate, fits in ((most * (1 - 1e-9), True), (most * (1 + 1e-9), False)):
        change = {"ceo_change": {"annual_rate": rate, "price_jump": jump}}
        assert allowed({"price.jumps": "compensated", "events": change}) == fits


def steps(*rows: tuple[str, float]) -> dict:
    return {"burn.steps": [{"date": day, "factor": factor} for day, factor in rows]}


@pytest.mark.parametrize(
    ("month", "changes"),
    [
        (0, {"burn.growth": -0.9}),
        (359, {"burn.growth": 0.5}),
        (2, steps(("2002-06-01", 1000.0), ("2002-07-01", 0.001))),
        (3, steps(("2002-06-15", 1000.0)) | {"burn.growth": -0.99}),
    ],
    ids=["first", "last", "step", "after a step"],
)
def test_burn_stays_within_what_money_may_be(month, changes):
    """In one month alone it is the most that money may be."""
    growth = changes.get("burn.growth", 0.0)
    factor = 1000.0 if "burn.steps" in changes else 1.0
    most = 1e15 / factor / (1 + growth) ** (month / 12)
    assert allowed(changes | {"burn.monthly": most * (1 - 1e-9)})
    assert not allowed(changes | {"burn.monthly": most * (1 + 1e-9)})


def test_the_most_that_money_may_be_is_allowed():
    assert allowed({"burn.monthly": 1e15})


def test_the_longest_list_is_allowed():
    percent = {"percent": [100.0] * 1000}
    assert allowed({"line.coverage": percent})
    assert not allowed({"line.coverage": {"percent": [100.0] * 1001}})


@pytest.mark.parametrize(("ends", "fits"), [((0.0, 1.0), True), ((0.2, 0.2), True), ((-0.1, 0.5), False),
                                            ((0.5, 1.1), False)])  # fmt: skip
def test_the_range_of_waivers_lies_between_0_and_1(ends, fits):
    assert allowed({"ranges": {WAIVERS: list(ends)}}) == fits


def test_jumps_and_drift_keep_prices_below_what_numbers_can_hold():
    """With 72 milestones that each multiply the price by 101 the highest price is the first to leave."""
    milestones = [{"name": f"m{i}", "price_jump": 100.0} | REACHED for i in range(72)]
    most = brentq(lambda sd: EDGE - furthest(sd, 10.0, (100.0,) * 72, "none")[1], 1e-3, 1.6, xtol=1e-14)
    changes = {"price.drift": 10.0, "milestones": milestones}
    assert allowed(changes | {"price.volatility": most * (1 - 1e-9)})
    assert not allowed(changes | {"price.volatility": most * (1 + 1e-9)})


OPEN = math.nextafter  # OPEN(0, 1): above 0
#: The lowest and the highest value of the rules that several keys share.
SHARED = {
    "MONEY": (0.0, 1e15), "POSITIVE_MONEY": (OPEN(0, 1), 1e15), "SHARES": (1, 10**15),
    "SHARES_OR_ZERO": (0, 10**15), "PROBABILITY": (0.0, 1.0),
    "ANNUAL_RATE": (0.0, 1e4), "ANNUAL_VOLATILITY": (0.0, 10.0), "LOG_SD": (0.0, 10.0),
    "PRICE_JUMP": (OPEN(-1, 0), 100.0), "DAYS": (OPEN(0, 1), 1e6),
}  # fmt: skip
OF_PURCHASES = {
    "market_cap_share": (OPEN(0, 1), 1.0), "cooldown_sessions": (0, 250), "settlement_sessions": (0, 250),
}  # fmt: skip
#: The same of every key with a rule of its own.
BOUNDS = {
    "Company": {"fiscal_year_end_month": (1, 12), "shares_reserved": (0, 10**15)},
    "Price": {
        "initial": (1e-6, 1e9), "drift": (-10.0, 10.0), "jump_rate": (0.0, 252.0), "jump_mean": (-3.0, 3.0),
        "jump_sd": (0.0, 3.0), "mean_reversion": (OPEN(0, 1), 100.0), "vol_of_vol": (0.0, 10.0),
        "correlation": (-1.0, 1.0), "alpha": (0.0, OPEN(1, 0)), "beta": (0.0, OPEN(1, 0)),
        "degrees_of_freedom": (2.5, 1000.0), "block_days": (1.0, 50_000.0),
    },
    "TradingDay": {"overnight_share": (0.0, 0.9)},
    "Volume": {
        "mean": (OPEN(0, 1), 1e12), "sd": (0.0, 5.0), "persistence": (0.0, OPEN(1, 0)), "return_loading": (0.0, 3.0),
        "price_elasticity": (-3.0, 3.0),
    },
    "Leg": {"window": (1, 250), "count": (1, 250), "multiplier": (1e-6, 2.0)},
    "Step": {"factor": (0.0, 1000.0)},
    "Burn": {
        "growth": (-0.99, 100.0), "persistence": (OPEN(-1, 0), OPEN(1, 0)), "price_correlation": (-1.0, 1.0),
        "last_surprise": (-20.0, 20.0),
    },
    "Milestone": {"elapsed_days": (0.0, 1e5)},
    "Forecast": dict.fromkeys(("value", "p05", "p50", "p95"), (-1e+300, 1e+300)),
    "Pricing": {
        "window": (1, 250), "count": (1, 250), "multiplier": (1e-6, 2.0), "floor_of_close": (OPEN(0, 1), 1.0),
    },
    "Line": OF_PURCHASES, "Purchase": OF_PURCHASES, "Used": {}, "Registration": {}, "FeeStage": {},
    "EarningsBlackout": {"before": (0, 366), "after": (0, 366)},
    "ExchangeCap": {"share": (OPEN(0, 1), 1.0), "exempt_price": (OPEN(0, 1), 1e9)},
    "Ownership": {"share": (OPEN(0, 1), OPEN(1, 0)), "resale_sessions": (1, 10_000)},
    "Fees": {"percent": (0.0, 100.0), "share_multiplier": (OPEN(0, 1), 10.0)},
    "Tier": {"from_price": (0.0, 1e9), "multiplier": (1e-6, 2.0)},
    "VolumeBefore": {"share": (OPEN(0, 1), 100.0), "sessions": (1, 250)},
    "VolumeDuring": {"share": (OPEN(0, 1), 100.0)},
    "MultipleOf": {"times": (OPEN(0, 1), 1e6)},
    "Coverage": {"percent": (0.0, 1000.0)},
    "ThirdParty": {"discount": (0.0, OPEN(1, 0)), "price_sensitivity": (-20.0, 20.0)},
    "Response": {
        "cover_months": (0.0, 1200.0), "delay_months": (0, 120), "restore_months": (0.0, 1200.0),
        "one_off_months": (0.0, 1200.0),
    },
    "Bridge": {"trigger_months": (0.0, 1200.0), "target_months": (0.0, 1200.0), "rate": (0.0, 10.0)},
    "Waivers": {"price_sensitivity": (-20.0, 20.0)},
    "Note": {"margin": (-1.0, 1e4)},
    "Advance": {"delay_days": (0.0, 1e6)},
    "Flow": {"amount": (-1e15, 1e15), "delay_days": (0.0, 1e6), "growth": (-0.99, 100.0)},
    "Item": {
        "monthly": (-1e15, 1e15), "growth": (-0.99, 100.0), "persistence": (OPEN(-1, 0), OPEN(1, 0)),
        "price_correlation": (-1.0, 1.0), "lag_months": (0, 120),
    },
    "Policy": {
        "target_months": (0.0, 1200.0), "price_trigger": (OPEN(0, 1), 1e6), "trigger_sessions": (1, 250),
        "need_months": (0.0, 1200.0), "price_tilt": (-1200.0, 1200.0), "cover_months_high": (0.0, 1200.0),
    },
    "Simulation": {"paths": (1, 10**12), "seed": (0, 2**64 - 1)},
}  # fmt: skip
CLASSES = {
    name: part
    for part in (*vars(sim.terms).values(), *vars(clause_tables).values(), *vars(forecast).values())
    if isinstance(part, type) and issubclass(part, Terms) and part is not Terms
    for name in [part.__name__]
}
RULES = [(name, getattr(base, name), ends) for name, ends in SHARED.items()] + [
    (f"{table}.{word}", keys(CLASSES[table])[word].rule, ends)
    for table, words in BOUNDS.items()
    for word, ends in words.items()
]


def accepted(rule, value: float) -> bool:
    """Whether the rule takes the value, or a list with it."""
    complaints: list = []
    read = rule.read([value] if isinstance(rule, Values) else value, "x", lambda *said: complaints.append(said))
    assert (read is BAD) == bool(complaints)
    return read is not BAD


@pytest.mark.parametrize(("rule", "ends"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_every_number_has_its_bounds(rule, ends):
    low, high = ends
    whole = isinstance(low, int)
    below, beyond = (low - 1, high + 1) if whole else (math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
    assert [accepted(rule, value) for value in (below, low, high, beyond)] == [False, True, True, False]


def test_every_number_of_a_case_is_in_a_table():
    shared = {id(getattr(base, name)) for name in SHARED}
    for table in CLASSES.values():
        numbers = {
            word: rule
            for word, rule in ((word, key.rule) for word, key in keys(table).items())
            if isinstance(getattr(rule, "of", rule), Number | Whole) and getattr(rule, "noun", "") != "version"
        }
        own = {word for word, rule in numbers.items() if id(getattr(rule, "of", rule)) not in shared}
        assert own == set(BOUNDS.get(table.__name__, {})), table


@pytest.mark.parametrize("word", ["shares_outstanding", "shares_authorized", "shares_reserved"])
def test_shares_may_be_written_as_round_floats(word):
    rule = keys(sim.terms.Company)[word].rule
    assert [accepted(rule, value) for value in (45e6, 45e6 + 0.5)] == [True, False]


def test_a_date_in_quotes_is_a_date_only_as_people_write_it():
    """Python reads more: 20020401 without dashes."""
    assert allowed({"line.start": "2002-04-01"})
    assert not allowed({"line.start": "20020401"})


def test_listed_purchase_dates_need_their_amounts():
    policy = {"kind": "schedule", "cadence": "dates", "dates": ["2002-04-15", "2002-05-15"]}
    assert allowed({"policy": policy | {"amounts": [1.0, 2.0]}})
    assert not allowed({"policy": policy | {"amounts": [1.0]}})


def test_the_largest_table_of_ranges_and_one_that_is_no_pair():
    names = [f"milestones[m{i}].probability" for i in range(1000)]
    with pytest.raises(sim.CaseError) as caught:
        plain_case({"ranges": {"price.volatility": [0.5, 0.6, 0.7]}})
    assert (
        str(caught.value)
        == 'replace: ranges."price.volatility" = [0.5, 0.6, 0.7]: must be two numbers, the lower one first'
    )
    with pytest.raises(sim.CaseError) as caught:
        plain_case({"ranges": 5})
    assert str(caught.value).startswith("replace: ranges = 5: must be a table of dotted keys, each with two numbers")
    milestones = [{"name": f"m{i}", "probability": 0.5, "median_days": 10, "p90_days": 20} for i in range(1000)]
    assert allowed({"milestones": milestones, "ranges": {key: [0.1, 0.9] for key in names}})
    assert not allowed({"milestones": milestones, "ranges": {key: [0.1, 0.9] for key in [*names, "price.drift"]}})


@pytest.mark.parametrize(("value", "kept"), [(0.8, True), (1.2, True), (0.79, False), (1.21, False)])
def test_a_number_on_the_end_of_its_range_keeps_it(value, kept):
    case = plain_case({"price.volatility": 1.0, "ranges": {"price.volatility": [0.8, 1.2]}})
    assert (case.replace({"price.volatility": value}).ranges is not None) == kept


def test_a_list_is_no_list_of_lists():
    case = plain_case({"line.coverage": {"percent": [100.0, 50.0]}})
    assert case.replace({"line.coverage.percent[1]": 75.0}).line.coverage.percent == (100.0, 75.0)
    with pytest.raises(sim.CaseError, match=r"line\.coverage\.percent is not a list of lists, so \[0\] does not apply"):
        case.replace({"line.coverage.percent[1][0]": 75.0})


def test_values_are_shown_two_levels_deep():
    assert show([[[1]]]) == "[[[...]]]"
    assert show({"a": {"b": {"c": 1}}}) == "{ a = { b = { ... } } }"
    assert show([1, 2, 3, 4, 5]) == "[1, 2, 3, 4, ...]"
