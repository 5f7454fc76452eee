"""Draw limits one by one, without chance: paths written by hand, and what each purchase date may take by arithmetic.

The price is $2.00 and shares are sold at it, so a draw of n dollars is n / 2 shares and nothing else is rounded.
"""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import sim
from sim.verify.check import About, Check
from sim.verify.samples import OPENING, by_hand, plain_case

PRICE = 2.0
STEADY = {"price.initial": PRICE, "price.drift": 0.0, "price.volatility": 0.0}
HALF_CENT = 0.005  # a figure by hand is rounded to the cent
BY_HAND = "by hand, beside the check"
DOCUMENTS = "term sheet, clause (v), by hand"

NO_DRAW: dict[str, Any] = {"amount": math.nan, "binding": ""}  # of a day that is wrongly no purchase date

# Cash used, in thousands. Fiscal quarters: 2,100, 1,500, 1,200, 1,800, 1,000.
USED = (600, 700, 800, 500, 500, 500, 400, 400, 400, 900, 300, 600, 250, 250, 500)
PERCENT = [100, 100, 75, 50]
QUARTER_ENDS = ("2002-06-28", "2002-09-30", "2002-12-31", "2003-03-31", "2003-06-30")


def checks(paths: int, seed: int) -> Iterator[Check]:
    del paths, seed  # nothing is random here
    yield from _quarter()
    yield from _to_date()
    yield from _previous_quarter()
    yield from _beyond_the_span()
    yield from _carried_forward()
    yield from _minimum_draw()
    yield from _draw_cap()
    yield from _policies()
    yield from _ties()
    yield from _cadences()
    yield from _waterfall()
    yield from _after_the_cash_out()


def _draws(changes: Mapping[str, Any], closes: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The draws of a written path by date, closes being PRICE unless said otherwise."""
    case = plain_case({
        "horizon": "2003-06-30",
        "company.cash": 20_000_000,
        **STEADY,
        "line.commitment": 30_000_000,
        **changes,
    })  # fmt: skip
    ledger = by_hand(case, [1e3 * used for used in USED], closes)
    return defaultdict(lambda: NO_DRAW, {draw["date"]: draw for draw in ledger["draws"]})


def _amounts(
    what: str, protects: str, source: str, known: Mapping[str, float], drawn: Mapping[str, Any]
) -> Iterator[Check]:
    about = About(protects, source, HALF_CENT)
    for day, amount in known.items():
        yield about.exact(f"{what}: draw of {day}, $", amount, drawn[day]["amount"])


def _quarter() -> Iterator[Check]:
    # 100% of 2,100, 100% of 1,500, 75% of 1,200, 50% of 1,800, and the last percentage goes on: 50% of 1,000.
    known = dict(zip(QUARTER_ENDS, (2_100_000, 1_500_000, 900_000, 900_000, 500_000), strict=True))
    drawn = _draws({"line.coverage": {"percent": PERCENT, "basis": "quarter"}})
    yield from _amounts("100, 100, 75, 50%", "coverage: each quarter has its percentage", DOCUMENTS, known, drawn)


def _to_date() -> Iterator[Check]:
    # April and May end on a session. 28 June: 28 of June's 30 days, 800 x 28 / 30 = 746.66667. July is a new quarter.
    known = {"2002-04-30": 600_000, "2002-05-31": 700_000, "2002-06-28": 746_666.67, "2002-07-31": 500_000}
    coverage = {"percent": [100], "basis": "to_date"}
    drawn = _draws({"line.coverage": coverage, "policy": {"kind": "maximum", "cadence": "month_end"}})
    yield from _amounts("basis to_date", "coverage counts the quarter's days to the purchase", BY_HAND, known, drawn)


def _previous_quarter() -> Iterator[Check]:
    # January to March 2002 lie before the span, at the expected figure: 600, 600, and half of it after a step in March.
    # Then 100% of 2,100, 75% of 1,500, 50% of 1,200, 50% of 1,800.
    known = dict(zip(QUARTER_ENDS, (1_500_000, 2_100_000, 1_125_000, 600_000, 900_000), strict=True))
    drawn = _draws({
        "line.coverage": {"percent": PERCENT, "basis": "previous_quarter"},
        "burn.monthly": 600_000,
        "burn.steps": [{"date": "2002-03-01", "factor": 0.5}],
    })  # fmt: skip
    yield from _amounts("basis previous_quarter", "coverage by the quarter before", BY_HAND, known, drawn)


def _beyond_the_span() -> Iterator[Check]:
    # The simulation ends with July: 500 used, August and September at the expected 300 each.
    drawn = _draws({
        "horizon": "2002-07-31",
        "line.coverage": {"percent": [100]},
        "burn.monthly": 300_000,
        "policy": {"kind": "maximum", "dates": ["2002-07-31"]},
    })  # fmt: skip
    known = {"2002-07-31": 1_100_000}
    yield from _amounts("horizon inside the quarter", "months outside the span: expected", BY_HAND, known, drawn)


def _carried_forward() -> Iterator[Check]:
    # 500 of 2,100 leave 1,600: 1,500 + 1,600 = 3,100. Nothing is left, so 75% of 1,200. No purchase date in the fourth
    # quarter leaves its 50% of 1,800 to the fifth: 500 + 900 = 1,400.
    days = [*QUARTER_ENDS[:3], QUARTER_ENDS[4]]
    known = dict(zip(days, (500_000, 3_100_000, 900_000, 1_400_000), strict=True))
    drawn = _draws({
        "line.coverage": {"percent": PERCENT, "carry_forward": True},
        "policy": {"kind": "schedule", "dates": days, "amounts": [500_000, 9e6, 9e6, 9e6]},
    })  # fmt: skip
    yield from _amounts("carry_forward", "coverage that earlier quarters left unused", BY_HAND, known, drawn)


def _minimum_draw() -> Iterator[Check]:
    days = QUARTER_ENDS[:2]
    policy = {"kind": "schedule", "dates": list(days), "amounts": [499_999, 500_000]}
    drawn = _draws({"line.minimum_draw": 500_000, "policy": policy})
    known = dict(zip(days, (0, 500_000), strict=True))
    yield from _amounts("minimum_draw $500,000", "a draw below the minimum is none", BY_HAND, known, drawn)
    yield _bound("minimum_draw", "minimum draw", drawn[days[0]])
    # 1,000 are drawn in April; May asks for 1,000 and finds what is left. A limit that is used up keeps its own reason.
    policy = {"kind": "schedule", "dates": ["2002-04-30", "2002-05-31"], "amounts": [1_000_000, 1_000_000]}
    for key, limit in (("max_per_period", "period cap"), ("commitment", "commitment")):
        for left, amount, binding in ((0, 0, limit), (400_000, 0, "minimum draw"), (600_000, 600_000, limit)):
            changes = {"line.minimum_draw": 500_000, f"line.{key}": 1_000_000 + left, "policy": policy}
            drawn, what = _draws(changes), f"minimum_draw $500,000, ${left:,d} left of the {limit}"
            known = {"2002-05-31": amount}
            yield from _amounts(what, "a minimum beside what a limit leaves", "model, section 5", known, drawn)
            yield _bound(what, binding, drawn["2002-05-31"])


def _draw_cap() -> Iterator[Check]:
    """Three draws in a quarter of at most 2,000 each and 5,000 in all; under a larger draw cap, 5,000 at once."""
    days = ("2002-04-30", "2002-05-31", "2002-06-28")
    for cap, amounts, reasons in (
        (2_000_000, (2_000_000, 2_000_000, 1_000_000), ("draw cap", "draw cap", "period cap")),
        (6_000_000, (5_000_000, 0, 0), ("period cap", "period cap", "period cap")),
    ):
        drawn = _draws({
            "line.max_per_draw": cap,
            "line.max_per_period": 5_000_000,
            "policy": {"kind": "maximum", "cadence": "month_end"},
        })  # fmt: skip
        what = f"max_per_draw ${cap:,d}"
        yield from _amounts(what, "the largest draw", BY_HAND, dict(zip(days, amounts, strict=True)), drawn)
        for day, reason in zip(days, reasons, strict=True):
            yield _bound(f"{what}, {day}", reason, drawn[day])


def _policies() -> Iterator[Check]:
    # 28 June: 2,500 - 600 - 700 - 746.66667 = 453.33333 left; six months of the expected 300 are 1,800.
    # 30 September: 453.33333 + 1,346.66667 - 53.33333 - 1,500 = 246.66667; 1,800 less that.
    known = {"2002-06-28": 1_346_666.67, "2002-09-30": 1_553_333.33}
    steady = {"company.cash": 2_500_000, "burn.monthly": 300_000, "line.max_per_period": 5_000_000}
    runway = {"kind": "runway", "target_months": 6, "cadence": "quarter_end"}
    drawn = _draws({**steady, "policy": runway})
    yield from _amounts("policy runway, 6 months", "what the policy asks for", BY_HAND, known, drawn)
    # The trigger is 1.25 x 2.00: a close of 2.50 takes the cap, 2.49 what the runway policy asks for.
    opportunistic = {**runway, "kind": "opportunistic", "price_trigger": 1.25}
    for close, amount in ((2.50, 5_000_000), (2.49, 1_346_666.67)):
        drawn = _draws({**steady, "policy": opportunistic}, {"2002-06-28": close})
        what = f"policy opportunistic at ${close:.2f}"
        yield from _amounts(what, "at the trigger or above everything", BY_HAND, {"2002-06-28": amount}, drawn)
    # With nothing to wait for a runway longer than any: it asks for nothing.
    drawn = _draws({**steady, "company.cash": 9_000_000, "policy": runway})
    yield from _amounts("policy runway with enough cash", "never less than nothing", BY_HAND, {"2002-06-28": 0}, drawn)


def _ties() -> Iterator[Check]:
    """Of limits that are equal the earlier in the order binds: $2,100,000, 100% of the quarter's cash used."""
    equal = 2_100_000
    limits: dict[str, dict[str, Any]] = {  # from the last of the order to the first
        "authorized shares": {"company.shares_outstanding": 10**6, "company.shares_authorized": 10**6 + equal // 2},
        "coverage": {"line.coverage": {"percent": [100]}},
        "period cap": {"line.max_per_period": equal},
        "commitment": {"line.commitment": equal},
        "policy": {"policy": {"kind": "schedule", "dates": ["2002-06-28"], "amounts": [equal]}},
    }
    changes: dict[str, Any] = {}
    for number, (binding, change) in enumerate(limits.items()):
        changes |= change
        drawn = _draws(changes)["2002-06-28"]
        yield _bound(f"{number + 1} equal limits" if number else "the charter alone", binding, drawn)
        if number + 1 == len(limits):
            yield About("the smallest limit", BY_HAND).exact("5 equal limits: draw, $", equal, drawn["amount"])


def _bound(what: str, binding: str, draw: Mapping[str, Any]) -> Check:
    about = About("the reason named for a draw's size", BY_HAND)
    return about.exact(f"{what}: draws that `{binding}` binds", 1, draw["binding"] == binding)


def _cadences() -> Iterator[Check]:
    # Nasdaq, April to June 2002: 22, 22 and 20 sessions (27 May was closed) in 13 weeks.
    about = About("purchase dates of a cadence", "Nasdaq's calendar, counted")
    for cadence, number in (("daily", 64), ("weekly", 13), ("month_end", 3), ("quarter_end", 1)):
        drawn = _draws({"horizon": "2002-06-30", "policy": {"kind": "maximum", "cadence": cadence}})
        yield about.exact(f"purchase dates, {cadence}, April to June 2002", number, len(drawn))
    # 18 April 2003 was Good Friday: that week's last session is Thursday 17 April, day 382.
    drawn = _draws({"policy": {"kind": "maximum", "cadence": "weekly"}})
    days = [(datetime.date.fromisoformat(day) - OPENING).days + 1 for day in drawn]
    found = sum(day for day in days if 379 <= day <= 383)
    yield about.exact("purchase date, weekly, in Holy Week 2003, day", 382, found)


def _waterfall() -> Iterator[Check]:
    """A commitment of 3,000, at most 1,000 a quarter, 50% of cash used, and a milestone that is never reached.

    The expected quarters use 2,400, 1,500, 1,200 and 1,200. The first gives 1,000 of 1,000, the second 750 of 1,000,
    the third 600 of 1,000, the last 0 of the 650 that remain. Shortfalls: 250 + 400 for coverage, 650 for the
    condition; 650 are unraised, so each has half of them.
    """
    case = plain_case({
        "horizon": "2003-03-31",
        "company.cash": 20_000_000,
        **STEADY,
        "burn.monthly": 800_000,
        "burn.steps": [{"date": "2002-07-01", "factor": 0.625}, {"date": "2002-10-01", "factor": 0.8}],
        "line.commitment": 3_000_000,
        "line.end": "2003-03-31",
        "line.max_per_period": 1_000_000,
        "line.coverage": {"percent": [50]},
        "line.conditions": [{"name": "late", "kind": "milestone", "milestone": "never", "after": "2002-12-31"}],
        "milestones": [{"name": "never", "probability": 0.0, "median_days": 100, "p90_days": 200}],
    })  # fmt: skip
    summary = sim.simulate(case, paths=256, seed=1).summary()
    waterfall = summary.to_dict()["line"]["waterfall"]
    parts = {"raised": waterfall["raised"], "cut": waterfall["cut_by_third_parties"], **waterfall["unraised"]}
    about = About("where the commitment went", BY_HAND, HALF_CENT)
    for name, known in (("raised", 2_350_000), ("cut", 0), ("coverage", 325_000), ("condition: late", 325_000)):
        yield about.exact(f"waterfall: {name}, $", known, parts.get(name, 0.0))
    yield about.exact("waterfall: all parts, $", 3_000_000, math.fsum(parts.values()), source="the commitment")


def _after_the_cash_out() -> Iterator[Check]:
    """Debt of 1,000 comes at each month's end and cuts the line by as much; 20,000 are used a month, 25,000 were there.

    In thousands. 30 April: 29,000 of the commitment remain, 2,000 are asked for and drawn, 27,000 fall short for the
    policy. 8,000 of cash last into May. What follows goes on as if bridged: on 28 June two more cuts leave 25,000, and
    all of them fall short for the cash-out, the scheduled 3,000 too. Unraised are 30,000 - 2,000 - 1,000 = 27,000, in
    27 and 25 parts of 52.
    """
    case = plain_case({
        "horizon": "2002-06-30",
        "company.cash": 25_000_000,
        **STEADY,
        "burn.monthly": 20_000_000,
        "line.commitment": 30_000_000,
        "policy": {"kind": "schedule", "dates": ["2002-04-30", "2002-06-28"], "amounts": [2_000_000, 3_000_000]},
        "third_party": {
            "annual_rate": 1_000, "median_amount": 1_000_000, "log_sd": 0, "kind": "debt", "reduction_probability": 1,
        },
    })  # fmt: skip
    result = sim.simulate(case, paths=256, seed=1)
    waterfall = result.summary().to_dict()["line"]["waterfall"]
    unraised = waterfall["unraised"]
    about = About("what comes after the cash-out does not count", BY_HAND, HALF_CENT)
    for name, known, found in (
        ("raised in the quarter", 2_000_000, result.by_period["raised"].max()),
        ("cut", 1_000_000, waterfall["cut_by_third_parties"]),
        ("unraised for the policy", 27_000_000 * 27 / 52, unraised.get("policy", 0.0)),
        ("unraised for the cash-out", 27_000_000 * 25 / 52, unraised.get("cash-out", 0.0)),
    ):
        yield about.exact(f"out of cash in May: {name}, $", known, found)
    day = result["cash_out_days"].max()
    yield about.exact("out of cash in May: cash-out, days", 30 + 31 * 8 / 20, day, within=1e-9)
