"""Overrides of the keys of a case, of every kind, and the cases to apply them to."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from random import Random
from typing import Any

import sim
from sim.cli.new import KINDS, template
from sim.terms import Case
from sim.terms.ranges import Day, Flag, MonthDay, Number, Text, Whole
from sim.terms.schema import Key, Rows, Table, Values, entry_keys, keys
from sim.terms.toml_text import parsed
from tests.support.other_cash import everything

#: Keys that other cases have: optional tables, models and policies.
TABLES: tuple[dict[str, Any], ...] = (
    {"price.model": "heston"},
    {"price.model": "garch"},
    {"price.model": "merton", "price.jump_rate": 3.0, "price.jump_sd": 0.2},
    {"price.model": "bootstrap", "price.closes": [10.0 + (7 * i) % 5 for i in range(150)], "burn.price_correlation": 0},
    {"price.impact": "dilution"},
    {"price.closes": [["2001-01-05", 2.0], ["2001-01-08", 2.5]]},
    {"price.volume": {"mean": 1e6}, "line.volume_before": {"share": 0.2, "sessions": 5}, "policy.cadence": "weekly"},
    {"price.volume": {"mean": 1e6, "persistence": 0.0}, "line.volume_during": {"share": 0.1}},
    {"policy": {"kind": "runway", "target_months": 4.0, "cadence": "month_end"}},
    {"policy": {"kind": "opportunistic", "target_months": 4.0, "price_trigger": 1.5, "cadence": "weekly"}},
    {"policy.reserve_price": 1.0, "policy.need_months": 2.0},
    {"third_party": None},
    {"third_party": {"annual_rate": 0.5, "median_amount": 4e6, "log_sd": 0.3, "kind": "debt"}},
    {"notes": [{"name": "note", "principal": 5e6, "maturity": "2030-12-31", "base_rate": 0.05}]},
    {"line.coverage": {"percent": [100, 50], "basis": "to_date", "carry_forward": True}},
    {"burn.steps": [{"date": "2002-10-01", "factor": 0.8}]},
    {"line.fees": {"percent": 2.0, "pro_rata_shares": 1000}},
    {"line.exchange_cap": {"share": 0.2}},
    {"line.ownership": {"share": 0.1}},
    {"line.start": "2001-04-01", "line.coverage.carry_forward": True},
    {"company.interest_income_rate": 0.03},
    {
        "flows": [
            {"name": "plant", "amount": -1e6, "date": "2002-09-10", "probability": 0.5, "operations": True},
            {"name": "rent", "amount": -1e5, "monthly": True, "growth": 0.1},
        ]
    },
    {
        "burn": {
            "model": "statement",
            "items": [
                {"name": "costs", "monthly": 9e5, "volatility": 0.3, "fixed": True},
                {"name": "sales", "monthly": -2e5, "lag_months": 2},
            ],
        }
    },
    {
        "notes": [
            {
                "name": "note",
                "principal": 5e6,
                "maturity": "2030-12-31",
                "base_rate": 0.05,
                "accrued": 1e4,
                "interest": "accrue",
                "interest_dates": ["06-30"],
            }
        ]
    },
    {
        "notes": [
            {
                "name": "tranche",
                "principal": 5e6,
                "maturity": "2030-12-31",
                "base_rate": 0.05,
                "advance": {"date": "2002-10-15"},
            }
        ]
    },
    {"response": {"cover_months": 4, "cut": 0.3}},
    {"bridge": {"limit": 5e6, "probability": 0.5}},
    {"line.waivers": {"mode": "each_period"}},
    {"line.waivers": {"common": 0.5}},
    {"line.coverage": {"percent": [100, 50], "basis": "forecast", "waiver_probability": 0.3}},
)
#: What people do, all of it at once.
PEOPLE: dict[str, Any] = {
    "response": {"cover_months": 4, "cut": 0.3, "restore_months": 8, "one_off_months": 0.5},
    "bridge": {"limit": 5e6, "probability": 0.5, "rate": 0.1},
    "line.waivers": {"mode": "each_period", "common": 0.5, "price_sensitivity": 0.7},
    "line.coverage": {
        "percent": [100, 100, 75, 50],
        "basis": "forecast",
        "includes_interest": True,
        "waiver_probability": 0.3,
    },
    "third_party.price_sensitivity": 1.0,
    "third_party.reduces": "period",
}


def every_case() -> dict[str, Case]:
    """The shipped cases, one of them with what people do, one of each template, and one with every kind of other cash,
    which is there with what people do too."""
    shipped = {name: sim.load_case(name) for name, _ in sim.shipped_cases()}
    shipped["people"] = shipped["valence-2002"].replace(PEOPLE)
    made = {kind: Case.from_dict(parsed(template(kind))) for kind in KINDS}
    both = everything({key: value for key, value in PEOPLE.items() if not key.startswith("third_party")})
    return shipped | made | {"other cash": everything(), "other cash and people": both}


def places(part: Any, where: str = "") -> Iterator[tuple[str, Key, Any]]:
    """Dotted key, what is known of it, and its value, of every single value below a table."""
    of: Any = type(part)
    for word, known in keys(of).items():
        value, name = getattr(part, word), f"{where}{word}"
        if isinstance(known.rule, Table) and value is not None:
            yield from places(value, f"{name}.")
        elif isinstance(known.rule, Rows):
            for place, row in zip(entry_keys(name, value or ()), value or (), strict=True):
                yield from places(row, f"{place}.")
        else:
            yield name, known, value


def other_value(rng: Random, rule: Any, value: Any) -> Any:
    """Another value of a key, often a valid one and often at an end of what is allowed."""
    if isinstance(rule, Number):
        ends = [end for end in (rule.least, rule.most, 0.0, 1.0, -1.0) if end is not None]
        return rng.choice([*ends, rng.random(), -rng.random(), (value or 1.0) * rng.uniform(0.3, 3.0)])
    if isinstance(rule, Whole):
        return max(rule.least, min(rule.most, (value or 1) + rng.choice((-1, 1, 3, 10, rule.least, 1_000_000))))
    if isinstance(rule, Text) and rule.choices:
        return rng.choice(rule.choices)
    if isinstance(rule, Flag):
        return not value
    if isinstance(rule, Day):
        return (value or datetime.date(2002, 7, 15)) + datetime.timedelta(days=rng.choice((-370, -31, -1, 1, 20, 200)))
    if isinstance(rule, MonthDay):
        return rng.choice(("", "06-30", "12-31"))
    if isinstance(rule, Values) and value:
        return [other_value(rng, rule.of, item) for item in value]
    return None


def random_overrides(rng: Random, case: Case) -> dict[str, Any]:
    """One to three keys of a case with other values; sometimes a table, or a key without its value."""
    if rng.random() < 0.2:
        return dict(rng.choice(TABLES))
    chosen = rng.sample([place for place in places(case) if place[0] != "schema"], rng.randint(1, 3))
    return {name: None if rng.random() < 0.05 else other_value(rng, known.rule, value) for name, known, value in chosen}
