"""The pack: all of its parts agree on the case as it is."""

import json
import math
import threading
import time

import pytest

import sim
from sim.analysis import pack as module
from sim.analysis.pack import Pack, gather
from sim.analysis.scenarios import policies_of, scenarios_of
from sim.results.summary import jsonable
from sim.verify.samples import plain_case
from tests.support.valence import valence_2002

PATHS, SEED = 256, 5


@pytest.fixture(scope="module")
def quick():
    """Fewer samples for Sobol' indices, which no test here reads."""

    def few(*given, **options):
        return SENSITIVITY(*given, **options | {"indexed": 2, "samples": 8})

    patch = pytest.MonkeyPatch()
    patch.setattr(module, "sensitivity", few)
    yield
    patch.undo()


SENSITIVITY = sim.sensitivity


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def pack(quick, told) -> Pack:
    return gather(valence_2002(), PATHS, SEED, workers=2, progress=lambda done, total: told.append((done, total)))


def apart(pack: Pack) -> list[str]:
    """Figures of one and the same thing that differ between the parts."""
    summary = pack.result.summary()
    signed = {name: summary[name].mean for name in ("raised", "runway_months", "dilution", "funding_gap")}
    signed |= {"cash_out": summary.cash_out.value}
    parts = {"variants": pack.variants, "scenarios": pack.scenarios, "policies": pack.policies}
    found = {
        f"{part} {name}": (value, comparison.estimates[name][0].value)
        for part, comparison in parts.items()
        for name, value in signed.items()
    }
    found |= {f"clauses {name}": (value, pack.clauses.signed[name].value) for name, value in signed.items()}
    found |= {f"sensitivity {name}": (value, pack.sensitivity.base[name].value) for name, value in signed.items()}
    here = tuple(axis.base for axis in pack.grid.axes)
    found |= {f"grid {name}": (value, pack.grid.mean[name][here]) for name, value in signed.items()}
    by = pack.result.probability_of_cash_out(pack.outlook.until).value
    found |= {"outlook": (by, pack.outlook.shortfall[pack.outlook.names.index("as signed")].value)}
    return [
        f"{what}: {one} and {two}" for what, (one, two) in found.items() if not math.isclose(one, two, rel_tol=1e-9)
    ]


def test_all_parts_say_the_same_of_the_case_as_it_is(pack):
    assert apart(pack) == []


def test_a_part_with_another_seed_is_seen(pack):
    other = sim.compare({"as signed": pack.result.case}, PATHS, SEED + 1)
    assert len(apart(Pack(**{**vars(pack), "variants": other}))) >= 4


def test_the_parts_of_valence(pack):
    assert pack.variants.names == ("as signed", "line off", "every condition waived")
    assert len(pack.clauses.clauses) == 12
    assert pack.scenarios.names[0] == "base case"
    assert pack.scenarios.names[-2:] == ("no extension of the Baccarat note", "all these changes together")
    assert len(pack.policies.names) == 9
    assert [solution.what for solution in pack.solutions] == ["commitment", "cash", "cost_cut", "burn"]
    assert [solution.what for solution in pack.stresses][:2] == ["price", "burn"]
    assert {solution.by for solution in pack.solutions} == {pack.by}
    assert {str(solution.by) for solution in pack.stresses} == {"2002-12-31"}  # by then 42%, three months later 68%
    assert str(pack.by) == "2003-03-31"
    assert "record" in pack.skipped or pack.record is not None


def test_progress_runs_from_the_first_to_the_last_thousandth(pack, told):
    done = [part for part, _ in told]
    assert done == sorted(done)
    assert told[-1] == (1000, 1000)
    assert len(set(done)) > 30


def test_the_document_is_json_and_complete(pack):
    document = pack.to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert set(vars(pack)) | {"capital", "cap_table", "manifest"} == set(document)
    assert document["manifest"]["seed"] == SEED
    assert document["result"]["measures"]["raised"]["mean"] == pack.result["raised"].mean()


def test_a_bare_company_has_a_pack_that_no_worker_changes(quick):
    """No notes, no milestones, no conditions, no third party, and cash that lasts."""
    case = plain_case({"horizon": "2002-09-30"})
    one, two = (gather(case, 64, SEED, workers=workers) for workers in (1, 2))
    assert one.variants.names == ("as signed", "line off")
    assert "no milestones" in one.skipped["scenarios"]
    assert "no note that may be extended" in one.skipped["scenarios"]
    assert str(one.by) == "2002-09-30"
    assert not any("note" in name or "delay" in name for name in one.scenarios.names)
    same = [jsonable({**pack.to_dict(), "elapsed_s": 0}) for pack in (one, two)]
    for document in same:
        document["result"].pop("elapsed_s")
    assert same[0] == same[1]


def test_scenarios_change_what_they_say_and_keep_the_rest():
    case = valence_2002()
    found, missing = scenarios_of(case)
    assert missing == ()
    assert found["half the stock price"].price.initial == 1.5
    assert found["burn 20% higher"].burn.monthly == pytest.approx(2_840_400)
    late = {milestone.name: milestone for milestone in found["a year's delay of the milestones"].milestones}
    assert (late["licence"].median_days, late["licence"].p90_days) == (635, 1065)
    assert late["generation-two"].median_days == 270  # follows the samples, which are late already
    assert found["no extension of the Baccarat note"].notes[0].extension_probability == 0
    both = found["all these changes together"]
    assert (both.price.initial, both.notes[0].extension_probability) == (1.5, 0)
    for changed in found.values():
        assert changed.line == case.line


def test_the_cases_own_policy_is_not_compared_with_itself():
    case = valence_2002()
    assert "maximum, every quarter" not in policies_of(case)
    monthly = case.replace({"policy.cadence": "month_end"})
    assert "maximum, every month" not in policies_of(monthly)
    assert "maximum, every quarter" in policies_of(monthly)


def test_a_daily_case_is_compared_with_other_daily_policies():
    daily = policies_of(valence_2002().replace({"policy": {"kind": "runway", "target_months": 6, "cadence": "daily"}}))
    assert {"maximum, every session", "opportunistic, every session"} <= set(daily)
    assert "six months' runway, every session" not in daily
    assert len(daily) <= 1 + 9


def test_a_scenario_that_a_case_cannot_have_is_named():
    found, missing = scenarios_of(plain_case({"price.volatility": 9.0, "burn.monthly": 0}))
    assert list(found) == ["base case", "half the stock price"]
    assert [words.partition(" changes nothing or is beyond")[0] for words in missing[-2:]] == [
        "volatility 25% higher", "burn 20% higher",
    ]  # fmt: skip


@pytest.mark.parametrize(("paths", "line"), [(0, "paths = 0"), ("many", "paths = 'many'")])
def test_wrong_numbers_are_refused_at_once(paths, line):
    with pytest.raises(ValueError, match=line):
        gather(valence_2002(), paths)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [(2_000, (256, 256, 32, 256)), (25_000, (2_048, 2_500, 64, 1_024)), (50_000, (4_096, 5_000, 128, 2_048))],
)
def test_the_paths_of_every_analysis_follow_those_of_the_pack(paths, expected):
    sample = module._sample(paths)
    clauses, grid = module._scaled(paths, module.CLAUSE_PATHS), module._scaled(paths, module.MOST_OF_GRID)
    assert (clauses, grid, sample["samples"], sample["index_paths"]) == expected
    whole = module._sample(10**6)
    assert (module._scaled(10**6, 4_096), whole) == (4_096, {"samples": 128, "index_paths": 2_048})
    assert module._scaled(64, 4_096) == 64


def test_many_clauses_have_fewer_paths_a_set():
    valence = valence_2002()  # twelve clauses
    assert module._paths_of_sets(valence) == module.MOST_OF_SETS >> 12
    assert module._paths_of_sets(valence.replace({"line.conditions": []})) == module.CLAUSE_PATHS


def test_an_error_of_one_analysis_ends_the_others(monkeypatch):
    begun, ended = threading.Event(), []

    def long(*_, progress, **options):
        begun.set()
        try:
            for _ in range(600):
                progress(0, 1)
                time.sleep(0.05)
        except InterruptedError:
            ended.append(True)
            raise

    def wrong(*_, **options):
        assert begun.wait(60)
        raise OverflowError("no such number")

    monkeypatch.setattr(module, "sensitivity", wrong)
    monkeypatch.setattr(module, "_clause_costs", long)
    with pytest.raises(OverflowError, match="no such number"):
        gather(valence_2002(), 256, workers=4)
    assert ended == [True]


def test_clause_costs_have_the_levels_of_all_paths():
    valence = valence_2002()
    costs = module._clause_costs(
        valence.replace({"line.conditions": []}), paths=64, levels={"paths": 512}, seed=SEED, workers=1, progress=None
    )
    run = sim.simulate(valence.replace({"line.conditions": []}), paths=512, seed=SEED).summary()
    assert (costs.paths, costs.level_paths) == (64, 512)
    assert costs.signed["raised"].value == pytest.approx(run["raised"].mean)
    assert "These are of 512 paths. The costs below are of 64 paths" in " ".join(str(costs).split())


def test_steps_are_those_of_the_pack():
    assert set(module.WORK) <= set(Pack.__dataclass_fields__)
