"""The sampler against closed forms, through the public interface alone. Answers are exact or by quadrature; estimates
must be within 4 of their own standard errors, at pinned seeds. Each has a twin with a planted fault, which must fail.
"""

import math

import numpy as np
import pytest

import sim
from sim.calendar import sessions
from sim.lowering import program as r
from tests.support.samples import (
    AMOUNT,
    DRIFT,
    S0,
    VOLATILITY,
    changed,
    errors,
    errors_of_chance,
    far,
    histories,
    one_draw,
    plain_case,
    plant_fault,
    prices,
    session,
)  # fmt: skip

PATHS, TRACED, SEED = 400_000, 25_600, 20020401
YEAR = 252


@pytest.fixture
def plant(monkeypatch):
    return lambda fault: plant_fault(monkeypatch, fault)


def without_half_variance(program):
    """The log's drift is mu, not mu - sigma^2/2."""
    factor = DRIFT / (DRIFT - VOLATILITY**2 / 2)
    return program._replace(days=changed(program.days, drift=program.days["drift"] * factor))


def year_of_365_days(program):
    days = changed(program.days, drift=program.days["drift"] * 252 / 365)
    return program._replace(days=days, price=program.price._replace(scale=program.price.scale * math.sqrt(252 / 365)))


def bridge_without_noise(program):
    inside = program.walk["ahead"] >= 0
    return program._replace(walk=changed(program.walk, root=np.where(inside, 0.0, program.walk["root"])))


# ------------------------------------------------------------------------------------------------------ price: one day

# S0 = 2.5, drift -0.10, volatility 0.90, one year of 252 sessions.
QUANTILES = {
    0.01: 0.18592305851252655, 0.05: 0.3433250776545005, 0.25: 0.8222177278229446, 0.5: 1.5087639385676013,
    0.75: 2.7685715660125143, 0.95: 6.630359302249413,
}  # fmt: skip


def price_after_a_year() -> dict[str, float]:
    mean, sd = 2.2620935450898987, 2.52698022066811
    close = prices(one_draw(YEAR), PATHS, SEED)
    found = {
        "mean": errors(close, mean),
        "variance": errors((close - mean) ** 2, sd**2),
        "E[1/S]": errors(1 / close, 0.9937290133539266),
        "mean of the log": errors(np.log(close / S0), DRIFT - VOLATILITY**2 / 2),
        "variance of the log": errors((np.log(close / S0) - DRIFT + VOLATILITY**2 / 2) ** 2, VOLATILITY**2),
    }
    return found | {f"quantile {p}": errors_of_chance(close <= q, p) for p, q in QUANTILES.items()}


def test_the_price_after_a_year():
    assert far(price_after_a_year()) == {}


@pytest.mark.parametrize("fault", [without_half_variance, year_of_365_days])
def test_a_wrong_price_after_a_year_is_seen(plant, fault):
    plant(fault)
    assert len(far(price_after_a_year())) > 3


def shares_for_a_fixed_amount(n: int) -> dict[str, float]:
    """E[shares] = amount / (multiplier S0) exp((sigma^2 - drift) t) for a window of one day."""
    case = one_draw(n, {"line.pricing.multiplier": 0.85})
    expected = AMOUNT / (0.85 * S0) * math.exp((VOLATILITY**2 - DRIFT) * n / YEAR)
    return {f"session {n}": errors(sim.simulate(case, paths=PATHS, seed=SEED)["shares_issued"], expected)}


@pytest.mark.parametrize("n", [1, 2, 21, 63, 126, 200])
def test_shares_for_a_fixed_amount(n):
    assert far(shares_for_a_fixed_amount(n)) == {}


@pytest.mark.parametrize("fault", [without_half_variance, year_of_365_days])
def test_wrong_shares_for_a_fixed_amount_are_seen(plant, fault):
    plant(fault)
    assert far(shares_for_a_fixed_amount(63)) != {}


# ------------------------------------------------------------------------------------------------------ price: a window

# Of the first n closes: E[A], E[A^2], E[1/A] of their mean A, and E[1/min].
WINDOWS = {
    1: (2.4990081333199, 6.26514729389198, 0.40144705561126, 0.401447055611),
    3: (2.49801679128082, 6.27137633106682, 0.40232264590056, 0.41860287894),
    5: (2.4970259735706, 6.27941442986702, 0.40331360422088, None),
}


def window_of_the_first_closes(n: int, timing: str, day: int) -> dict[str, float]:
    pricing = {"line.pricing.window": n, "line.pricing.timing": timing}
    mean = prices(one_draw(day, pricing), PATHS, SEED)
    first, second, inverse, lowest = WINDOWS[n]
    found = {"E[A]": errors(mean, first), "E[A^2]": errors(mean**2, second), "E[1/A]": errors(1 / mean, inverse)}
    if lowest is not None:
        least = prices(one_draw(day, pricing | {"line.pricing.statistic": "lowest"}), PATHS, SEED)
        found["E[1/min]"] = errors(1 / least, lowest)
    return found


@pytest.mark.parametrize("n", WINDOWS)
def test_windows_before_and_through_the_purchase_date(n):
    assert far(window_of_the_first_closes(n, "through", n)) == {}
    assert far(window_of_the_first_closes(n, "before", n + 1)) == {}


@pytest.mark.parametrize("n", WINDOWS)
def test_a_window_off_by_one_day_is_seen(n):
    assert far(window_of_the_first_closes(n, "through", n + 1)) != {}
    if n > 1:  # the day before the first close is the opening, which has one price and no spread
        assert far(window_of_the_first_closes(n, "before", n)) != {}


def test_days_inside_a_month_that_lie_on_a_straight_line_are_seen(plant):
    plant(bridge_without_noise)
    assert far(window_of_the_first_closes(3, "through", 3)) != {}


def increments_of_days(paths: int = TRACED) -> dict[str, float]:
    """Every day's standardised increment over a month's end: independent standard normals."""
    days = [session(n) for n in range(17, 28)]
    policy = {"kind": "schedule", "dates": [d.isoformat() for d in days], "amounts": [0] * len(days)}
    found = histories(plain_case({"policy": policy}), paths, SEED)
    logs = np.log([[history["closes"][day.isoformat()] for day in days] for history in found])
    z = (np.diff(logs) - (DRIFT - VOLATILITY**2 / 2) / YEAR) / (VOLATILITY / math.sqrt(YEAR))
    result = {f"mean {j}": errors(z[:, j], 0) for j in range(z.shape[1])}
    result |= {f"variance {j}": errors(z[:, j] ** 2, 1) for j in range(z.shape[1])}
    pairs = [(i, j) for j in range(z.shape[1]) for i in range(j)]
    return result | {f"product {i}, {j}": errors(z[:, i] * z[:, j], 0) for i, j in pairs}


def test_days_have_independent_increments():
    assert far(increments_of_days()) == {}


def test_days_that_share_a_stream_are_seen(plant):
    def shared(program):
        calls = program.calls
        return program._replace(
            calls=changed(
                calls, purpose=np.where(calls["purpose"] == r.DAY_NORMAL, r.MONTH_END_NORMAL, calls["purpose"])
            )
        )

    plant(shared)  # each month's end has the normal of one of its days
    assert far(increments_of_days()) != {}


def test_one_normal_for_two_days_is_seen(plant):
    def twice(program):
        inside = np.flatnonzero(program.walk["ahead"] >= 0)
        luck = program.walk["luck"].copy()
        luck[inside[1::2]] = luck[inside[: len(inside) // 2 * 2 : 2]]
        return program._replace(walk=changed(program.walk, luck=luck))

    plant(twice)
    assert far(increments_of_days()) != {}


# ------------------------------------------------------------------------------------------------------ its moves

RATE, JUMP = 1.5, -0.4


def price_with_a_ceo_change(n: int) -> dict[str, float]:
    """E[S] = S0 e^(mu t) (1 + jump P(change by t(d))), the change exponential in calendar years of 365.25 days."""
    case = one_draw(n, {"events": {"ceo_change": {"annual_rate": RATE, "price_jump": JUMP}}, "price.volatility": 0.3})
    days = (session(n) - session(1)).days + 1
    expected = S0 * math.exp(DRIFT * n / YEAR) * (1 + JUMP * -math.expm1(-RATE * days / 365.25))
    return {"E[S]": errors(prices(case, PATHS, SEED), expected)}


@pytest.mark.parametrize("n", [5, 100, 300])
def test_the_price_falls_with_the_ceo(n):
    assert far(price_with_a_ceo_change(n)) == {}


@pytest.mark.parametrize(
    "fault",
    [
        lambda program: program._replace(jumps=program.jumps[:0]),
        lambda program: program._replace(events=program.events._replace(ceo_mean_days=252 / RATE)),
    ],
    ids=["no jump", "a year of 252 days"],
)
def test_a_wrong_fall_with_the_ceo_is_seen(plant, fault):
    plant(fault)
    assert far(price_with_a_ceo_change(100)) != {}


# ------------------------------------------------------------------------------------------------------ burn

SD, PERSISTENCE, CORRELATION, MONTHS = 0.4, 0.6, -0.5, 8


def burn_of_the_first_months() -> dict[str, float]:
    """log(used / level) + s^2/2 is a stationary AR(1) whose shocks go with the month's Brownian increment."""
    burn = {"volatility": SD, "persistence": PERSISTENCE, "price_correlation": CORRELATION, "growth": 0.3}
    case = plain_case({f"burn.{key}": value for key, value in burn.items()} | {"policy.cadence": "month_end"})
    case = case.replace({"horizon": "2002-12-31"})
    found = histories(case, TRACED, SEED)
    used = np.array([list(history["cash_used"].values()) for history in found])[:, :MONTHS]
    closes = np.array([list(history["closes"].values()) for history in found])[:, :MONTHS]
    level = 1e6 * 1.3 ** (np.arange(MONTHS) / 12)
    x = np.log(used / level) + SD**2 / 2
    days = [day.isoformat() for day in sessions(case.valuation_date, case.horizon)]
    length = np.diff([0, *(days.index(day) + 1 for day in found[0]["closes"])])[:MONTHS]
    logs = np.diff(np.log(np.column_stack([np.full(len(closes), S0), closes])))
    market = (logs - (DRIFT - VOLATILITY**2 / 2) * length / YEAR) / (VOLATILITY * np.sqrt(length / YEAR))
    shock = (x[:, 1:] - PERSISTENCE * x[:, :-1]) / (SD * math.sqrt(1 - PERSISTENCE**2))
    result = {"correlation 0": errors(x[:, 0] / SD * market[:, 0], CORRELATION)}
    for k in range(MONTHS):
        result[f"mean {k}"] = errors(used[:, k] / level[k], 1)
        result[f"variance of the log {k}"] = errors(x[:, k] ** 2, SD**2)
    for k in range(1, MONTHS):
        result[f"correlation {k}"] = errors(shock[:, k - 1] * market[:, k], CORRELATION)
        result[f"correlation with the month before {k}"] = errors(shock[:, k - 1] * market[:, k - 1], 0)
        result[f"autocorrelation {k}"] = errors(x[:, k] * x[:, k - 1], PERSISTENCE * SD**2)
    result["autocorrelation over three months"] = errors(x[:, 5] * x[:, 2], PERSISTENCE**3 * SD**2)
    return result


def test_burn_is_a_stationary_series_that_goes_with_the_price():
    assert far(burn_of_the_first_months()) == {}


@pytest.mark.parametrize(
    "fault",
    [
        lambda burn: burn._replace(half_variance=0.0),
        lambda burn: burn._replace(shock=burn.sd),
        lambda burn: burn._replace(own=1.0),
        lambda burn: burn._replace(correlation=-burn.correlation),
        lambda burn: burn._replace(persistence=0.0),
    ],
    ids=["no -s^2/2", "shocks too large", "own part too large", "wrong sign", "no memory"],
)
def test_a_wrong_burn_is_seen(plant, fault):
    plant(lambda program: program._replace(burn=fault(program.burn)))
    assert far(burn_of_the_first_months()) != {}


def test_burn_that_uses_the_next_months_market_is_seen(plant):
    def shifted(program):
        return program._replace(months=changed(program.months, market_luck=np.roll(program.months["market_luck"], -1)))

    plant(shifted)
    assert far(burn_of_the_first_months()) != {}
