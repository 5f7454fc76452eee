"""What clauses cost: edited programs against lowered cases, and Shapley's axioms path by path."""

import itertools
import json
import re
from dataclasses import replace
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.analysis import clauses as module
from sim.analysis.clauses import clauses
from sim.analysis.coalitions import Lifter
from sim.analysis.paired import measures_of, values_of
from sim.analysis.variants import Clause, clauses_of, variants
from sim.cli import main
from sim.engine.chunks import Drawn
from sim.engine.lane import Lane
from sim.results.estimates import proportion
from sim.terms import Case
from tests.support.valence import FILE, valence_2002
from tests.twin.random_cases import random_case

PATHS, SEED = 512, 7


@pytest.fixture(scope="module")
def valence() -> Case:
    return valence_2002()


def values(case: Case, seed: int = SEED, paths: int = PATHS) -> np.ndarray:
    """(measures, paths), by the public way."""
    result = sim.simulate(case, paths=paths, seed=seed)
    return np.array([values_of(result, name) for name in measures_of(case)], float)


def edited(case: Case, found: tuple[Clause, ...], members: list[int], paths: int = PATHS) -> np.ndarray:
    lifter = Lifter(case, found)
    lane = Lane()
    lane.run(lifter.plan_of(members), paths, Drawn(SEED))
    columns = lane.columns(case, paths)
    return np.array([values_of(columns, name) for name in measures_of(case)], float)


def only(monkeypatch, case: Case, keys: list[str]) -> None:
    """Let the case have these clauses only."""
    found = tuple(clause for clause in clauses_of(case) if clause.key in keys)
    assert [clause.key for clause in found] == keys
    monkeypatch.setattr(module, "clauses_of", lambda case: found)


# --- lifting ---


def test_every_clause_of_the_line_has_an_edit(valence):
    known = Lifter(valence, ()).edits
    assert len(clauses_of(valence)) == 12
    assert {key for clause in clauses_of(valence) for key in clause.lifted} <= known.keys()


@pytest.mark.parametrize("number", range(25))
def test_an_edited_program_is_the_changed_case_to_the_last_bit(number):
    rng = Random(number)
    case = Case.from_dict(random_case(rng))
    found = clauses_of(case)
    members = [i for i in range(len(found)) if rng.random() < 0.6]
    changes = {key: value for i in members for key, value in found[i].lifted.items()}
    assert np.array_equal(edited(case, found, members, 256), values(case.replace(changes), paths=256))


def test_a_clause_without_an_edit_is_lowered_anew(valence):
    found = (Clause("cash", "", {"company.cash": 2e7}), clauses_of(valence)[0])
    changed = valence.replace({"company.cash": 2e7, "line.pricing.multiplier": 1.0})
    assert np.array_equal(edited(valence, found, [0, 1]), values(changed))


def test_conditions_called_by_numbers_are_told_apart(valence):
    doc = valence.to_dict()
    for condition, name in zip(doc["line"]["conditions"], ("1", "same CEO"), strict=False):
        condition["name"] = name
    renamed = Case.from_dict(doc)
    lifted = {clause.key: renamed.replace(clause.lifted) for clause in clauses_of(renamed)}
    assert [c.waiver_probability for c in lifted["condition: 1"].line.conditions][:2] == [1.0, 0.6]
    assert [c.waiver_probability for c in lifted["condition: same CEO"].line.conditions][:2] == [0.0, 1.0]


# --- Shapley ---

THREE = ["condition: licence", "period cap", "coverage"]


def by_orders(case: Case, found: list[Clause]) -> np.ndarray:
    """Shares (clauses, measures, paths) as the mean gain over all orders of lifting."""
    worth = {}
    for size in range(len(found) + 1):
        for members in itertools.combinations(range(len(found)), size):
            changes = {key: value for i in members for key, value in found[i].lifted.items()}
            worth[frozenset(members)] = values(case.replace(changes))
    shares = np.zeros((len(found), *worth[frozenset()].shape))
    orders = list(itertools.permutations(range(len(found))))
    for order in orders:
        for place, i in enumerate(order):
            shares[i] += (worth[frozenset(order[: place + 1])] - worth[frozenset(order[:place])]) / len(orders)
    return shares


def distance_from_orders(monkeypatch, case: Case) -> float:
    """Largest difference of means, and of standard errors, from those of all orders; in standard errors."""
    only(monkeypatch, case, THREE)
    costs = clauses(case, PATHS, SEED, workers=2)
    shares = by_orders(case, [clause for clause in clauses_of(case) if clause.key in THREE])
    worst = 0.0
    for m, name in enumerate(measures_of(case)):
        for i in range(3):
            expected, error = shares[i, m].mean(), shares[i, m].std(ddof=1) / np.sqrt(PATHS)
            got = costs.shapley[name][i]
            if error == 0.0:
                assert (got.value, got.se) == (expected, 0.0)
                continue
            worst = max(worst, abs(got.value - expected) / error, abs(got.se / error - 1.0))
    return worst


def test_shares_are_the_mean_gain_over_all_orders(valence, monkeypatch):
    assert distance_from_orders(monkeypatch, valence) < 1e-6


def test_a_wrong_weight_is_seen(valence, monkeypatch):
    monkeypatch.setattr(module, "math", SimpleNamespace(factorial=lambda n: [1, 1, 2, 7][n]))
    assert distance_from_orders(monkeypatch, valence) > 1.0


def test_shares_add_up_on_every_path(valence, monkeypatch):
    seen = []

    def add(self, lanes, add=module._Sums.add):
        kept = {lifted: values for lane in lanes for lifted, values in lane.kept.items()}
        seen.append((sum(lane.with_it for lane in lanes) - sum(lane.of_all for lane in lanes), kept))
        add(self, lanes)

    monkeypatch.setattr(module._Sums, "add", add)
    monkeypatch.setattr(module, "AT_ONCE", 128)
    only(monkeypatch, valence, [*THREE, "discount"][::-1][:1] + THREE)
    costs = clauses(valence, 300, SEED)
    assert [kept[0].shape[1] for _, kept in seen] == [128, 128, 44]
    for shares, kept in seen:
        together = kept[15] - kept[0]
        scale = np.abs(kept[15]).max(axis=1) + np.abs(kept[0]).max(axis=1) + 1.0
        assert (np.abs(shares.sum(axis=0) - together).max(axis=1) <= 1e-13 * scale).all()
    whole = values(valence.replace({k: v for c in costs.clauses for k, v in c.lifted.items()}), paths=300)
    for m, name in enumerate(measures_of(valence)):
        assert costs.lifted[name].value == pytest.approx(whole[m].mean(), rel=1e-12)
        total = sum(share.value for share in costs.shapley[name])
        assert total == pytest.approx(costs.together[name].value, rel=1e-9, abs=1e-12)


def test_a_clause_that_never_binds_costs_nothing_and_twins_share_alike(valence, monkeypatch):
    """Two conditions on the same certainty fail together: either lifted alone changes nothing, both together do."""
    never = {"name": "never", "kind": "milestone", "milestone": "impossible"}
    milestone = {"name": "impossible", "probability": 0.0, "median_days": 10.0, "p90_days": 20.0}
    doc = valence.to_dict()
    doc["milestones"].append(milestone)
    doc["line"]["conditions"] = [never, never | {"name": "twin"}]
    doc["line"]["max_per_period"] = 4e6
    doc["line"]["minimum_draw"] = 1e-9
    case = Case.from_dict(doc)
    only(monkeypatch, case, ["condition: never", "condition: twin", "period cap", "minimum draw"])
    costs = clauses(case, PATHS, SEED)
    for name in measures_of(case):
        one, twin, cap, dummy = costs.shapley[name]
        assert (dummy.value, dummy.se) == (0.0, 0.0)
        assert one.value == pytest.approx(twin.value, rel=1e-12)
        assert [each.value for each in costs.alone[name]] == [0.0] * 4
        assert cap.value * costs.together[name].value >= 0
    assert costs.signed["raised"].value == 0.0
    assert costs.shapley["raised"][0].value > 1e6


def test_workers_change_no_bit(valence, monkeypatch):
    only(monkeypatch, valence, THREE)
    one, four = (clauses(valence, 200, SEED, workers=workers) for workers in (1, 4))
    assert one == four


def test_too_many_conditions_are_put_together(valence):
    doc = valence.to_dict()
    doc["line"]["minimum_draw"] = 1_000
    found, grouped = module._few_enough(Case.from_dict(doc), clauses_of(Case.from_dict(doc)), module.MOST)
    # Of seven conditions the two of 30 September 2002 go together, and the two that hold from the start.
    keys = [clause.key for clause in found]
    assert len(keys) == 11
    assert "conditions: 265 Wh/l polymer, 30 cylindrical samples" in keys
    assert "conditions: same CEO, no adverse change" in keys
    assert len(grouped) == 2
    doc["line"]["conditions"] += [
        doc["line"]["conditions"][1] | {"name": f"c{i}", "after": f"2003-0{i}-15"} for i in range(1, 7)
    ]
    found, grouped = module._few_enough(Case.from_dict(doc), clauses_of(Case.from_dict(doc)), module.MOST)
    assert len(grouped) == 1
    assert len(next(clause for clause in found if clause.key.startswith("conditions")).lifted) == 12


def test_the_text_and_the_document_say_the_same(valence, monkeypatch):
    only(monkeypatch, valence, THREE)
    told = []
    costs = clauses(valence, PATHS, SEED, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (8 * PATHS, 8 * PATHS)
    text, document = str(costs), costs.to_dict()
    assert max(map(len, text.splitlines())) <= 100
    assert [clause["key"] for clause in document["clauses"]] == THREE
    assert all(key in text for key in THREE)
    assert document["clauses"][1]["lifted"] == {"line.max_per_period": None}
    assert document["clauses"][1]["shapley"]["raised"]["value"] == costs.shapley["raised"][1].value


@pytest.mark.parametrize(("paths", "line"), [(0, "paths = 0"), (True, "paths = True"), (2.5, "paths = 2.5")])
def test_wrong_numbers_are_refused(valence, paths, line):
    with pytest.raises(ValueError, match=line):
        clauses(valence, paths)


@pytest.mark.parametrize("paths", [20, 50, 400])
def test_a_column_of_levels_has_one_number_of_decimals(valence, paths):
    costs = clauses(valence.replace({"line.conditions": None, "third_party": None}), paths, 3)
    some = replace(costs, lifted=costs.lifted | {"cash_out": proportion(0, 2_000)})
    for each in (costs, some):
        table = each._blocks()[1]
        for column in list(zip(*table.rows, strict=True))[1:]:
            numbers = re.findall(r"\d+\.?\d*", " ".join(column))
            assert len(numbers) == 4
            assert len({len(number.partition(".")[2]) for number in numbers}) == 1, column


def test_the_ready_variants(valence):
    found = variants(valence_2002())
    assert list(found)[:3] == ["as signed", "line off", "every condition waived"]
    assert found["as signed"] == valence
    assert len(found) == 15
    assert (sim.simulate(found["line off"], paths=PATHS)["raised"] == 0.0).all()
    assert all(condition.waiver_probability == 1 for condition in found["every condition waived"].line.conditions)
    bare = variants(valence.replace({"line.conditions": []}))
    assert "every condition waived" not in bare


def test_the_command_prints_and_writes(capsys, tmp_path, monkeypatch, valence):
    only(monkeypatch, valence, THREE)
    file = tmp_path / "out.json"
    assert main(["clauses", str(FILE), "--paths", "64", "--seed", "7", "--json", str(file)]) == 0
    assert "Shapley value" in capsys.readouterr().out
    assert json.loads(file.read_text()) == clauses(valence, 64, 7).to_dict()
    assert main(["clauses", "valence-2002", "--paths", "0"]) == 2
    assert capsys.readouterr().err == "--paths = 0: must be a whole number from 1 to 1000000000\n"
