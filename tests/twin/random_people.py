"""Random people over every key of WORLD section 2, alone and together, in scales at which each does something.

case = with_people(random.Random(7), random_case(random.Random(7)))    # the case with people
"""

from datetime import date
from random import Random

from tests.twin.line_terms import month_of
from tests.twin.people import by_period, line_quarters, waivable
from tests.twin.terms import month_first


def with_people(rng: Random, case: dict) -> dict:
    """The case with management, an insider, an investor who waives or third parties that look at the price."""
    burn, months = float(case["burn"]["monthly"]), (case["horizon"] - case["valuation_date"]).days // 30
    case = dict(case)
    choices = {"response": _response(rng, months, case["valuation_date"]), "bridge": _bridge(rng, burn)}
    case |= {key: value for key, value in choices.items() if rng.random() < 0.5}
    if case.get("third_party"):
        case["third_party"] = _third_party(rng, case)
    if case.get("events", {}).get("adverse_change") and rng.random() < 0.3:
        adverse = {key: value for key, value in case["events"]["adverse_change"].items() if key != "duration_days"}
        case["events"] = case["events"] | {"adverse_change": adverse}
    if case.get("line"):
        return case | {"line": _line(rng, case["line"])}
    shared = [row["name"] for line in case["lines"] for row in line["conditions"]]
    return case | {"lines": [_line(rng, line, len(shared) == len(set(shared))) for line in case["lines"]]}


def _third_party(rng: Random, case: dict) -> dict:
    lines = [case["line"]] if case.get("line") else case["lines"]
    optional = {"price_sensitivity": rng.choice((1, -0.7, 3)), "reduces": "period"}
    if any(line.get("max_per_period") is None for line in lines):
        del optional["reduces"]
    return case["third_party"] | {key: value for key, value in optional.items() if rng.random() < 0.4}


def _line(rng: Random, line: dict, waives: bool = True) -> dict:
    """The line with waivers of its own, and coverage that can be waived or looks ahead."""
    conditions = [row | {"waiver_probability": rng.choice((0.0, 0.3, 0.8, 1.0))} for row in line["conditions"]]
    line = line | ({"conditions": conditions} if waives else {})
    optional = {
        "mode": rng.choice(("once", "each_period")),
        "common": rng.choice((0.0, 0.4, 1.0)),
        "price_sensitivity": rng.choice((0.0, 1.5, -0.5)),
    }
    if waives and rng.random() < 0.5:
        line["waivers"] = {key: value for key, value in optional.items() if rng.random() < 0.6}
    if line.get("coverage"):
        extra = {"basis": "forecast", "waiver_probability": rng.choice((0.3, 1.0))}
        line["coverage"] = line["coverage"] | {key: value for key, value in extra.items() if rng.random() < 0.4}
        line["coverage"] |= {"includes_interest": True} if rng.random() < 0.5 else {}
    return line


def _response(rng: Random, months: int, first: date) -> dict:
    cover = rng.choice((0, 1, 4, rng.uniform(0, 1 + months)))
    response = {"cover_months": cover, "cut": rng.choice((0, 0.3, 1, rng.random()))}
    optional = {
        "delay_months": rng.choice((0, 1, 2, 5)),
        "restore_months": cover + rng.choice((0.5, 2, 12)),
        "one_off_months": rng.choice((0, 0.5, 2)),
    }
    response |= {key: value for key, value in optional.items() if rng.random() < 0.5}
    months_before = rng.choice((-2, 0, 0, 1, 4, 30))  # of a cut that has been decided
    month = month_of(first) - months_before
    begun = {"cut_from": month_first(month)} if rng.random() < 0.3 else {}
    return response | begun


def _bridge(rng: Random, burn: float) -> dict:
    trigger = rng.choice((0.5, 1, 3))
    bridge = {"limit": burn * rng.choice((0, 1, 5, rng.uniform(0, 20)))}
    optional = {
        "probability": rng.choice((0.0, 0.5, 1.0)),
        "common": rng.choice((True, False)),
        "rate": rng.choice((0.0, 0.08)),
    }
    amounts = {"trigger_months": trigger, "target_months": trigger + rng.choice((0, 1, 4))}
    bridge |= amounts if rng.random() < 0.5 else {}
    return bridge | {key: value for key, value in optional.items() if rng.random() < 0.5}


def random_people_history(rng: Random, terms) -> dict:
    """The random part of a history that is given."""
    said = {}
    if terms.bridge and rng.random() < 0.8:
        said["bridge_months"] = [label for label in terms.month_labels() if rng.random() < 0.5]
    rows = by_period(terms, {})
    if rows and rng.random() < 0.8:
        lines = [line for line in terms.lines if line.waivers.get("mode") == "each_period"]
        said["waived_by_period"] = {
            label: [
                name
                for line in lines
                if label in line_quarters(line)
                for name, _ in waivable(line)
                if rng.random() < 0.4
            ]
            for label in rows["waived_by_period"]
            if rng.random() < 0.9
        }
    return said
