"""Events against closed forms, through histories of the public interface: within 4 standard errors at a pinned seed.

TRACED paths each. Every sample has twins with a planted fault, which must fail.
"""

import math

import numpy as np
import pytest

from sim.lowering import program as r
from tests.support.samples import changed, errors, errors_of_chance, far, histories, plain_case, plant_fault

TRACED, SEED = 25_600, 20020401
NORMAL_90 = 1.2815515655446004


def seen(monkeypatch, fault, sample) -> bool:
    plant_fault(monkeypatch, fault)
    return far(sample()) != {}


# ------------------------------------------------------------------------------------------------------ milestones

LOADING = 0.6
MILESTONES = {
    "cell": {"probability": 0.7, "median_days": 100, "p90_days": 250},
    "pack": {"probability": 0.9, "median_days": 60, "p90_days": 90},
    "plant": {"probability": 0.5, "median_days": 30, "p90_days": 80, "follows": "cell"},
}


def milestones() -> dict[str, float]:
    rows = [{"name": name, **row} for name, row in MILESTONES.items()]
    case = plain_case({"milestones": rows, "events": {"common_loading": LOADING}})
    achieved = [history["achieved_days"] for history in histories(case, TRACED, SEED)]
    days = {name: np.array([row.get(name, np.inf) for row in achieved]) for name in MILESTONES}
    reached = {name: np.isfinite(days[name]) for name in MILESTONES}
    with np.errstate(invalid="ignore"):
        own = {**days, "plant": days["plant"] - days["cell"]}  # counted from the milestone it follows
    found: dict[str, float] = {}
    score: dict[str, np.ndarray] = {}
    for name, row in MILESTONES.items():
        sd = math.log(row["p90_days"] / row["median_days"]) / NORMAL_90
        times = np.where(reached[name], np.maximum(own[name], 1e-9), 1.0)
        score[name] = np.log(times / row["median_days"])
        score[name] /= sd
        times = own[name][reached[name]]
        found[f"{name}: median"] = errors_of_chance(times <= row["median_days"], 0.5)
        found[f"{name}: 90%"] = errors_of_chance(times <= row["p90_days"], 0.9)
        found[f"{name}: mean score"] = errors(score[name][reached[name]], 0)
        found[f"{name}: variance of the score"] = errors(score[name][reached[name]] ** 2, 1)
    for one, other in (("cell", "pack"), ("cell", "plant"), ("pack", "plant")):
        both = reached[one] & reached[other]
        found[f"{one} with {other}"] = errors((score[one] * score[other])[both], LOADING**2)
    chances = {
        "cell": (reached["cell"], 0.7),
        "pack": (reached["pack"], 0.9),
        "plant": (reached["plant"], 0.35),
        "cell and pack": (reached["cell"] & reached["pack"], 0.63),
        "plant after cell": (reached["plant"][reached["cell"]], 0.5),
    }
    return found | {f"{name} reached": errors_of_chance(*chance) for name, chance in chances.items()}


def test_milestones():
    assert far(milestones()) == {}


def with_milestones(**fields):
    return lambda program: program._replace(milestones=changed(program.milestones, **fields))


@pytest.mark.parametrize(
    "fault",
    [
        lambda program: program._replace(events=program.events._replace(own=1.0)),
        lambda program: program._replace(events=program.events._replace(loading=0.0, own=1.0)),
        lambda program: program._replace(
            milestones=changed(program.milestones, log_sd=program.milestones["log_sd"] * NORMAL_90)
        ),
        lambda program: with_milestones(own_luck=program.events.factor_luck)(program),
        lambda program: with_milestones(own_luck=program.milestones["own_luck"][[0, 0, 2]])(program),
        lambda program: with_milestones(reached_luck=program.milestones["reached_luck"][0])(program),
        with_milestones(follows=-1),
    ],
    ids=[
        "own part too large", "no common factor", "90% taken for one sd", "the factor used twice", "one time for two",
        "one chance for all", "nothing follows",
    ],
)  # fmt: skip
def test_wrong_milestones_are_seen(monkeypatch, fault):
    assert seen(monkeypatch, fault, milestones)


# ------------------------------------------------------------------------------------------------------ changes

CEO_RATE, ADVERSE_RATE = 2.0, 0.7


def changes() -> dict[str, float]:
    events = {
        "ceo_change": {"annual_rate": CEO_RATE},
        "adverse_change": {"annual_rate": ADVERSE_RATE, "duration_days": 180},
    }
    found, times = {}, {}
    paths = histories(plain_case({"events": events}), TRACED, SEED)
    for name, rate in (("ceo", CEO_RATE), ("adverse", ADVERSE_RATE)):
        times[name] = np.array([path[f"{name}_change_days"] for path in paths])
        mean = 365.25 / rate
        found[f"{name}: mean"] = errors(times[name], mean)
        found[f"{name}: second moment"] = errors(times[name] ** 2, 2 * mean**2)
        for days in (10, 90, 400):
            found[f"{name}: by day {days}"] = errors_of_chance(times[name] <= days, -math.expm1(-days / mean))
    means = 365.25 / CEO_RATE, 365.25 / ADVERSE_RATE
    return found | {"together": errors((times["ceo"] - means[0]) * (times["adverse"] - means[1]), 0)}


def test_changes_of_ceo_and_adverse_changes_are_exponential():
    assert far(changes()) == {}


def one_number_for_both(program):
    """The call that fills both rows, once more with its first half for the second row."""
    again = program.calls[program.calls["purpose"] == r.EVENTS]
    again = changed(again, row_a=again["row_b"], row_b=0, kind_b=r.UNUSED)
    return program._replace(calls=np.concatenate([program.calls, again]))


def with_events(**fields):
    return lambda program: program._replace(events=program.events._replace(**fields))


@pytest.mark.parametrize(
    "fault",
    [
        with_events(ceo_mean_days=252 / CEO_RATE),
        with_events(adverse_mean_days=365.25 * ADVERSE_RATE),
        with_events(ceo_mean_days=365.25 / ADVERSE_RATE, adverse_mean_days=365.25 / CEO_RATE),
        one_number_for_both,
    ],
    ids=["a year of 252 days", "rate taken for mean", "rates swapped", "one number for both"],
)
def test_wrong_changes_are_seen(monkeypatch, fault):
    assert seen(monkeypatch, fault, changes)


# ------------------------------------------------------------------------------------------------------ third parties

PARTY = {
    "annual_rate": 3.0, "median_amount": 8e6, "log_sd": 0.5, "kind": "debt", "reduction_probability": 0.3,
}  # fmt: skip
MONTHS = 12


def third_parties() -> dict[str, float]:
    paths = histories(plain_case({"third_party": PARTY, "horizon": "2003-03-31"}), TRACED, SEED)
    chance = -math.expm1(-PARTY["annual_rate"] / 12)
    months = list(paths[0]["cash_used"])
    came = np.zeros((TRACED, len(months)), bool)
    for number, path in enumerate(paths):
        came[number, [months.index(deal["month"]) for deal in path["third_party"]]] = True
    deals = [deal for path in paths for deal in path["third_party"]]
    score = (np.log([deal["amount"] for deal in deals]) - math.log(PARTY["median_amount"])) / PARTY["log_sd"]
    reduces = np.array([deal["reduces_line"] for deal in deals])
    spread = (came.sum(axis=1) - MONTHS * chance) ** 2
    return {
        "frequency": errors_of_chance(came.ravel(), chance),
        "first month": errors_of_chance(came[:, 0], chance),
        "last month": errors_of_chance(came[:, -1], chance),
        "months are independent": errors(spread, MONTHS * chance * (1 - chance)),
        "mean of the log": errors(score, 0),
        "variance of the log": errors(score**2, 1),
        "reductions": errors_of_chance(reduces, PARTY["reduction_probability"]),
        "reductions do not go with amounts": errors(score * (reduces - PARTY["reduction_probability"]), 0),
        "arrivals do not go with amounts": errors(score * np.concatenate([[c.sum()] * c.sum() for c in came]), 0),
    }


def test_third_parties():
    assert far(third_parties()) == {}


def with_party(**fields):
    return lambda program: program._replace(third_party=program.third_party._replace(**fields))


@pytest.mark.parametrize(
    "fault",
    [
        with_party(probability=3.0 / 12),
        with_party(log_sd=0.5**2),
        with_party(log_median=math.log(8e6) - 0.5**2 / 2),
        with_party(reduction_probability=0.7),
        lambda program: program._replace(
            months=changed(program.months, arrival_luck=program.months["arrival_luck"][0])
        ),
    ],
    ids=[
        "rate taken for chance",
        "variance for sd",
        "mean for median",
        "keeps for reduces",
        "one chance for all months",
    ],
)
def test_wrong_third_parties_are_seen(monkeypatch, fault):
    assert seen(monkeypatch, fault, third_parties)


# ------------------------------------------------------------------------------------------------------ tosses

WAIVERS = {"first": 0.6, "second": 0.3, "never": 0.0, "always": 1.0}
EXTENSIONS = {"note a": 0.9, "note b": 0.5}


def tosses() -> dict[str, float]:
    conditions = [{"name": n, "kind": "same_ceo", "waiver_probability": p} for n, p in WAIVERS.items()]
    notes = [
        {
            "name": name, "principal": 1e6, "maturity": "2002-12-31", "extended_maturity": "2003-12-31",
            "extension_probability": probability, "base_rate": 0.05,
        }
        for name, probability in EXTENSIONS.items()
    ]  # fmt: skip
    paths = histories(plain_case({"line.conditions": conditions, "notes": notes}), TRACED, SEED)
    happened = {name: np.array([name in path["waived"] for path in paths]) for name in WAIVERS}
    happened |= {name: np.array([name in path["extended"] for path in paths]) for name in EXTENSIONS}
    assert not happened.pop("never").any()
    assert happened.pop("always").all()
    chance = WAIVERS | EXTENSIONS
    found = {name: errors_of_chance(flags, chance[name]) for name, flags in happened.items()}
    names = list(happened)
    for i, one in enumerate(names):
        for other in names[:i]:
            both = happened[one] & happened[other]
            found[f"{one} and {other}"] = errors_of_chance(both, chance[one] * chance[other])
    return found


def test_waivers_and_extensions():
    assert far(tosses()) == {}


@pytest.mark.parametrize(
    "fault",
    [
        lambda program: program._replace(conditions=changed(program.conditions, probability=[0.4, 0.7, 0, 1])),
        lambda program: program._replace(
            conditions=changed(program.conditions, luck=program.conditions["luck"][[0, 0, 2, 3]])
        ),
        lambda program: program._replace(notes=changed(program.notes, luck=program.conditions["luck"][:2])),
    ],
    ids=["kept for waived", "one toss for two conditions", "the conditions' tosses for the notes"],
)
def test_wrong_tosses_are_seen(monkeypatch, fault):
    assert seen(monkeypatch, fault, tosses)
