"""The kernel against the plain-Python twin, to the last bit: same history, same ledger; same seed, same history."""

import random
from collections.abc import Mapping

import numpy as np
import pytest

import sim
from sim.engine.trace import trace_paths
from sim.kernels.random import elementary
from sim.lowering import line_records
from sim.lowering.schedule import gap_months
from sim.terms import Case, Line, Policy
from sim.terms.schema import keys
from tests.support.compiled import called
from tests.support.valence import valence_2002
from tests.twin import ledger as reference
from tests.twin import random_cases, random_cash, random_lines
from tests.twin import sampler as reference_luck

CASES, PATHS = 200, 50

PRODUCTION = {name: called(getattr(elementary, name)) for name in ("exp", "log", "normal", "upper_tail", "box_muller")}


@pytest.fixture
def production_functions(monkeypatch):
    """The twin with the production exp, log and normals, which are polynomials of their own."""
    for name in ("exp", "log", "normal", "upper_tail"):
        monkeypatch.setattr(reference_luck, name, PRODUCTION[name])
    monkeypatch.setattr(reference_luck, "box_muller", box_muller)


def box_muller(word):
    return PRODUCTION["box_muller"](np.uint64(word))


def traced(document: dict, number: int, paths: int) -> list:
    """Some traced paths of a random case."""
    return trace_paths(Case.from_dict(document), 2**33 + number, paths, seed=number)


def unlike(where: str, got: Mapping, expected: Mapping) -> list[str]:
    """Where two ledgers or histories differ: the keys; nothing if they are equal."""
    if got == expected:
        return []
    return [f"{where}: {', '.join(key for key in {*got, *expected} if got.get(key) != expected.get(key))}"]


def sampled_unlike(document: dict, number: int, told: list) -> list[str]:
    """How traced paths differ from the twin's: their histories, their ledgers, and the ledgers of a replay."""
    terms, found = reference.read(document), []
    for path in told:
        where = f"case {number}, path {path.path}"
        expected, got = reference.sample(terms, seed=number, path=path.path), path.history.to_dict()
        expected["closes"] = {day: expected["closes"][day] for day in got["closes"]}
        found += unlike(f"{where}, history", got, expected)
        found += unlike(f"{where}, ledger", path.ledger, reference.replay(terms, path.history))
        found += unlike(f"{where}, replayed", sim.replay(path.case, path.history), path.ledger)
    return found


def given_unlike(rng: random.Random, document: dict, number: int) -> list[str]:
    """How the ledger of a history that is not sampled differs from the twin's."""
    history = random_cases.random_history(rng, document)
    got, expected = sim.replay(Case.from_dict(document), history), reference.replay(document, history)
    return unlike(f"case {number}, given history", got, expected)


def differences(number: int, rng: random.Random, document: dict, paths: int) -> list[str]:
    """How sampled paths, and then a history that is given, differ from the twin's."""
    return sampled_unlike(document, number, traced(document, number, paths)) + given_unlike(rng, document, number)


@pytest.mark.parametrize("first", range(0, CASES, 20))
def test_ledgers_of_simulated_paths_agree_to_the_last_bit(first):
    for number in range(first, first + 20):
        document = random_cases.random_case(random.Random(number))
        case = Case.from_dict(document)
        terms = reference.read(document)
        for path in trace_paths(case, 0, PATHS, seed=number):
            assert path.ledger == reference.replay(terms, path.history), f"case {number}, path {path.path}"


@pytest.mark.parametrize("first", range(1000, 1200, 50))
def test_ledgers_of_given_histories_agree_to_the_last_bit(first):
    for number in range(first, first + 50):
        rng = random.Random(number)
        document = random_cases.random_case(rng)
        assert given_unlike(rng, document, number) == []


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("first", range(2000, 2060, 20))
def test_sampled_histories_agree_to_the_last_bit(first):
    for number in range(first, first + 20):
        document = random_cases.random_case(random.Random(number))
        assert sampled_unlike(document, number, traced(document, number, 3)) == []


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("first", range(2500, 2560, 20))
def test_what_happened_before_the_opening_agrees_to_the_last_bit(first):
    """Histories, their ledgers, and the ledgers of histories that are given."""
    for number in range(first, first + 20):
        rng = random.Random(number)
        document = random_cases.random_past(rng, random_cases.random_case(rng))
        document["price"]["jumps"] = rng.choice(("raw", "compensated"))
        assert differences(number, rng, document, paths=3) == []


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("model", random_cases.MODELS)
def test_every_price_model_agrees_to_the_last_bit(model):
    """Histories, their ledgers, and the ledgers of histories that are given."""
    for number in range(3000, 3020):
        rng = random.Random(f"{model} {number}")
        document = random_cases.random_market(rng, random_cases.random_case(rng), model)
        assert differences(number, rng, document, paths=2) == []


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("model", random_cases.MODELS)
def test_compensated_moves_agree_to_the_last_bit(model):
    """With milestones that follow others, changes of CEO, prices of the day, third parties and several lines."""
    moves = 0
    for number in range(4000, 4024):
        rng = random.Random(f"{model} {number}")
        document = random_cases.random_moves(rng, random_cases.random_case(rng))
        if model != "gbm" or number % 2:
            document = random_cases.random_market(rng, document, model)
        if number % 3 == 0:
            document["price"].setdefault("initial", 2.0)
            document = random_lines.usable_lines(rng, document)
        told = traced(document, number, 3)
        assert sampled_unlike(document, number, told) == []
        moves += sum(len(path.history["achieved_days"]) for path in told)
    assert moves > 60


def lines_of(number: int) -> dict:
    rng = random.Random(f"lines {number}")
    return random_lines.usable_lines(rng, random_cases.random_case(rng))


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("first", range(0, 300, 20))
def test_ledgers_of_lines_agree_to_the_last_bit(first):
    """Several lines and kinds of purchase, every limit, settlement, fees: sampled histories, and given ones."""
    for number in range(first, first + 20):
        document, rng = lines_of(number), random.Random(number)
        case, terms = Case.from_dict(document), reference.read(document)
        for path in trace_paths(case, 0, PATHS, seed=number):
            assert path.ledger == reference.replay(terms, path.history), f"case {number}, path {path.path}"
        history = random_cases.random_history(rng, terms)
        assert sim.replay(case, history) == reference.replay(terms, history), f"case {number}, given"


def test_gaps_by_month_and_shares_of_others_agree_to_the_last_bit():
    compared, others = 0, 0.0
    for number in range(60):
        rng = random.Random(f"gaps {number}")
        document = random_cases.random_case(rng)
        document = random_lines.usable_lines(rng, document) if number % 2 else document
        case, terms = Case.from_dict(document), reference.read(document)
        months = gap_months(case)
        run = sim.simulate(case, paths=20, seed=number, workers=1)
        arrays = run.paths_or_sketch()
        for i, path in enumerate(trace_paths(case, 0, 20, seed=number)):
            expected = reference.further(terms, path.history)
            gaps = list(expected["gap_month_end"].values())
            assert arrays["gap_by_month"][:, i].tolist() == [gaps[month - 1] for month in months], f"case {number}, {i}"
            if len(arrays["other_shares"]):
                assert arrays["other_shares"][0, i] == expected["other_shares"], f"case {number}, path {i}"
                others += expected["other_shares"]
            compared += len(months)
    assert compared > 200
    assert others > 0


@pytest.mark.usefixtures("production_functions")
def test_histories_of_lines_agree_to_the_last_bit():
    for number in range(40):
        rng = random.Random(number)
        document = random_cases.random_market(rng, random_cases.random_case(rng))
        document["price"].setdefault("initial", 2.0)
        document = random_lines.usable_lines(rng, document)
        for path in trace_paths(Case.from_dict(document), 2**33, 2, seed=number):
            expected, got = reference.sample(document, seed=number, path=path.path), path.history.to_dict()
            expected["closes"] = {day: expected["closes"][day] for day in got["closes"]}
            assert got == expected, f"case {number}, path {path.path}"


def test_random_lines_cover_every_key_and_every_reason():
    reasons, stated = set(), set()
    for number in range(120):
        case = Case.from_dict(lines_of(number))
        for line in case.facilities:
            for table in (line, *line.purchases, *[table.policy for table in (line, *line.purchases) if table.policy]):
                known = keys(type(table))
                stated |= {word for word in known if getattr(table, word) not in (known[word].default, None)}
        for path in trace_paths(case, 0, 6, seed=number):
            reasons |= {draw["binding"].partition(":")[0] for draw in path.ledger["draws"]}
    expected = {*keys(Line), *keys(Policy)} - {"name", "investor", "signing", "waivers"}
    assert expected <= stated
    every = {*line_records.REASONS_BEFORE_CONDITIONS, *line_records.REASONS_AFTER_CONDITIONS, "condition"}
    assert reasons == every - {"cash-out", "no purchase date"}


@pytest.mark.usefixtures("production_functions")
def test_the_headline_case_agrees_to_the_last_bit():
    case = valence_2002()
    for path in trace_paths(case, 0, 20):
        history = reference.sample(case.to_dict(), seed=case.simulation.seed, path=path.path)
        assert {day: history["closes"][day] for day in path.history.closes} == path.history.closes
        assert path.ledger == reference.replay(case.to_dict(), history)


def test_functions_of_the_twin_agree_to_rounding():
    """The hooks of the tests above would hide a difference in what the functions mean."""
    rng = random.Random(1)
    for _ in range(2000):
        u, word = rng.random(), rng.getrandbits(64)
        assert reference_luck.normal(u) == pytest.approx(PRODUCTION["normal"](u), rel=1e-12)
        assert reference_luck.box_muller(word) == pytest.approx(box_muller(word), rel=1e-12)
        assert reference_luck.log(u) == pytest.approx(PRODUCTION["log"](u), rel=1e-12)
        assert reference_luck.upper_tail(9 * u - 4) == pytest.approx(PRODUCTION["upper_tail"](9 * u - 4), rel=1e-12)
        assert reference_luck.exp(9 * u) == pytest.approx(PRODUCTION["exp"](9 * u), rel=1e-12)


def test_a_planted_fault_is_seen(monkeypatch):
    """A twin whose window includes the purchase date disagrees: the comparison can fail."""
    document = valence_2002().to_dict()
    traces = trace_paths(valence_2002(), 0, 20)
    document["line"]["pricing"]["timing"] = "through"
    found = [unlike("ledger", path.ledger, reference.replay(document, path.history)) for path in traces]
    assert any(found)


def with_cash(label: str, number: int, *only: str) -> tuple[random.Random, dict]:
    """A random case with other cash, on any valuation date; of `lines` or with another price model now and then."""
    rng = random.Random(f"{label} {number}")
    document = random_cases.random_case(rng, any_day=rng.random() < 0.6)
    if rng.random() < 0.3:
        document = random_cases.random_market(rng, document)
    document = random_cash.with_other_cash(rng, document, *only)
    return rng, document


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("first", [0, 30])
def test_other_cash_after_what_has_happened_agrees_to_the_last_bit(first):
    """Flows, principals and items that wait for milestones which have been reached, and moves that are compensated."""
    for number in range(first, first + 30):
        rng, document = with_cash("past", number)
        document = random_cases.random_past(rng, document)
        if document["burn"]["model"] == "statement":
            document["burn"].pop("last_surprise", None)
        document["price"]["jumps"] = rng.choice(("raw", "compensated"))
        assert differences(number, rng, document, paths=3) == []


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("mechanism", random_cash.MECHANISMS)
def test_each_kind_of_other_cash_agrees_to_the_last_bit(mechanism):
    for number in range(25):
        assert differences(number, *with_cash(mechanism, number, mechanism), paths=3) == []


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("first", range(0, 120, 30))
def test_all_other_cash_together_agrees_to_the_last_bit(first):
    for number in range(first, first + 30):
        assert differences(number, *with_cash("all", number), paths=4) == []


@pytest.mark.usefixtures("production_functions")
def test_other_cash_beside_any_lines_agrees_to_the_last_bit():
    for number in range(40):
        rng, document = with_cash("lines", number)
        document["price"].setdefault("initial", 2.0)
        assert differences(number, rng, random_lines.usable_lines(rng, document), paths=3) == []


@pytest.mark.usefixtures("production_functions")
def test_any_valuation_date_agrees_to_the_last_bit():
    for number in range(40):
        rng = random.Random(f"date {number}")
        document = random_cases.random_case(rng, any_day=True)
        if number % 2:
            document = random_cases.random_market(rng, document)
        assert differences(number, rng, document, paths=4) == []
