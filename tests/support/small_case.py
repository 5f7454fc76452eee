"""A case small enough to be worked out by hand, and a history for it."""

import copy
from datetime import date

from tests.twin.terms import sessions

MILESTONE = {"name": "gen-2", "probability": 1, "median_days": 10, "p90_days": 20}


def small_case() -> dict:
    """Two fiscal quarters, one note, round figures."""
    return {
        "valuation_date": date(2002, 4, 1),
        "horizon": date(2002, 9, 30),
        "company": {
            "fiscal_year_end_month": 3,
            "cash": 2_500_000,
            "minimum_cash": 100_000,
            "shares_outstanding": 20_000_000,
            "shares_authorized": 30_000_000,
        },
        "price": {"initial": 2.0, "volatility": 0.5},
        "burn": {"monthly": 600_000},
        "line": {
            "commitment": 1_200_000,
            "start": date(2002, 4, 1),
            "end": date(2003, 3, 31),
            "max_per_period": 5_000_000,
            "legal_cost_per_draw": 20_000,
            "pricing": {"window": 2, "multiplier": 0.85},
            "coverage": {"percent": [50]},
        },
        "notes": [
            {
                "name": "note",
                "principal": 1_000_000,
                "maturity": date(2002, 8, 15),
                "extended_maturity": date(2003, 8, 15),
                "base_rate": 0.05,
                "margin": 0.01,
                "rate_cap": 0.10,
                "interest_date": "06-30",
                "last_interest_date": date(2001, 12, 31),
            }
        ],
        "policy": {"kind": "maximum", "cadence": "quarter_end"},
    }


def small_history(case: dict, close: float = 2.0) -> dict:
    used = [600_000, 620_000, 900_000, 310_000, 620_000, 600_000]
    return {
        "closes": {day.isoformat(): close for day in sessions(case["valuation_date"], case["horizon"])},
        "cash_used": {f"2002-{month:02}": amount for month, amount in enumerate(used, start=4)},
        "achieved_days": {},
        "ceo_change_days": None,
        "adverse_change_days": None,
        "waived": [],
        "extended": ["note"],
        "third_party": [],
    }


def changed(table: dict, changes: dict) -> dict:
    """A copy with other values at dotted keys."""
    table = copy.deepcopy(table)
    for path, value in changes.items():
        *parents, key = path.split(".")
        place = table
        for parent in parents:
            place = place[int(parent) if parent.isdigit() else parent]
        place[key] = value
    return table
