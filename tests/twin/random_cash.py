"""Random other cash for a random case: flows, a statement, interest income, and what notes do.

case = with_other_cash(random.Random(7), random_case(random.Random(7)))
case = with_other_cash(rng, case, "flows")        # one mechanism alone
"""

from datetime import date, timedelta
from random import Random

MECHANISMS = ("flows", "statement", "income", "notes")


def with_other_cash(rng: Random, case: dict, *only: str) -> dict:
    """The case with some of the mechanisms, or with those that are named."""
    chosen = only or [name for name in MECHANISMS if rng.random() < 0.7]
    burn = float(case["burn"]["monthly"])
    if "flows" in chosen:
        case["flows"] = [_flow(rng, case, burn, number) for number in range(rng.choice((1, 1, 2, 4)))]
    if "statement" in chosen:
        number = rng.choice((1, 2, 4))
        case["burn"] = {
            "model": "statement",
            "items": [_item(rng, case, burn, i) for i in range(number)],
            "steps": case["burn"]["steps"],
        }
    if "income" in chosen:
        case["company"]["interest_income_rate"] = rng.choice((0.02, 0.5, rng.uniform(0, 2)))
    if "notes" in chosen:
        if not case.get("notes"):
            maturity = _day(rng, case["valuation_date"] + timedelta(days=20), case["horizon"] + timedelta(days=100))
            case["notes"] = [
                {"name": "loan", "principal": burn * rng.uniform(0.2, 6), "maturity": maturity, "base_rate": 0.2}
            ]
        for note in case["notes"]:
            _change(rng, case, note)
    return case


def _day(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def _round_or_not(rng: Random, value: float) -> float:
    return value if rng.random() < 0.5 else float(f"{value:.1e}")


def _months(rng: Random, case: dict) -> dict:
    """When something that comes by month counts."""
    first, last = case["valuation_date"], case["horizon"]
    begin = _day(rng, first - timedelta(days=60), last)
    found = {"growth": rng.choice((0.0, 0.3, -0.5))}
    found |= {"from": begin} if rng.random() < 0.4 else {}
    return found | ({"to": _day(rng, begin, last)} if rng.random() < 0.4 else {})


def _flow(rng: Random, case: dict, burn: float, number: int) -> dict:
    sign = rng.choice((-1, -1, 1))
    flow = {"name": f"flow {number}", "amount": sign * _round_or_not(rng, burn * rng.uniform(0.05, 3))}
    if rng.random() < 0.05:
        flow["amount"] = 0
    kinds = ["date", "monthly", *["milestone"] * (2 if case.get("milestones") else 0)]
    kind = rng.choice(kinds)
    if kind == "date":
        purchase = case["policy"].get("dates") or [case["horizon"]]
        flow["date"] = rng.choice(
            (_day(rng, case["valuation_date"], case["horizon"] + timedelta(days=30)), purchase[-1])
        )
    elif kind == "monthly":
        flow |= {"monthly": True, **_months(rng, case)}
    else:
        flow |= _after(rng, case)
    if rng.random() < 0.5:
        flow["probability"] = rng.choice((0.5, 0.2, 0.0, 1.0))
    if rng.random() < 0.5:
        flow["operations"] = True
    return flow


def _after(rng: Random, case: dict) -> dict:
    delay = rng.choice((0, 0, 10, rng.uniform(0, 90)))
    return {"milestone": rng.choice(case["milestones"])["name"]} | ({"delay_days": delay} if delay else {})


def _item(rng: Random, case: dict, burn: float, number: int) -> dict:
    income = number > 0 and rng.random() < 0.5
    item = {
        "name": f"item {number}",
        "monthly": (-1 if income else 1) * _round_or_not(rng, burn * rng.uniform(0.1, 1.2)),
        "volatility": rng.choice((0.0, 0.25, rng.uniform(0, 0.8))),
        "persistence": rng.choice((0.0, 0.5, rng.uniform(-0.95, 0.95))),
        "price_correlation": rng.choice((0.0, -0.2, rng.uniform(-1, 1), 1.0)),
        "lag_months": rng.choice((0, 0, 1, 3)),
        "fixed": rng.random() < 0.3,
        **_months(rng, case),
    }
    if case["price"]["model"] == "bootstrap":
        item["price_correlation"] = 0.0
    if number and case.get("milestones") and rng.random() < 0.5:
        item["milestone"] = rng.choice(case["milestones"])["name"]
    return item


def _change(rng: Random, case: dict, note: dict) -> None:
    first, maturity = case["valuation_date"], note["maturity"]
    if rng.random() < 0.5:
        note.pop("interest_date", None)
        days = [f"{rng.randint(1, 12):02}-{rng.randint(1, 28):02}" for _ in range(rng.choice((1, 2, 4)))]
        note["interest_dates"] = [*days, *[f"{first:%m-%d}"] * (rng.random() < 0.2 and f"{first:%m-%d}" != "02-29")]
    if (note.get("interest_date") or note.get("interest_dates")) and rng.random() < 0.5:
        note["interest"] = "accrue"
    choice = rng.random()
    if choice < 0.35:
        note["accrued"] = rng.choice((0, float(note["principal"]) * rng.uniform(0, 0.1)))
    elif choice < 0.75 and maturity > first:
        if case.get("milestones") and rng.random() < 0.6:
            note["advance"] = _after(rng, case)
        else:
            note["advance"] = {"date": _day(rng, first, maturity - timedelta(days=1))}
