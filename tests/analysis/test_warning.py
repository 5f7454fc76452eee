"""The early warning against loops over paths and month-ends, its errors by path, and the command."""

import json
import math

import numpy as np
import pytest

import sim
from sim.analysis import warning as module
from sim.analysis.warning import AHEAD, EDGES, early_warning
from sim.calendar import month_end
from sim.cli import main
from sim.results.estimates import grouped_proportion, proportion
from sim.results.periods import days_at_close
from tests.support.valence import valence_2002

PATHS, SEED = 2_048, 3
CHANGES = {"burn.growth": 1.0}  # so that the next month's burn is not this month's


def counted(run):
    """Hits and month-ends of each bin, (bins, paths): by loops."""
    case, cash = run.case, run.tallies.fan
    months, paths = cash.shape
    hits, sizes = np.zeros((2, len(EDGES) - 1, paths), np.int64)
    ends = [days_at_close(case, month_end(case.valuation_date, k)) for k in range(months)]
    for i in range(paths):
        for k in range(months - AHEAD):
            days = run["cash_out_days"][i]
            if days <= ends[k]:
                continue
            cover = (cash[k, i] - case.company.minimum_cash) / case.burn_level(k + 1)
            number = max(0, sum(cover >= edge for edge in EDGES) - 1)
            sizes[number, i] += 1
            hits[number, i] += days <= ends[k + AHEAD]
    return hits, sizes


def test_the_burn_is_as_management_has_cut_it():
    response = {"cover_months": 5, "cut": 0.4, "delay_months": 2, "restore_months": 9}
    case = valence_2002().replace(CHANGES | {"response": response})
    cash = sim.simulate(case, paths=60, seed=SEED).tallies.fan
    burns, acts = module.expected_burns(case, cash), set()
    for i in range(60):
        ledger = sim.trace(case, i, SEED).ledger
        months, decided, begins = list(ledger["cash_month_end"]), {a["month"]: a for a in ledger["response"]}, "9999"
        for k, month in enumerate(months[:-1]):
            if month in decided:
                acts.add(decided[month]["burn"])
                begins = decided[month]["from"] if decided[month]["burn"] == "cut" else "9999"
            left = 1.0 - 0.4 if begins <= months[k + 1] else 1.0
            assert burns[k, i] == case.burn_level(k + 1) * left
    assert acts == {"cut", "restored"}


@pytest.fixture(scope="module")
def run():
    return sim.simulate(valence_2002().replace(CHANGES), paths=PATHS, seed=SEED)


def test_bins_count_month_ends_before_the_cash_out(run):
    found, (hits, sizes) = early_warning(run), counted(run)
    assert [each.month_ends for each in found.bins] == sizes.sum(axis=1).tolist()
    assert [each.paths for each in found.bins] == (sizes > 0).sum(axis=1).tolist()
    assert sum(each.month_ends > 100 for each in found.bins) >= 5
    wider = []
    for each, happened, total in zip(found.bins, hits, sizes, strict=True):
        if 0 < happened.sum() < total.sum():
            assert each.chance == grouped_proportion(happened, total)
            wider.append(each.chance.se / proportion(happened.sum(), total.sum()).se)
    assert max(wider) > 1.2  # a path counts several times


def test_where_all_agree_the_interval_is_that_of_so_many_paths():
    sure = module._bin(0.0, 1.0, np.array([3, 2, 0]), np.array([3, 2, 0]), None)
    assert sure.chance == proportion(2, 2)
    assert math.isnan(module._bin(0.0, 1.0, np.zeros(3, int), np.zeros(3, int), None).chance.value)


@pytest.mark.parametrize("how", [{"antithetic": True}, {"sampler": "sobol"}], ids=str)
def test_groups_of_paths_are_heeded(how):
    run = sim.simulate("valence-2002", paths=1_024, seed=SEED, **how)
    found, (hits, sizes) = early_warning(run), counted(run)
    width = run.run.groups == "pairs"
    fold = (lambda x: x.reshape(-1, 2).sum(axis=1)) if width else (lambda x: x.reshape(-1, 16).sum(axis=0))
    expected = grouped_proportion(fold(hits[3]), fold(sizes[3]))
    assert found.bins[3].chance == expected


def test_errors_are_those_of_repeated_runs():
    """The spread of a probability over runs of other seeds is its standard error."""
    runs = (sim.simulate("valence-2002", paths=400, seed=seed, workers=1) for seed in range(120))
    found = [early_warning(run).bins[2] for run in runs]
    spread = np.std([each.chance.value for each in found], ddof=1)
    error = np.sqrt(np.mean([each.chance.se**2 for each in found]))
    assert abs(spread / error - 1.0) < 4.0 / math.sqrt(2 * 119)


def test_a_near_horizon_has_no_warning():
    case = valence_2002().replace({"horizon": "2002-09-30"})
    found = sim.outlook(case, paths=64, seed=SEED, warning=True)
    assert found.warning.bins == ()
    assert "no month ends 6 months or more before the horizon" in " ".join(str(found).split())


def test_the_command_has_the_functions_numbers(capsys):
    main(["outlook", "valence-2002", "--warning", "--paths", "2048", "--seed", "3", "--json", "-"])
    document = json.loads(capsys.readouterr().out)
    found = early_warning(sim.simulate("valence-2002", paths=2048, seed=3))
    expected = sim.outlook("valence-2002", paths=2048, seed=3, warning=True).to_dict()
    assert document["warning"] == json.loads(json.dumps(expected))["warning"]
    assert [row["month_ends"] for row in document["warning"]["bins"]] == [each.month_ends for each in found.bins]
    assert document["warning"]["bins"][-1]["cover_below"] is None
    main(["outlook", "valence-2002", "--paths", "64", "--json", "-"])
    assert "warning" not in json.loads(capsys.readouterr().out)
