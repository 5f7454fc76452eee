"""The price models of a report: which cases are compared, their parameters, and numbers that are those of `compare`."""

import json
import math
from datetime import date, timedelta

import numpy as np
import pytest

import sim
from sim.analysis import price_variants as module
from sim.analysis.calibration.rewriting import rewritten
from sim.analysis.price_models import price_models
from sim.analysis.price_variants import (
    CALIBRATED,
    CASE,
    STATED,
    first_year_volatility,
    kurtosis_of,
    parameter_words,
    price_variants,
)
from sim.calendar import sessions
from sim.results.distribution import Distribution, tail_values
from sim.terms.files import SHIPPED
from tests.analysis.test_calibrate import F1, garch_returns
from tests.support.small_pack import bare_document

PATHS, SEED, LAST = 4_000, 11, date(2002, 3, 28)
GBM = {"model": "gbm", "initial": 3.0, "volatility": 0.9}
MODELS = {
    "gbm": GBM,
    "merton": GBM | {"model": "merton", "volatility": 0.7, "jump_rate": 6, "jump_mean": -0.05, "jump_sd": 0.2},
    "heston": GBM | {"model": "heston", "initial_volatility": 1.3, "mean_reversion": 3, "correlation": -0.2},
    "garch normal": GBM | {"model": "garch", "initial_volatility": 1.3, "alpha": 0.10, "beta": 0.85},
    "garch t": GBM | {"model": "garch", "degrees_of_freedom": 5},
}


def dated(values, last=LAST):
    """Closes that end at $3 on a date, as a case gives them."""
    days = sessions(last - timedelta(days=int(1.6 * len(values)) + 20), last)[-len(values) - 1 :]
    logs = np.concatenate([[0.0], np.cumsum(values)])
    return [[day.isoformat(), float(f"{3.0 * math.exp(x - logs[-1]):.4f}")] for day, x in zip(days, logs, strict=True)]


def case_of(price, closes=None):
    document = bare_document()
    document["price"] = price | ({} if closes is None else {"closes": closes})
    if price["model"] == "bootstrap":
        document["burn"]["price_correlation"] = 0.0
    return sim.Case.from_dict(document)


CLUSTERS = dated(garch_returns(np.random.default_rng(3), 756))


# --- which cases -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", MODELS)
def test_without_closes_each_other_model_has_the_variance_of_the_case(own):
    case = case_of(MODELS[own])
    found = price_variants(case)
    assert {each.name for each in found.variants} == set(MODELS)
    assert [(each.name, each.source) for each in found.variants[:1]] == [(own, CASE)]
    assert {each.source for each in found.variants[1:]} == {STATED}
    assert found.variants[0].case == case
    assert (found.returns, found.as_calibrated, found.left_out) == (0, False, ())
    for each in found.variants:
        assert first_year_volatility(each.case.price) == pytest.approx(first_year_volatility(case.price), rel=1e-12)
        assert (each.case.price.initial, each.case.price.drift) == (3.0, 0.0)
        assert each.case.line == case.line


def test_the_other_garch_keeps_what_the_case_says():
    found = {each.name: each.case.price for each in price_variants(case_of(MODELS["garch normal"])).variants}
    student = found["garch t"]
    assert (student.alpha, student.beta, student.initial_volatility) == (0.10, 0.85, 1.3)
    assert student.degrees_of_freedom == module.DEGREES


@pytest.mark.parametrize("own", MODELS)
def test_with_closes_the_parameters_are_those_of_calibrate(own):
    case = case_of(MODELS[own], CLUSTERS)
    found, known = price_variants(case), sim.calibrate([row[1] for row in CLUSTERS])
    assert found.returns == 756
    named = {each.name: each for each in found.variants}
    assert set(named) == {own, *MODELS, "bootstrap", f"{own}, calibrated"} - ({"merton, calibrated"})
    for name, each in named.items():
        fit = known.fits[name.removesuffix(", calibrated")]
        assert each.source == (CASE if name == own else CALIBRATED if fit.supported else STATED)
        if each.source == CALIBRATED:
            for key, value in fit.price.items():
                assert getattr(each.case.price, key) == pytest.approx(value, rel=0.06, abs=1e-5), (name, key)
    if own != "merton":
        assert "at its bound" in named["merton"].note


def test_parameters_of_a_written_case_are_calibrated(tmp_path):
    """What `--write` puts into a case is recognised, whatever the model."""
    closes = tmp_path / "closes.csv"
    closes.write_text("Date,Close\n" + "".join(f"{day},{close}\n" for day, close in CLUSTERS))
    path = tmp_path / "case.toml"
    text = (SHIPPED / "valence-2002.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("price_correlation = -0.2", "price_correlation = 0.0"), encoding="utf-8")
    for model in ("gbm", "heston", "garch", "bootstrap"):
        path.write_text(rewritten(path, sim.calibrate(str(closes)), model)[0], encoding="utf-8")
        case = sim.load_case(path).replace({"price.closes": str(closes)})
        found = price_variants(case)
        assert found.as_calibrated, model
        assert [each.name for each in found.variants if "calibrated" in each.name] == []


def test_closes_after_the_valuation_date_are_not_used():
    late = [[day.isoformat(), 9.0 + i % 2] for i, day in enumerate(sessions(date(2002, 4, 1), date(2002, 6, 28)))]
    one, two = (price_variants(case_of(GBM, closes)) for closes in (CLUSTERS, CLUSTERS + late))
    assert one.returns == two.returns == 756
    for first, second in zip(one.variants[1:], two.variants[1:], strict=True):
        assert replace_closes(first.case) == replace_closes(second.case)
    assert [len(each.variants[-1].case.price.closes) for each in (one, two)] == [757, 757]


def replace_closes(case):
    return case.price.model, first_year_volatility(case.price), parameter_words(case.price)


def test_few_closes_calibrate_what_they_can():
    found = price_variants(case_of(GBM, CLUSTERS[-121:]))
    sources = {each.name: each.source for each in found.variants}
    assert sources == {
        "gbm": CASE, "gbm, calibrated": CALIBRATED, "merton": STATED, "heston": STATED, "garch normal": STATED,
        "garch t": STATED, "bootstrap": CALIBRATED,
    }  # fmt: skip
    assert "must be at least 250" in next(each.note for each in found.variants if each.name == "heston")
    assert price_variants(case_of(GBM, CLUSTERS[-20:])).returns == 0


def test_the_volatility_of_the_opening_needs_closes_up_to_it():
    old = dated(garch_returns(np.random.default_rng(3), 756), date(2001, 12, 31))
    for closes, known in ((CLUSTERS, True), (old, False), ([row[1] for row in old], True)):
        found = {each.name: each.case.price for each in price_variants(case_of(GBM, closes)).variants}
        assert (found["garch t"].initial_volatility is not None) == known


def test_a_price_that_does_not_move_has_no_other_model():
    assert [each.name for each in price_variants(case_of(GBM | {"volatility": 0.0})).variants] == ["gbm"]


def test_a_model_that_a_case_cannot_have_is_named():
    wild = dated(np.tile([1.4, -1.4], 150))
    found = price_variants(case_of(GBM, wild))
    assert any(words.startswith("geometric Brownian motion: price.volatility = 22.2") for words in found.left_out)
    assert [each.name for each in found.variants][:2] == ["gbm", "merton"]


# --- kurtosis and words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (MODELS["gbm"], 3.0),
        (MODELS["merton"], 17.7277149678),
        (MODELS["garch normal"], 3.77419354839),
        (GBM | {"model": "garch", "alpha": 0.05, "beta": 0.92, "degrees_of_freedom": 8}, 5.28202581927),
        (MODELS["heston"], 3.0 * (1.0 + 1.44 / (6.0 * 0.81))),
        (GBM | {"model": "garch", "degrees_of_freedom": 4}, math.inf),
    ],
)  # fmt: skip
def test_kurtosis_of_a_session(price, expected):
    assert kurtosis_of(case_of(price).price) == pytest.approx(expected, rel=1e-10)


def test_kurtosis_of_a_file_is_that_of_its_returns():
    price = case_of({"model": "bootstrap"}, dated(F1)).price
    assert kurtosis_of(price) == pytest.approx(3.098216728, rel=1e-3)  # of closes of four decimals


def test_the_variance_of_a_first_year():
    """The moment of GARCH that the tests of the kernel have: the mean of E[h(n)] over a year."""
    price = case_of(MODELS["garch normal"]).price
    expected = [0.81 + (1.69 - 0.81) * 0.95**n for n in range(252)]
    assert first_year_volatility(price) ** 2 == pytest.approx(sum(expected) / 252, rel=1e-12)
    heston = case_of(MODELS["heston"]).price
    assert first_year_volatility(heston) ** 2 == pytest.approx(
        0.81 + 0.88 * (1.0 - (1.0 - 3.0 / 252.0) ** 252) / 3.0, rel=1e-12
    )


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("gbm", "volatility 90%"),
        ("merton", "volatility 70%, 6 jumps a year (log: mean -0.05, sd 0.2)"),
        ("heston", "volatility 130%, later 90%, mean reversion 3, vol of vol 1.2, correlation -0.2"),
        ("garch normal", "volatility 130%, later 90%, alpha 0.1, beta 0.85"),
        ("garch t", "volatility 90%, alpha 0.08, beta 0.9, 5 degrees of freedom"),
    ],
)
def test_parameters_in_words(own, words):
    assert parameter_words(case_of(MODELS[own]).price) == words


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_compare_and_of_each_run():
    case = sim.load_case("valence-2002")
    found = price_models(case, PATHS, SEED, workers=2)
    cases = {each.name: each.case for each in found.variants.variants}
    known = sim.compare(cases, PATHS, SEED)
    assert found.comparison == known
    tails = [sim.simulate(each, paths=PATHS, seed=SEED).summary()["dilution"] for each in cases.values()]
    for shortfall, difference, tail in zip(found.shortfall, found.shortfall_differences, tails, strict=True):
        assert shortfall.value == pytest.approx(tail.worst5_mean, rel=1e-12)
        assert shortfall.se == pytest.approx(tail.worst5_se, rel=1e-3)
        assert difference.value == pytest.approx(tail.worst5_mean - tails[0].worst5_mean, abs=1e-12)
        assert difference.se < 1.2 * shortfall.se  # not the root of a sum of squares
    document = found.to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert [each["model"] for each in document["cases"]] == ["gbm", "merton", "heston", "garch", "garch"]
    assert document["cases"][4]["kurtosis"] is None  # infinite
    assert document["cases"][1]["dilution_worst5"]["value"] == found.shortfall[1].value


def test_the_error_of_paired_shortfalls_is_that_of_replications():
    rng = np.random.default_rng(9)
    differences, errors = [], []
    for _ in range(400):
        common, own = rng.standard_normal(2_000), rng.standard_normal(2_000)
        one, two = np.exp(common), np.exp(0.9 * common + 0.3 * own)
        numbers = tail_values(two, "high") - tail_values(one, "high")
        differences.append(numbers.mean())
        errors.append(numbers.std(ddof=1) / math.sqrt(numbers.size))
    assert np.std(differences) == pytest.approx(np.mean(errors), rel=0.15)


@pytest.mark.parametrize("bad_tail", ["low", "high"])
@pytest.mark.parametrize("number", [100, 1_001, 4_321])
def test_tail_values_are_those_of_the_expected_shortfall(number, bad_tail):
    values = np.round(np.random.default_rng(number).standard_normal(number), 1)  # with ties
    known, numbers = Distribution.from_values(values, bad_tail), tail_values(values, bad_tail)
    assert numbers.mean() == pytest.approx(known.worst5_mean, rel=1e-12)
    assert numbers.std() / math.sqrt(number) == pytest.approx(known.worst5_se, rel=2e-2)


def test_a_tail_of_few_paths_has_no_error():
    found = price_models(case_of(GBM), 64, SEED)
    assert math.isnan(found.shortfall[0].se)
