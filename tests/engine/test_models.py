"""Price models: what they have in common with geometric Brownian motion, and what each has of its own."""

import dataclasses
import math
from random import Random

import numpy as np
import pytest

import sim
from sim.engine.simulate import simulate
from sim.engine.trace import trace_paths
from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.lowering.market import Market
from sim.terms import Case, CaseError
from sim.terms import price as price_terms
from sim.verify.models import BOOTSTRAP, GARCH, HESTON, MERTON, SHORT, STUDENT
from sim.verify.samples import S0, one_draw, plain_case, prices, session
from tests.support.valence import valence_2002
from tests.twin import models as twin
from tests.twin import random_cases
from tests.twin import sampler as reference_luck
from tests.twin.history import draw_history
from tests.twin.terms import read
from tests.twin.test_twin import production_functions as production_functions

SEED = 11
MODELS = {"merton": MERTON, "heston": HESTON, "garch": GARCH, "garch, Student-t": STUDENT, "bootstrap": BOOTSTRAP}
#: Models with the parameters that leave geometric Brownian motion.
DEGENERATE = {
    "merton": {"jump_rate": 0.0, "jump_sd": 0.3},
    "heston": {"vol_of_vol": 0.0, "mean_reversion": 2.0},
    "garch": {"alpha": 0.0, "beta": 0.0},
}


def with_price(price: dict, changes: dict | None = None) -> Case:
    """The plain case under a price model."""
    return plain_case({f"price.{key}": value for key, value in price.items()} | (changes or {}))


# ------------------------------------------------------------------------------------------------- one Brownian path


@pytest.mark.parametrize("antithetic", [False, True])
@pytest.mark.parametrize("cadence", ["daily", "quarter_end"])
@pytest.mark.parametrize("model", DEGENERATE)
def test_a_model_without_its_effect_is_geometric_brownian_motion(model, cadence, antithetic):
    case = valence_2002().replace({"policy.cadence": cadence, "ranges": None})
    other = case.replace({"price.model": model} | {f"price.{key}": value for key, value in DEGENERATE[model].items()})
    one, two = (simulate(each, paths=600, seed=SEED, antithetic=antithetic) for each in (case, other))
    assert [name for name in one.columns if one.columns[name].tobytes() != two.columns[name].tobytes()] == []


def test_another_scaling_of_the_variance_is_seen(monkeypatch):
    """volatility^2 / 252 is another float than the square of volatility x sqrt(1/252)."""
    case = with_price({"model": "heston", "volatility": 0.95, "vol_of_vol": 0.0}, {"policy.cadence": "daily"})
    honest = lower(case)
    variance = 0.95**2 / 252.0
    assert honest.market.heston.variance != variance
    space = Workspace(honest)
    faulty = honest.market._replace(heston=honest.market.heston._replace(start=variance, variance=variance))
    closes = []
    for market in (honest.market, faulty):
        space.plan = dataclasses.replace(honest, market=market)
        run_chunk(space, honest.program, r.Span(np.uint64(0), r.BLOCK, 0, np.uint64(SEED)))
        closes.append(space.histories.closes.tobytes())
    assert closes[0] != closes[1]


@pytest.mark.parametrize("model", MODELS)
def test_other_dates_and_horizons_refine_the_same_path(model):
    ways = [
        {"policy.cadence": "daily", "horizon": "2002-06-30"},
        {"policy.cadence": "weekly", "horizon": "2002-12-31"},
        {"policy.cadence": "quarter_end", "horizon": "2002-06-30"},
        {"policy.cadence": "quarter_end", "line.pricing.window": 20},
    ]
    day = session(64).isoformat()  # the last of June
    found = [
        [path.history["closes"][day] for path in trace_paths(with_price(MODELS[model], way), 2**33, 100, SEED)]
        for way in ways
    ]
    assert found[1:] == found[:1] * (len(ways) - 1)
    assert len(set(found[0])) == 100


def test_many_jumps_between_two_dates_are_added_one_by_one():
    """So that a close has the same bits whichever sessions before it are looked at."""
    jumps = with_price(MERTON, {"price.jump_rate": 100.0, "horizon": "2002-06-30"})
    daily, few = (
        [path.history["closes"] for path in trace_paths(jumps.replace({"policy.cadence": cadence}), 0, 128, SEED)]
        for cadence in ("daily", "quarter_end")
    )
    days = few[0].keys() & daily[0].keys()
    assert len(days) < len(daily[0])
    assert [[path[day] for day in days] for path in few] == [[path[day] for day in days] for path in daily]


def test_models_are_compared_on_one_market():
    """The paired difference of a calm Heston model and geometric Brownian motion has a tenth of the unpaired sd."""
    calm = prices(one_draw(62, {"price.model": "heston", "price.vol_of_vol": 0.2}), 20_000, SEED)
    plain = prices(one_draw(62), 20_000, SEED)
    unpaired = math.hypot(float(calm.std()), float(plain.std()))
    assert 0.0 < float((calm - plain).std()) <= 0.1 * unpaired


def test_compare_takes_cases_of_different_models():
    case = valence_2002()
    cases = {"gbm": case, "heston": case.replace({"price.model": "heston", "price.vol_of_vol": 0.2})}
    text = str(sim.compare(cases, paths=2_000))
    assert "heston" in text


# ------------------------------------------------------------------------------------------------- random numbers


def test_an_attempt_at_an_activity_meets_no_other_session():
    """30 years have fewer than 2^16 sessions, so n + (k << 16) is a pair (n, k)."""
    case = with_price(STUDENT, {"horizon": "2032-03-31", "line.end": "2032-03-31"})
    assert lower(case).market.sessions.size < 2**r.ATTEMPT


def test_purposes_are_numbered_once():
    purposes = [
        r.MONTH_END_NORMAL, r.DAY_NORMAL, r.BURN_NORMAL, r.COMMON_FACTOR, r.MILESTONE, r.EVENTS, r.THIRD_PARTY_ARRIVAL,
        r.THIRD_PARTY_TERMS, r.WAIVER, r.EXTENSION, r.JUMP, r.VARIANCE_NORMAL, r.ACTIVITY, r.RESAMPLE, r.DAY_SHAPE,
        r.VOLUME_MONTH, r.VOLUME_DAY, r.OVERNIGHT,
    ]  # fmt: skip
    assert purposes == list(range(1, 19))


@pytest.mark.usefixtures("production_functions")
def test_activities_are_redrawn():
    """With 2.5 degrees of freedom about 3.5% of the first attempts are rejected."""
    rejected = 0
    for path in range(2_000):
        luck = reference_luck.Luck(SEED, path)
        first = twin.activity(luck, 2.5, 1)
        d = 2.5 / 2 - 1 / 3
        v = (1 + luck.normal(twin.ACTIVITY, 1, 0) / math.sqrt(9 * d)) ** 3
        rejected += abs(first - 0.5 / (2 * d) / v) > 1e-12 if v > 0 else 1
    assert 40 <= rejected <= 100


# ------------------------------------------------------------------------------------------------- the file of closes


def test_a_short_file_has_its_known_moments(monkeypatch):
    """Exact decimals by enumeration of the 41 closes in blocks of 5 sessions."""
    monkeypatch.setattr(price_terms, "LEAST_RETURNS", 2)
    price = {"model": "bootstrap", "initial": 2.0, "drift": 0.10, "closes": SHORT, "block_days": 5.0}
    changes = {f"price.{key}": value for key, value in price.items()}
    known = {2: (2.00119086996, 0.523581599563, 0.5712474716275), 3: (None, 0.5285399419546, 0.6146110962674)}
    paths = 200_000
    for n, (mean, inverse, lowest) in known.items():
        window = prices(one_draw(n, changes | {"line.pricing.window": n}), paths, SEED)
        least = prices(
            one_draw(n, changes | {"line.pricing.window": n, "line.pricing.statistic": "lowest"}), paths, SEED
        )
        for answer, sample in ((mean, window), (inverse, 1 / window), (lowest, 1 / least)):
            if answer is not None:
                assert abs(sample.mean() - answer) < 4 * sample.std() / math.sqrt(paths)
    window = prices(one_draw(2, changes | {"line.pricing.window": 2}), paths, SEED)
    for below, share in ((0.8, 0.177375), (0.9, 0.37325), (1.0, 0.609125), (1.1, 0.71975)):
        assert abs((window < 2 * below).mean() - share) < 4 * math.sqrt(share * (1 - share) / paths)
    for n, inverse in ((1, 0.5186464963436), (5, 0.5720593313651), (62, 1.374113975046)):
        sample = 1 / prices(one_draw(n, changes), paths, SEED)
        assert abs(sample.mean() - inverse) < 4 * sample.std() / math.sqrt(paths)


def test_closes_of_a_file_are_those_of_the_case(tmp_path):
    rows = [f"2001-{1 + k // 28:02}-{1 + k % 28:02},{5 + math.sin(k):.4f}" for k in range(150)]
    (tmp_path / "closes.csv").write_text("Date,Close\n" + "\n".join(rows) + "\n", encoding="utf-8")
    text = (sim.terms.files.SHIPPED / "valence-2002.toml").read_text(encoding="utf-8")
    text = text.replace('model = "gbm"', 'model = "bootstrap"\ncloses = "closes.csv"')
    text = "\n".join(
        line for line in text.splitlines() if not line.startswith(("price_correlation", "volatility = 0.95"))
    )
    (tmp_path / "case.toml").write_text(text, encoding="utf-8")
    case = sim.load_case(tmp_path / "case.toml")
    assert len(case.price.closes) == 150
    assert case.to_dict()["price"]["closes"][0] == ["2001-01-01", 5.0]
    again = Case.from_dict(case.to_dict())
    assert again.sha256 == case.sha256
    assert sim.simulate(again, paths=300, seed=1) == sim.simulate(case, paths=300, seed=1)
    (tmp_path / "closes.csv").write_text("Date,Open\n2001-01-01,5\n", encoding="utf-8")
    with pytest.raises(CaseError, match=r"price\.closes = .*must be the path of a file of closes: .*line 1: "):
        sim.load_case(tmp_path / "case.toml")


def test_windows_that_reach_back_find_the_closes_before():
    case = plain_case({
        "price.closes": [5.0, 4.0, 3.0], "price.initial": None, "price.volatility": 0.0, "price.drift": 0.0,
        "line.pricing.window": 4, "line.pricing.timing": "before", "policy": {"dates": [session(1), session(2)]},
    })  # fmt: skip
    assert case.price.initial == 3.0
    draws = sim.trace(case, 0, 1).ledger["draws"]
    # Of the fourth session back nothing is known: it has the opening price.
    assert [draw["average"] for draw in draws] == [(3 + 5 + 4 + 3) / 4, (5 + 4 + 3 + 3) / 4]
    stated = sim.trace(case.replace({"price.initial": 2.5}), 0, 1).ledger["draws"]
    assert [draw["average"] for draw in stated] == [(2.5 + 5 + 4 + 2.5) / 4, (5 + 4 + 2.5 + 2.5) / 4]


def test_a_history_may_give_closes_before_the_valuation_date():
    pricing = {"line.pricing.window": 2, "line.pricing.timing": "before", "policy": {"dates": [session(1)]}}
    case = plain_case(pricing | {"price.closes": [5.0, 4.0, 3.0], "price.initial": None})
    history = sim.trace(case, 0, 1).history.to_dict()
    assert sim.replay(case, history)["draws"][0]["average"] == (4 + 3) / 2
    history["closes"]["2002-03-27"] = 6.0  # the 29th was Good Friday
    assert sim.replay(case, history)["draws"][0]["average"] == (6 + 3) / 2
    history["closes"]["2002-03-27"] = -1.0
    with pytest.raises(CaseError, match=r"closes\.2002-03-27 = -1\.0: must be"):
        sim.replay(case, history)


# ------------------------------------------------------------------------------------------------- volume

VOLUME = {"mean": 160_000.0, "sd": 0.6, "persistence": 0.7, "return_loading": 0.4}


@pytest.fixture
def volumes_needed(monkeypatch):
    """Every session's volume is needed, whatever the clauses."""
    honest = Market.finish

    def finish(self):
        for n in range(1, len(self.sessions) + 1):
            self.need(n, "volume")
        honest(self)

    monkeypatch.setattr(Market, "finish", finish)


@pytest.mark.usefixtures("production_functions", "volumes_needed")
@pytest.mark.parametrize("model", ["gbm", "heston", "bootstrap"])
def test_volumes_agree_with_the_twin_to_the_last_bit(model):
    for number in range(6):
        rng = Random(f"volume {model} {number}")
        document = random_cases.random_market(rng, random_cases.random_case(rng), model)
        document["price"]["volume"] = VOLUME | {"price_elasticity": rng.choice((0.0, 1.0)), "sd": rng.uniform(0, 1)}
        document["price"]["impact"] = "none"
        terms = read(document)
        terms.look(volumes=range(1, len(terms.sessions) + 1))
        for path in trace_paths(Case.from_dict(document), 5, 2, number):
            _, market = draw_history(terms, number, path.path)
            got = {day: values["volume"] for day, values in path.history["days"].items()}
            assert got == {
                terms.sessions[n - 1].isoformat(): v for n, v in ((k + 1, x) for k, x in market.days["volume"].items())
            }


@pytest.mark.usefixtures("volumes_needed")
def test_volumes_have_their_known_moments():
    case = plain_case({"price.volume": VOLUME, "horizon": "2002-06-30"})
    paths = trace_paths(case, 0, r.BLOCK, SEED)
    for first in range(1, 16):
        paths += trace_paths(case, first * r.BLOCK, r.BLOCK, SEED)
    ratio = np.array([[day["volume"] for day in path.history["days"].values()] for path in paths]) / VOLUME["mean"]
    logs = np.log(ratio)
    known = {
        "mean": (1.0, ratio),
        "below 1/4": (0.03311404429382, ratio < 0.25),
        "below 1/2": (0.2290091572238, ratio < 0.5),
        "below 1": (0.6313364297643, ratio < 1.0),
        "min(V, 1)": (0.7444362346311, np.minimum(ratio, 1.0)),
    }
    for name, (answer, sample) in known.items():
        by_path = sample.mean(axis=1)
        assert abs(by_path.mean() - answer) < 4 * by_path.std() / math.sqrt(len(paths)), name
    assert logs.std() == pytest.approx(0.6466381031313, rel=0.02)
    for lag, answer in ((1, 0.6026677570094), (5, 0.144700528458)):
        found = np.corrcoef(logs[:, lag:].ravel(), logs[:, :-lag].ravel())[0, 1]
        assert found == pytest.approx(answer, abs=0.02)
    assert ratio.std() == pytest.approx(0.7368887762719, rel=0.03)
    closes = np.array([[S0, *path.history["closes"].values()] for path in paths])
    moves = np.diff(np.log(closes), axis=1)
    moves = np.abs(moves - moves.mean())
    assert np.corrcoef(logs.ravel(), moves.ravel())[0, 1] == pytest.approx(0.3728888056983, abs=0.02)


# ------------------------------------------------------------------------------------------------- other analyses


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("how", [{"sampler": "sobol"}, {"antithetic": True}])
def test_samplers_agree_on_the_mean(model, how):
    changes = {f"price.{key}": value for key, value in MODELS[model].items()}
    run = sim.simulate(one_draw(21, changes), paths=2**14, seed=SEED, **how)
    price = MODELS[model]
    known = price["initial"] * math.exp(price["drift"] * 21 / 252)
    close = 1e9 / run["shares_issued"]
    assert abs(close.mean() - known) < 4 * close.std() / math.sqrt(len(close))


def test_parameters_of_a_model_are_inputs_of_sensitivity():
    case = with_price(HESTON, {"ranges": {"price.vol_of_vol": [0.5, 2.0], "price.mean_reversion": [1.0, 6.0]}})
    found = str(sim.sensitivity(case, paths=500))
    assert "olatility of the variance" in found
    assert "ean reversion" in found


def test_inputs_that_a_bootstrap_does_not_have_are_not_varied():
    case = with_price(BOOTSTRAP, {"burn.volatility": 0.3})
    names = {one.key for one in sim.sensitivity(case, paths=200).swings}
    assert "price.initial" in names
    assert not names & {"price.volatility", "burn.price_correlation"}
    assert sim.grid(case, paths=40).axes[1].values == (0.0,)


@pytest.mark.parametrize("model", MODELS)
def test_impact_moves_later_closes_of_every_model(model):
    case = with_price(
        MODELS[model], {"price.impact": "dilution", "policy.cadence": "month_end", "horizon": "2002-09-30"}
    )
    for path in trace_paths(case, 0, 3, SEED):
        assert sim.replay(case, path.history) == path.ledger
