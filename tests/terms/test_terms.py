"""Protects the terms: what a case file may say, what it means, and how it complains."""

import copy
import json
import math
import pickle
import subprocess
import sys
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

import sim.terms
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
    overridden,
    parse_override,
    shipped_cases,
)

SHIPPED = Path(sim.terms.__file__).parent.parent / "cases" / "valence-2002.toml"
CASE = load_case("valence-2002")
REMOVED = object()


def document():
    """The shipped file as the plain dictionary that its reader makes of it."""
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def changed(changes):
    """The shipped document with `{("price", "drift"): 0.1}` applied; REMOVED takes a key away."""
    doc = document()
    for path, value in changes.items():
        holder = doc
        for part in path[:-1]:
            holder = holder[part]
        if value is REMOVED:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(value)
    return doc


def problems(doc, source="x.toml"):
    with pytest.raises(CaseError) as caught:
        Case.from_dict(doc, source=source)
    return caught.value.problems


# --- the shipped case ------------------------------------------------------------------------------------------------


def test_shipped_case_says_what_the_documents_say():
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


def test_eight_quarters_exceed_the_commitment_and_six_full_draws_use_it_up():
    assert len(CASE.purchase_dates) == 8
    assert 8 * CASE.line.max_per_period > CASE.line.commitment == 6 * CASE.line.max_per_period


def test_every_figure_of_the_shipped_file_has_its_reason():
    """A comment on the line or right above it, or a source of its own, as rows of the record have; tables whose reasons
    stand in front of them all are named here."""
    in_front = {"waiver_probability", "probability", "median_days", "p90_days", "price_jump", "paths", "seed", "schema"}
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
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
            # an extension's probability shares the reason of the extended maturity above it
            bare.append(word)
    assert bare == ["extension_probability"]


def test_shipped_cases_are_listed():
    assert ("valence-2002", CASE.title) in shipped_cases()


# --- round trips, identity -------------------------------------------------------------------------------------------


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


def test_sha256_depends_on_what_is_said_and_not_on_how():
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


def test_interest_runs_from_the_valuation_date_unless_the_note_says_otherwise():
    case = Case.from_dict(changed({("notes", 0, "last_interest_date"): REMOVED}))
    assert case.notes[0].last_interest_date == CASE.valuation_date


def test_load_case_takes_a_case_a_name_and_a_path(tmp_path):
    assert load_case(CASE) is CASE
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SHIPPED.read_bytes().replace(b"\n", b"\r\n"))  # as some editors save it
    assert load_case(path) == load_case(str(path)) == CASE
    assert load_case(path).source == str(path)
    assert CASE.source == "valence-2002"


def test_cases_and_errors_can_be_pickled():
    assert pickle.loads(pickle.dumps(CASE)) == CASE
    error = pickle.loads(pickle.dumps(CaseError(["a", "b"])))
    assert (error.problems, str(error)) == (["a", "b"], "a\nb")


# --- the burn's level ------------------------------------------------------------------------------------------------


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


# --- what a file may not say -----------------------------------------------------------------------------------------

C0, M0, N0 = ("line", "conditions", 1), ("milestones", 0), ("notes", 0)
P265 = "line.conditions[265 Wh/l polymer]"
MONEY, PROBABILITY, RATE = "a number from 0 to 1e15", "a number from 0 to 1", "a number from 0 to 10000"
DAY = "a date from 1975-01-01 to 2199-12-31"
TEXT = "one line of text without blanks around it, 1 to 200 characters"
WAITS = "must have 8 amounts, one for each purchase date (2002-06-28 to 2004-03-31); "

ONE_PROBLEM = [
    # absent and unknown keys
    ({("company", "cash"): REMOVED}, f"company.cash: missing; must be {MONEY}"),
    ({("schema",): REMOVED}, "schema: missing; must be 1, the only supported version"),
    ({(*M0, "probability"): REMOVED}, f"milestones[polymer-265].probability: missing; must be {PROBABILITY}"),
    ({("price", "volatilty"): 0.8}, "price.volatilty = 0.8: unknown key. Did you mean price.volatility?"),
    ({("pric",): {"a": 1}}, "pric = { a = 1 }: unknown key. Did you mean price?"),
    (
        {(*C0, "wavier"): 1},
        f"{P265}.wavier = 1: unknown key; must be one of the keys of {P265}: name, "
        "kind, milestone, after, waiver_probability",
    ),
    (
        {("line", "coverage", "a\nb"): True},
        "line.coverage.a\\nb = true: unknown key; must be one of the keys of line.coverage: "
        "percent, basis, carry_forward",
    ),
    # wrong types
    ({("company", "cash"): "much"}, f'company.cash = "much": must be {MONEY}'),
    ({("company", "cash"): True}, f"company.cash = true: must be {MONEY}"),
    ({("company", "cash"): [1]}, f"company.cash = [1]: must be {MONEY}"),
    ({("company", "cash"): {"a": 1}}, f"company.cash = {{ a = 1 }}: must be {MONEY}"),
    ({("company", "cash"): date(2002, 1, 1)}, f"company.cash = 2002-01-01: must be {MONEY}"),
    ({("title",): 7}, f"title = 7: must be {TEXT}"),
    ({("line", "registered"): 1}, "line.registered = 1: must be true or false"),
    ({("line", "start"): 20020401}, f"line.start = 20020401: must be {DAY}"),
    ({("line", "start"): "2002-13-01"}, f'line.start = "2002-13-01": must be {DAY}'),
    ({("price",): 3}, "price = 3: must be a table with the keys model, initial, drift, volatility, impact"),
    (
        {("price",): [{"initial": 3}]},
        "price = [{ initial = 3 }]: must be a table with the keys model, initial, drift, volatility, impact",
    ),
    (
        {("line", "coverage"): "100%"},
        'line.coverage = "100%": must be a table with the keys percent, basis, carry_forward',
    ),
    (
        {("burn", "steps"): {"date": 1}},
        "burn.steps = { date = 1 }: must be a list of at most 1000 tables with the keys date, factor",
    ),
    ({("burn", "steps"): [3]}, "burn.steps[0] = 3: must be a table with the keys date, factor"),
    (
        {("line", "coverage", "percent"): 100},
        "line.coverage.percent = 100: must be a list of 1 to 1000 entries, each a number from 0 to 1000",
    ),
    ({("line", "coverage", "percent"): [100, "x"]}, 'line.coverage.percent[1] = "x": must be a number from 0 to 1000'),
    # numbers that are none, and numbers out of range
    ({("company", "cash"): math.nan}, f"company.cash = nan: must be {MONEY}"),
    ({("company", "cash"): math.inf}, f"company.cash = inf: must be {MONEY}"),
    ({("company", "cash"): -math.inf}, f"company.cash = -inf: must be {MONEY}"),
    ({("company", "cash"): 10**16}, f"company.cash = 10000000000000000: must be {MONEY}"),
    ({("company", "cash"): 10**400}, f"company.cash = an integer of 1329 bits: must be {MONEY}"),
    ({("company", "minimum_cash"): -1}, f"company.minimum_cash = -1: must be {MONEY}"),
    (
        {("company", "fiscal_year_end_month"): 13},
        "company.fiscal_year_end_month = 13: must be a whole number from 1 to 12",
    ),
    (
        {("company", "fiscal_year_end_month"): 3.0},
        "company.fiscal_year_end_month = 3.0: must be a whole number from 1 to 12",
    ),
    (
        {("company", "shares_outstanding"): 0.5},
        "company.shares_outstanding = 0.5: must be a whole number from 1 to 1e15",
    ),
    (
        {("company", "shares_outstanding"): math.nan},
        "company.shares_outstanding = nan: must be a whole number from 1 to 1e15",
    ),
    (
        {("company", "shares_authorized"): 45_552_309},
        "company.shares_authorized = 45552309: must be at least 45552310, the outstanding and reserved shares",
    ),
    ({("price", "initial"): 0}, "price.initial = 0: must be a number from 1e-6 to 1e9"),
    ({("price", "volatility"): 10.5}, "price.volatility = 10.5: must be a number from 0 to 10"),
    ({("price", "model"): "cev"}, 'price.model = "cev": must be "gbm", the only supported model'),
    ({("price", "impact"): "big"}, 'price.impact = "big": must be one of "none", "dilution"'),
    ({("burn", "model"): "statement"}, 'burn.model = "statement": must be "lognormal", the only supported model'),
    ({("burn", "persistence"): 1}, "burn.persistence = 1: must be a number above -1 and below 1"),
    ({("burn", "price_correlation"): -1.01}, "burn.price_correlation = -1.01: must be a number from -1 to 1"),
    ({("burn", "growth"): -1}, "burn.growth = -1: must be a number from -0.99 to 100"),
    (
        {("burn", "steps"): [{"date": date(2002, 5, 1), "factor": 1000}] * 4},
        "burn.monthly = 2367000.0: must stay at most 1e15 a month with growth and steps",
    ),
    (
        {("burn", "steps"): [{"date": date(2002, 5, 1), "factor": 1}] * 1001},
        "burn.steps = ["
        + "{ date = 2002-05-01, factor = 1 }, " * 4
        + "...]: must be a list of at most 1000 tables with the keys date, factor",
    ),
    ({("line", "pricing", "multiplier"): 0}, "line.pricing.multiplier = 0: must be a number from 1e-6 to 2"),
    ({("line", "pricing", "multiplier"): 2.5}, "line.pricing.multiplier = 2.5: must be a number from 1e-6 to 2"),
    ({("line", "pricing", "window"): 5.0}, "line.pricing.window = 5.0: must be a whole number from 1 to 250"),
    ({("line", "pricing", "window"): 0}, "line.pricing.window = 0: must be a whole number from 1 to 250"),
    ({("line", "pricing", "timing"): "after"}, 'line.pricing.timing = "after": must be one of "before", "through"'),
    (
        {("line", "coverage", "percent"): []},
        "line.coverage.percent = []: must be a list of 1 to 1000 entries, each a number from 0 to 1000",
    ),
    (
        {("line", "coverage", "percent"): [100, 1001]},
        "line.coverage.percent[1] = 1001: must be a number from 0 to 1000",
    ),
    (
        {("line", "coverage", "basis"): "year"},
        'line.coverage.basis = "year": must be one of "quarter", "to_date", "previous_quarter"',
    ),
    ({(*C0, "waiver_probability"): 1.1}, f"{P265}.waiver_probability = 1.1: must be {PROBABILITY}"),
    ({(*C0, "kind"): "luck"}, f'{P265}.kind = "luck": must be one of "milestone", "same_ceo", "no_adverse_change"'),
    ({("events", "common_loading"): 2}, f"events.common_loading = 2: must be {PROBABILITY}"),
    ({("events", "ceo_change", "annual_rate"): 10_001}, f"events.ceo_change.annual_rate = 10001: must be {RATE}"),
    (
        {("events", "ceo_change", "price_jump"): -1},
        "events.ceo_change.price_jump = -1: must be a number above -1 and at most 100",
    ),
    ({("third_party", "discount"): 1}, "third_party.discount = 1: must be a number at least 0 and below 1"),
    ({("third_party", "kind"): "gift"}, 'third_party.kind = "gift": must be one of "equity", "debt"'),
    ({("third_party", "median_amount"): 0}, "third_party.median_amount = 0: must be a number above 0 and at most 1e15"),
    ({("simulation", "paths"): 1e5}, "simulation.paths = 100000.0: must be a whole number from 1 to 1000000000000"),
    ({("simulation", "paths"): 0}, "simulation.paths = 0: must be a whole number from 1 to 1000000000000"),
    (
        {("simulation", "seed"): 2**64},
        "simulation.seed = 18446744073709551616: must be a whole number from 0 to 18446744073709551615",
    ),
    ({("simulation", "seed"): -1}, "simulation.seed = -1: must be a whole number from 0 to 18446744073709551615"),
    ({("schema",): 2}, "schema = 2: must be 1, the only supported version"),
    # dates
    ({("valuation_date",): date(2002, 4, 2)}, "valuation_date = 2002-04-02: must be the first day of a month"),
    ({("horizon",): date(2004, 3, 30)}, "horizon = 2004-03-30: must be the last day of a month"),
    (
        {("horizon",): date(2032, 4, 30)},
        "horizon = 2032-04-30: must be at most 30 years after valuation_date, 2002-04-01",
    ),
    ({("horizon",): date(2100, 1, 31)}, "horizon = 2100-01-31: must be a date from 1975-01-01 to 2099-12-31"),
    ({("line", "start"): date(1974, 12, 31)}, f"line.start = 1974-12-31: must be {DAY}"),
    ({("line", "end"): date(2200, 1, 1)}, f"line.end = 2200-01-01: must be {DAY}"),
    (
        {("line", "end"): date(2002, 3, 1), ("line", "start"): date(2002, 2, 1)},
        "line.end = 2002-03-01: must be on or after valuation_date, 2002-04-01",
    ),
    (
        {("line", "start"): date(2004, 4, 1), ("line", "end"): date(2004, 4, 1)},
        "line.start = 2004-04-01: must be on or before horizon, 2004-03-31",
    ),
    (
        {("line", "end"): date(2002, 4, 1), ("line", "start"): date(2002, 4, 2)},
        "line.end = 2002-04-01: must be on or after line.start, 2002-04-02",
    ),
    # names
    ({("company", "name"): ""}, f'company.name = "": must be {TEXT}'),
    ({("company", "name"): "  "}, f'company.name = "  ": must be {TEXT}'),
    ({("company", "name"): "a\n\x1b[31mb"}, f'company.name = "a\\n\\x1b[31mb": must be {TEXT}'),
    ({("company", "name"): 'a"\\' + "x" * 300}, f'company.name = "a\\"\\\\{"x" * 52}...": must be {TEXT}'),
    (
        {(*M0, "name"): "licence", ("line", "conditions", 1, "milestone"): "licence"},
        'milestones[2].name = "licence": must be a name that no other entry of milestones has',
    ),
    # milestones and conditions
    ({(*M0, "p90_days"): 120}, "milestones[polymer-265].p90_days = 120.0: must be above median_days, 120"),
    ({(*M0, "median_days"): 0}, "milestones[polymer-265].median_days = 0: must be a number above 0 and at most 1e6"),
    (
        {(*M0, "price_jump"): -1.0},
        "milestones[polymer-265].price_jump = -1.0: must be a number above -1 and at most 100",
    ),
    (
        {(*C0, "milestone"): "polymer"},
        f'{P265}.milestone = "polymer": must be the name of a milestone: polymer-265, '
        "cylindrical-samples, licence, generation-two",
    ),
    (
        {(*C0, "milestone"): REMOVED},
        f'{P265}.milestone = "": must be the name of a milestone, as kind = "milestone" needs one',
    ),
    (
        {(*M0, "follows"): "nothing"},
        'milestones[polymer-265].follows = "nothing": must be the name of a milestone: polymer-265, '
        "cylindrical-samples, licence, generation-two",
    ),
    (
        {(*M0, "follows"): "polymer-265"},
        'milestones[polymer-265].follows = "polymer-265": must not lead back to the milestone '
        "itself, as in polymer-265 -> polymer-265",
    ),
    (
        {("milestones", 1, "follows"): "generation-two"},
        'milestones[cylindrical-samples].follows = "generation-two": must '
        "not lead back to the milestone itself, as in cylindrical-samples -> generation-two -> cylindrical-samples",
    ),
    # notes
    (
        {(*N0, "maturity"): date(2002, 3, 31)},
        "notes[Baccarat note].maturity = 2002-03-31: must be on or after valuation_date, 2002-04-01",
    ),
    (
        {(*N0, "extended_maturity"): date(2002, 8, 30)},
        "notes[Baccarat note].extended_maturity = 2002-08-30: must be after maturity, 2002-08-30",
    ),
    (
        {(*N0, "extended_maturity"): REMOVED},
        "notes[Baccarat note].extension_probability = 0.9: must be 0, as the note has no extended_maturity",
    ),
    (
        {(*N0, "last_interest_date"): date(2002, 4, 2)},
        "notes[Baccarat note].last_interest_date = 2002-04-02: must be on or before valuation_date, 2002-04-01",
    ),
    (
        {(*N0, "interest_date"): "02-29"},
        'notes[Baccarat note].interest_date = "02-29": must be a day that every year has, as "MM-DD", or ""',
    ),
    (
        {(*N0, "interest_date"): "1231"},
        'notes[Baccarat note].interest_date = "1231": must be a day that every year has, as "MM-DD", or ""',
    ),
    (
        {(*N0, "interest_date"): 5},
        'notes[Baccarat note].interest_date = 5: must be a day that every year has, as "MM-DD", or ""',
    ),
    (
        {(*N0, "margin"): -0.05},
        "notes[Baccarat note].margin = -0.05: must be at least -0.0475, so that no negative interest is owed",
    ),
    (
        {(*N0, "sweep"): {"prepay_above": 1, "reborrow_below": 2}},
        "notes[Baccarat note].sweep.prepay_above = 1.0: must be at least reborrow_below, 2",
    ),
    ({(*N0, "sweep"): {"prepay_above": 1}}, f"notes[Baccarat note].sweep.reborrow_below: missing; must be {MONEY}"),
    (
        {(*N0, "sweep"): {"prepay_above": 5e6, "reborrow_below": 0}, ("company", "minimum_cash"): 6e6},
        "notes[Baccarat note].sweep.prepay_above = 5000000.0: must be at least company.minimum_cash, 6000000",
    ),
    # policy
    (
        {("policy", "kind"): "hope"},
        'policy.kind = "hope": must be one of "maximum", "runway", "opportunistic", "schedule"',
    ),
    (
        {("policy", "kind"): "runway"},
        'policy.target_months: missing; must be a number from 0 to 1200, as kind = "runway" needs it',
    ),
    (
        {("policy", "kind"): "opportunistic", ("policy", "target_months"): 6},
        'policy.price_trigger: missing; must be a number above 0 and at most 1e6, as kind = "opportunistic" needs it',
    ),
    ({("policy", "price_trigger"): 0}, "policy.price_trigger = 0: must be a number above 0 and at most 1e6"),
    (
        {("policy", "cadence"): "dates"},
        'policy.dates = []: must have at least one date, as cadence = "dates" needs them',
    ),
    ({("policy", "dates"): [date(2002, 6, 29)]}, "policy.dates[0] = 2002-06-29: must be a day on which Nasdaq trades"),
    (
        {("policy", "dates"): [date(2002, 3, 28)]},
        "policy.dates[0] = 2002-03-28: must be inside the term and the simulated span, 2002-04-01 to 2004-03-31",
    ),
    (
        {("policy", "dates"): [date(2002, 12, 2), date(2002, 12, 2)]},
        "policy.dates[1] = 2002-12-02: must be after the date before it, 2002-12-02",
    ),
    ({("policy", "kind"): "schedule", ("policy", "amounts"): [1, 2]}, f"policy.amounts = [1.0, 2.0]: {WAITS}2 given"),
    ({("policy", "kind"): "schedule"}, f"policy.amounts = []: {WAITS}0 given"),
    ({("policy", "amounts"): [1, -2]}, f"policy.amounts[1] = -2: must be {MONEY}"),
]


@pytest.mark.parametrize(("changes", "expected"), ONE_PROBLEM, ids=[line[:60] for _, line in ONE_PROBLEM])
def test_each_problem_is_said_in_one_line(changes, expected):
    assert problems(changed(changes)) == [f"x.toml: {expected}"]


def test_all_problems_of_a_file_are_said_at_once():
    doc = changed({change: value for changes, _ in ONE_PROBLEM[:5] for change, value in changes.items()})
    assert sorted(problems(doc)) == sorted(f"x.toml: {line}" for _, line in ONE_PROBLEM[:5])


def test_one_bad_key_does_not_hide_a_rule_between_others():
    lines = problems(changed({(*M0, "probability"): 2, (*C0, "milestone"): "nothing", ("horizon",): "later"}))
    got = [line.split(" = ")[0] for line in lines]
    assert got == ["x.toml: horizon", "x.toml: milestones[polymer-265].probability", f"x.toml: {P265}.milestone"]


def every_path(value, path=()):
    """The path of every key and entry of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for word, item in items:
        yield (*path, word)
        yield from every_path(item, (*path, word))


def refusals(doc):
    """The problems of a document, none if it is a valid case."""
    try:
        Case.from_dict(doc)
    except CaseError as error:
        return error.problems
    return []


@pytest.mark.parametrize(
    "wrong", [[], {}, [[]], [{}], {"name": []}, "", "x", True, -1, 1e300, math.nan, date(1, 1, 1), b"x"]
)
def test_no_wrong_value_anywhere_makes_more_than_a_case_error(wrong):
    paths = list(every_path(document()))
    lines = [refusals(changed({path: wrong})) for path in paths]
    assert sum(map(bool, lines)) > 60
    assert all(line.startswith("python: ") and line.isprintable() for said in lines for line in said)


@pytest.mark.parametrize("doc", [None, 3, "x", [], {}, {1: 2}, {None: {}}])
def test_what_is_no_document_is_a_case_error(doc):
    assert problems(doc)


def test_accepted_edges():
    for changes in [
        {("line", "commitment"): 0},
        {("simulation", "seed"): 2**64 - 1},
        {("line", "pricing", "multiplier"): 2},
        {("company", "shares_authorized"): 45_552_310},
        {("horizon",): date(2032, 3, 31)},
        {("horizon",): date(2002, 4, 30)},
        {("notes", 0, "maturity"): date(2002, 4, 1)},
        {("notes", 0, "interest_date"): ""},
        {("policy", "amounts"): [1.0]},  # not used by the kind of the policy
        {("price", "volatility"): 0},
        {("burn", "persistence"): -0.999},
    ]:
        case = Case.from_dict(changed(changes))
        assert Case.from_dict(case.to_dict()) == case


# --- objects made in Python ------------------------------------------------------------------------------------------


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


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"schema = 1\ntitle = \n", "line 2, column 9: not valid TOML: Invalid value"),
        (b"a = 1\na = 2\n", "line 2, column 6: not valid TOML: Cannot overwrite a value"),
        (b"schema = 1\ntitle = '", "line 2, at the end of the file: not valid TOML"),
        (b"schema = 1\n# \xff\n", "line 2: not UTF-8: byte 0xff"),
        (b"a = " + b"9" * 5000, "not TOML that can be read: "),
        (b"a = " + b"[" * 100_000, "not TOML that can be read: "),
        (b"\0", "line 1, column 1: not valid TOML"),
        (b"#" * (2**20 + 1), "larger than 1048576 bytes; must be a case file of at most 1 MiB"),
    ],
)
def test_files_that_are_not_toml(tmp_path, content, expected):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(CaseError) as caught:
        load_case(path)
    (line,) = caught.value.problems
    assert line.startswith(f"{path}: {expected}" if len(str(path)) < 190 else "")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9,400,000", "TOML has no thousands commas; write 9_400_000"),
        ("9,400,000.50  # dollars", "TOML has no thousands commas; write 9_400_000.5"),
        ("-9,400", "TOML has no thousands commas; write -9_400"),
        ("1'000'000", "TOML has no thousands apostrophes; write 1_000_000"),
        ("9 400 000", "TOML has no thousands spaces; write 9_400_000"),
        ("9.400.000", "TOML has no thousands points; write 9_400_000"),
        ("9.400.000,5", "TOML has no thousands points; write 9_400_000.5"),
        ("0,85", "TOML has no decimal commas; write 0.85"),
        ("$5", "a number is written without $; write 5"),
        ("5 USD", "a number is written without USD; write 5"),
        ("$9,400,000", "TOML has no thousands commas; write 9_400_000"),
        ("$30 million", "a number is written in full, without million; write 30_000_000"),
        ("9.4M", "a number is written in full, without M; write 9_400_000"),
        ("85%", "a number is written without %; write 0.85"),
        (".5", "TOML requires digits on both sides of the point; write 0.5"),
        ("007", "TOML has no leading zeros; write 7"),
        ("True", "TOML has true and false only; write true"),
        ("2002/4/1", "a date is written with hyphens; write 2002-04-01"),
        ("1 April 2002", "a date is written year first, as 2002-04-30"),
        ("maximum", 'text is written in quotes; write "maximum"'),
    ],
)
def test_spellings_that_toml_does_not_read(tmp_path, written, expected):
    path = tmp_path / "mine.toml"
    path.write_text(f"schema = 1\n[company]  # the company\ncash = {written}\nminimum_cash = 0\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    value = written.partition("  #")[0]
    assert caught.value.problems == [f"{path}: line 3: company.cash = {value}: {expected}"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("percent = [100%, 50%]", "line.coverage.percent: 100%: a number is written without %; write 100"),
        ("steps = [{ date = 2002-10-01, factor = 0,92 }]", "line.coverage.steps: 0,92: TOML has no decimal commas; "),
        ("amounts = [$5, 6]", "line.coverage.amounts: $5: a number is written without $; write 5"),
        ("amounts = [1,000,000]", "line.coverage.amounts: 1,000,000: TOML has no thousands commas; write 1_000_000"),
    ],
)
def test_spellings_inside_lists(tmp_path, line, expected):
    path = tmp_path / "mine.toml"
    path.write_text(f"[line.coverage]\n{line}\n")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    assert caught.value.problems[0].startswith(f"{path}: line 2: {expected}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9,400,000", ': "9,400,000": must be a number from 0 to 1e15: TOML has no thousands commas; write 9_400_000'),
        ("$5", ': "$5": must be a number from 0 to 1e15: a number is written without $; write 5'),
        ("5x", ': "5x": must be a number from 0 to 1e15'),
    ],
)
def test_spellings_of_overrides(written, expected):
    with pytest.raises(CaseError) as caught:
        overridden(CASE, [f"company.cash={written}"])
    assert caught.value.problems == [f"--set: company.cash = {expected.removeprefix(': ')}"]


def test_an_empty_file_lacks_every_required_table(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_bytes(b"")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    keys = [line.split(": ")[1] for line in caught.value.problems]
    assert keys == ["schema", "title", "valuation_date", "horizon", "company", "price", "burn", "line"]


def test_names_and_paths_that_lead_nowhere(tmp_path):
    for name, expected in {
        "valence-2003": "valence-2003: not a shipped case and not a file. Did you mean valence-2002? ",
        "": '"": not a shipped case and not a file. (`fundrisk cases` lists the shipped cases.)',
        str(tmp_path): f"{tmp_path}: is a directory; must be the name of a shipped case, or the path of a case file",
        "x" * 5000: "cannot be read: File name too long",
        "a\0b": "a\\x00b: ",
        "a\nb": "a\\nb: not a shipped case and not a file",
        None: "case = null: must be the name of a shipped case, or a path",
        3: "case = 3: must be the name of a shipped case, or a path",
    }.items():
        with pytest.raises(CaseError) as caught:
            load_case(name)
        (line,) = caught.value.problems
        assert expected in line


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are a Unix matter")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CaseError, match="is not a regular file"):
        load_case(tmp_path / "pipe")


# --- overrides -------------------------------------------------------------------------------------------------------


def test_replace_changes_keys_of_any_depth():
    case = CASE.replace({
        "price.volatility": 0.8,
        "notes[Baccarat note].extension_probability": 1,
        "line.conditions[0].waiver_probability": 0.5,
        "line.conditions[265 Wh/l polymer].after": None,
        "line.coverage.percent[3]": 60,
        "line.pricing.floor": 0.5,
        "events.adverse_change": None,
        "third_party": None,
        "burn.steps": (Step(date=date(2003, 1, 1), factor=0.5),),
        "policy": {"kind": "runway", "target_months": 6},
    })  # fmt: skip
    assert (case.price.volatility, case.notes[0].extension_probability) == (0.8, 1.0)
    assert (case.line.conditions[0].waiver_probability, case.line.conditions[1].after) == (0.5, None)
    assert (case.line.coverage.percent, case.line.pricing.floor) == ((100.0, 100.0, 75.0, 60.0), 0.5)
    assert (case.events.adverse_change, case.third_party, case.policy.cadence) == (None, None, "quarter_end")
    assert case.burn.steps[0].factor == 0.5
    assert case.source == CASE.source
    assert CASE.price.volatility == 0.95  # the original is untouched


def test_replace_removes_list_entries_and_makes_optional_tables():
    assert CASE.replace({"notes[Baccarat note]": None}).notes == ()
    swept = CASE.replace({"notes[0].sweep.prepay_above": 2e7, "notes[0].sweep.reborrow_below": 3e6})
    assert swept.notes[0].sweep.prepay_above == 2e7
    assert CASE.replace({"line.pricing.floor": None}) == CASE


def test_replace_keeps_rules_between_keys():
    with pytest.raises(
        CaseError, match=r"^replace: line.end = 2002-03-01: must be on or after line.start, 2002-04-01$"
    ) as caught:
        CASE.replace({"line.end": date(2002, 3, 1), "valuation_date": date(2002, 3, 1)})
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"price.volatilty": 1}, "price.volatilty = 1: unknown key. Did you mean price.volatility?"),
        ({"prize.volatility": 1}, "prize.volatility = 1: unknown key. Did you mean price?"),
        ({"notes[x].principal": 1}, 'notes[x].principal = 1: notes has no entry x; its entries are "Baccarat note"'),
        ({"notes[1].principal": 1}, 'notes[1].principal = 1: notes has no entry 1; its entries are "Baccarat note"'),
        ({"policy.amounts[0]": 1}, "policy.amounts[0] = 1: policy.amounts has no entry 0; it has 0, numbered from 0"),
        ({"notes.principal": 1}, "notes.principal = 1: must name the entry: notes[NAME] or notes[NUMBER]"),
        ({"notes[0].prncipal": 1}, "notes[0].prncipal = 1: unknown key. Did you mean notes[0].principal?"),
        ({"price[0].drift": 1}, "price[0].drift = 1: price is not a list, so [0] does not apply"),
        ({"burn.steps[0][0]": 1}, "burn.steps[0][0] = 1: burn.steps is not a list of lists, so [0] does not apply"),
        ({"price.drift.x": 1}, "price.drift.x = 1: price.drift has no keys of its own"),
        ({"": 1}, " = 1: must be a key, such as price.volatility or notes[NAME].principal"),
        ({"price.": 1}, "price. = 1: must be a key, such as price.volatility or notes[NAME].principal"),
        ({".drift": 1}, ".drift = 1: must be a key, such as price.volatility or notes[NAME].principal"),
        ({"notes[0": 1}, "notes[0 = 1: must be a key, such as price.volatility or notes[NAME].principal"),
        ({"price": None}, "price: missing; must be a table with the keys model, initial, drift, volatility, impact"),
        ({"price.initial": None}, "price.initial: missing; must be a number from 1e-6 to 1e9"),
        ({"source": "me"}, 'source = "me": unknown key; must be one of the keys of a case: schema, title, '
         "valuation_date, horizon, "
         "company, price, burn, line, milestones, events, third_party, notes, policy, simulation, ranges, "
         "record"),
        ({"notes": 5, "notes[0].principal": 1},
         "notes[0].principal = 1: notes is not a list after the changes before this one"),
        ({"price": 5, "price.drift": 1}, "price.drift = 1: price has no keys after the changes before this one"),
    ],
)  # fmt: skip
def test_changes_that_have_no_place(change, expected):
    with pytest.raises(CaseError) as caught:
        CASE.replace(change)
    assert caught.value.problems == [f"replace: {expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price.volatility=0.8", ("price.volatility", 0.8)),
        (" price.volatility = 0.8 ", ("price.volatility", 0.8)),
        ("company.cash=11_527_000", ("company.cash", 11_527_000)),
        ("line.end=2003-03-31", ("line.end", date(2003, 3, 31))),
        ("line.registered=true", ("line.registered", True)),
        ("line.coverage.percent=[100, 50]", ("line.coverage.percent", [100, 50])),
        ("policy.kind=maximum", ("policy.kind", "maximum")),
        ('policy.kind="maximum"', ("policy.kind", "maximum")),
        ("title=Berg & Berg = 2", ("title", "Berg & Berg = 2")),
        ("notes[a=b].principal=1", ("notes[a=b].principal", 1)),
        ("third_party=", ("third_party", None)),
        ("events.ceo_change={annual_rate=0.1}", ("events.ceo_change", {"annual_rate": 0.1})),
    ],
)
def test_parse_override(text, expected):
    assert parse_override(text) == expected


@pytest.mark.parametrize(
    "text", ["", "price.volatility", "=1", "a=[1", "a={", 'a="x', "a=1\nb=2", "a=" + "[" * 100_000]
)
def test_overrides_that_are_none(text):
    with pytest.raises(CaseError) as caught:
        parse_override(text)
    (line,) = caught.value.problems
    assert line.startswith("--set: ")
    assert "\n" not in line


def test_overridden_says_every_problem_with_set_as_the_file():
    assert overridden(CASE, []) is CASE
    assert overridden(CASE, ["price.volatility=0.8", "third_party="]).price.volatility == 0.8
    with pytest.raises(CaseError) as caught:
        overridden(CASE, ["nonsense", "a=[1"])
    assert [line[:7] for line in caught.value.problems] == ["--set: "] * 2
    with pytest.raises(CaseError) as caught:
        overridden(CASE, ["price.volatility=nan", "line.pricing.window=5.0"])
    assert caught.value.problems == [
        "--set: price.volatility = nan: must be a number from 0 to 10",
        "--set: line.pricing.window = 5.0: must be a whole number from 1 to 250",
    ]


# --- the room --------------------------------------------------------------------------------------------------------


def test_importing_the_terms_is_light():
    code = "import sys, sim.terms; sim.terms.load_case('valence-2002'); print(*sorted(sys.modules))"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SHIPPED.parents[2]
    )
    assert not {"numpy", "numba", "scipy", "holidays", "matplotlib"} & set(modules.stdout.split())
