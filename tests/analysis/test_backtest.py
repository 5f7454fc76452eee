"""What really happened: the table [record], and where each fact lies among the simulated paths."""

import json
import re
from datetime import date

import numpy as np
import pytest

import sim
from sim.analysis import recorded as module
from sim.analysis.backtest import backtest
from sim.analysis.pack import Pack, _recorded
from sim.analysis.recorded import issues, unmet
from sim.board.story.story import story
from sim.engine.trace import trace_paths
from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.terms import describe
from sim.terms.sources import sources
from tests.support.small_pack import small_pack
from tests.support.valence import valence_2002

PATHS, SEED = 256, 11
ISSUED = {"third_party.annual_rate": 3.0, "third_party.log_sd": 1.0}


@pytest.fixture(scope="module")
def valence():
    return valence_2002()


@pytest.fixture(scope="module")
def found(valence):
    return backtest(valence, PATHS, SEED)


def fact(found, label, day=None):
    return next(row for row in found.rows if row.label == label and day in (None, str(row.date)))


# ---------------------------------------------------------------------------------------------------- the table


def test_a_case_without_a_record_is_what_it_was(valence):
    bare = valence.replace({"record": None})
    assert "record" not in bare.to_dict()
    assert bare.sha256 != valence.sha256
    assert sim.Case.from_dict(valence.to_dict()) == valence
    assert sim.Case.from_dict(json.loads(json.dumps(valence.to_dict()))).sha256 == valence.sha256


def test_other_changes_keep_the_record_and_its_own_change_it(valence):
    assert valence.replace({"price.volatility": 0.5, "ranges": None}).record == valence.record
    assert valence.replace({"record.draws[0].amount": 1e6}).record.draws[0].amount == 1e6
    assert valence.replace({"record.cash": []}).record.cash == ()
    assert valence.replace({"record": {}}).record.draws == ()
    ranges = valence.replace({"record": None, "price.volatility": 0.5}).ranges
    assert ranges == valence.ranges


def test_nothing_is_simulated_from_the_record(valence):
    with_it, without = (sim.simulate(case, paths=200, seed=1) for case in (valence, valence.replace({"record": None})))
    assert with_it.sha256 == without.sha256
    assert not [swing.key for swing in sim.sensitivity(valence, 64, 1, indexed=0).swings if "record" in swing.key]


def test_the_record_is_shown_in_plain_words_with_its_sources(valence):
    text = " ".join(describe(valence).split())
    assert "2 December 2002: drew $5.00 million for 4,409,560 shares, $1.1339 each (press release of" in text
    assert "conditions were waived for FY2003 Q3" in text
    assert "What really happened" not in describe(valence.replace({"record": None}))
    assert "cover" in sources(valence).beside["record.shares_outstanding"]


def test_the_shipped_facts_are_those_of_the_documents(valence):
    [draw] = valence.record.draws
    assert (draw.date, draw.amount, draw.shares) == (date(2002, 12, 2), 5_000_000, 4_409_560)
    assert round(draw.amount / (0.85 * draw.shares), 4) == 1.3340
    shares = {str(row.date): row.shares for row in valence.record.shares_outstanding}
    assert shares == {
        "2002-06-21": 51_692_144, "2002-11-12": 61_149_303, "2003-02-12": 68_749_205, "2003-11-07": 73_346_400,
        "2004-02-06": 75_288_843,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"record.draws[0].shares": 0}, "record.draws[0].shares = 0: must be a whole number from 1 to 1e15"),
        ({"record.draws[0].amount": -1}, "record.draws[0].amount = -1: must be a number above 0 and at most 1e15"),
        ({"record.cash[0].date": "2003-12-30"}, "record.cash[0].date = 2003-12-30: must be the last day of a month"),
        ({"record.cash[0].source": ""}, 'record.cash[0].source = "": must be one line of text without blanks'),
        ({"record.waivers[0].date": 3}, "record.waivers[0].date = 3: must be a date from"),
        ({"record.drws": []}, "record.drws = []: unknown key. Did you mean record.draws?"),
        ({"record.financings[0].kind": None}, "record.financings[0].kind: missing; must be"),
    ],
)
def test_a_wrong_record_is_refused_in_one_line(valence, change, line):
    with pytest.raises(sim.CaseError) as caught:
        valence.replace(change)
    [problem] = caught.value.problems
    assert problem.startswith("replace: " + line)


# ---------------------------------------------------------------------------------------------------- its parts


def outstanding_of_the_ledger(case, seed):
    """Shares outstanding at the horizon, in the ledger's own state."""
    plan = lower(case)
    work = Workspace(plan, recorded=r.BLOCK, draws=True)
    run_chunk(work, plan.program, r.Span(np.uint64(0), r.BLOCK, 0, np.uint64(seed)))
    return work.ledgers.state[0].outstanding.copy()


def wrong_shares(case, seed):
    """Paths whose issues do not add up to the ledger's shares outstanding."""
    got = [case.company.shares_outstanding + sum(i.shares for i in issues(t)) for t in trace_paths(case, 0, 128, seed)]
    return int((np.array(got) != outstanding_of_the_ledger(case, seed)).sum())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        ISSUED,
        ISSUED | {"price.impact": "dilution", "policy.cadence": "weekly"},
        ISSUED | {"company.shares_authorized": 50_000_000},
        ISSUED | {"third_party.kind": "debt"},
    ],
)
def test_issues_add_up_to_the_ledgers_shares(valence, changes):
    assert wrong_shares(valence.replace(changes), SEED) == 0


def test_issues_at_the_wrong_price_are_seen(valence, monkeypatch):
    case = valence.replace(ISSUED)
    monkeypatch.setattr(module, "sessions", lambda first, last: [date(first.year, first.month, 1)])
    with pytest.raises(KeyError):  # no close is kept of a day on which nothing happens
        wrong_shares(case, SEED)
    monkeypatch.undo()
    monkeypatch.setattr(module.math, "floor", np.ceil)
    assert wrong_shares(case, SEED) > 5


def wrong_conditions(case, seed):
    """Purchase dates on which unmet conditions and the ledger's reason disagree; and how many there are."""
    wrong = total = 0
    for told in trace_paths(case, 0, 128, seed):
        for draw in told.ledger.draws:
            blocking = [
                name for name in unmet(told, date.fromisoformat(draw["date"])) if name not in told.history.waived
            ]
            expected = draw["binding"].removeprefix("condition: ") if ": " in draw["binding"] else None
            wrong += (blocking[0] if blocking else None) != expected
            total += expected is not None
    return wrong, total


def test_unmet_conditions_are_those_that_bind(valence):
    case = valence.replace({"events.adverse_change.annual_rate": 0.8, "events.ceo_change.annual_rate": 0.5})
    wrong, total = wrong_conditions(case, SEED)
    assert (wrong, total > 200) == (0, True)


def test_a_condition_a_day_off_is_seen(valence, monkeypatch):
    monkeypatch.setattr(module, "days_at_close", lambda case, day: (day - case.valuation_date).days + 40)
    assert wrong_conditions(valence, SEED)[0] > 5


# ---------------------------------------------------------------------------------------------------- percentiles


def test_the_price_of_the_draw_lies_where_the_closes_say(valence, found):
    """The window's closes of every path, from a case that asks for them directly."""
    case = valence.replace({"policy.cadence": "dates", "policy.dates": [date(2002, 12, 2)]})
    days = ["2002-11-22", "2002-11-25", "2002-11-26", "2002-11-27", "2002-11-29"]
    prices = np.array(
        [
            0.85 * np.mean([told.history.closes[day] for day in days])
            for first in range(0, PATHS, 128)
            for told in trace_paths(case, first, 128, SEED)
        ]
    )
    row = fact(found, "price of the draw")
    assert row.value == 5_000_000 / 4_409_560
    assert row.percentile.value == (prices < row.value).mean()
    assert row.p50 == pytest.approx(np.sort(prices)[PATHS // 2 - 1], rel=1e-12)
    assert fact(found, "shares for $5M").percentile.value == pytest.approx(1.0 - row.percentile.value, abs=1e-12)


def test_cash_and_draws_lie_where_a_run_says(valence, found):
    run = sim.simulate(valence, paths=PATHS, seed=SEED)
    cash = run.tallies.fan[20]  # the end of December 2003, shortfalls bridged
    row = fact(found, "cash")
    assert row.percentile.value == (cash[:PATHS] < 7.4e6).mean()
    assert row.p05 == np.sort(cash[:PATHS])[int(np.ceil(0.05 * PATHS)) - 1]
    drawn = fact(found, "drawn in FY2003 Q3")
    lasting = run["cash_out_days"] > 275  # a run counts no draws after the cash-out, the record does
    below = run.by_period["raised"][lasting, 2] < 5e6
    assert drawn.percentile.value * PATHS >= below.sum()
    assert drawn.p95 == pytest.approx(5e6)
    assert drawn.equal > 0.05


def test_shares_grow_and_third_parties_come_by_poisson(valence, found):
    grown = [fact(found, "shares outstanding", str(row.date)) for row in valence.record.shares_outstanding]
    assert [row.p50 for row in grown] == sorted(row.p50 for row in grown)
    assert grown[0].p50 == valence.company.shares_outstanding  # before the first purchase date
    none = np.exp(-0.4 * 15 / 12)  # in the fifteen months to June 2003
    row = fact(found, "third parties' money so far")
    assert row.p05 == 0.0
    assert abs(row.percentile.value - none) > 4 * row.percentile.se  # deals of less than $10 million count as below
    wide = backtest(valence.replace({"record.financings[0].amount": 0.01}), 1024, SEED)
    chance = fact(wide, "third parties' money so far").percentile
    assert abs(chance.value - none) <= 4 * chance.se


def test_waivers_are_counted_in_quarters(valence, found):
    always = valence.replace({f"line.conditions[{i}].waiver_probability": 1.0 for i in range(6)})
    never = valence.replace({f"line.conditions[{i}].waiver_probability": 0.0 for i in range(6)})
    label = "quarters with conditions waived"
    most, none = (fact(backtest(case, PATHS, SEED), label) for case in (always, never))
    assert fact(found, label).value == 2
    assert (none.p95, none.percentile.value) == (0.0, 1.0)
    assert most.percentile.value < fact(found, label).percentile.value < 1.0


def test_a_fact_is_compared_with_its_own_day(valence, found):
    """The planted fault: a fact a year early lies elsewhere."""
    early = backtest(valence.replace({"record.shares_outstanding[4].date": "2003-02-06"}), PATHS, SEED)
    now, then = (fact(each, "shares outstanding", day) for each, day in ((found, "2004-02-06"), (early, "2003-02-06")))
    assert then.percentile.value - now.percentile.value > 4 * now.percentile.se


# ---------------------------------------------------------------------------------------------------- the whole


def test_facts_outside_the_span_are_left_out_and_said(valence):
    short = backtest(valence.replace({"horizon": "2002-12-31"}), 128, SEED)
    assert max(row.date for row in short.rows) <= date(2002, 12, 31)
    assert short.notes[0].startswith("6 of 10 facts lie outside")
    with pytest.raises(sim.CaseError, match="valence-2002: record: missing; must be a table of what really happened"):
        backtest(valence.replace({"record": None}))


def test_a_policy_of_listed_amounts_keeps_them(valence):
    listed = valence.replace({"policy.kind": "schedule", "policy.amounts": [1e6] * 8})
    rows = backtest(listed, 128, SEED)
    assert fact(rows, "drawn in FY2003 Q3").p95 <= 1e6
    assert fact(rows, "price of the draw").value > 1.13


def test_any_number_of_paths_and_blocks_adds_up(valence):
    told = []
    some = backtest(valence, 130, SEED, progress=lambda done, total: told.append((done, total)))
    assert told == [(128, 130), (130, 130)]
    assert len(some.rows) == 11
    assert [row.date for row in some.rows] == sorted(row.date for row in some.rows)
    one = backtest(valence, 1, SEED)
    assert {row.percentile.value for row in one.rows} <= {0.0, 1.0}


def test_it_prints_and_becomes_json(found):
    document = found.to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["facts"][0]["percentile"]["value"] == found.rows[0].percentile.value
    text = str(found)
    assert max(map(len, text.splitlines())) <= 100
    assert "51.69M shares" in text
    assert "1 April 2002" in text
    assert str(backtest(valence_2002(), 2, SEED))


def test_the_board_hears_of_it(valence, found):
    pack = small_pack(valence.replace({"horizon": "2002-06-30"}), 64)
    none, told = (Pack(**{**vars(pack), "record": record}) for record in (None, found))
    assert not [chapter for chapter in story(none) if chapter.key == "record"]
    told = next(chapter for chapter in story(told) if chapter.key == "record")
    assert {"11", str(sum(row.inside for row in found.rows))} <= set(re.findall(r"\d+", told.headline))
    assert any("$1.13" in cell for row in told.charts[0].table.rows for cell in row)
    assert _recorded(valence.replace({"record": None}), workers=None) is None
    assert _recorded(valence, workers=2, paths=PATHS, seed=SEED).rows == found.rows


# ------------------------------------------------------------------------------------------------ sales of a span


SALES = {"from": "2002-06-01", "to": "2002-09-30", "amount": 8e6, "shares": 4_000_000, "source": "annual report"}


def test_sales_of_a_span_are_the_draws_that_settle_in_it(valence):
    case = valence.replace({"record": {"sales": [SALES]}})
    found = backtest(case, 32, SEED)
    draws = [trace.ledger.draws for trace in trace_paths(case, 0, 32, SEED)]
    for label, word, value in (
        ("sold since 1 June 2002", "amount", 8e6),
        ("shares sold since 1 June 2002", "shares", 4e6),
    ):
        row = fact(found, label, "2002-09-30")
        totals = [sum(draw[word] for draw in path if "2002-06-01" <= draw["date"] <= "2002-09-30") for path in draws]
        assert row.value == value
        assert row.p50 == np.quantile(totals, 0.5, method="inverted_cdf")


def test_sales_of_one_of_several_lines():
    case = sim.load_case("valence-seaside-2009")
    row = fact(backtest(case, 16, SEED), "shares sold since 15 October 2009, Seaside")
    assert (row.value, row.p05, row.p95) == (650_000, 650_000, 650_000)
    assert "sold $947,770 for 650,000 shares, $1.4581 each, from 15 October 2009 under the line Seaside" in " ".join(
        describe(case).split()
    )


def test_sales_outside_the_simulated_span_are_counted_as_left_out(valence):
    case = valence.replace({"record": {"sales": [SALES | {"from": "2002-03-01"}]}})
    assert backtest(case, 4, SEED).notes[0] == "1 of 1 facts lie outside the simulated span and are left out."


@pytest.mark.parametrize(
    ("sales", "problem"),
    [
        (SALES | {"line": "A"}, 'record.sales[0].line = "A": must be empty, as the case has one line'),
        (SALES | {"to": "2002-05-31"}, "record.sales[0].to = 2002-05-31: must be on or after from, 2002-06-01"),
    ],
)
def test_sales_that_cannot_be(valence, sales, problem):
    with pytest.raises(sim.CaseError, match=re.escape(problem)):
        valence.replace({"record": {"sales": [sales]}})
