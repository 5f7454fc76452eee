"""More relations (see `relations.py`): the same luck for what two cases share, words and lists that mean the same."""

import copy
import itertools
from datetime import timedelta

from tests.support.relations import PATHS, ledgers, paths, relation, with_conditions, with_dates
from tests.support.small_case import changed
from tests.twin.ledger import read

# ------------------------------------------------------------------------------------------------------ luck


@relation
def a_longer_horizon_leaves_the_earlier_part_to_the_bit(document):
    coverage, terms = document["line"].get("coverage"), read(document)
    cut = terms.quarter(terms.horizon) + 2 != terms.last_month
    if coverage and coverage["basis"] == "quarter" and cut:
        return None  # months after the horizon count at their expected figures
    later = (terms.horizon + timedelta(days=100)).replace(day=1) - timedelta(days=1)
    longer = changed(document, {"horizon": later})
    if longer["policy"]["kind"] == "schedule":
        more = len(read(longer).purchase_dates) - len(terms.purchase_dates)
        longer["policy"]["amounts"] = [*longer["policy"]["amounts"], *[0.0] * more]
    for short, long in zip(paths(document), paths(longer), strict=True):
        for key in ("closes", "cash_used"):
            common = short.history[key].keys() & long.history[key].keys()
            if any(short.history[key][name] != long.history[key][name] for name in common):
                return False
        draws, balances = short.ledger["draws"], short.ledger["cash_month_end"]
        if draws != long.ledger["draws"][: len(draws)]:
            return False
        if any(long.ledger["cash_month_end"][month] != balance for month, balance in balances.items()):
            return False
    return True


@relation
def other_days_are_looked_at_on_the_same_market(document):
    """Cadence, window and timing choose days; none moves a close, a month's cash or an event."""
    document = changed(document, {"price.impact": "none", "policy": {"kind": "maximum", "cadence": "quarter_end"}})
    seen: list[dict] = [{} for _ in range(PATHS)]
    for cadence, window, timing in [("daily", 5, "before"), ("weekly", 1, "through"), ("month_end", 20, "before")]:
        pricing = {"line.pricing.window": window, "line.pricing.timing": timing, "policy.cadence": cadence}
        for path, before in zip(paths(changed(document, pricing)), seen, strict=True):
            everything = {**path.history, **path.history["closes"]}
            del everything["closes"]
            if any(before.setdefault(key, value) != value for key, value in everything.items()):
                return False
    return True


@relation
def a_condition_removed_leaves_all_other_luck(document):
    conditions = document["line"]["conditions"]
    if len(conditions) < 2:
        return None
    document = changed(document, {"price.impact": "none"})
    for gone in range(len(conditions)):
        rest = with_conditions(document, conditions[:gone] + conditions[gone + 1 :])
        for all_of_them, path in zip(paths(document), paths(rest), strict=True):
            expected = copy.deepcopy(dict(all_of_them.history))
            expected["waived"] = [name for name in expected["waived"] if name != conditions[gone]["name"]]
            if path.history != expected:
                return False
    return True


@relation
def a_milestone_that_nothing_looks_at_changes_nothing(document):
    milestone = {"name": "unused", "probability": 0.5, "median_days": 90, "p90_days": 200, "follows": ""}
    for place in (0, len(document.get("milestones", []))):
        rows = list(document.get("milestones", []))
        rows.insert(place, milestone)
        if ledgers({**document, "milestones": rows}) != ledgers(document):
            return False
    return True


@relation
def the_order_of_milestones_does_not_matter_to_their_times(document):
    rows = document.get("milestones", [])
    if len(rows) < 2:
        return None
    times_of = [
        [path.history["achieved_days"] for path in paths({**document, "milestones": r})] for r in (rows, rows[::-1])
    ]
    return times_of[0] == times_of[1]


@relation
def a_likelier_waiver_waives_what_was_waived_and_more(document):
    conditions, waived = document["line"]["conditions"], []
    if not conditions:
        return None
    for probability in (0.0, 0.2, 0.7, 1.0):
        rows = [{**condition, "waiver_probability": probability} for condition in conditions]
        waived.append([set(path.history["waived"]) for path in paths(with_conditions(document, rows))])
    grows = all(a <= b for few, more in itertools.pairwise(waived) for a, b in zip(few, more, strict=True))
    return grows and not any(waived[0]) and all(len(names) == len(conditions) for names in waived[-1])


@relation
def an_extension_changes_the_note_alone(document):
    if not any(note.get("extended_maturity") for note in document.get("notes", [])):
        return None
    document = changed(document, {"price.impact": "none"})
    runs = []
    for probability in (0.0, 1.0):
        notes = [
            {**n, "extension_probability": probability if n.get("extended_maturity") else 0} for n in document["notes"]
        ]
        runs.append(paths({**document, "notes": notes}))
    first = min(note["maturity"] for note in document["notes"] if note.get("extended_maturity"))
    for due, extended in zip(*runs, strict=True):
        if {**due.history, "extended": 0} != {**extended.history, "extended": 0} or due.history["extended"]:
            return False
        for month, balance in due.ledger["cash_month_end"].items():
            if month < f"{first:%Y-%m}" and extended.ledger["cash_month_end"][month] != balance:
                return False
    return True


@relation
def an_empty_note_changes_nothing(document):
    """It draws luck of its own, for its extension, and takes no number from anybody else."""
    maturity = read(document).horizon
    empty = {
        "name": "empty", "principal": 0, "maturity": maturity, "extended_maturity": maturity + timedelta(days=30),
        "extension_probability": 0.5, "base_rate": 0.05, "interest_date": "06-30",
    }  # fmt: skip
    notes = list(document.get("notes", []))
    for place in (0, len(notes)):
        more = {**document, "notes": [*notes[:place], empty, *notes[place:]]}
        for path, other in zip(paths(document), paths(more), strict=True):
            extended = [name for name in other.history["extended"] if name != "empty"]
            if path.ledger != other.ledger or path.history != {**other.history, "extended": extended}:
                return False
    return True


@relation
def burn_without_chance_leaves_market_and_events(document):
    """No number of the burn is anybody else's. A draw's impact hangs on the cash, so there is none."""
    document = changed(document, {"price.impact": "none"})
    if document["burn"]["volatility"] == 0:
        return None
    certain = paths(changed(document, {"burn.volatility": 0.0}))
    return all(
        path.history["cash_used"] != other.history["cash_used"]
        and {**path.history, "cash_used": 0} == {**other.history, "cash_used": 0}
        for path, other in zip(paths(document), certain, strict=True)
    )


@relation
def a_burn_apart_from_the_market_does_not_feel_it(document):
    """Without correlation, neither drift nor volatility of the price moves a dollar of burn."""
    document = changed(document, {"burn.price_correlation": 0.0})
    wild = changed(document, {"price.volatility": 1.7, "price.drift": -2.0, "price.initial": 7.0})
    return all(
        path.history["cash_used"] == other.history["cash_used"]
        for path, other in zip(paths(document), paths(wild), strict=True)
    )


# ------------------------------------------------------------------------------------------------------ words and lists


@relation
def names_change_nothing(document):
    other = {
        "title": "another",
        "company.name": "Another, Inc.",
        "line.investor": "Another, LLC",
        "line.registered": True,
    }
    return ledgers(changed(document, other)) == ledgers(document)


@relation
def the_order_of_conditions_decides_only_which_is_named(document):
    conditions = document["line"]["conditions"]
    if len(conditions) < 2:
        return None
    return ledgers(with_conditions(document, conditions[::-1]), "binding") == ledgers(document, "binding")


@relation
def a_condition_that_cannot_fail_changes_nothing(document):
    last, before = read(document).horizon, ledgers(document)
    for extra in (
        {"kind": "same_ceo", "waiver_probability": 1.0},
        {"kind": "no_adverse_change", "waiver_probability": 1.0},
        {"kind": "same_ceo", "after": last},
    ):
        for place in (0, len(document["line"]["conditions"])):
            conditions = list(document["line"]["conditions"])
            conditions.insert(place, {"name": "never binds", **extra})
            if ledgers(with_conditions(document, conditions)) != before:
                return False
    return True


@relation
def conditions_that_are_all_waived_are_none(document):
    conditions = document["line"]["conditions"]
    if not conditions:
        return None
    waived = with_conditions(document, [{**condition, "waiver_probability": 1.0} for condition in conditions])
    return ledgers(waived) == ledgers(with_conditions(document, []))


@relation
def listed_dates_are_the_cadence_they_list(document):
    days = read(document).purchase_dates
    return ledgers(with_dates(document, days)) == ledgers(document) if days else None


@relation
def a_fiscal_year_moved_by_a_quarter_has_the_same_quarters(document):
    month = (document["company"]["fiscal_year_end_month"] + 2) % 12 + 1
    return ledgers(changed(document, {"company.fiscal_year_end_month": month})) == ledgers(document)


@relation
def the_last_coverage_percentage_goes_on(document):
    if not document["line"].get("coverage"):
        return None
    percent = document["line"]["coverage"]["percent"]
    return ledgers(changed(document, {"line.coverage.percent": [*percent, *percent[-1:] * 3]})) == ledgers(document)


@relation
def a_step_inside_a_month_begins_with_the_next(document):
    steps = document["burn"]["steps"]
    if not steps:
        return None
    forward = [
        {**s, "date": (s["date"].replace(day=1) + timedelta(days=32 * (s["date"].day > 1))).replace(day=1)}
        for s in steps
    ]
    return ledgers(changed(document, {"burn.steps": forward})) == ledgers(document)


@relation
def a_cap_of_the_whole_commitment_is_no_cap(document):
    line = {key: value for key, value in document["line"].items() if key != "max_per_period"}
    capped = {**line, "max_per_period": 2 * line["commitment"]}
    return ledgers({**document, "line": line}) == ledgers({**document, "line": capped})


@relation
def third_parties_that_never_come_are_none(document):
    if not document.get("third_party"):
        return None
    none = {key: value for key, value in document.items() if key != "third_party"}
    return ledgers(changed(document, {"third_party.annual_rate": 0.0})) == ledgers(none)
