"""Relations between a case and a changed case under the same luck: what one must do, given what the other does.

Each relation is a function of a random case's document. It gives None where it says nothing of such a case, else
whether it holds there. `test_metamorphic.py` runs them all, and once more with faults planted. Here: units of money and
shares, more and less of something; in `relations_of_luck.py`: luck, words and lists.
"""

import copy
import itertools
from collections.abc import Callable
from datetime import date

import numpy as np

import sim
from sim.engine.trace import trace_paths
from sim.terms import Case
from tests.support.small_case import changed
from tests.twin.ledger import read

PATHS, SEED = 16, 7
LOTS = 10**14  # shares or dollars that never run out; doubled and halved exactly
RELATIONS: dict[str, Callable[[dict], bool | None]] = {}


def relation(function: Callable[[dict], bool | None]) -> Callable[[dict], bool | None]:
    RELATIONS[function.__name__.replace("_", " ")] = function
    return function


def paths(document: dict, number: int = PATHS) -> list:
    return trace_paths(Case.from_dict(document), 0, number, SEED)


def columns(document: dict) -> dict[str, np.ndarray]:
    result = sim.simulate(Case.from_dict(document), paths=PATHS, seed=SEED, workers=1)
    names = ("dilution", "runway_months", "draws", "raised", "shares_issued", "funding_gap", "ending_cash", "cause")
    return {name: result[name] for name in names}


def ledgers(document: dict, without: str = "") -> list[dict]:
    """Every path's ledger; of each draw all but one field."""
    found = []
    for path in paths(document):
        draws = [{key: value for key, value in draw.items() if key != without} for draw in path.ledger["draws"]]
        found.append({**path.ledger, "draws": draws})
    return found


def times(document: dict, keys: list[str], factor: float) -> dict:
    """A copy with figures multiplied, wherever they are given. `[]` goes through a list, `notes[].principal`."""
    document = copy.deepcopy(document)
    for key in keys:
        places: list = [document]
        *parents, last = key.split(".")
        for parent in parents:
            name = parent.removesuffix("[]")
            places = [place[name] for place in places if place.get(name) is not None]
            places = [row for rows in places for row in rows] if parent.endswith("[]") else places
        for place in places:
            if place.get(last) is not None:
                value = place[last]
                place[last] = [x * factor for x in value] if isinstance(value, list) else value * factor
    return document


DOLLARS = [
    "company.cash", "company.minimum_cash", "burn.monthly", "line.commitment", "line.max_per_period",
    "line.max_per_draw", "line.legal_cost_per_draw", "line.minimum_draw", "third_party.median_amount",
    "notes[].principal", "notes[].sweep.prepay_above", "notes[].sweep.reborrow_below", "policy.amounts",
]  # fmt: skip
DOLLARS_A_SHARE = ["price.initial", "line.pricing.floor"]
SHARES = ["company.shares_outstanding", "company.shares_authorized", "company.shares_reserved"]


def with_dates(document: dict, days: list[date]) -> dict:
    document = copy.deepcopy(document)
    document["policy"] = {**document["policy"], "dates": days}
    return document


def open_charter(document: dict) -> dict:
    return changed(document, {"company.shares_authorized": LOTS, "price.impact": "none"})


def with_conditions(document: dict, conditions: list[dict]) -> dict:
    return changed(document, {"line.conditions": conditions})


# ------------------------------------------------------------------------------------------------------ units


@relation
def the_unit_of_money_does_not_matter(document):
    """Every dollar figure in another unit of twice the number, the price too: to the bit."""
    if document.get("third_party"):
        return None  # a lognormal amount's logarithm rounds; the next relation has them
    one, two = columns(document), columns(times(document, DOLLARS + DOLLARS_A_SHARE, 2))
    money = ("raised", "funding_gap", "ending_cash")
    return all(np.array_equal(one[name] * (2 if name in money else 1), two[name]) for name in one)


@relation
def the_unit_of_money_does_not_matter_to_a_replay(document):
    doubled = Case.from_dict(times(document, DOLLARS + DOLLARS_A_SHARE, 2))
    case = Case.from_dict(document)
    for path in paths(document, 4):
        history = times(path.history.to_dict(), ["third_party[].amount"], 2)
        for key in ("closes", "cash_used"):
            history[key] = {name: 2 * value for name, value in history[key].items()}
        one, two = sim.replay(case, path.history), sim.replay(doubled, history)
        if [2 * x for x in one["cash_month_end"].values()] != list(two["cash_month_end"].values()):
            return False
        if one["shares_issued"] != two["shares_issued"] or (one["cash_out"] != two["cash_out"]):
            return False
    return True


@relation
def a_company_of_twice_the_size_has_the_same_runway(document):
    """Twice the dollars and twice the shares at the same price; each draw's shares are whole numbers."""
    if document.get("third_party"):
        return None
    document = open_charter(document)
    one, two = columns(document), columns(times(document, DOLLARS + SHARES, 2))
    near = 1.5 * one["draws"] / (2 * document["company"]["shares_outstanding"]) + 1e-15
    same = all(np.array_equal(one[name], two[name]) for name in ("runway_months", "draws", "cause"))
    return same and (abs(one["dilution"] - two["dilution"]) <= near).all()


@relation
def a_split_of_the_shares_changes_no_dollar(document):
    """Four for one: a quarter of the price, four times the shares."""
    document = open_charter(document)
    split = times(times(document, SHARES, 4), DOLLARS_A_SHARE, 0.25)
    one, four = columns(document), columns(split)
    same = all(np.array_equal(one[name], four[name]) for name in one if name not in ("shares_issued", "dilution"))
    return same and (abs(4 * one["shares_issued"] - four["shares_issued"]) <= 2.5 * one["draws"]).all()


# ------------------------------------------------------------------------------------------------------ more and less


@relation
def more_burn_never_lengthens_a_runway_without_a_line(document):
    document = changed(document, {"line.commitment": 0})
    runways = [columns(times(document, ["burn.monthly"], factor))["runway_months"] for factor in (0.5, 1, 1.1, 2)]
    return all((more <= less).all() for less, more in itertools.pairwise(runways))


@relation
def more_cash_never_shortens_a_runway_whose_draws_ignore_it(document):
    if document["policy"]["kind"] not in ("maximum", "schedule"):
        return None
    runways = [columns(times(document, ["company.cash"], factor))["runway_months"] for factor in (0.5, 1, 1.25, 3)]
    # A runway is a quotient, rounded: another balance may round it to the number below.
    return all((more >= less * (1 - 1e-12)).all() for less, more in itertools.pairwise(runways))


@relation
def a_legal_cost_changes_nothing_but_cash(document):
    if document["policy"]["kind"] not in ("maximum", "schedule"):
        return None
    free = changed(document, {"line.legal_cost_per_draw": 0})
    dear = changed(document, {"line.legal_cost_per_draw": document["burn"]["monthly"]})
    for less, more in zip(paths(free), paths(dear), strict=True):
        drawn = [[{**draw, "costs": 0.0} for draw in path.ledger["draws"]] for path in (less, more)]
        if less.history != more.history or drawn[0] != drawn[1]:
            return False
        if any(draw["amount"] > 0 for draw in less.ledger["draws"]) and not document.get("notes"):
            number = sum(draw["amount"] > 0 for draw in less.ledger["draws"])
            ends = [list(path.ledger["cash_month_end"].values())[-1] for path in (less, more)]
            if not np.isclose(ends[0] - ends[1], number * document["burn"]["monthly"], rtol=1e-9):
                return False
    return True


@relation
def a_higher_price_never_issues_more_shares_for_the_same_amounts(document):
    days = read(document).purchase_dates
    if not days:
        return None
    amounts = [(1 + number % 3) * float(document["burn"]["monthly"]) for number in range(len(days))]
    document = with_dates(open_charter(document), days)
    document["policy"] |= {"kind": "schedule", "amounts": amounts}
    document["line"]["pricing"].pop("floor", None)
    case = Case.from_dict(document)
    for path in paths(document, 4):
        higher = path.history.to_dict()
        for number, day in enumerate(higher["closes"]):
            higher["closes"][day] *= 1 + number % 4 / 3
        low, high = sim.replay(case, path.history), sim.replay(case, higher)
        if [d["amount"] for d in low["draws"]] != [d["amount"] for d in high["draws"]]:
            return False
        if any(h["shares"] > d["shares"] for d, h in zip(low["draws"], high["draws"], strict=True)):
            return False
        if high["shares_issued"] > low["shares_issued"] or low["cash_month_end"] != high["cash_month_end"]:
            return False
    return True


@relation
def a_tighter_limit_never_raises_more_on_a_single_date(document):
    days = read(document).purchase_dates
    if not days:
        return None
    document = with_dates(document, [days[len(days) // 2]])
    document["policy"] = {"kind": "maximum", "dates": document["policy"]["dates"]}
    amounts = np.array([path.ledger["draws"][0]["amount"] for path in paths(document)])
    for key, factor in (
        ("line.commitment", 0.7), ("line.max_per_period", 0.7), ("line.coverage.percent", 0.7),
        ("line.pricing.floor", 1.3), ("line.minimum_draw", 1.3), ("line.pricing.multiplier", 0.9),
    ):  # fmt: skip
        tighter = np.array([path.ledger["draws"][0]["amount"] for path in paths(times(document, [key], factor))])
        if (tighter > amounts).any():
            return False
    return True


@relation
def impact_moves_nothing_before_the_first_draw(document):
    runs = [paths(changed(document, {"price.impact": impact})) for impact in ("none", "dilution")]
    for none, dilution in zip(*runs, strict=True):
        first = next((d["date"] for d in none.ledger["draws"] if d["shares"] > 0), "9999")
        for day, close in none.history["closes"].items():
            after = dilution.history["closes"][day]
            if (day <= first and close != after) or (day > first and after <= 0):
                return False
    return True
