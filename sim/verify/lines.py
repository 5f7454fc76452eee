"""Lines of today: purchases of real agreements, every newer limit by hand, and what a window costs on average.

By hand the stock stays at $2.00 unless a check says otherwise, and shares are sold at it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import sim
from sim.verify.check import About, Check
from sim.verify.samples import by_hand, one_draw, plain_case

BY_HAND = "by hand, beside the check"
STEADY = {"price.initial": 2.0, "price.drift": 0.0, "price.volatility": 0.0, "line.commitment": 1e8}
CENT = 0.005  # a figure by hand is rounded to the cent
NO_DRAW: dict[str, Any] = {"amount": math.nan, "shares": math.nan, "price": math.nan, "binding": ""}


def checks(paths: int, seed: int) -> Iterator[Check]:
    yield from _real_purchases()
    yield from _exchange_cap()
    yield from _dropped_session()
    yield from _registrations()
    yield from _ownership()
    yield from _volume()
    yield from _purchases_and_pauses()
    yield from _fees()
    yield from _windows(paths, seed)


def _draws(
    changes: Mapping[str, Any], dates: list[str], closes: Mapping[str, float] | None = None, **events: Any
) -> dict[tuple[str, str], Any]:
    """The draws of a written path by date and purchase, at $2.00 unless `closes` say otherwise."""
    policy = {"kind": "maximum", "dates": dates}
    case = plain_case({"horizon": "2002-06-30", **STEADY, "policy": policy, **changes})
    ledger = by_hand(case, closes=closes, **events)
    return defaultdict(lambda: NO_DRAW, {(draw["date"][5:], draw["purchase"]): draw for draw in ledger["draws"]})


def _exact(
    about: About, what: str, drawn: Mapping[tuple[str, str], Any], known: Mapping[str, tuple[float, str]], kind: str
) -> Iterator[Check]:
    """Shares and binding reason of each date."""
    for day, (shares, reason) in known.items():
        draw = drawn[day, kind]
        yield about.exact(f"{what}: shares on 2002-{day}", shares, draw["shares"])
        yield about.exact(f"{what}: {reason} binds on 2002-{day}", 1.0, float(draw["binding"] == reason))


def _real_purchases() -> Iterator[Check]:
    """Prices and shares that filings state."""
    lows = {"window": 10, "timing": "before", "statistic": "mean_of_lowest", "count": 3, "multiplier": 1.0}
    day = {"series": "low", "window": 1, "timing": "through"}
    rows = (
        # 0.93 x min(1.82, (1.38 + 1.39 + 1.42) / 3)
        ("Westwater, 21 May 2020", lows | {"multiplier": 0.93, "lesser_of": [day]}, 250_000.0, (1.38, 1.39, 1.42), 1.82,
         1.29890, 192_471, "10-Q of 30 September 2020, note on equity"),
        # min(4.75, 14.86 / 3): the low binds
        ("Salarius, 24 October 2019", lows | {"lesser_of": [day]}, 1_000_000.0, (4.94, 4.95, 4.97), 4.75,
         4.75, 210_526, "10-Q of 30 September 2019, note on equity"),
        ("Sorrento, 10 February 2020", {"window": 1, "timing": "through", "multiplier": 0.85}, 7_500_000.0, (), 0.0,
         2.5075, 2_991_027, "8-K of February 2020"),
        ("Berg, 13 January 2012", {"window": 1, "timing": "through", "multiplier": 1.0}, 2_015_726.03, (), 0.0,
         0.97, 2_078_068, "agreement of 13 January 2012"),
    )  # fmt: skip
    own = {"Sorrento, 10 February 2020": 2.95, "Berg, 13 January 2012": 0.97}
    for name, pricing, amount, lowest, low, price, shares, source in rows:
        policy = {"kind": "schedule", "dates": ["2002-04-24"], "amounts": [amount]}
        case = plain_case({"horizon": "2002-04-30", "line.pricing": pricing, "policy": policy})
        earlier = ("2002-04-16", "2002-04-18", "2002-04-22")
        closes = dict.fromkeys(sim.trace(case, 0, 1).history["closes"], 6.0) | {"2002-04-24": own.get(name, 6.0)}
        closes |= dict(zip(earlier, lowest, strict=False))
        days = {"2002-04-24": {"low": low}} if low else {}
        (draw,) = by_hand(case, closes=closes, days=days)["draws"]
        yield About("legs of a price and the least of them", source, 5e-6).exact(
            f"{name}: $/share", price, draw["price"]
        )
        yield About("shares to the nearest", source, 0.0).exact(f"{name}: shares", shares, draw["shares"])


def _exchange_cap() -> Iterator[Check]:
    # A draw cap of $1.5M is 750,000 shares. A cap of 1,000,000 leaves 250,000, then none, until the vote on 18 April.
    vote = {"name": "vote", "probability": 0.5, "median_days": 20.0, "p90_days": 40.0}
    drawn = _draws(
        {"milestones": [vote], "line.exchange_cap": {"shares": 1_000_000, "vote": "vote"}, "line.max_per_draw": 1.5e6},
        ["2002-04-15", "2002-04-16", "2002-04-17", "2002-04-18"], achieved_days={"vote": 17.5},
    )  # fmt: skip
    known = {
        "04-15": (750_000, "draw cap"), "04-16": (250_000, "exchange cap"), "04-17": (0, "exchange cap"),
        "04-18": (750_000, "draw cap"),
    }  # fmt: skip
    yield from _exact(About("the exchange cap ends with the vote", BY_HAND, 0.0), "vote", drawn, known, "purchase")
    # At $2.00 the average is below $2.10; at $2.20 on 16 April all 1,500,000 shares together cost (1.5 + 1.65) / 1.5.
    drawn = _draws(
        {"line.exchange_cap": {"shares": 1_000_000, "exempt_price": 2.1}, "line.max_shares_per_draw": 750_000},
        ["2002-04-15", "2002-04-16"], {"2002-04-16": 2.2},
    )  # fmt: skip
    known = {"04-15": (750_000, "share cap"), "04-16": (750_000, "share cap")}
    yield from _exact(About("an average price lifts the cap", BY_HAND, 0.0), "exempt", drawn, known, "purchase")


def _dropped_session() -> Iterator[Check]:
    # $300,000 at $2.00 are 150,000 shares. 1.80 is below the floor of 1.90: a third of them falls away, and the others
    # are sold at (2.00 + 2.20) / 2.
    pricing = {"window": 3, "timing": "after", "multiplier": 1.0, "floor": 1.9, "below_floor": "drop_sessions"}
    closes = {"2002-04-16": 2.0, "2002-04-17": 1.8, "2002-04-18": 2.2}
    drawn = _draws({"line.pricing": pricing, "line.max_per_draw": 300_000.0}, ["2002-04-15"], closes)
    about = About("a session below the floor is left out", BY_HAND, 0.0)
    yield from _exact(about, "drop", drawn, {"04-15": (100_000, "floor price")}, "purchase")
    amount = drawn["04-15", "purchase"]["amount"]
    yield About("amount = shares x price", BY_HAND, CENT).exact("drop: amount, $", 210_000.0, amount)
    # With "skip" the mean, 2.00, is above the floor and all 150,000 are sold; at a floor of 2.10 none.
    for floor, known in ((1.9, (150_000, "draw cap")), (2.1, (0, "floor price"))):
        changes = {"line.pricing": pricing | {"below_floor": "skip", "floor": floor}, "line.max_per_draw": 300_000.0}
        drawn = _draws(changes, ["2002-04-15"], closes)
        yield from _exact(about, f"floor of ${floor:.2f}", drawn, {"04-15": known}, "purchase")


def _registrations() -> Iterator[Check]:
    # 200,000 from 10 April, 300,000 more from 20 April; a draw is at most 150,000.
    rows = [{"shares": 200_000, "effective": "2002-04-10"}, {"shares": 300_000, "effective": "2002-04-20"}]
    drawn = _draws(
        {"line.registrations": rows, "line.max_shares_per_draw": 150_000},
        ["2002-04-09", "2002-04-11", "2002-04-12", "2002-04-15", "2002-04-22"],
    )  # fmt: skip
    known = {
        "04-09": (0, "registered shares"), "04-11": (150_000, "share cap"), "04-12": (50_000, "registered shares"),
        "04-15": (0, "registered shares"), "04-22": (150_000, "share cap"),
    }  # fmt: skip
    about = About("registered shares are used up and renewed", BY_HAND, 0.0)
    yield from _exact(about, "registrations", drawn, known, "purchase")


def _ownership() -> Iterator[Check]:
    # Of 1,000,000 shares 10%: x = 0.1 (1,000,000 + x), 111,111. A session later he holds 90% of them, 99,999.9: of
    # 1,111,111 at most (111,111.1 - 99,999.9) / 0.9 = 12,345. Ten sessions after his last delivery all are sold:
    # 0.1 x 1,123,456 / 0.9 = 124,828.
    drawn = _draws(
        {"line.ownership": {"share": 0.1, "resale_sessions": 10}}, ["2002-04-15", "2002-04-16", "2002-04-30"]
    )
    known = {"04-15": (111_111, "ownership"), "04-16": (12_345, "ownership"), "04-30": (124_828, "ownership")}
    yield from _exact(About("the investor sells down", BY_HAND, 0.0), "ownership", drawn, known, "purchase")


def _volume() -> Iterator[Check]:
    # 20% of the mean of 100,000, 200,000 and 600,000 is 60,000, of their median 40,000; 10% of the date's 500,000.
    volumes = {"2002-04-10": 100_000.0, "2002-04-11": 200_000.0, "2002-04-12": 600_000.0}
    days = {day: {"volume": volume} for day, volume in volumes.items()}
    about = About("limits by volume", BY_HAND, 0.0)
    for statistic, shares in (("mean", 60_000), ("median", 40_000)):
        rule = {"share": 0.2, "sessions": 3, "statistic": statistic}
        changes = {"line.volume_before": rule, "price.volume": {"mean": 1e5}}
        drawn = _draws(changes, ["2002-04-15"], days=days)
        yield from _exact(about, f"{statistic} before", drawn, {"04-15": (shares, "volume")}, "purchase")
    changes = {"line.volume_during": {"share": 0.1}, "price.volume": {"mean": 1e5}}
    drawn = _draws(changes, ["2002-04-15"], days={"2002-04-15": {"volume": 500_000.0}})
    yield from _exact(about, "during", drawn, {"04-15": (50_000, "volume")}, "purchase")


def _purchases_and_pauses() -> Iterator[Check]:
    # "regular" sells 40,000 below $3.00 and 80,000 above; "double" twice as many on the same date; neither on the two
    # sessions after a settlement, which is on the next session: 22 April for the notice of the 19th. 23 April is
    # blacked out, and below $1.00 there is no row.
    regular = {
        "name": "regular",
        "tiers": [
            {"from_price": 1.0, "max_shares_per_draw": 40_000}, {"from_price": 3.0, "max_shares_per_draw": 80_000},
        ],
    }  # fmt: skip
    double = {"name": "double", "multiple_of": {"purchase": "regular", "times": 2.0}}
    drawn = _draws(
        {
            "line.purchases": [regular, double], "line.cooldown_sessions": 2, "line.settlement_sessions": 1,
            "line.blackouts": [{"from": "2002-04-23", "to": "2002-04-23"}],
        },
        ["2002-04-15", "2002-04-17", "2002-04-18", "2002-04-19", "2002-04-23", "2002-04-24", "2002-04-26"],
        {"2002-04-19": 3.0, "2002-04-26": 0.9},
    )  # fmt: skip
    about = About("kinds of purchase, tiers and pauses", BY_HAND, 0.0)
    known = {
        "04-15": (40_000, "share cap"), "04-17": (0, "cooldown"), "04-18": (0, "cooldown"),
        "04-19": (80_000, "share cap"), "04-23": (0, "blackout"), "04-24": (0, "cooldown"),
        "04-26": (0, "price tier"),
    }  # fmt: skip
    yield from _exact(about, "tiers", drawn, known, "regular")
    yield from _exact(about, "twice", drawn, {"04-15": (80_000, "multiple"), "04-19": (160_000, "multiple")}, "double")


def _fees() -> Iterator[Check]:
    # $400,000 of a commitment of $100M bring 4,000 of 1,000,000 fee shares, and cost 2.5%; 10,000 shares and $7,000 are
    # due on 4 May, a Saturday. Shares: 200,000 + 4,000 + 10,000.
    fees = {
        "staged": [{"date": "2002-05-04", "cash": 7_000.0, "shares": 10_000}], "pro_rata_shares": 1_000_000,
        "percent": 2.5,
    }  # fmt: skip
    policy = {"kind": "maximum", "dates": ["2002-04-15"]}
    changes = {**STEADY, "horizon": "2002-06-30", "policy": policy, "line.fees": fees, "line.max_per_draw": 400_000.0}
    result = sim.simulate(plain_case(changes), paths=1, seed=1)
    about = About("fees count in shares, in costs and in what the shares cost", BY_HAND, 1e-6)
    yield about.exact("fees: shares issued", 214_000.0, result["shares_issued"][0])
    yield about.exact("fees: costs, $", 17_000.0, result["costs"][0])
    yield about.exact("fees: discount cost, $", 28_000.0, result["discount_cost"][0])
    yield about.exact("fees: effective price, $/share", 400_000 / 214_000, result["effective_price"][0])


def _windows(paths: int, seed: int) -> Iterator[Check]:
    """Price over the close of the notice: the old closes of a window are higher in those scenarios that fell.

    E[S(n - k)/S(n)] = exp(sigma^2 k / 252) without drift; E[VWAP of later sessions] is the close.
    """
    source = "lognormal moments; Glasserman (2004), section 3.2"
    for volatility in (0.6, 1.0, 1.5):
        five = {"window": 5, "timing": "through", "multiplier": 0.85}
        known = 0.85 * float(np.mean(np.exp(volatility**2 * np.arange(5) / 252)))
        yield _ratio(f"85% of five closes, volatility {volatility}", source, known, five, volatility, paths, seed)
        later = {"series": "vwap", "window": 3, "timing": "after", "multiplier": 0.97}
        name = f"97% of three VWAPs after, volatility {volatility}"
        yield _ratio(name, source, 0.97, later, volatility, max(paths // 10, 20_000), seed)


def _ratio(
    name: str, source: str, known: float, pricing: dict[str, Any], volatility: float, paths: int, seed: int
) -> Check:
    """The mean price of one draw over the close of its notice."""
    changes = {"horizon": "2002-07-31", "price.drift": 0.0, "price.volatility": volatility, "line.pricing": pricing}
    result = sim.simulate(one_draw(30, changes), paths=paths, seed=seed)
    price = result["raised"] / result["shares_issued"]
    values = price / (price + result["discount_cost"] / result["shares_issued"])
    se = float(values.std(ddof=1)) / math.sqrt(paths)
    return Check(name, "what a window costs the company", source, known, float(values.mean()), se)
