"""Random lines over every key of LINES sections 1 to 5, in scales at which every limit binds now and then.

case = random_lines(random.Random(7), random_case(random.Random(7)))    # the case with other lines
"""

from datetime import date, timedelta
from random import Random

from tests.twin.random_cases import _amount, _conditions, _day, _line, _policy, _statistic
from tests.twin.terms import read, sessions


def usable_lines(rng: Random, case: dict) -> dict:
    """`random_lines`, tried until every forward kind settles before the horizon and every schedule fits its dates."""
    for _ in range(1000):
        found = random_lines(rng, dict(case))
        if is_usable(found):
            return found
    raise AssertionError("no usable lines")


def random_lines(rng: Random, case: dict) -> dict:
    """The case with one line or several, each with newer keys, and with a mean daily volume."""
    case = case | {"price": dict(case["price"])}
    case.setdefault("milestones", [])
    burn = _burn_of(case)
    months = max(1, (case["horizon"] - case["valuation_date"]).days // 30)
    volume = max(1.0, burn / case["price"]["initial"] * rng.choice((0.02, 0.2, 2.0)))
    case["price"]["volume"] = {"mean": volume, "sd": rng.choice((0.0, 0.7)), "persistence": rng.choice((0.0, 0.6))}
    if case["policy"]["kind"] == "schedule":
        case["policy"] = {"kind": "maximum", "cadence": "weekly"}
    lines = [_random_line(rng, case, burn, months) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    if len(lines) == 1 and rng.random() < 0.7:
        return case | {"line": lines[0]}
    del case["line"]
    return case | {"lines": [line | {"name": f"line {number}"} for number, line in enumerate(lines)]}


def _shares(rng: Random, case: dict, burn: float, months: float) -> int:
    """About the shares that so many months of burn cost."""
    return max(1, int(burn / case["price"]["initial"] * months * rng.uniform(0.1, 2)))


def _random_line(rng: Random, case: dict, burn: float, months: int) -> dict:
    line = case["line"] | _line(rng, case, burn, months) | {"conditions": _conditions_of(rng, case)}
    names = [milestone["name"] for milestone in case["milestones"]] if case.get("milestones") else []

    def now_and_then(share: float = 0.3) -> bool:
        return rng.random() < share

    if now_and_then(0.4):
        line["max_shares"] = _shares(rng, case, burn, months)
        if now_and_then(0.3):
            del line["commitment"]
    if now_and_then():
        line["period"] = "month"
    if now_and_then():
        most = line.get("max_shares", 10**15)
        line["used"] = {
            "amount": rng.choice((0, line.get("commitment", burn) * rng.random())),
            "shares": rng.choice((0, min(most, _shares(rng, case, burn, 1)), min(most, 7))),
            "this_period": rng.choice((0, burn * rng.random())), "holdings": rng.choice((0, 1000)),
        }  # fmt: skip
        if line.get("period") == "month" and now_and_then(0.5):
            line["used"]["this_quarter"] = line["used"]["this_period"] + rng.choice((0, burn * rng.random()))
        line["used"]["shares"] = min(line["used"]["shares"], case["company"]["shares_outstanding"] - 1)
    if now_and_then():
        days = [_day(rng, case["valuation_date"], case["horizon"]) for _ in range(rng.randint(1, 3))]
        line["blackouts"] = [{"from": day, "to": day + timedelta(days=rng.choice((0, 5, 40)))} for day in days]
    if now_and_then():
        line["earnings_blackout"] = {"before": rng.choice((0, 10, 100)), "after": rng.choice((0, 5, 30, 366))}
    if now_and_then(0.4):
        line["registrations"] = [_registration(rng, case, burn, months, names) for _ in range(rng.randint(1, 3))]
    if now_and_then(0.5):
        line["exchange_cap"] = _exchange_cap(rng, case, burn, months, names)
    if now_and_then(0.4):
        line["ownership"] = {"share": rng.choice((0.0499, 0.0999, 0.5)), "resale_sessions": rng.choice((1, 5, 20, 500))}
    if now_and_then(0.5):
        line["fees"] = _fees(rng, case, burn, "commitment" in line and line["commitment"] > 0)
    if now_and_then(0.5):
        line["policy"] = _policy_of_lines(rng, case, line, burn)
    if now_and_then(0.45):
        line["purchases"] = _purchases(rng, case, line, burn)
    return line | _purchase_terms(rng, case, line, burn)


def _conditions_of(rng: Random, case: dict) -> list[dict]:
    """Conditions of the same name have the same probability of a waiver in every line."""
    conditions = _conditions(rng, case | {"milestones": case.get("milestones", [])})
    waivers = {"same CEO": 0.6, "licence": 1.0}
    return [row | {"waiver_probability": waivers.get(row["name"], 0.0)} for row in conditions]


def _registration(rng: Random, case: dict, burn: float, months: int, names: list[str]) -> dict:
    row = {"shares": _shares(rng, case, burn, months / 2)}
    if names and rng.random() < 0.5:
        return row | {"milestone": rng.choice(names)}
    return row | {"effective": _day(rng, case["valuation_date"] - timedelta(days=30), case["horizon"])}


def _exchange_cap(rng: Random, case: dict, burn: float, months: int, names: list[str]) -> dict:
    cap = rng.choice(({"share": 0.1999}, {"share": 0.05}, {"shares": _shares(rng, case, burn, months / 2)}))
    if rng.random() < 0.6:
        cap["exempt_price"] = case["price"]["initial"] * rng.choice((0.5, 0.9, 1.0, 1.3))
        cap["average"] = rng.choice(("all", "draw"))
    if names and rng.random() < 0.5:
        cap["vote"] = rng.choice(names)
    return cap


def _fees(rng: Random, case: dict, burn: float, has_commitment: bool) -> dict:
    first, last = case["valuation_date"], case["horizon"]
    stages = [
        {
            "date": _day(rng, first - timedelta(days=20), last + timedelta(days=20)),
            "cash": rng.choice((0, _amount(rng, burn * rng.uniform(0, 0.5)))),
            "shares": rng.choice((0, _shares(rng, case, burn, 0.1))),
        }
        for _ in range(rng.choice((0, 1, 3)))
    ]
    return {
        "staged": stages,
        "pro_rata_shares": rng.choice((0, _shares(rng, case, burn, 0.3))) if has_commitment else 0,
        "percent": rng.choice((0, 2.5, 8)),
        "share_multiplier": rng.choice((1.0, 1.0, 1.125, 0.95)),
    }


def _policy_of_lines(rng: Random, case: dict, line: dict, burn: float) -> dict:
    policy = _policy(rng, {key: case[key] for key in case if key != "policy"} | {"line": line}, burn)
    if policy["kind"] == "opportunistic" and rng.random() < 0.6:
        policy |= {"trigger_over": "average", "trigger_sessions": rng.choice((1, 10, 60))}
    if rng.random() < 0.4:
        policy["reserve_price"] = case["price"]["initial"] * rng.uniform(0.4, 1.1)
        policy |= {"need_months": rng.choice((0.5, 2, 12))} if rng.random() < 0.5 else {}
    if policy["kind"] == "runway" and rng.random() < 0.7:
        policy["price_tilt"] = rng.choice((-3.0, 2.0, 24.0))
        policy |= {"cover_months_high": rng.choice((2, 9))} if rng.random() < 0.5 else {}
    return policy


def _purchases(rng: Random, case: dict, line: dict, burn: float) -> list[dict]:
    kinds: list[dict] = []
    for number in range(rng.randint(1, 3)):
        kind = {"name": f"kind {number}"} | _purchase_terms(rng, case, line, burn)
        if rng.random() < 0.3:
            kind["policy"] = _policy_of_lines(rng, case, line, burn)
        if kinds and rng.random() < 0.6:
            kind["multiple_of"] = {"purchase": rng.choice(kinds)["name"], "times": rng.choice((0.5, 1, 3))}
        kinds.append(kind)
    return kinds


def _purchase_terms(rng: Random, case: dict, line: dict, burn: float) -> dict:
    """Keys marked P; the window of a forward price may reach beyond the horizon."""
    shares = _shares(rng, case, burn, 0.5)
    choices = {
        "max_shares_per_draw": shares,
        "volume_before": {
            "share": rng.choice((0.1, 0.3, 2)), "sessions": rng.choice((1, 4, 10)),
            "statistic": rng.choice(("mean", "median")), "at_least_shares": rng.choice((0, shares)),
        },
        "volume_during": {"share": rng.choice((0.1, 0.3))},
        "market_cap_share": rng.choice((0.001, 0.05)),
        "cooldown_sessions": rng.choice((1, 3, 20)),
        "settlement_sessions": rng.choice((1, 2, 9)),
        "tiers": _tiers(rng, case, burn),
        "pricing": _pricing(rng, case, line),
    }  # fmt: skip
    return {key: value for key, value in choices.items() if rng.random() < (0.6 if key == "pricing" else 0.25)}


def _tiers(rng: Random, case: dict, burn: float) -> list[dict]:
    prices = sorted(case["price"]["initial"] * rng.uniform(0.3, 1.6) for _ in range(rng.randint(1, 3)))
    rows = []
    for price in prices:
        named = {
            "max_shares_per_draw": _shares(rng, case, burn, 0.3), "max_per_draw": burn * rng.uniform(0.1, 2),
            "multiplier": rng.choice((0.8, 0.97)),
        }  # fmt: skip
        rows.append({"from_price": price} | {key: value for key, value in named.items() if rng.random() < 0.5})
    return rows


def _pricing(rng: Random, case: dict, line: dict) -> dict:
    pricing = _statistic(rng) | {"multiplier": rng.choice((0.85, 0.97, 1.0))}
    if rng.random() < 0.5 and _fits(case, line):
        pricing |= {"timing": "after", "window": rng.choice((1, 3, 5))}
        pricing |= {"count": 1} if "count" in pricing else {}
    pricing["lesser_of"] = [
        _statistic(rng) | {"multiplier": rng.choice((0.97, 1.0))} for _ in range(rng.choice((0, 0, 1, 2)))
    ]
    if rng.random() < 0.4:
        pricing["floor"] = case["price"]["initial"] * rng.choice((0.3, 0.7, 0.95))
    if rng.random() < 0.4:
        pricing["floor_of_close"] = rng.choice((0.8, 0.9, 1.0))
    if pricing["timing"] == "after" and rng.random() < 0.5:
        pricing["below_floor"] = "drop_sessions"
    return pricing


def _fits(case: dict, line: dict) -> bool:
    """Whether forward purchases surely settle before the horizon, and windows fit into the term."""
    first, last = max(case["valuation_date"], line["start"]), min(case["horizon"], line["end"])
    return len(sessions(line["start"], line["end"])) > 20 and _first_date(case, line, first, last) is not None


def _first_date(case: dict, line: dict, first: date, last: date) -> date | None:
    """The last day on which a first purchase date leaves time for the longest settlement."""
    days = sessions(first, case["horizon"])
    return days[-20] if len(days) > 70 and days[65] <= last else None


def is_usable(case: dict) -> bool:
    """Whether every forward kind has a settlement before the horizon, and policies fit the lines that follow them."""
    terms = read(case)
    for line in terms.lines:
        first, last = max(terms.valuation_date, line.start), min(terms.horizon, line.end)
        for kind in line.kinds:
            forward = kind.forward and kind.dates
            if kind.forward and not forward:
                return False
            if any(day not in terms.position or not first <= day <= last for day in kind.dates):
                return False
            if forward and kind.settlement(terms.position[kind.dates[0]]) >= len(terms.sessions):
                return False
            if kind.policy.get("kind") == "schedule" and len(kind.policy["amounts"]) != len(kind.dates):
                return False
    return True


def _burn_of(case: dict) -> float:
    """The scale of a month's cash used: of a statement that of its costs."""
    burn = case["burn"]
    return float(burn.get("monthly") or sum(abs(item["monthly"]) for item in burn["items"]))
