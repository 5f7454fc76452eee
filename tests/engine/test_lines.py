"""Lines of today in the engine: two ways to the same bits, figures by line, caps that hold, no look at a later day."""

import random

import numpy as np
import pytest

import sim
from sim.engine.trace import trace_paths
from sim.lowering import lower as lowering
from sim.terms import Case
from tests.support.valence import valence_2002
from tests.twin import random_cases, random_lines

FORWARD = {"window": 3, "timing": "after", "multiplier": 0.97}


def two_lines() -> Case:
    """The shipped case with its line, and one that sells forward every week beside it."""
    doc = valence_2002().to_dict()
    berg = doc.pop("line")
    del doc["ranges"], doc["record"]
    weekly = {
        "name": "weekly", "investor": "Another", "max_shares": 3_000_000, "start": "2002-04-01", "end": "2003-06-30",
        "pricing": FORWARD, "max_shares_per_draw": 100_000, "policy": {"cadence": "weekly"}, "legal_cost_per_draw": 1e4,
    }  # fmt: skip
    return Case.from_dict(doc | {"lines": [berg | {"name": "berg"}, weekly]})


@pytest.mark.parametrize("changes", [{}, {"policy.cadence": "weekly"}, {"price.impact": "dilution"}])
def test_both_kernels_give_the_same_bits(monkeypatch, changes):
    case = valence_2002().replace(changes)
    fast = sim.simulate(case, paths=1000, seed=11)
    monkeypatch.setattr(lowering, "is_plain", lambda case: False)
    general = sim.simulate(case, paths=1000, seed=11)
    for name, column in fast.columns.items():
        np.testing.assert_array_equal(column, general.columns[name], err_msg=name)
    np.testing.assert_array_equal(fast.by_period["raised"], general.by_period["raised"])
    assert fast.summary().binding_by_period == general.summary().binding_by_period
    assert fast.summary().waterfall.unraised == pytest.approx(general.summary().waterfall.unraised, rel=1e-9)


def test_figures_by_line_add_up_and_are_kept():
    case = two_lines()
    result, brief = (sim.simulate(case, paths=2000, seed=5, keep_paths=keep) for keep in (True, False))
    by_line = result.by_line
    assert list(by_line) == ["berg", "weekly"]
    for name in ("raised", "shares_issued", "draws", "costs"):
        np.testing.assert_allclose(sum(line[name] for line in by_line.values()), result[name], rtol=1e-12)
    document = result.summary().to_dict()
    assert "line" not in document
    assert [line["name"] for line in document["lines"]] == ["berg", "weekly"]
    for line in document["lines"]:
        assert line["raised"] == pytest.approx(by_line[line["name"]]["raised"].mean(), rel=1e-12)
        assert line["shares_issued"] == pytest.approx(by_line[line["name"]]["shares_issued"].mean(), rel=1e-12)
        assert sum(period["raised_mean"] for period in line["by_period"]) == pytest.approx(line["raised"])
    berg, weekly = (line["waterfall"] for line in document["lines"])
    assert weekly is None
    parts = berg["raised"] + berg["cut_by_third_parties"] + sum(berg["unraised"].values())
    assert parts == pytest.approx(berg["commitment"])
    assert brief.summary().to_dict()["lines"] == document["lines"]
    assert brief.summary()["costs"].mean == pytest.approx(result["costs"].mean())


def test_runs_of_lines_are_saved_merged_and_repeated(tmp_path):
    case = two_lines()
    whole = sim.simulate(case, paths=20_000, seed=5)
    first, second = sim.simulate(case, paths=16_384, seed=5), sim.simulate(case, paths=3_616, seed=5, first_path=16_384)
    assert sim.merge([second, first]).sha256 == whole.sha256
    whole.save(tmp_path / "run.npz")
    assert sim.load_result(tmp_path / "run.npz") == whole
    assert sim.rerun(tmp_path / "run.npz").same
    told = sim.trace(case, path=17, seed=5).ledger
    assert told["raised"] == whole["raised"][17]
    assert told["shares_issued"] == whole["shares_issued"][17]


def test_no_notice_looks_at_a_later_day():
    case = two_lines().replace({"horizon": "2002-07-31"})
    history = sim.trace(case, path=3, seed=1).history.to_dict()
    days = sorted(history["closes"])
    for day in days[10:40:7]:
        later = {when: close * (0.5 if when > day else 1.0) for when, close in history["closes"].items()}
        before, after = sim.replay(case, history), sim.replay(case, history | {"closes": later})
        for one, other in zip(before["draws"], after["draws"], strict=True):
            if one["date"] <= day:
                assert (one["request"], one["close"]) == (other["request"], other["close"])
                # The cap in shares binds at the notice, whatever the price turns out to be.
                assert (one["shares"], one["binding"]) == (other["shares"], other["binding"])
            if one["date"] <= day and (one["settled"] or one["date"]) <= day:
                assert one == other


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_no_cap_of_a_line_is_exceeded_and_cash_balances(first):
    for number in range(first, first + 40):
        rng = random.Random(f"caps {number}")
        case = Case.from_dict(random_lines.usable_lines(rng, random_cases.random_case(rng)))
        company = case.company
        for path in trace_paths(case, 0, 8, seed=number):
            draws = path.ledger["draws"]
            for line in case.facilities:
                mine = [draw for draw in draws if draw["line"] == line.label]
                used = line.used.shares if line.used else 0
                spent = line.used.amount if line.used else 0.0
                shares, amount = sum(draw["shares"] for draw in mine), sum(draw["amount"] for draw in mine)
                if line.max_shares is not None:
                    assert used + shares <= line.max_shares
                if line.commitment is not None:
                    assert spent + amount <= line.commitment * (1 + 1e-12) + 0.01
                if line.registrations:
                    assert shares == 0 or used + shares <= sum(row.shares for row in line.registrations)
                cap = line.exchange_cap
                if cap is not None and cap.exempt_price is None and not cap.vote:
                    whole = cap.shares if cap.share is None else cap.share * (company.shares_outstanding - used)
                    assert shares == 0 or used + shares <= whole
            issued = sum(draw["shares"] for draw in draws)
            assert issued <= company.shares_authorized - company.shares_reserved - company.shares_outstanding
            if not case.notes and case.third_party is None:
                fees = sum(
                    stage.cash
                    for line in case.facilities
                    for stage in (line.fees.staged if line.fees else ())
                    if case.valuation_date <= stage.date <= case.horizon
                )
                moved = sum(draw["amount"] - draw["costs"] for draw in draws) - fees
                balance = list(path.ledger["cash_month_end"].values())[-1]
                used_up = sum(path.history["cash_used"].values())
                scale = (
                    company.cash + sum(map(abs, path.history["cash_used"].values())) + sum(d["amount"] for d in draws)
                )
                assert balance == pytest.approx(company.cash + moved - used_up, abs=1e-9 * scale)


def test_a_missing_vwap_or_volume_is_named():
    case = two_lines().replace({
        "horizon": "2002-07-31", "lines[weekly].pricing.series": "vwap", "price.volume": {"mean": 1e5},
        "lines[weekly].volume_before": {"share": 0.3, "sessions": 2},
    })  # fmt: skip
    history = sim.trace(case, path=0, seed=1).history.to_dict()
    del history["days"]["2002-04-08"]["vwap"], history["days"]["2002-05-02"]["volume"]
    with pytest.raises(sim.HistoryError) as caught:
        sim.replay(case, history)
    said = [problem.split(": missing")[0] for problem in caught.value.problems]
    assert said == ["history: days.2002-04-08.vwap", "history: days.2002-05-02.volume"]
