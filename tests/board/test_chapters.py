"""Single chapters: decision, terms, cap table, both errors, variants, forecasts, appendix."""

import dataclasses
import re
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.analysis.cap_table import cap_table
from sim.analysis.compare import compare
from sim.analysis.forecasts import forecast_table
from sim.analysis.variants import main_variants
from sim.board.story.appendix import ANALYSES, left_out
from sim.board.story.ask import decision
from sim.board.story.forecasts import _row
from sim.board.story.parts import choice
from sim.board.story.story import story
from sim.board.story.variants import compared_words, owed_words, variants
from sim.board.words import brief, value
from sim.results.estimates import Estimate, proportion
from sim.terms.forecast import Forecast
from tests.board.test_story import CASES, chapter, pack, pack_of, valence

__all__ = ["pack", "valence"]


def test_the_decision_names_the_money_of_the_liquidity_at_risk(valence):
    year = next(s for s in valence.result.summary().statistics.liquidity_at_risk if s.months == 12).quantile(95)
    needed = brief("funding_gap", year.value, year.error)
    assert decision(valence) == (
        f"Draw on the line of $30M and find {needed} more: with the same draws, cash then lasts to 31 March 2003 in 95 "
        "of 100 scenarios"
    )
    assert needed in chapter(valence, "liquidity").headline
    assert chapter(valence, "liquidity").headline.startswith("With the same draws, cash lasts in 95 of 100 scenarios ")
    assert chapter(valence, "ask").points[0].startswith("With the same draws, more cash ")
    assert "the draws follow the policy" in chapter(valence, "stress").compared
    assert f"To 31 Mar 2003: {needed}" in chapter(valence, "ask").points
    (errors,) = (point for point in chapter(valence, "ask").points if point.startswith("Mean runway"))
    band = valence.uncertainty["runway_months"]
    low, high = (float(end) for end in re.findall(r"by sampling \(95%\), ([\d.]+) to ([\d.]+) over", errors)[0])
    assert (low, high) == (pytest.approx(band.low, abs=0.06), pytest.approx(band.high, abs=0.06))


def test_the_decision_fits_the_case():
    assert decision(pack_of("never")).startswith("No more money is needed: cash lasts to 31 March 2004 in all 512 ")
    assert decision(pack_of("no line")).startswith("Find $")
    assert "line" not in decision(pack_of("no line"))
    assert not any("draws" in chapter(pack_of("no line"), key).headline for key in ("ask", "liquidity"))


def saved_by_the_line(pack):
    """The pack with a cash-out in half of the scenarios without the line, and in none with it."""
    chances = {"cash_out": tuple(proportion(n, 512) for n in (0, 256, 0)[: len(pack.variants.names)])}
    estimates = {**pack.variants.estimates, **chances}
    return dataclasses.replace(pack, variants=dataclasses.replace(pack.variants, estimates=estimates))


def test_a_line_that_is_enough_is_to_be_drawn():
    pack = saved_by_the_line(pack_of("never"))
    assert decision(pack) == (
        "Draw on the line of $30M: cash then lasts to 31 March 2004 in 95 of 100 scenarios or more, without other money"
    )


def test_the_terms_are_those_of_the_documents(valence):
    rows = dict(chapter(valence, "terms").charts[0].table.rows)
    assert rows["How much"] == "up to $30M of restricted stock"
    assert rows["Term"] == "1 Apr 2002 to 31 Mar 2004"
    assert rows["Price"].startswith("85% of the mean close of the five sessions")
    assert "at most $5.00 million per fiscal quarter" in rows["Limits"]
    assert "100%, 100%, 75% and 50% of the cash used in operations" in rows["Limits"]
    assert "licence (after 31 Dec 2002)" in rows["Conditions"]
    assert rows["Fees"] == "the company pays $25,000 of legal fees for each draw"
    assert "terms" not in {each.key for each in story(pack_of("no line"))}


def test_the_cap_table_adds_up(pack):
    found = cap_table(pack.result)
    company = pack.result.case.company
    assert sum(found.before) == company.shares_outstanding + company.shares_reserved
    for percent, column in found.after.items():
        assert len(column) == len(found.holders)
        assert column[0] == found.before[0]
        new = sum(column) - sum(found.before)
        ordered = np.sort(pack.result["total_dilution"])
        shares = company.shares_outstanding * ordered / (1.0 - ordered)
        near = shares[max(round(percent / 100 * shares.size) - 12, 0) : round(percent / 100 * shares.size) + 12]
        assert near.min() - 1.0 <= new <= near.max() + 1.0


def test_the_cap_table_names_the_holders(valence):
    rows = chapter(valence, "cap_table").charts[0].table.rows
    names = [row[0] for row in rows]
    assert names == ["Holders at the opening", "Berg & Berg Enterprises, LLC", "Third parties", "Reserved", "All"]
    assert rows[0][1:3] == ("45.55M", "100.0%")
    assert rows[-1][2::2] == ("100%",) * 4


def test_both_errors_stand_side_by_side(valence):
    table = chapter(valence, "answer").charts[0].table
    assert table.columns[-2:] == ("sampling: 95% interval", "inputs: middle 90%")
    band = valence.uncertainty["cash_out"]
    ends = [value("cash_out", end, band.error) for end in (band.low, band.high)]
    assert table.rows[0][-1] == " to ".join(ends)
    bare = pack_of("2026")
    assert "their error is not known" in chapter(bare, "answer").sure
    assert len(chapter(bare, "answer").charts[0].table.columns) == 3


def with_variants():
    """The shipped case with two variants of its own."""
    changes = {"a lower burn": {"burn.monthly": 1e6}, "half the price": {"price.initial": 1.5}}
    case = sim.Case.from_dict(CASES["valence"].to_dict() | {"variants": changes})
    found = compare(main_variants(case), paths=512, seed=7)
    base = pack_of("valence")
    return dataclasses.replace(base, variants=found, result=sim.simulate(case, paths=512, seed=7))


def test_named_variants_have_a_slide():
    pack = with_variants()
    each = chapter(pack, "variants")
    assert each.headline.startswith("In the variant “a lower burn”, cash runs out in ")
    names = ("With the line", "A lower burn", "Half the price", "Without the line", "With all conditions waived")
    assert each.charts[0].categories == names
    assert "a lower burn" not in chapter(pack, "ask").compared
    assert "variants" not in {each.key for each in story(pack_of("valence"))}


def test_compared_variants_are_those_of_the_case(valence):
    assert compared_words(valence) == "With the line, without the line and with all conditions waived"
    assert compared_words(pack_of("2026")) == "With the line and without the line"
    assert compared_words(with_variants()).endswith(", with all conditions waived and in the variants of the case")


def test_fees_that_are_owed_without_the_line_are_named(valence):
    case = CASES["valence"].replace({"line.fees": {"staged": [{"date": "2002-05-01", "shares": 50_000, "cash": 2e4}]}})
    pack = SimpleNamespace(result=SimpleNamespace(case=case))
    assert owed_words(pack).startswith("Without the line, 50,000 fee shares and $20,000 of fees are due all the same")
    assert owed_words(valence) == ""


def test_variants_without_a_cash_out_have_a_sentence():
    case = sim.Case.from_dict(CASES["valence"].to_dict() | {"variants": {"more": {"price.initial": 4.0}}})
    case = case.replace({"company.cash": 1e9})
    found = compare(main_variants(case), paths=64, seed=7)
    pack = SimpleNamespace(variants=found, result=SimpleNamespace(case=case))
    assert variants(pack).headline == "No scenario runs out of cash, in the case as it is or in any variant"


def test_rows_left_out_are_not_analyses_left_out(valence):
    missing = {"scenarios": "the case has no milestones", "record": "the case has no table [record]"}
    found = left_out(dataclasses.replace(valence, skipped=missing))
    assert found == [
        "Rows left out of the stress cases: the case has no milestones.",
        "Left out, what really happened: the case has no table [record].",
    ]


def test_days_to_what_was_not_reached_say_so():
    said = {"made": date(2026, 1, 1), "date": date(2026, 4, 1), "label": "days to licence", "unit": "days"}
    row = Forecast(**said, value=91.0, percentile=0.4, p05=20.0, p50=70.0, p95=91.0)
    cells = _row(row)
    assert cells[3] == "not reached in 91 days"
    assert cells[5] == "20 to 91+"
    assert "not reached in 91 days" in str(forecast_table([row]).rows[0])
    reached = dataclasses.replace(row, value=88.0)
    assert _row(reached)[3] == "88"


def test_the_choice_names_the_inputs_of_the_grid(valence):
    axes = valence.grid.axes
    assert choice(valence.grid) == "Choose price, volatility, burn and waivers"
    assert choice(SimpleNamespace(axes=axes[:3])) == "Choose price, volatility and burn"


def test_forecasts_of_earlier_cases_are_scored(valence):
    row = {"made": "2002-01-01", "date": "2002-03-31", "label": "cash", "unit": "$", "percentile": 0.4}
    row |= {"p05": 8e6, "p50": 11.9e6, "p95": 14e6}
    rows = [row | {"value": 11.5e6}, row | {"value": 2e7, "date": "2002-02-28"}]
    case = sim.Case.from_dict(CASES["valence"].to_dict() | {"forecasts": rows})
    pack = dataclasses.replace(valence, result=sim.simulate(case, paths=64, seed=7))
    each = chapter(pack, "forecasts")
    assert each.headline == "1 of 2 actual figures lies inside the 90% range that was forecast"
    assert each.charts[0].table.rows[0][1:] == ("31 Mar 2002", "cash", "$11.5M", "40%", "$8M to $14M", "$11.9M")


def test_the_appendix_names_every_analysis(valence):
    runs = dict(chapter(valence, "appendix").charts[1].table.rows)
    assert runs["the answer, cash, commitment, cap table"] == "512"
    assert runs["cost of each clause"] == "64"
    assert len(runs) == len(ANALYSES)


def test_slides_without_a_shortage_are_left_out():
    keys = [each.key for each in story(pack_of("never"))]
    assert {"cash_out", "liquidity", "warning"}.isdisjoint(keys)
    assert chapter(pack_of("never"), "outlook").charts[0].table is not None


def test_indices_that_are_not_known_are_not_stated(valence):
    found = sim.sensitivity(valence.result.case, paths=64, indexed=2, samples=2, seed=7)
    assert "more effect than the sum" in chapter(dataclasses.replace(valence, sensitivity=found), "sensitivity").change
    sure = tuple(Estimate(share, 0.01, (share, share)) for share in (0.7, 0.2))
    indices = dataclasses.replace(found.indices, first={**found.indices.first, "runway_months": sure})
    known = dataclasses.replace(valence, sensitivity=dataclasses.replace(found, indices=indices))
    assert "alone causes 70% of the variance" in chapter(known, "sensitivity").change
