"""Cases carried forward: which keys change, that what follows is conditional on it, and that forecasts are honest."""

import datetime
import tomllib
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import kstest

import sim
from sim.analysis.forecasts import forecasts_of
from sim.analysis.roll_forward import carried, roll_forward
from sim.calendar import month_start, sessions
from sim.cli import main
from sim.engine.trace import trace_paths
from sim.lowering.world import still_reached
from sim.terms import CaseError
from sim.terms.actuals import load_actuals
from sim.terms.rolled_closes import roll_remarks
from sim.terms.rolling import Roll
from sim.terms.sources import sources
from sim.verify.samples import plain_case
from tests.support.actuals import actuals_of
from tests.support.other_cash import everything
from tests.support.valence import valence_2002

TO = datetime.date(2002, 7, 1)
ACTUALS = {
    "cash": 9e6,
    "shares_outstanding": 47_000_000,
    "closes": [["2002-06-27", 2.0], ["2002-06-28", 2.1]],
    "cash_used": 2_500_000,
    "draws": [{"date": "2002-06-28", "amount": 2e6, "shares": 1_100_000}],
    "milestones": [{"name": "polymer-265", "date": "2002-06-03"}],
}


@pytest.fixture(scope="module")
def valence():
    return valence_2002()


@pytest.fixture(scope="module")
def rolled(valence):
    return roll_forward(valence, ACTUALS, TO, paths=256)


def milestone(case, name):
    return next(each for each in case.milestones if each.name == name)


def test_actuals_take_the_place_of_what_was_expected(rolled):
    assert rolled.valuation_date == TO
    assert (rolled.company.cash, rolled.company.shares_outstanding) == (9e6, 47_000_000)
    assert rolled.price.initial == 2.1
    assert rolled.price.closes_before(TO) == (2.0, 2.1)
    assert (rolled.line.used.amount, rolled.line.used.shares, rolled.line.used.this_period) == (2e6, 1_100_000, 0.0)
    assert milestone(rolled, "polymer-265").achieved == datetime.date(2002, 6, 3)
    assert milestone(rolled, "licence").elapsed_days == 91
    assert milestone(rolled, "generation-two").elapsed_days == 0  # the samples that it follows have not come
    expected = np.log(2_500_000 / 2_367_000) + 0.25**2 / 2
    assert rolled.burn.last_surprise == pytest.approx(expected, rel=1e-14)


def test_what_an_insider_has_lent_is_no_longer_his_limit(valence):
    case = valence.replace({"bridge": {"limit": 5e6}})
    assert roll_forward(case, ACTUALS | {"bridge_lent": 2e6}, TO, paths=1).bridge.limit == 3e6
    assert roll_forward(case, ACTUALS, TO, paths=1).bridge.limit == 5e6


def test_what_follows_the_price_is_the_same_at_the_same_price(valence):
    """The price falls from 3.00 to 2.10, which odds and rates that are stated at the opening price know by now."""
    changes = {"line.waivers": {"price_sensitivity": 2.0}, "third_party.price_sensitivity": 1.5}
    case = valence.replace(changes)
    made = roll_forward(case, ACTUALS, TO, paths=1)
    assert made.third_party.annual_rate == pytest.approx(case.third_party.annual_rate * 0.7**1.5, rel=1e-12)
    for before, after in zip(case.conditions, made.conditions, strict=True):
        p, q = before.waiver_probability, after.waiver_probability
        assert q == p == 0 if p == 0 else q / (1 - q) == pytest.approx(p / (1 - p) * 0.7**2, rel=1e-12)


def test_a_financing_that_reduces_a_period_leaves_the_commitment(valence):
    row = {"date": "2002-05-31", "amount": 1e6, "reduces_line": True}
    for reduces, left in (("commitment", 29e6), ("period", 30e6)):
        case = valence.replace({"third_party.reduces": reduces})
        assert roll_forward(case, ACTUALS | {"financings": [row]}, TO, paths=1).line.commitment == left


def test_each_changed_figure_says_that_it_is_an_actual(rolled):
    beside = sources(rolled).beside
    changed = ("company.cash", "company.shares_outstanding", "price.closes", "milestones[polymer-265].achieved")
    assert {beside[key] for key in changed} == {"actual of 1 July 2002"}
    assert beside["company.name"] == '[TS] "Company"'
    assert "the last of closes" in beside["price.initial"]


def test_the_text_of_the_new_case_is_the_new_case(rolled, tmp_path):
    path = tmp_path / "new.toml"
    path.write_text(rolled.text, encoding="utf-8")
    assert sim.load_case(str(path)) == rolled
    assert tomllib.loads(rolled.text)["valuation_date"] == TO


def test_ranges_of_figures_that_are_known_are_gone(valence, rolled):
    assert set(valence.ranges) - set(rolled.ranges) == {"company.cash"}


def test_a_licence_that_has_not_come_in_275_days(valence):
    actuals = ACTUALS | {"closes": [["2002-12-31", 1.5]], "draws": [], "milestones": [], "shares_outstanding": 46e6}
    notes = [{"name": "Baccarat note", "principal": 15e6, "extended": True}]
    made = roll_forward(valence, actuals | {"notes": notes}, "2003-01-01", paths=1)
    assert milestone(made, "licence").elapsed_days == 275
    assert still_reached(milestone(made, "licence")) == pytest.approx(0.533515, abs=5e-7)
    (note,) = made.notes
    assert note.last_interest_date == datetime.date(2002, 12, 31)
    assert (note.maturity, note.extended_maturity) == (datetime.date(2005, 9, 30), None)


def test_what_has_not_come_is_simulated_given_that_it_has_not(valence):
    waited = valence.replace({"milestones[licence].elapsed_days": 275, "events.common_loading": 0.0})
    fresh = valence.replace({"events.common_loading": 0.0})
    days = {}
    for case, blocks in ((waited, 40), (fresh, 100)):
        told = [path for k in range(blocks) for path in trace_paths(case, 128 * k, 128, 5)]
        days[case] = np.array([path.history.achieved_days.get("licence", np.inf) for path in told])
    later = days[fresh][days[fresh] > 275] - 275
    for limit in (30, 100, 300, 1e9):
        shares = [(some <= limit).mean() for some in (days[waited], later)]
        error = np.sqrt(sum(p * (1 - p) / len(some) for p, some in zip(shares, (days[waited], later), strict=True)))
        assert abs(shares[0] - shares[1]) < 4 * error, limit


def test_two_quarters_in_two_steps_are_two_quarters_in_one(valence):
    told = trace_paths(valence, 3, 1, 7)[0]
    first, second = datetime.date(2002, 7, 1), datetime.date(2002, 10, 1)
    note = {"notes": [{"name": "Baccarat note", "principal": 15e6, "extended": True}]}
    stepped = roll_forward(valence, actuals_of(told, valence.valuation_date, first), first, paths=1)
    stepped = roll_forward(stepped, actuals_of(told, first, second) | note, second, paths=1)
    at_once = roll_forward(valence, actuals_of(told, valence.valuation_date, second) | note, second, paths=1)
    same = {"forecasts": None}
    assert stepped.replace(same) == at_once.replace(same)
    assert len(stepped.forecasts) > len(at_once.forecasts)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cash": None}, "cash: missing"),
        ({"shares_outstanding": 45_000_000}, "shares_outstanding = 45000000: must be at least 46652310"),
        ({"draws": [{"date": "2002-06-28", "amount": 6e6, "shares": 1}]}, "its period at most 5000000"),
        ({"draws": [{"date": "2002-03-28", "amount": 1e6, "shares": 1}]}, "must be from the old valuation date"),
        ({"draws": [{"date": "2002-07-01", "amount": 1e6, "shares": 1}]}, "to the day before 2002-07-01"),
        ({"draws": [{"date": "2002-06-28", "line": "B", "amount": 1, "shares": 1}]}, "draws[0].line = \"B\""),
        ({"milestones": [{"name": "generation-two", "date": "2002-06-03"}]}, "after that of cylindrical-samples"),
        ({"milestones": [{"name": "x", "date": "2002-06-03"}]}, "must be the name of a milestone of the case"),
        ({"bridge_lent": 1e6}, "bridge_lent = 1000000: must be absent, as the case has no bridge"),
        ({"cut_from": "2002-06-01"}, "cut_from = 2002-06-01: must be absent, as the case has no response"),
        ({"cut_from": "2002-06-02"}, "cut_from = 2002-06-02: must be the first day of a month"),
        ({"waived": ["x"]}, "must be the name of a condition of the case"),
        ({"notes": [{"name": "x", "principal": 1}]}, "must be the name of a note of the case: Baccarat note"),
        ({"closes": [["2001-06-27", 2.0]]}, "must have a date from the old valuation date"),
        ({"closes": []}, "closes = []: must be"),
        ({"typo": 1}, "typo = 1: unknown key"),
    ],
)  # fmt: skip
def test_actuals_that_contradict_the_case_are_refused(valence, changes, said):
    with pytest.raises(CaseError) as refused:
        roll_forward(valence, {key: value for key, value in (ACTUALS | changes).items() if value is not None}, TO)
    assert [line for line in refused.value.problems if said in line], refused.value.problems
    assert all(line.startswith("actuals: ") for line in refused.value.problems)


@pytest.mark.parametrize("to", ["2002-04-01", "2004-03-31", "2005-01-01", "soon", 7])
def test_the_new_date_is_inside_the_span(valence, to):
    with pytest.raises(CaseError, match="to = "):
        roll_forward(valence, ACTUALS, to)


# --- within a month, with other cash ---

WITHIN = datetime.date(2002, 8, 15)
NOTES = [
    {"name": "loan", "principal": 2e6, "maturity": "2003-06-30", "base_rate": 0.08, "interest": "accrue",
     "interest_dates": ["06-30", "12-31"], "accrued": 1e5},
    {"name": "bond", "principal": 1e6, "maturity": "2003-09-15", "base_rate": 0.1, "interest_dates": ["03-31"],
     "last_interest_date": "2002-03-31", "accrued": 2e4},
    {"name": "paid", "principal": 3e6, "maturity": "2003-10-15", "base_rate": 0.07,
     "interest_dates": ["05-15", "11-15"], "last_interest_date": "2001-11-15"},
    {"name": "first tranche", "principal": 1e6, "maturity": "2003-11-30", "base_rate": 0.12, "interest": "accrue",
     "interest_date": "07-31", "advance": {"date": "2002-06-20"}},
    {"name": "second tranche", "principal": 5e5, "maturity": "2003-11-30", "base_rate": 0.12,
     "advance": {"milestone": "licence", "delay_days": 100}},
    {"name": "last tranche", "principal": 5e5, "maturity": "2003-11-30", "base_rate": 0.12,
     "advance": {"date": "2002-11-05"}},
]  # fmt: skip
FLOWS = [
    {"name": "plant", "amount": -1e6, "date": "2002-08-14"},
    {"name": "machine", "amount": -2e6, "date": "2002-08-15"},
    {"name": "fee", "amount": 3e6, "milestone": "licence", "delay_days": 30},
    {"name": "second fee", "amount": 3e6, "milestone": "licence", "delay_days": 80},
    {"name": "rent", "amount": -1e5, "monthly": True, "growth": 0.1},
]
REACHED = {"milestones": [{"name": "licence", "date": "2002-06-10"}]}


@pytest.fixture(scope="module")
def owing():
    """A case without chance, but for the day of the licence."""
    return everything({
        "valuation_date": "2002-04-15", "notes": NOTES, "flows": FLOWS, "line.commitment": 0.0, "company.cash": 60e6,
        "burn": {"model": "statement", "items": [
            {"name": "costs", "monthly": 9e5, "growth": 0.2},
            {"name": "sales", "monthly": -2e5, "lag_months": 2, "growth": 0.1},
            {"name": "royalties", "monthly": -1e5, "milestone": "licence", "lag_months": 1},
        ]},
    })  # fmt: skip


def told_until(case, cash=30e6, **known):
    actuals = {"cash": cash, "shares_outstanding": case.company.shares_outstanding, "closes": [["2002-08-14", 2.0]]}
    return roll_forward(case, actuals | REACHED | known, WITHIN, paths=4)


def test_what_follows_a_day_within_a_month_is_what_would_have(owing):
    """Every later payment, flow and month of operations, as on the path itself."""
    history = trace_paths(owing, 0, 1, 7)[0].history.to_dict()
    june = datetime.date(2002, 6, 10)
    history["achieved_days"] = {"licence": float((june - owing.valuation_date).days + 1)}
    used = trace_paths(told_until(owing), 0, 1, 7)[0].history.cash_used
    known = {month: used.get(month, 0.0) for month in history["cash_used"]}
    before = sim.replay(owing, history | {"cash_used": known})
    after = trace_paths(told_until(owing), 0, 1, 7)[0].ledger
    for got, expected in ((after.payments, before.payments), (after["flows"], before["flows"])):
        left = [row for row in expected if row["date"] >= "2002-08-15"]
        assert len(left) > 1
        assert [list(row) for row in got] == [list(row) for row in left]
        for one, other in zip(got, left, strict=True):
            assert [one[word] for word in one if word in ("date", "note", "name")] == [
                other[word] for word in other if word in ("date", "note", "name")
            ]
            for word in ("interest", "principal", "amount"):
                assert one.get(word, 0.0) == pytest.approx(other.get(word, 0.0), rel=1e-12)


def test_operations_of_a_statement_go_on(owing):
    """Levels grow from where they were, and the royalties of a licence begin in the month after it."""
    rolled, since = told_until(owing), "burn.items[royalties].from"
    licensed = owing.replace({"milestones[licence].achieved": "2002-04-10", since: "2002-07-01"})
    for k in range(1, 12):
        assert rolled.burn_level(k) == pytest.approx(licensed.burn_level(k + 4), rel=1e-12)


def test_interest_owed_is_told_or_carried(owing):
    carried = {note.name: note for note in told_until(owing).notes}
    june, july = datetime.date(2002, 6, 30), datetime.date(2002, 7, 31)
    principal = 2e6 + 1e5 + 2e6 * 0.08 * 76 / 365
    assert carried["loan"].principal == pytest.approx(principal, rel=1e-14)
    assert (carried["loan"].last_interest_date, carried["loan"].accrued) == (june, None)
    assert carried["bond"].accrued == pytest.approx(2e4 + 1e6 * 0.1 * 122 / 365, rel=1e-14)
    assert (carried["paid"].principal, carried["paid"].last_interest_date) == (3e6, datetime.date(2002, 5, 15))
    assert (carried["first tranche"].advance, carried["first tranche"].last_interest_date) == (None, july)
    assert {name for name, note in carried.items() if note.advance} == {"second tranche", "last tranche"}
    told = told_until(owing, notes=[{"name": "loan", "principal": 1.9e6, "accrued": 12_345.0}])
    loan = next(note for note in told.notes if note.name == "loan")
    assert (loan.principal, loan.accrued) == (1.9e6, 12_345.0)


def test_flows_that_have_come_are_in_the_cash(owing):
    flows = {flow.name: flow for flow in told_until(owing).flows}
    assert list(flows) == ["machine", "second fee", "rent"]
    assert flows["rent"].amount == pytest.approx(-1e5 * 1.1 ** (4 / 12), rel=1e-14)


def test_cash_within_a_month_has_no_forecast(owing):
    labels = {row.label for row in told_until(owing, cash_used=7e5).forecasts}
    assert "days to licence" in labels
    assert "cash" not in labels


def test_a_note_that_fell_due_needs_its_state(valence):
    late = ACTUALS | {"closes": [["2002-09-30", 1.0]]}
    with pytest.raises(CaseError, match=r"notes\[Baccarat note\] = \"state\": must say what became of it"):
        roll_forward(valence, late, "2002-10-01")
    repaid = roll_forward(valence, late | {"notes": [{"name": "Baccarat note", "principal": 0}]}, "2002-10-01", paths=1)
    assert repaid.notes == ()


# --- what ranges and variants say of the entries of lists ---

LATE = "2003-01-02"
DUE_BY_THEN = [
    {"name": "Baccarat note", "principal": 0},
    {"name": "other debt due in 2002", "principal": 0},
    {"name": "grant payable", "principal": 1_757_000, "extended": True},
]


def late(tmp_path, ranges, variants):
    """The shipped case with a table of its own for each, carried to a day by which its first two notes are repaid."""
    text = sim.load_case("valence-2002").text
    text = f"{text[: text.index('[ranges]')]}[ranges]\n{ranges}\n{variants}\n# of the record\n[record]\n"
    path = tmp_path / "case.toml"
    path.write_text(text, encoding="utf-8")
    known = {"cash": 5e6, "shares_outstanding": 60_000_000, "closes": [1.0, 1.1], "notes": DUE_BY_THEN}
    return roll_forward(str(path), known, LATE, paths=4)


@pytest.mark.parametrize(
    ("ranges", "variants"),
    [
        ('"notes[2].base_rate" = [0, 0.1]  # kept', '[variants.a]\n"notes[3].principal" = 7e5'),
        ("'notes[ 02 ].base_rate'  = [0, 0.1]", "[variants]\na = { 'notes[3].principal' = 7e5 }"),
        ('"notes[other debt due in 2003].base_rate" = [0, 0.1]', 'variants.a."notes[3].principal" = 7e5'),
        (
            '"company.cash" = [1, 2]  # not "notes[2].base_rate"\n"notes[2].base_rate" = [0, 0.1]',
            '[variants]\na = { response = { cover_months = 4, cut = 0.1 }, "notes[3].principal" = 7e5 }',
        ),
    ],
)
def test_keys_by_number_stay_with_their_entry(tmp_path, ranges, variants):
    if variants.startswith("variants."):  # a dotted key, which stands at the top of a file
        ranges, variants = f'"price.volatility" = [0.5, 1]\n{ranges}', f"[variants]\n{variants[9:]}"
    new = late(tmp_path, ranges, variants)
    again = sim.Case.from_dict(tomllib.loads(new.text))
    for case in (new, again):
        assert case.ranges["notes[other debt due in 2003].base_rate"] == (0, 0.1)
        assert case.variants["a"]["notes[other debt due later].principal"] == 7e5
    assert ("# kept" in ranges) == ("# kept" in new.text)


@pytest.mark.parametrize("key", ["notes[Baccarat note].principal", "notes[0].principal", "notes[1].base_rate"])
def test_a_variant_of_a_repaid_note_goes(tmp_path, key):
    variants = f'# above a\n[variants.a]\n# of its key\n"{key}" = 1\n\n[variants."a b"]\n"notes[2].principal" = 7e5\n'
    with pytest.warns(UserWarning, match='variants."a": .* the variant is left out'):
        new = late(tmp_path, "", variants)
    assert dict(new.variants) == {"a b": {"notes[other debt due in 2003].principal": 7e5}}
    assert ("above a" in new.text, "of its key" in new.text, "# of the record" in new.text) == (False, False, True)
    with pytest.warns(UserWarning, match="the variant is left out"):
        assert late(tmp_path, "", f'[variants.a]\n"{key}" = 1\n').variants is None


# --- a chain of quarters along simulated paths ---

QUARTERS, CHAINS, SCENARIOS = 8, 200, 63


def steady_case():
    """Eight quarters and a half of a company that draws each quarter, with everything that a roll-forward carries."""
    case = valence_2002()
    return case.replace({
        "company.cash": 60e6, "horizon": "2004-06-30", "line.end": "2004-06-30", "notes": None, "third_party": None,
        "line.conditions": [], "events": {}, "burn.persistence": 0.9, "burn.volatility": 0.6, "ranges": None,
        "record": None,
        "milestones": [{"name": "licence", "probability": 0.8, "median_days": 300, "p90_days": 700, "price_jump": 0.4}],
    })  # fmt: skip


def positions(believed, case, paths):
    """Where each actual of simulated paths lies among the scenarios of the case rolled forward to the quarter before:
    (path, date, place from 0 to 1) by its label.

    Of several scenarios with the very same figure it takes a random place. `believed` makes what is rolled forward.
    """
    rng, found = np.random.default_rng(1), {}
    days = [month_start(case.valuation_date, 3 * quarter) for quarter in range(QUARTERS + 1)]
    for first in range(0, paths, 100):
        for told in trace_paths(case, first, min(100, paths - first), 11):
            now = believed(case)
            for since, to in pairwise(days):
                actuals = actuals_of(told, since, to)
                if actuals["cash"] < 0.0:  # the company did not live on
                    break
                known = load_actuals(actuals)[0]
                scored = forecasts_of(now, known, to, SCENARIOS, int(rng.integers(2**60)), None)
                now = carried(now, Roll(now, known, to), [])
                for row in scored:  # the rank of the actual figure among the scenarios and itself
                    rank = row.percentile * SCENARIOS + rng.random() * (row.equal * SCENARIOS + 1)
                    found.setdefault(row.label, []).append((told.path, to, rank / (SCENARIOS + 1)))
    return found


def uniform(rows):
    """p-value of Kolmogorov's test that the places are uniform."""
    return kstest([place for _, _, place in rows], "uniform").pvalue


def succession(rows):
    """Correlation of a path's places in one quarter and the next, in standard errors of none."""
    places = {(path, to): place for path, to, place in rows}
    pairs = [
        (place, places[path, after])
        for (path, to), place in places.items()
        if (path, after := month_start(to, 3)) in places
    ]
    return np.corrcoef(np.array(pairs).T)[0, 1] * np.sqrt(len(pairs))


def careful_case():
    """The same with a management that cuts and restores the burn."""
    plan = {"cover_months": 9, "cut": 0.4, "delay_months": 2, "restore_months": 20, "one_off_months": 0.5}
    return steady_case().replace({"company.cash": 22e6, "response": plan})


@pytest.fixture(scope="module")
def honest():
    return positions(lambda case: case, steady_case(), CHAINS)


@pytest.fixture(scope="module")
def careful():
    return positions(lambda case: case, careful_case(), CHAINS // 2)


LABELS = ["cash", "cash used in the last month", "shares outstanding", "drawn"]


@pytest.mark.parametrize("label", LABELS)
def test_forecasts_of_a_chain_with_cuts_score_uniformly(careful, label):
    assert len(careful[label]) > 0.15 * CHAINS * QUARTERS
    assert uniform(careful[label]) > 1e-3
    assert abs(succession(careful[label])) < 4.0


def test_a_chain_that_expects_the_burn_without_its_cut_does_not(monkeypatch):
    monkeypatch.setattr(Roll, "_expected", lambda self, k: self.case.burn_level(k))
    forgetful = positions(lambda case: case, careful_case(), 40)
    assert uniform(forgetful["cash used in the last month"]) < 1e-6


@pytest.mark.parametrize("label", LABELS)
def test_forecasts_of_a_chain_score_uniformly(honest, label):
    assert len(honest[label]) > 0.5 * CHAINS * QUARTERS
    assert uniform(honest[label]) > 1e-3
    assert abs(succession(honest[label])) < 4.0


def test_forecasts_of_a_case_that_is_too_sure_do_not(honest):
    sure = positions(lambda case: case.replace({"burn.volatility": 0.3}), steady_case(), 40)
    assert uniform(sure["cash used in the last month"]) < 1e-6


def test_forecasts_that_forget_the_last_month_do_not(monkeypatch):
    monkeypatch.setattr(Roll, "_burn", lambda self: None)
    forgetful = positions(lambda case: case, steady_case(), 100)
    assert succession(forgetful["cash used in the last month"]) > 6.0


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_new_case_is_written_as_the_old_file(valence, tmp_path, encoding, line_end):
    old, new, actuals = (tmp_path / name for name in ("old.toml", "new.toml", "actuals.toml"))
    old.write_bytes(valence.text.replace("\n", line_end).encode(encoding))
    rows = 'cash = 9e6\nshares_outstanding = 47_000_000\ncloses = [["2002-06-28", 2.1]]\n'
    actuals.write_bytes(rows.replace("\n", line_end).encode(encoding))
    assert main(["roll", str(old), "--actuals", str(actuals), "--to", "2002-07-01", "--out", str(new)]) == 0
    text = new.read_bytes().decode(encoding)
    assert new.read_bytes()[:2] == old.read_bytes()[:2]
    assert "\ufeff" not in text
    assert text.count("\n") == text.count(line_end)
    assert sim.load_case(new).company.cash == 9e6


def test_line_ends_of_two_kinds_become_one(valence, tmp_path):
    path = tmp_path / "old.toml"
    path.write_bytes(valence.text.replace("\n", "\r\n").encode().replace(b"\r\n", b"\n", 3))
    made = roll_forward(str(path), ACTUALS, TO, paths=1)
    data = made.form.written(made.text)
    assert data.count(b"\n") == data.count(b"\r\n")


# --- closes of consecutive sessions ---


def closes_of(first, last, price=3.0):
    """A close of each session: they move by 2% and back."""
    return [[day.isoformat(), price * (1.02 if k % 2 else 1.0)] for k, day in enumerate(sessions(first, last))]


OLD = closes_of(datetime.date(2001, 6, 1), datetime.date(2002, 3, 28))
ALL = closes_of(datetime.date(2002, 4, 1), datetime.date(2002, 6, 28), 1.0)
GAP = "2002-04-01 to 2002-06-21"
BOOTSTRAP = {"price": {"model": "bootstrap", "closes": OLD}, "burn.price_correlation": 0.0}


def test_closes_of_a_case_do_not_reach_over_a_gap(valence):
    case = valence.replace({"price.closes": OLD})
    made = roll_forward(case, ACTUALS | {"closes": ALL[-5:]}, TO, paths=1)
    assert made.price.closes == tuple((datetime.date.fromisoformat(day), close) for day, close in ALL[-5:])
    said = f"the {len(OLD)} closes up to 2002-03-28 left out, as {GAP} have no close"
    assert sources(made).beside["price.closes"] == f"actual of 1 July 2002; {said}"
    whole = roll_forward(case, ACTUALS | {"closes": ALL}, TO, paths=1).price
    assert len(whole.closes) == min(260, len(OLD) + len(ALL))
    assert sources(roll_forward(case, ACTUALS | {"closes": ALL}, TO, paths=1)).beside["price.closes"] == (
        "actual of 1 July 2002"
    )


def test_a_bootstrap_does_not_resample_the_move_over_a_gap(valence):
    case = valence.replace(BOOTSTRAP)
    with pytest.raises(CaseError, match=f"closes = .*: must go on from 2002-03-28; missing {GAP}"):
        roll_forward(case, ACTUALS | {"closes": ALL[-5:]}, TO, paths=1)
    assert len(roll_forward(case, ACTUALS | {"closes": ALL}, TO, paths=1).price.closes) == len(OLD) + len(ALL)
    long = closes_of(datetime.date(2002, 4, 3), datetime.date(2002, 11, 29))
    note = {"notes": [{"name": "Baccarat note", "principal": 15e6, "extended": True}]}
    late = roll_forward(case, ACTUALS | note | {"closes": long}, datetime.date(2002, 12, 1), paths=1)
    assert len(late.price.closes) == len(long)
    assert max(late.price.gross_returns) < 1.03


def test_closes_without_dates_are_those_of_the_last_sessions(valence):
    case = valence.replace({"price.closes": [3.0] * 20})
    rolled = [roll_forward(case, ACTUALS | {"closes": [1.0] * n}, TO, paths=1).price.closes for n in (5, 64, 70)]
    assert [len(closes) for closes in rolled] == [5, 64 + 20, 70 + 14]
    assert len(sessions(valence.valuation_date, datetime.date(2002, 6, 28))) == 64


def test_remarks_on_closes_and_draws(valence):
    def remarks(**changes):
        return roll_remarks(valence, load_actuals(ACTUALS | changes).actuals, TO)

    assert remarks() == []
    (stale,) = remarks(closes=ALL[:11], draws=[])
    assert stale.startswith("closes: the last is of 2002-04-15")
    assert "2002-06-28, the last session before 2002-07-01, is missing" in stale
    assert remarks(closes=[*ALL, ["2002-07-01", 1.0], ["2002-07-02", 1.0]]) == [
        "closes: 2 of 2002-07-01 or later left out."
    ]
    draw = {"date": "2002-06-28", "amount": 2e6, "shares": 110_000}
    assert remarks(draws=[draw]) == [
        "draws[0]: 2,000,000 dollars for 110,000 shares is $18.18 a share; the close of 2002-06-28 is $2.1."
    ]


def test_cash_in_mid_month_is_not_compared(valence):
    to, told = datetime.date(2002, 7, 15), load_actuals(ACTUALS | {"closes": [*ALL, ["2002-07-12", 2.1]]})
    (remark,) = (one for one in roll_remarks(valence, told.actuals, to) if one.startswith("cash"))
    assert remark == "cash: not compared with what the case had said, as 2002-07-14 is not the end of a month."
    assert "cash" not in {row.label for row in roll_forward(valence, told, to, paths=64).forecasts}


def test_the_command_says_what_is_unusual(tmp_path, capsys):
    actuals = tmp_path / "actuals.toml"
    actuals.write_text('cash = 9e6\nshares_outstanding = 47_000_000\ncloses = [["2002-04-15", 2.1]]\n')
    new = tmp_path / "new.toml"
    assert main(["roll", "valence-2002", "--actuals", str(actuals), "--to", "2002-07-01", "--out", str(new)]) == 0
    assert f"{actuals}: closes: the last is of 2002-04-15" in capsys.readouterr().out
    assert main(["check", str(new)]) == 0
    assert "price.closes ends with 2002-04-15: the last session before the valuation date, 2002-06-28" in (
        capsys.readouterr().out
    )


def certain(**changes):
    """A case in which everything is certain, but for the notes and the line that it is given."""
    return plain_case({"price.volatility": 0.0, "company.cash": 4e7, "company.shares_authorized": 10**12} | changes)


def carried_on(case, to, **told):
    """A certain case carried to a day, with the cash and the closes of its own path."""
    last = to - datetime.timedelta(days=1)
    path = sim.trace(case, path=0, seed=1)
    closes = [[sessions(case.valuation_date, last)[-1], case.price.initial]]
    shares = case.company.shares_outstanding + sum(draw["shares"] for draw in told.get("draws", ()))
    cash = path.ledger["cash_month_end"][last.isoformat()[:7]]
    return roll_forward(case, {"cash": cash, "shares_outstanding": shares, "closes": closes} | told, to, paths=1)


@pytest.mark.parametrize(("interest", "dates"), [("cash", None), ("cash", ["12-31"]), ("accrue", ["12-31"])])
def test_interest_that_runs_from_the_opening_goes_on(interest, dates):
    """Whatever has been carried forward, a note is paid the same."""
    note = {"name": "loan", "principal": 2e6, "maturity": "2003-09-30", "base_rate": 0.08, "interest": interest}
    case = certain(notes=[note | ({"interest_dates": dates} if dates else {})])

    def payments(of):
        return [
            (row["date"], row["interest"], row["principal"]) for row in sim.trace(of, path=0, seed=1).ledger["payments"]
        ]

    whole = payments(case)
    assert sum(row[1] for row in whole) > 0
    for month in ("2002-05-01", "2002-07-01", "2002-11-01"):
        case = carried_on(case, datetime.date.fromisoformat(month))
        assert [(day, pytest.approx(i, abs=0.02), pytest.approx(p, abs=0.02)) for day, i, p in payments(case)] == whole


def test_coverage_knows_what_the_quarter_has_drawn_where_the_cap_is_by_month():
    """Of 6 million that the quarter's burn covers, 5 were drawn in April; no more than 1 follows in May and June."""
    line = {"line.period": "month", "line.max_per_period": 5e6, "line.commitment": 2.5e7}
    case = certain(**line, **{"burn.monthly": 2e6, "line.coverage": {"percent": [100]}, "policy.cadence": "month_end"})
    drawn = sim.trace(case, path=0, seed=1).ledger["draws"][0]
    assert drawn["amount"] == 5e6
    told = [{"date": drawn["date"], "amount": 5e6, "shares": int(drawn["shares"])}]
    made = carried_on(case, datetime.date(2002, 5, 1), draws=told)
    assert (made.line.used.this_period, made.line.used.this_quarter) == (0.0, 5e6)
    amounts = [draw["amount"] for draw in sim.trace(made, path=0, seed=1).ledger["draws"][:3]]
    assert amounts == [pytest.approx(1e6, abs=0.01), 0.0, 5e6]
    again = carried_on(made, datetime.date(2002, 6, 1))
    assert again.line.used.this_quarter == 5e6
    assert carried_on(again, datetime.date(2002, 7, 1)).line.used.this_quarter is None
