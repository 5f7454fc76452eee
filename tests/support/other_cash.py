"""A case with every kind of other cash."""

from sim.terms import Case
from sim.verify.samples import plain_case

REACHED = {"name": "licence", "probability": 0.6, "median_days": 100, "p90_days": 300}
EVERYTHING = {
    "valuation_date": "2002-04-15",
    "milestones": [REACHED],
    "company.interest_income_rate": 0.04,
    "company.cash": 9e6,
    "line.commitment": 8e6,
    "line.max_per_period": 1e6,
    "line.coverage": {"percent": [60]},
    "burn": {
        "model": "statement",
        "items": [
            {"name": "costs", "monthly": 9e5, "volatility": 0.3, "persistence": 0.5, "price_correlation": -0.3},
            {"name": "sales", "monthly": -2e5, "volatility": 0.4, "lag_months": 2},
            {"name": "royalties", "monthly": -1e5, "milestone": "licence"},
        ],
    },
    "flows": [
        {"name": "plant", "amount": -6e6, "date": "2002-09-10", "probability": 0.5},
        {"name": "fee", "amount": 3e6, "milestone": "licence", "delay_days": 30},
        {"name": "rent", "amount": -1e5, "monthly": True, "operations": True, "growth": 0.1},
    ],
    "notes": [
        {
            "name": "loan", "principal": 2e6, "maturity": "2003-06-30", "base_rate": 0.08, "interest": "accrue",
            "interest_dates": ["06-30", "12-31"], "accrued": 1e5,
        },
        {
            "name": "tranche", "principal": 1e6, "maturity": "2003-12-31", "base_rate": 0.12,
            "advance": {"milestone": "licence"},
        },
    ],
}  # fmt: skip


def everything(changes: dict | None = None) -> Case:
    return plain_case(EVERYTHING | (changes or {}))
