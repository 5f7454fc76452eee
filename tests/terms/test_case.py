"""The shipped case, and what every case has: documents, JSON, hashes, the expected burn, objects."""

import json
import pickle
from datetime import date
from itertools import pairwise

import pytest

from sim.calendar import fiscal_quarter
from sim.terms import (
    Case,
    CaseError,
    Company,
    Coverage,
    Line,
    Note,
    Pricing,
    Step,
    load_case,
    shipped_cases,
)
from sim.terms.clauses import stated_clauses
from tests.support.documents import CASE, REMOVED, changed
from tests.support.valence import FILE


def test_the_shipped_case_has_the_documents_terms():
    line = CASE.line
    assert (line.commitment, line.max_per_period, line.registered) == (30_000_000.0, 5_000_000.0, False)
    assert (line.start, line.end) == (date(2002, 4, 1), date(2004, 3, 31))
    assert line.pricing == Pricing(window=5, multiplier=0.85)
    assert line.coverage == Coverage(percent=(100.0, 100.0, 75.0, 50.0))
    assert CASE.company.cash == 1_094_000 + 17_533_000 - 7_100_000
    assert CASE.company.shares_authorized - CASE.company.shares_outstanding == 54_447_690
    (note,) = CASE.notes
    assert (note.principal, note.maturity, note.last_interest_date) == (15e6, date(2002, 8, 30), date(2001, 12, 31))


def test_conditions_stand_in_the_term_sheets_order():
    got = [(c.kind, c.milestone, c.after) for c in CASE.line.conditions]
    assert got == [
        ("same_ceo", "", None),
        ("milestone", "polymer-265", date(2002, 9, 30)),
        ("milestone", "cylindrical-samples", date(2002, 9, 30)),
        ("milestone", "licence", date(2002, 12, 31)),
        ("milestone", "generation-two", date(2003, 3, 31)),
        ("no_adverse_change", "", None),
    ]
    assert {m.name: m.follows for m in CASE.milestones}["generation-two"] == "cylindrical-samples"


def test_each_after_is_the_end_of_its_fiscal_quarter():
    """The term sheet counts quarters of fiscal 2003; the file has dates."""
    labels = [fiscal_quarter(c.after, 3).label for c in CASE.line.conditions if c.after]
    assert labels == ["FY2003 Q2", "FY2003 Q2", "FY2003 Q3", "FY2003 Q4"]
    assert all(fiscal_quarter(c.after, 3).end == c.after for c in CASE.line.conditions if c.after)


def test_six_full_draws_use_up_the_commitment():
    assert len(CASE.purchase_dates) == 8
    assert 8 * CASE.line.max_per_period > CASE.line.commitment == 6 * CASE.line.max_per_period


def test_every_figure_of_the_shipped_file_has_its_reason():
    """A comment on the line or right above it, or a source of its own, as rows of the record have; tables whose reasons
    stand in front of them all are named here."""
    in_front = {"waiver_probability", "probability", "median_days", "p90_days", "price_jump", "paths", "seed", "schema"}
    lines = FILE.read_text(encoding="utf-8").splitlines()
    bare = []
    for above, line in pairwise(lines):
        word, equals, value = line.partition(" = ")
        figure = equals and not line.startswith("#") and value[0] in "-0123456789[{"
        if (
            figure
            and "#" not in line
            and 'source = "' not in line
            and not above.startswith("#")
            and word not in in_front
        ):
            bare.append(word)
    assert bare == []


def test_shipped_cases_are_listed():
    assert ("valence-2002", CASE.title) in shipped_cases()


def test_a_case_survives_its_document_and_json():
    doc = CASE.to_dict()
    again = Case.from_dict(json.loads(json.dumps(doc, allow_nan=False)), source="elsewhere")
    assert again == CASE
    assert hash(again) == hash(CASE)
    assert (again.sha256, again.to_dict(), again.source) == (CASE.sha256, doc, "elsewhere")


def test_the_document_has_every_default():
    doc = Case.from_dict(changed({("policy",): REMOVED, ("simulation",): REMOVED, ("events",): REMOVED})).to_dict()
    assert doc["policy"] == {"kind": "maximum", "cadence": "quarter_end", "dates": [], "amounts": []}
    assert doc["simulation"] == {"paths": 100_000, "seed": 0}
    assert doc["events"] == {"common_loading": 0.0}
    assert doc["valuation_date"] == "2002-04-01"


def test_sha256_depends_on_values_alone():
    same = changed({("price", "drift"): 0, ("company", "shares_authorized"): 1e8, ("price", "impact"): REMOVED})
    assert Case.from_dict(same).sha256 == CASE.sha256
    assert Case.from_dict(changed({("price", "drift"): -0.0})).sha256 == CASE.sha256
    assert CASE.replace({"price.drift": 1e-9}).sha256 != CASE.sha256
    assert len(CASE.sha256) == 64


def test_every_optional_part_may_be_absent():
    optional = ["milestones", "events", "third_party", "notes", "policy", "simulation"]
    doc = changed(
        {(word,): REMOVED for word in optional} | {("line", "conditions"): REMOVED, ("line", "coverage"): REMOVED}
    )
    for table, words in {
        "company": ["minimum_cash", "shares_reserved"],
        "price": ["drift", "impact"],
        "burn": ["growth", "persistence", "price_correlation", "steps"],
        "line": ["period", "max_per_period", "registered", "legal_cost_per_draw", "minimum_draw"],
    }.items():
        for word in words:
            del doc[table][word]
    case = Case.from_dict(doc)
    assert (case.notes, case.milestones, case.third_party, case.line.max_per_period) == ((), (), None, None)
    assert Case.from_dict(case.to_dict()) == case


def test_interest_runs_from_the_valuation_date():
    case = Case.from_dict(changed({("notes", 0, "last_interest_date"): REMOVED}))
    assert case.notes[0].last_interest_date == CASE.valuation_date


def test_load_case_takes_a_case_a_name_and_a_path(tmp_path):
    assert load_case(CASE) is CASE
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FILE.read_bytes().replace(b"\n", b"\r\n"))  # as some editors save it
    assert load_case(path) == load_case(str(path)) == CASE
    assert load_case(path).source == str(path)
    assert CASE.source == "valence-2002"


def test_cases_and_errors_can_be_pickled():
    assert pickle.loads(pickle.dumps(CASE)) == CASE
    error = pickle.loads(pickle.dumps(CaseError(["a", "b"])))
    assert (error.problems, str(error)) == (["a", "b"], "a\nb")


@pytest.mark.parametrize("k", [-4, -1, 0, 5, 6, 23])
def test_burn_level_grows_and_steps(k):
    case = CASE.replace({"burn.growth": 0.1, "burn.steps": [Step(date=date(2002, 10, 1), factor=0.92)]})
    expected = 2_367_000 * 1.1 ** (k / 12) * (0.92 if k >= 6 else 1.0)
    assert case.burn_level(k) == pytest.approx(expected, rel=1e-14)


def test_a_step_inside_a_month_starts_with_the_next_month():
    case = CASE.replace({"burn.steps[0].date": date(2002, 10, 2)})
    assert [case.burn_level(k) for k in (6, 7)] == [2_367_000.0, 2_177_640.0]


def test_burn_level_is_the_nearest_float():
    """1.25 x 1.21^(12/12) x 0.5, each factor's exact binary value multiplied, then rounded once."""
    from fractions import Fraction

    case = CASE.replace({"burn.monthly": 1.25, "burn.growth": 0.21, "burn.steps[0].factor": 0.3})
    exact = Fraction(1.25) * (1 + Fraction(0.21)) * Fraction(0.3)
    assert case.burn_level(12) == float(exact)


def test_clauses_are_those_that_have_an_effect():
    names = [stated.clause.name for stated in stated_clauses(CASE)]
    assert names == ["discount", "reduction", "period cap", "coverage", "authorized shares", "legal fees"]
    assert [stated.clause.name for stated in stated_clauses(CASE, "cost", "price")] == ["discount", "legal fees"]
    full_price = CASE.replace({"line.pricing.multiplier": 1, "line.legal_cost_per_draw": 0})
    assert [stated.clause.name for stated in stated_clauses(full_price, "cost", "price")] == []


def test_wrong_objects_cannot_exist():
    with pytest.raises(CaseError, match=r"^Pricing: multiplier = 3: must be a number from 1e-6 to 2$"):
        Pricing(window=5, multiplier=3)
    with pytest.raises(CaseError, match=r"^Company: shares_authorized = 1: must be at least 2"):
        Company(name="x", fiscal_year_end_month=3, cash=1, shares_outstanding=2, shares_authorized=1)
    with pytest.raises(CaseError) as caught:
        Note(name="", principal=-1, maturity=None, base_rate=0.1)
    assert [line.split(" = ")[0] for line in caught.value.problems] == [
        "Note: name",
        "Note: principal",
        "Note: maturity: missing; must be a date from 1975-01-01 to 2199-12-31",
    ]
    with pytest.raises(AttributeError):
        CASE.price.volatility = 0.5


def test_objects_are_coerced_to_plain_types():
    company = Company(name="x", fiscal_year_end_month=3, cash=1, shares_outstanding=2e6, shares_authorized=3_000_000)
    assert [type(v) for v in (company.cash, company.shares_outstanding, company.minimum_cash)] == [float, int, float]
    line = Line(
        investor="x", commitment=1, start="2002-04-01", end=date(2003, 3, 31), pricing={"window": 1, "multiplier": 1}
    )
    assert (line.start, line.pricing) == (date(2002, 4, 1), Pricing(window=1, multiplier=1.0))
