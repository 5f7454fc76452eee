"""A runway that reached the horizon is marked wherever it is shown: in JSON, data frames, arrays and text."""

import copy
import json
import pickle
import re

import numpy as np
import pytest

import sim
from sim.board.story.answer import _cards
from sim.board.workbook.cells import Number, aligned, censored
from sim.board.workbook.summary import _measure
from sim.results.estimates import QUANTILE_PERCENTS
from sim.results.measures import MEASURES, censored_text
from tests.support.valence import valence_2002

#: Cash at the opening, $: a cash-out on most paths, on many, on some, on few and on none.
CASH = (11e6, 25e6, 45e6, 62e6, 900e6)


@pytest.fixture(scope="module", params=CASH)
def case(request):
    return valence_2002().replace({"company.cash": request.param})


@pytest.fixture(scope="module", params=[True, False], ids=["kept", "sketch"])
def run(request, case):
    return sim.simulate(case, paths=2_000, seed=3, keep_paths=request.param)


def lasting(case):
    """The number of paths without a cash-out, from the ledger."""
    return int(np.isinf(sim.simulate(case, paths=2_000, seed=3)["cash_out_days"]).sum())


def test_a_path_that_reaches_the_horizon_has_a_flag(case):
    result = sim.simulate(case, paths=2_000, seed=3)
    flags = result["censored"]
    assert flags.dtype == bool
    np.testing.assert_array_equal(flags, result["cause"] == 0)
    months = result["runway_months"]
    assert (months[flags] == months.max(initial=0.0)).all() or not flags.any()
    assert (months[~flags] < 24.0 + 0.02).all()


def test_json_counts_and_flags(case, run):
    measures = json.loads(json.dumps(run.summary().to_dict()))["measures"]
    runway, count = measures["runway_months"], lasting(case)
    assert runway["censored_count"] == count
    assert runway["censored"] is (count > 0)
    for percent in QUANTILE_PERCENTS:
        below = -(-2_000 * percent // 100)
        assert runway[f"p{percent:02d}_censored"] is (below > 2_000 - count)
        if runway[f"p{percent:02d}_censored"]:
            assert runway[f"p{percent:02d}"] == pytest.approx(24.0164, abs=0.01)
    assert all("censored" not in measures[name] for name in measures if name != "runway_months")


def test_a_data_frame_has_the_columns(case, run):
    frame, count = run.summary().to_pandas(), lasting(case)
    assert frame.loc["runway_months", "censored_count"] == count
    assert frame["censored"].dtype == bool
    assert frame["censored"].to_dict() == {name: name == "runway_months" and count > 0 for name in MEASURES}
    assert frame["p95_censored"].dtype == bool
    assert frame["p50_censored"]["runway_months"] == (2_000 - count < 1_000)


def test_the_table_marks_quantiles_at_the_horizon(case, run):
    summary = run.summary()
    (line,) = re.findall(r"^\s*Runway, months +(.+)$", str(summary), re.MULTILINE)
    *_, p05, p25, p50, p75, p95, worst = line.split()
    found = summary["runway_months"]
    for percent, text in zip(QUANTILE_PERCENTS, (p05, p25, p50, p75, p95), strict=True):
        assert text.endswith("+") is found.is_censored(percent), text
    assert worst.endswith("+") is (lasting(case) == 2_000)
    # Marked means: of all paths, of the worst, and the restricted one with both ends of its interval.
    assert (
        str(summary).count("24.02+") + str(summary).count("24.0+")
        == sum(map(found.is_censored, QUANTILE_PERCENTS))
        + 5 * found.all_censored  # two means, and the restricted one with its interval
    )
    assert ("marked +" in str(summary)) is (found.censored > 0)
    assert ("24.02+" in summary._repr_html_() or "24.0+" in summary._repr_html_()) is found.is_censored(95)


def test_a_quantile_at_the_horizon_prints_its_mark(run):
    found = run.summary()["runway_months"]
    for percent in QUANTILE_PERCENTS:
        quantile = found.quantile(percent)
        assert (f"{quantile.value}+" in repr(quantile)) is found.is_censored(percent)
        assert quantile == found.quantiles[QUANTILE_PERCENTS.index(percent)]
        assert pickle.loads(pickle.dumps(quantile)) == quantile
        assert repr(copy.deepcopy(quantile)) == repr(quantile)


def test_a_grid_counts_the_paths_that_last():
    case = valence_2002().replace({"company.cash": 45e6})
    found = sim.grid(case, paths=100)
    counts = np.array(json.loads(json.dumps(found.to_dict()))["censored_count"]["runway_months"])
    assert counts.shape == found.mean["runway_months"].shape
    here = tuple(axis.base for axis in found.axes)
    assert counts[here] == np.isinf(sim.simulate(case, paths=100)["cash_out_days"]).sum()
    assert 0 < counts[here] < 100
    for at in np.ndindex(counts.shape):
        assert bool(counts[at] == 100) is found.is_bound("runway_months", at)


def test_a_card_marks_the_median(run):
    card, found = _cards(run)[1], run.summary()["runway_months"]
    assert ("+" in card.value) is found.is_censored(50)
    assert ("(the full period)" in card.label) is found.is_censored(50)
    if found.is_censored(5):
        assert "or less" not in card.detail


def test_a_cell_shows_the_mark_and_stores_the_number(run):
    found = run.summary()["runway_months"]
    *_, p05, p25, p50, p75, p95, worst = _measure("runway_months", found, run.case)
    for percent, cell in zip(QUANTILE_PERCENTS, (p05, p25, p50, p75, p95), strict=True):
        assert cell.value == found.quantile(percent).value
        assert ('"+"' in cell.form) is found.is_censored(percent)
    assert ('"+"' in worst.form) is found.all_censored


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("24.02", "24.02+"),
        ("24.0 months", "24.0+ months"),
        ("$30M", "$30+M"),
        ("-", "-"),
        ("1,200", "1,200+"),
        ("", ""),
    ],
)
def test_the_mark_stands_after_the_last_digit(text, marked):
    assert censored_text(text, True) == marked
    assert censored_text(text, False) == text


def test_a_marked_cell_keeps_its_mark_in_a_column():
    cells = [censored(Number(24.02, '#,##0.00" months"', decimals=2)), Number(11.5, '#,##0.0" months"', decimals=1)]
    assert [cell.form for cell in cells] == ['#,##0.00"+"" months"', '#,##0.0" months"']
    assert len(aligned(cells)) == 2
    assert censored(None) is None


def test_a_copy_and_a_file_keep_the_count(run, tmp_path):
    run.save(tmp_path / "run.npz")
    read = sim.load_result(tmp_path / "run.npz")
    assert read.summary()["runway_months"].censored == run.summary()["runway_months"].censored
