"""Bands over uncertain inputs: known laws, known functions of an input, a twin, options and errors."""

import json
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from statistics import NormalDist

import numpy as np
import pytest

import sim
from sim.analysis.draws import drawn, quantile
from sim.analysis.inputs import inputs_of
from sim.cli import main
from tests.support.valence import valence_2002

DRAWS, PATHS = 128, 64
Z95 = NormalDist().inv_cdf(0.95)


def still_case(ranges, **changes):
    """A case whose cash is burnt without any chance: $12 million, 1 million a month, no line."""
    case = valence_2002().replace(
        {
            "company.cash": 12e6, "burn.monthly": 1e6, "burn.volatility": 0.0, "burn.growth": 0.0, "burn.steps": [],
            "line.commitment": 0.0, "notes": [], "third_party": None, "ranges": None, "record": None, **changes,
        }
    )  # fmt: skip
    return case.replace({"ranges": ranges})


def twin_quantile(law, u, low, high, mode=None):
    """The inverse of a law in plain Python."""
    if law == "uniform":
        return low + u * (high - low)
    if law == "triangular":
        share = (mode - low) / (high - low)
        if u < share:
            return low + math.sqrt(u * (high - low) * (mode - low))
        return high - math.sqrt((1 - u) * (high - low) * (high - mode))
    if law == "lognormal":
        return math.exp(twin_quantile("normal", u, math.log(low), math.log(high)))
    return NormalDist((low + high) / 2, (high - low) / (2 * Z95)).inv_cdf(u)


RANGES = {
    "uniform": ("company.cash", [6e6, 18e6]),
    "triangular": ("company.cash", {"low": 6e6, "high": 18e6, "mode": 9e6}),
    "lognormal": ("company.cash", {"p05": 6e6, "p95": 18e6}),
    "normal": ("price.drift", {"p05": -0.5, "p95": 0.2}),
}


@pytest.mark.parametrize("law", RANGES)
def test_quantiles_are_those_of_the_law(law):
    key, stated = RANGES[law]
    (one,) = (one for one in inputs_of(still_case({key: stated})) if one.stated)
    ends = stated if isinstance(stated, list) else list(stated.values())
    u = np.linspace(0.001, 0.999, 500)
    assert one.law == law
    expected = [twin_quantile(law, x, *ends) for x in u.tolist()]
    np.testing.assert_allclose(quantile(one, u), expected, rtol=1e-12)


@pytest.mark.parametrize("law", ["uniform", "triangular", "lognormal"])
def test_the_band_of_a_known_function_is_known(law):
    """Cash that is burnt evenly lasts cash / burn months: the runway has the quantiles of cash."""
    key, stated = RANGES[law]
    case = still_case({key: stated}, horizon="2005-03-31")
    found = sim.uncertainty(case, draws=1024, paths=16)
    ends = stated if isinstance(stated, list) else list(stated.values())
    band = found["runway_months"]
    for u, got in ((0.05, band.low), (0.5, band.median), (0.95, band.high)):
        months = twin_quantile(law, u, *ends) / 1e6
        # Months have 28 to 31 days, and a Sobol' sequence of 1,024 points has a discrepancy of about 1/1,024.
        assert got == pytest.approx(months, abs=0.1)
    assert band.base.value == pytest.approx(12.0, abs=0.05)
    assert band.base.se == 0.0


def test_every_draw_is_a_run_of_its_own():
    case = sim.load_case("valence-2002")
    found = sim.uncertainty(case, draws=9, paths=PATHS, seed=3)
    inputs = tuple(one for one in inputs_of(case) if one.stated)
    assert np.array_equal(found.points, drawn(case, inputs, 9, 3))
    for number, point in enumerate(found.points.tolist()):
        changes = dict(zip([one.key for one in inputs], point, strict=True))
        result = sim.simulate(case.replace(changes), paths=PATHS, seed=3)
        summary = result.summary()
        assert found["raised"].values[number] == summary["raised"].mean
        assert found["cash_out"].values[number] == summary.cash_out.value
    ordered = sorted(found["raised"].values.tolist())
    assert (found["raised"].low, found["raised"].median, found["raised"].high) == (ordered[0], ordered[4], ordered[8])


def test_a_milestones_p90_follows_its_median():
    case = small = sim.load_case("valence-2002")
    case = small.replace({"ranges": {"milestones[licence].median_days": {"p05": 100, "p95": 500}}})
    assert sim.uncertainty(case, draws=8, paths=16).draws == 8


def test_an_executor_changes_no_bit():
    case = sim.load_case("valence-2002")
    with ThreadPoolExecutor(2) as pool:
        spread = sim.uncertainty(case, draws=12, paths=PATHS, executor=pool)
    assert spread == sim.uncertainty(case, draws=12, paths=PATHS, workers=1)
    assert pickle.loads(pickle.dumps(spread)) == spread


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        (None, 'ranges: missing; must state an uncertain input, such as "price.volatility" = [0.7, 1.2]'),
        (
            {"third_party.reduction_probability": {"p05": 0.4, "p95": 0.9}},
            'ranges."third_party.reduction_probability" = { p05 = 0.4, p95 = 0.9 }: has a draw of 1.',
        ),
        (
            {"burn.price_correlation": {"p05": -0.9, "p95": 0.9}},
            'ranges."burn.price_correlation" = { p05 = -0.9, p95 = 0.9 }: has a draw of -1.',
        ),
        ({"company.shares_reserved": [0, 1]}, "must be the dotted key of a number that is simulated"),
        ({"price.volatility": {"p05": 0.0, "p95": 1.0}}, "must have p05 above 0"),
        (
            {"price.volatility": {"low": 0.5, "high": 1.0, "mode": 2.0}},
            "must be low at most mode, and mode at most high",
        ),
        ({"price.volatility": {"p05": 1.0, "p95": 0.5}}, "must be p05 at most p95"),
        ({"price.volatility": {"p05": 1.0}}, "must be two numbers, the lower one first, { low, high, mode } or"),
    ],
)
def test_a_range_that_cannot_be_drawn_is_refused(ranges, said):
    with pytest.raises(sim.CaseError) as caught:
        sim.uncertainty(sim.load_case("valence-2002").replace({"ranges": ranges}), draws=64, paths=16)
    (problem,) = caught.value.problems
    assert said in problem


def test_inputs_that_cannot_be_used_together_are_refused():
    case = sim.load_case("valence-2002")
    changes = {"price.model": "garch", "ranges": {"price.alpha": [0.01, 0.3], "price.beta": [0.5, 0.9]}}
    with pytest.raises(sim.CaseError, match=r"ranges: draw \d+ of 64: price.beta = .*must leave alpha \+ beta below 1"):
        sim.uncertainty(case.replace(changes), draws=64, paths=16)


def test_sensitivity_takes_the_ends_of_every_form():
    forms = {"price.volatility": {"p05": 0.5, "p95": 1.2}, "burn.monthly": {"low": 2e6, "high": 3e6, "mode": 2.5e6}}
    case = sim.load_case("valence-2002").replace({"ranges": forms})
    swings = {swing.key: swing for swing in sim.sensitivity(case, paths=16, indexed=0).swings}
    assert (swings["price.volatility"].low, swings["price.volatility"].high) == (0.5, 1.2)
    assert (swings["burn.monthly"].low, swings["burn.monthly"].high) == (2e6, 3e6)


def test_forms_survive_files_and_changes():
    stated = {"price.volatility": {"p05": 0.5, "p95": 1.2}, "burn.monthly": {"low": 2e6, "high": 3e6, "mode": 2.5e6}}
    case = sim.load_case("valence-2002").replace({"ranges": stated})
    assert case.to_dict()["ranges"] == stated
    assert sim.Case.from_dict(json.loads(json.dumps(case.to_dict()))) == case
    assert case.replace({"company.cash": 1e7}).to_dict()["ranges"] == stated
    assert (
        case.replace({"title": "another"}).ranges != case.replace({"ranges": {"price.volatility": [0.5, 1.2]}}).ranges
    )


def test_the_command_prints_both_errors(capsys, tmp_path):
    file = tmp_path / "run.json"
    command = ["run", "valence-2002", "--paths", "200", "--uncertain", "16", "--json", str(file)]
    assert main(command) == 0
    document = json.loads(file.read_text())
    found = sim.uncertainty("valence-2002", draws=16, paths=200)
    assert document["uncertainty"]["measures"]["raised"]["p95"] == found["raised"].high
    assert len(document["uncertainty"]["points"]) == 16
    assert main(command[:-2]) == 0
    assert "over what we do not know)" in capsys.readouterr().out


def test_a_command_without_ranges_says_so_in_one_line(capsys):
    assert main(["run", "valence-2002", "--paths", "64", "--uncertain", "16", "--set", "ranges="]) == 2
    assert capsys.readouterr().err.startswith("valence-2002: ranges: missing; must state an uncertain input")
