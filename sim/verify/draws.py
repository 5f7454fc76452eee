"""The whole engine, from random numbers to what a line raises, on cases simple enough for a closed form."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

import sim
from sim.calendar import month_end, sessions
from sim.terms import Case
from sim.verify.check import About, Check
from sim.verify.closed_forms import Gbm, Lognormal
from sim.verify.samples import AMOUNT, DRIFT, OPENING, S0, VOLATILITY, one_draw, plain_case, prices

MARKET = Gbm(S0, DRIFT, VOLATILITY)
FLOOR, MULTIPLIER = 1.7, 0.85
STRIKE = FLOOR / MULTIPLIER  # closes at or above it are drawn at
MONTHS = 6
ABOVE = "P(S >= K), Black and Scholes (1973)"
MARKOV = "Gauss-Legendre quadrature, day by day"


def checks(paths: int, seed: int) -> Iterator[Check]:
    yield from above_a_floor(paths, seed)
    yield from a_quarter_capped(paths, seed)
    yield with_a_condition(paths, seed)
    yield from the_charter(paths, seed)
    yield from coverage(paths, seed)
    yield jensen(paths, seed)
    yield from the_commitment(paths, seed)
    yield from at_a_trigger(paths, seed)
    yield from runway(paths, seed)


def month_ends(months: int = MONTHS) -> list[tuple[str, int]]:
    """The last session of each month: its date, and its number from 1."""
    days = sessions(OPENING, month_end(OPENING, months - 1))
    last = [n for n, day in enumerate(days) if n + 1 == len(days) or days[n + 1].month != day.month]
    return [(days[n].isoformat(), n + 1) for n in last]


def monthly(amount: float, changes: dict[str, Any] | None = None) -> Case:
    """A draw of `amount` dollars on each of the first month-ends, where the price is at or above the floor."""
    dates = [day for day, _ in month_ends()]
    return plain_case({
        "policy": {"kind": "schedule", "dates": dates, "amounts": [amount] * len(dates)},
        "line.pricing.multiplier": MULTIPLIER,
        "line.pricing.floor": FLOOR,
        **(changes or {}),
    })  # fmt: skip


def above_a_floor(paths: int, seed: int) -> Iterator[Check]:
    """One draw a month above a floor: the number of draws is a sum of indicators of one Brownian path."""
    days, what = [n for _, n in month_ends()], "a draw a month above a floor"
    result = sim.simulate(monthly(AMOUNT), paths=paths, seed=seed)
    chances = [MARKET.above(STRIKE, n) for n in days]
    expected = math.fsum(chances)
    raised = About("capital raised", ABOVE)
    yield raised.mean(f"{what}: E[draws]", expected, result["draws"])
    second = expected + 2 * math.fsum(MARKET.both_above(STRIKE, n, m) for n in days for m in days if n < m)
    spread = About("how far raised spreads", MARKOV)
    yield spread.mean(f"{what}: E[draws^2]", second, result["draws"].astype(float) ** 2)
    never = MARKET.all_below(STRIKE, tuple(days))
    yield raised.share(f"{what}: P(nothing raised)", never, result["raised"] == 0, source=MARKOV)
    by_period = result.by_period["raised"] / AMOUNT
    for quarter in (0, 1):
        known, name = math.fsum(chances[3 * quarter : 3 * quarter + 3]), f"fiscal quarter {quarter + 1}"
        yield raised.mean(f"{what}: E[raised] in {name}", known, by_period[:, quarter])
    known = math.fsum(MARKET.inverse_above(STRIKE, n) for n in days) / MULTIPLIER
    issued = About("shares issued and dilution", "E[1/S; S >= K], weight 1/S")
    yield issued.mean(f"{what}: E[shares] for $1 a draw", known, result["shares_issued"] / AMOUNT)
    known, cost = (1 / MULTIPLIER - 1) * expected, result["discount_cost"] / AMOUNT
    yield About("discount cost", ABOVE).mean(f"{what}: E[discount cost], draws", known, cost)


def a_quarter_capped(paths: int, seed: int) -> Iterator[Check]:
    """A cap of one amount a quarter: the quarter raises it if any of its month-ends is above the floor."""
    days = [n for _, n in month_ends()]
    result = sim.simulate(monthly(AMOUNT, {"line.max_per_period": AMOUNT}), paths=paths, seed=seed)
    about = About("the cap of a fiscal quarter", MARKOV)
    for quarter in (0, 1):
        known = 1 - MARKET.all_below(STRIKE, tuple(days[3 * quarter : 3 * quarter + 3]))
        full = result.by_period["raised"][:, quarter] == AMOUNT
        yield about.share(f"a cap a quarter: P(quarter {quarter + 1} raises it)", known, full)


def with_a_condition(paths: int, seed: int) -> Check:
    """The CEO must not have changed, an exponential time in years of 365.25 days, independent of the price."""
    rate = 0.8
    changes = {
        "events": {"ceo_change": {"annual_rate": rate}},
        "line.conditions": [{"name": "same CEO", "kind": "same_ceo"}],
    }
    result = sim.simulate(monthly(AMOUNT, changes), paths=paths, seed=seed)
    known = math.fsum(
        MARKET.above(STRIKE, n) * math.exp(-rate * ((date.fromisoformat(day) - OPENING).days + 1) / 365.25)
        for day, n in month_ends()
    )
    about = About("conditions of a draw", "P(S >= K) exp(-rate t), summed")
    return about.mean("a draw a month under the same CEO: E[draws]", known, result["draws"])


def the_charter(paths: int, seed: int) -> Iterator[Check]:
    """One draw with `room` shares left in the charter: min(amount, room x price) dollars, min(amount / price, room)."""
    n, room, what = 126, 400_000_000, "few authorised shares"
    changes = {"company.shares_authorized": 1_000_000 + room, "line.pricing.multiplier": MULTIPLIER}
    result = sim.simulate(one_draw(n, changes), paths=paths, seed=seed)
    strike = AMOUNT / (room * MULTIPLIER)
    above = MARKET.above(strike, n)
    about = About("authorised shares", "amount less a put; Black and Scholes (1973)")
    known = room * MULTIPLIER * MARKET.mean_below(strike, n) / AMOUNT + above
    yield about.mean(f"{what}: E[raised], amounts", known, result["raised"] / AMOUNT)
    known = 1 - above + MARKET.inverse_above(strike, n) * AMOUNT / MULTIPLIER / room
    used = result["shares_issued"] / room
    yield about.mean(f"{what}: E[share of them issued]", known, used, source="E[1/S; S >= K]")
    yield about.share(f"{what}: P(none is left)", 1 - above, result["shares_issued"] == room, source=ABOVE)


def coverage(paths: int, seed: int) -> Iterator[Check]:
    """Coverage of the cash used: of one lognormal month, and of a quarter of three that are correlated."""
    level, sd, persistence = 1e6, 0.5, 0.6
    changes = {
        "burn.volatility": sd, "burn.persistence": persistence, "burn.price_correlation": -0.4,
        "line.coverage": {"percent": [75], "basis": "to_date"},
        "policy": {"kind": "schedule", "dates": [month_ends()[0][0]], "amounts": [800_000]},
    }  # fmt: skip
    raised = sim.simulate(plain_case(changes), paths=paths, seed=seed)["raised"]
    used, what = Lognormal(0.75 * level, sd), "75% of a month's cash"
    about = About("coverage", "limited expected value of a lognormal; Klugman, Panjer and Willmot (2012), A.5")
    yield about.mean(f"{what}, $0.8M asked for: E[raised], $", used.limited(800_000), raised)
    yield about.share(f"{what}: P(it binds)", used.below(800_000), raised < 800_000, source="lognormal")
    changes["line.coverage"] = {"percent": [50], "basis": "quarter"}
    changes["policy"] = {"kind": "maximum", "cadence": "quarter_end"}
    quarter = sim.simulate(plain_case(changes), paths=paths, seed=seed).by_period["raised"][:, 0] / level
    what, about = "50% of a quarter's cash", About("coverage", "cov(e^X, e^Y) of a stationary AR(1)")
    yield about.mean(f"{what}: E[raised], months", 1.5, quarter, source="three months' mean")
    spread = math.fsum(math.expm1(sd**2 * persistence ** abs(i - j)) for i in range(3) for j in range(3)) / 4
    yield about.mean(f"{what}: variance", spread, (quarter - 1.5) ** 2)


def jensen(paths: int, seed: int) -> Check:
    """What a fixed dollar draw costs beyond amount / E[price]: E[A] E[1/A] - 1, from the mean window of five."""
    first = 125
    pricing = {"line.pricing.window": 5, "line.pricing.timing": "before", "line.pricing.multiplier": MULTIPLIER}
    price = prices(one_draw(first + 5, pricing), paths, seed)
    known = MARKET.window_mean(5, first) * MARKET.window_inverse(5, first) - 1
    cost = MULTIPLIER * MARKET.window_mean(5, first) / price - 1
    about = About(
        "pricing shares at the mean price understates dilution", "Jensen's inequality; Gauss-Hermite quadrature"
    )
    return about.mean("fixed dollar draw: shares above amount / E[price]", known, cost)


def the_commitment(paths: int, seed: int) -> Iterator[Check]:
    """Quarters of $5M: six use up $30M; of $28M the sixth is $3M, at any price."""
    quarterly = {"line.max_per_period": 5e6, "line.pricing.multiplier": MULTIPLIER}
    about = About("the commitment", "division")
    for commitment, last in ((30e6, 5e6), (28e6, 3e6)):
        result = sim.simulate(plain_case({**quarterly, "line.commitment": commitment}), paths=paths, seed=seed)
        what = f"${commitment / 1e6:.0f}M in quarters of $5M"
        yield about.exact(f"{what}: fewest draws of any path", 6, result["draws"].min())
        yield about.exact(f"{what}: most raised by any path, $", commitment, result["raised"].max())
        yield about.exact(f"{what}: least sixth draw, $", last, result.by_period["raised"][:, 5].min())
    discount = np.abs(result["effective_discount"] - (1 - MULTIPLIER)).max()
    # A draw of a million shares or more is rounded by at most half a share.
    about = About("discount cost", "1 - multiplier, window of the purchase date alone", 1e-6)
    yield about.exact("effective discount: farthest from 15%", 0, discount)


def at_a_trigger(paths: int, seed: int) -> Iterator[Check]:
    """An opportunistic company tops up to three months' burn, and draws its cap where the stock has risen by half."""
    day, n = month_ends()[2]
    policy = {"kind": "opportunistic", "target_months": 3, "price_trigger": 1.5, "dates": [day]}
    case = plain_case({"policy": policy, "company.cash": 5_500_000, "line.max_per_period": 4_000_000})
    # On 28 June, two days before the month's end, cash is 5.5M less two months and 28/30: top up 3M - 2,566,666.67.
    top_up = 3e6 - (5.5e6 - 2e6 - 28 / 30 * 1e6)
    high = MARKET.above(1.5 * S0, n)
    raised = sim.simulate(case, paths=paths, seed=seed)["raised"]
    about = About("policies", "P(S >= K), and a sum by hand", 0.01)
    yield about.mean("opportunistic: E[raised], $", high * 4e6 + (1 - high) * top_up, raised)
    yield about.exact("opportunistic: least raised by any path, $", top_up, raised.min())


def runway(paths: int, seed: int) -> Iterator[Check]:
    """Cash for two and a half months, a month's burn more with each draw at the first two month-ends above a floor.

    April's end: drawn or not; May's end: drawn or not. Cash lasts 2.5, 3.5 or 4.5 months of steady burn: to
    15 June (day 30 + 31 + 15), to the middle of July (day 91 + 15.5) or of August (day 122 + 15.5).
    """
    (april, n), (may, m), *_ = month_ends()
    changes = {
        "company.cash": 2_500_000, "policy": {"kind": "schedule", "dates": [april, may], "amounts": [1e6, 1e6]},
    }  # fmt: skip
    result = sim.simulate(monthly(1e6, changes), paths=paths, seed=seed)
    both = MARKET.both_above(STRIKE, n, m)
    one = MARKET.above(STRIKE, n) + MARKET.above(STRIKE, m) - 2 * both
    none, days = 1 - one - both, result["cash_out_days"]
    what, about = "steady burn, two chances to draw", About("cash runway", MARKOV)
    yield about.share(f"{what}: P(out in June)", none, days == 76.0)
    yield about.mean(f"{what}: E[cash-out], days", none * 76 + one * 106.5 + both * 137.5, days)
    gap = 24e6 - 2.5e6 - 1e6 * (one + 2 * both)
    yield about.mean(f"{what}: E[funding gap], $", gap, result["funding_gap"], protects="funding gap")
    yield about.exact(f"{what}: last cash-out, days", 137.5, days.max(), source="division", within=1e-9)
