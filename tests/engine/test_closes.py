"""Closes that are made for the paths that need them are those that all paths have, whichever sessions are needed."""

import dataclasses
from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import Plan, lower
from sim.lowering.market import LAST_SESSIONS, tree
from sim.terms import Case
from tests.support.small_case import changed
from tests.support.valence import valence_2002
from tests.twin.ledger import read
from tests.twin.random_cases import random_case, random_moves

PATHS, SEED = 300, 7  # two blocks and part of one
CASES = 60  # random ones of each kind
CADENCES = ("daily", "weekly", "month_end", "quarter_end")


def outcome(plan: Plan, closes: bool, antithetic: int = 0, program: r.Program | None = None) -> list[bytes]:
    """Every number of a run of PATHS paths, as bytes."""
    space = Workspace(plan, PATHS, closes=closes)
    span = r.Span(np.uint64(2**33), PATHS, 0, np.uint64(SEED), antithetic)
    run_chunk(space, plan.program if program is None else program, span)
    return [array.tobytes() for array in (*space.output, space.tally.binding, space.tally.cut, space.tally.unraised)]


def with_policy(document: dict, kind: str, cadence: str) -> dict:
    document = changed(document, {"price.impact": "none", "policy": {"kind": "maximum", "cadence": cadence}})
    document["policy"] |= {
        "maximum": {}, "runway": {"target_months": 4}, "opportunistic": {"target_months": 2, "price_trigger": 1.2},
        "schedule": {},
    }[kind]  # fmt: skip
    document["policy"]["kind"] = kind
    if kind == "schedule":
        burn = float(document["burn"]["monthly"])
        document["policy"]["amounts"] = [(k + 1) % 3 * 0.4 * burn for k in range(len(read(document).purchase_dates))]
    return document


def cases(kind: str, cadence: str, floor: bool) -> Iterator[tuple[int, Case]]:
    for number in range(CASES):
        document = with_policy(random_case(Random(31_000 + number)), kind, cadence)
        document["line"]["pricing"].pop("floor", None)
        if floor:
            document["line"]["pricing"]["floor"] = 0.8 * document["price"]["initial"]
        yield number, Case.from_dict(document)


@pytest.mark.parametrize("antithetic", [0, 1])
@pytest.mark.parametrize("floor", [False, True])
@pytest.mark.parametrize("cadence", CADENCES)
@pytest.mark.parametrize("kind", ["maximum", "runway", "opportunistic", "schedule"])
def test_closes_made_for_few_are_those_of_all(kind, cadence, floor, antithetic):
    drew = 0
    for number, case in cases(kind, cadence, floor):
        plan = lower(case)
        few, everyone = (outcome(plan, closes, antithetic) for closes in (False, True))
        assert few == everyone, f"case {number}"
        drew += any(few[r.OUTPUTS.index("draws")])
    assert drew >= CASES // 6


@pytest.mark.parametrize("cadence", ["daily", "month_end"])
def test_compensated_closes_made_for_few_are_those_of_all(cadence):
    moved = 0
    for number in range(CASES):
        document = with_policy(random_case(Random(32_000 + number)), "maximum", cadence)
        case = Case.from_dict(random_moves(Random(number), document))
        few, everyone, raw = (
            outcome(lower(one), closes)
            for one, closes in ((case, False), (case, True), (case.replace({"price.jumps": "raw"}), False))
        )
        assert few == everyone, f"case {number}"
        moved += few != raw
    assert moved >= CASES // 6


def test_random_cases_as_they_are():
    """Listed dates and every mixture of clauses among them; impact has the closes of all in any case."""
    for number in range(100):
        plan = lower(Case.from_dict(random_case(Random(number))))
        assert outcome(plan, closes=False) == outcome(plan, closes=True), f"case {number}"


def test_other_normals_in_one_window_are_seen():
    plan = lower(valence_2002().replace({"policy.cadence": "month_end"}))
    honest = outcome(plan, closes=False)
    first, last = (plan.program.windows[f"{end}_call"] for end in ("first", "last"))
    window = int(np.argmax(last[:-1] - first[:-1]))
    calls = plan.program.day_calls.copy()
    calls[first[window] : last[window]] += 1
    faulty = plan.program._replace(day_calls=calls)
    assert outcome(plan, closes=False, program=faulty) != honest
    assert outcome(plan, closes=True, program=faulty) == honest  # which asks the last window alone


# ------------------------------------------------------------------------------------------------------ one market


def walked(case: Case) -> dict[str, bytes]:
    """W at each session that the case needs, of a block of paths, by date."""
    flat = case.replace({"price.drift": 0.0, "price.impact": "none", "milestones": [], "line.conditions": []})
    plan = lower(flat.replace({"events": None}) if flat.events else flat)
    space = Workspace(plan, closes=True)
    run_chunk(space, plan.program, r.Span(np.uint64(5), r.BLOCK, 0, np.uint64(SEED)))
    window = plan.program.windows[-1]
    days = plan.program.days[window["first_day"] : window["last_day"]]
    return {
        f"{day}": space.selection.walked[row["row"]].tobytes()
        for day, row in zip(plan.day_dates, days, strict=True)
        if day
    }


CHANGES = {
    "daily": {"policy.cadence": "daily"},
    "weekly": {"policy.cadence": "weekly"},
    "month-ends": {"policy.cadence": "month_end"},
    "a window of one": {"line.pricing.window": 1, "line.pricing.timing": "through", "policy.cadence": "weekly"},
    "a window of thirty": {"line.pricing.window": 30, "policy.cadence": "month_end"},
    "an earlier horizon": {"horizon": "2002-11-30", "policy.cadence": "weekly"},
    "a later horizon": {"horizon": "2005-06-30", "policy.cadence": "weekly"},
    "no third parties": {"third_party": None},
}


@pytest.mark.parametrize("name", CHANGES)
def test_sessions_keep_their_place_on_the_walk(name):
    case = valence_2002().replace({"ranges": None})
    one, other = walked(case.replace({"policy.cadence": "daily"})), walked(case.replace(CHANGES[name]))
    common = one.keys() & other.keys()
    assert len(common) >= 20
    assert [day for day in common if one[day] != other[day]] == []
    assert len(set(one.values())) == len(one)  # no two sessions are one


def test_a_days_normal_of_another_month_is_seen(monkeypatch):
    case = valence_2002().replace({"ranges": None})
    one = walked(case)
    honest = lower

    def shifted(case):
        plan = honest(case)
        calls = plan.program.day_calls
        calls = np.arange(len(calls)) | calls & r.BOTH_WORDS
        return dataclasses.replace(plan, program=plan.program._replace(day_calls=calls))

    monkeypatch.setitem(globals(), "lower", shifted)
    other = walked(case.replace({"policy.cadence": "weekly"}))
    assert any(one[day] != other[day] for day in one.keys() & other.keys())


# ------------------------------------------------------------------------------------------------------ the tree


@pytest.mark.parametrize("length", range(1, 32))
def test_a_tree_has_every_session_after_its_ends(length):
    """Each session has a normal of its own, and lies between two that come before it, or the month's ends."""
    known = {0, length}
    for rank, (position, (back, ahead, number, ratio, root)) in enumerate(tree(length).items()):
        assert number == rank
        assert {back, ahead} <= known
        assert back < position < ahead
        assert not known & set(range(back + 1, ahead))  # nothing known lies between
        assert ratio == (position - back) / (ahead - back)
        assert root == pytest.approx(np.sqrt((position - back) * (ahead - position) / (ahead - back)), rel=1e-15)
        known.add(position)
    assert known == set(range(length + 1))


def test_common_windows_need_few_normals():
    for length in range(18, 24):
        places = {position: rank for position, (_, _, rank, *_) in tree(length).items()}
        last = [places[length - k] for k in range(1, LAST_SESSIONS + 1)]
        assert sorted(last) == list(range(LAST_SESSIONS))
        assert places[1] == LAST_SESSIONS


@pytest.mark.parametrize("length", [1, 2, 5, 6, 7, 19, 22, 23])
def test_bridges_give_independent_steps_of_one_session(length):
    """Weights of W in the month's normals: each session's step has variance one, and no two have a part in common."""
    weights = np.zeros((length + 1, length))
    weights[length, 0] = np.sqrt(length)
    for position, (back, ahead, number, ratio, root) in tree(length).items():
        weights[position] = weights[back] + ratio * (weights[ahead] - weights[back])
        weights[position, 1 + number] += root
    steps = np.diff(weights, axis=0)
    np.testing.assert_allclose(steps @ steps.T, np.eye(length), atol=1e-12)
