"""Figures of the price models and of the day that `verify` does not print: moments of the log price, quantiles, the
variance of a later session, resampled returns, and the closed forms of low and VWAP to their digits."""

import itertools
import math
from functools import cache

import numpy as np
import pytest

from sim.engine.workspace import Workspace, run_chunk
from sim.kernels.market import trading
from sim.lowering import program as r
from sim.lowering.drift import mean_products
from sim.lowering.lower import lower
from sim.terms import price as price_terms
from sim.terms.derived import spread_of
from sim.verify.models import CLOSES, GARCH, HEAVY, HESTON, MERTON, SHORT, STUDENT, sold
from sim.verify.samples import plain_case
from sim.verify.trading import MEAN, SD, falls
from tests.support.compiled import called

extremes = called(trading.extremes)
PATHS, SEED = 100_000, 20020401
JUMPS_OF_100 = {
    "model": "merton", "initial": 100.0, "drift": 0.05, "volatility": 0.2, "jump_rate": 0.5, "jump_mean": -0.1,
    "jump_sd": 0.15,
}  # fmt: skip
CALM = {
    "model": "garch", "initial": 2.5, "drift": 0.0, "volatility": 0.3, "initial_volatility": 0.2, "alpha": 0.05,
    "beta": 0.92, "degrees_of_freedom": 8.0,
}  # fmt: skip
RESAMPLED = {"model": "bootstrap", "initial": 2.0, "drift": 0.10, "closes": SHORT, "block_days": 5.0}
MODELS = {
    "MERTON": MERTON, "HESTON": HESTON, "GARCH": GARCH, "JUMPS_OF_100": JUMPS_OF_100, "CALM": CALM,
    "RESAMPLED": RESAMPLED,
}  # fmt: skip


@cache
def closes(model, n):
    """The closes of session n under a model (paths,)."""
    return sold(MODELS[model], (n, n), PATHS, SEED)


def logs(model, n):
    return np.log(closes(model, n) / MODELS[model]["initial"])


def close_to(sample, known, own_error=0.0):
    """Whether the mean of a sample is within four standard errors."""
    sample = np.asarray(sample, np.float64)
    return abs(sample.mean() - known) < 4.0 * math.hypot(sample.std() / math.sqrt(sample.size), own_error)


@pytest.fixture(autouse=True)
def short_files(monkeypatch):
    monkeypatch.setattr(price_terms, "LEAST_RETURNS", 2)


# --- closes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "n", "mean", "variance"),
    [
        ("MERTON", 252, -0.46767320129105, 0.745),
        ("HESTON", 252, -0.5683475287755, 1.010501819193),
        ("GARCH", 62, -0.1331115621288 - 0.10 * 62 / 252, 0.2680919502253),
        ("GARCH", 252, -0.4399205499183 - 0.10, 0.8869943020991),
        ("CALM", 252, -0.04169465594, 0.08346593574493),
    ],
)
def test_the_log_price_has_its_mean_and_variance(model, n, mean, variance):
    found = logs(model, n)
    bias = 5e-4 if model == "HESTON" else 0.0  # of the daily scheme against continuous time
    assert close_to(found, mean, bias)
    assert close_to((found - mean) ** 2, variance, 2 * bias)


def test_the_total_volatility_has_the_jumps_in_it():
    price = plain_case({f"price.{key}": value for key, value in MERTON.items()}).price
    assert spread_of(price) == pytest.approx(0.863133825082, rel=1e-12)


def test_the_formula_of_a_file_gives_its_closes():
    assert [*CLOSES[:3], CLOSES[-1]] == [3.122, 3.224, 2.964, 2.486]


def test_skewness_and_kurtosis_of_a_session_with_jumps():
    sd = math.sqrt(0.745 / 252)
    deviations = logs("MERTON", 1) + 0.46767320129105 / 252
    assert close_to((deviations / sd) ** 3, -0.907242119865)
    assert close_to((deviations / sd) ** 4, 3.0 + 14.7277149678)


@pytest.mark.parametrize(
    ("model", "what", "known", "own_error"),
    [
        ("MERTON", lambda s: s**-2.0, 1.94657052199198, 0.0),
        ("JUMPS_OF_100", lambda s: s < 100.0, 0.44413434614643, 0.0),
        ("JUMPS_OF_100", lambda s: 1.0 / s, 0.0100639466112946, 0.0),
        # A step a session is within 2e-4 of continuous time. E[1/S^4] is infinite, so E[1/S^2] cannot be tested.
        ("HESTON", lambda s: 1.0 / s, 1.258574, 1e-3),
        ("HESTON", lambda s: 1.0 / s, 1.2583466763508, 2e-4),
        ("HESTON", lambda s: s < 1.25, 0.429976058211, 2e-4),
        ("HESTON", lambda s: s < 2.0, 0.622145526189, 2e-4),
        ("HESTON", lambda s: s < 2.5, 0.708799351486, 2e-4),
    ],
)
def test_figures_of_the_close_after_a_year(model, what, known, own_error):
    assert close_to(what(closes(model, 252)), known, own_error)


@pytest.mark.parametrize(
    ("model", "quantiles", "bias"),
    [
        ("MERTON", (0.37384971156638, 1.5788948861458, 6.3819053699611), 0.0),
        ("HESTON", (0.25191379245, 1.4855698769, 6.7600680972), 2e-4),
    ],
)
def test_quantiles_of_the_close_after_a_year(model, quantiles, bias):
    for share, quantile in zip((0.05, 0.50, 0.95), quantiles, strict=True):
        assert close_to(closes(model, 252) < quantile, share, bias)


def test_the_mean_number_of_shares_under_heston():
    window = sold(HESTON, (58, 62), PATHS, SEED)
    assert close_to(1.0 / window, 0.534584, 4e-5)


# --- the variance of a session ---------------------------------------------------------------------------------------
# Of a price that hardly moves, a return is sqrt(h) z but for a part of 0.2%: h scales with the long-run variance.

SMALL = 1.0 / 30.0


@cache
def small_returns(model, n, opening=True):
    """Returns of sessions n and n + 1 in units of the model's own volatility."""
    price = dict(MODELS[model])
    price |= {key: price[key] * SMALL for key in ("volatility", "initial_volatility")} | {"drift": 0.0}
    if not opening:
        price["initial_volatility"] = price["volatility"]
    path = [np.log(sold(price, (k, k), PATHS, SEED)) for k in (n - 1, n, n + 1)]
    return [math.sqrt(252.0) * np.diff(pair, axis=0)[0] / SMALL for pair in (path[:2], path[1:])]


@pytest.mark.parametrize(("model", "known"), [("GARCH", 0.8100021420579), ("CALM", 0.0899768021872)])
def test_the_variance_of_session_253(model, known):
    assert close_to(small_returns(model, 253)[0] ** 2, known)


def test_the_variance_of_the_variance_of_session_253():
    """E[r^4] = 3 E[h^2]."""
    assert close_to(small_returns("GARCH", 253)[0] ** 4 / 3.0, 0.1693186521205 + 0.8100021420579**2)


def test_kurtosis_and_autocorrelation_of_squares():
    """Stationary after a year: what is left of the opening is 0.95^400."""
    first, second = small_returns("GARCH", 400, opening=False)
    variance = 0.9**2
    assert close_to(first**4 / variance**2, 3.77419354839)
    covariance = 0.179069767442 * (3.77419354839 - 1.0) * variance**2
    assert close_to((first**2 - variance) * (second**2 - variance), covariance)


def test_autocorrelation_of_squares_with_student_shocks():
    first, second = small_returns("CALM", 400, opening=False)
    variance = 0.3**2
    covariance = 0.0873376623377 * (5.28202581927 - 1.0) * variance**2
    assert close_to((first**2 - variance) * (second**2 - variance), covariance)


def variances(price, sessions, paths):
    """The variance of each of the first sessions' log returns, at most 1: (sessions, paths)."""
    daily = {"policy.cadence": "daily", "line.pricing.series": "low", "horizon": "2003-03-31"}
    plan = lower(plain_case({f"price.{key}": value for key, value in price.items()} | daily))
    space, found = Workspace(plan), []
    for first in range(0, paths, r.BLOCK):
        run_chunk(space, plan.program, r.Span(np.uint64(first), r.BLOCK, 0, np.uint64(SEED)))
        found.append(space.room.variances[:sessions].copy())
    return np.concatenate(found, axis=1)


@pytest.mark.parametrize(("price", "known"), [(STUDENT, 0.0020), (HEAVY, 0.0122)], ids=["feedback", "none"])
def test_paths_with_a_capped_day(price, known):
    """The known shares have an error of half of their last digit."""
    capped = (variances(price, 252, 250 * r.BLOCK) == 1.0).any(axis=0)
    assert close_to(capped, known, 5e-5)


def test_the_mean_inverse_square_of_a_close_with_heavy_tails():
    """Given its variance q, a close is lognormal: E[1/S^2 | q] = exp(3 q) / S0^2 without a drift."""
    q = variances(HEAVY, 1, 500 * r.BLOCK)[0]
    assert close_to(np.exp(3.0 * q) / 2.5**2, 0.1617794238)


# --- the file of closes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "inverse", "square"),
    [
        (1, 0.5186464963436, 4.153286248947),
        (2, 0.5384049502059, 4.332511595011),
        (5, 0.5720593313651, 4.624265417865),
        (62, 1.374113975046, 12.76634536729),
    ],
)
def test_moments_of_resampled_closes(n, inverse, square):
    assert close_to(1.0 / closes("RESAMPLED", n), inverse)
    assert close_to(closes("RESAMPLED", n) ** 2, square)


def test_resampled_returns_have_the_autocovariance_of_the_file():
    mean, variance = -0.02128305026717, 0.03709426855663
    found = [np.zeros(PATHS), *(logs("RESAMPLED", n) - shift(n) for n in range(1, 5))]
    first, second, third, fourth = np.diff(found, axis=0)
    assert close_to(first, mean)
    assert close_to((second - mean) ** 2, variance)
    assert close_to((second - mean) * (third - mean), 0.0003889072917485)
    assert close_to((second - mean) * (fourth - mean), -0.002858090102083)
    assert close_to((logs("RESAMPLED", 62) - shift(62) - 62 * mean) ** 2, 1.027504616344)


def shift(n):
    """The log of the factor that keeps the mean."""
    gross = tuple(after / before for before, after in itertools.pairwise(SHORT))
    return 0.10 * n / 252 - math.log(mean_products(gross, 5.0, n)[-1])


# --- the day ---------------------------------------------------------------------------------------------------------


def test_the_closed_form_of_the_low_to_its_digits():
    assert pytest.approx(0.05669467095138, rel=1e-12) == SD
    assert pytest.approx(-0.002003968253968, rel=1e-12) == MEAN
    known = {0.99: 0.8646259854975, 0.95: 0.3773737974237, 0.90: 0.0673689147457, 0.85: 0.0045896134166}
    assert {share: falls(math.log(share), MEAN, SD) for share in known} == pytest.approx(known, rel=1e-11)
    assert falls(math.log(0.95), -MEAN, SD) == pytest.approx(0.353993267994, rel=1e-11)
    several = {(5, 0.9): 0.4328490717248, (5, 0.7): 0.006105191997332, (62, 0.7): 0.5207661999901}
    for (n, share), expected in several.items():
        assert falls(math.log(share), MEAN * n, SD * math.sqrt(n)) == pytest.approx(expected, rel=1e-11)
    assert math.exp(-0.10 / 504) == pytest.approx(0.9998016069841, rel=1e-12)  # E[VWAP / close before]


@pytest.mark.parametrize(
    ("end", "known"),
    [(0.0, -0.6266570686578), (0.5, -0.4381822282268), (1.0, -0.3278397712094), (2.5, -0.1771325556649)],
)
def test_the_mean_minimum_of_a_bridge(end, known):
    """The kernel's minimum, averaged over its uniform: u = v^2 makes the integrand smooth at 0."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    v = 0.5 * (nodes + 1.0)
    found = sum(0.5 * w * 2.0 * x * extremes(0.0, end, 2.0, x * x)[0] for x, w in zip(v, weights, strict=True))
    assert found == pytest.approx(known, abs=2e-6)


def test_the_range_of_a_day_in_four_pieces():
    """Parkinson (1980): E[log(high/low)^2] = 4 ln 2 s^2 without a trend; four pieces have 0.1% less."""
    rng = np.random.default_rng(6)
    days = 40_000
    path = np.cumsum(rng.standard_normal((days, 4)) * SD / 2.0, axis=1)
    ends = np.concatenate([np.zeros((days, 1)), path], axis=1).tolist()
    uniforms = rng.random((days, 4)).tolist()
    spread = 0.5 * SD * SD
    ranges = []
    for x, u in zip(ends, uniforms, strict=True):
        pieces = [extremes(x[k], x[k + 1], spread, u[k]) for k in range(4)]
        ranges.append(max(high for _, high in pieces) - min(low for low, _ in pieces))
    assert close_to(np.square(ranges), 0.999 * 0.008911892321485, 1e-6)


def share_of_lows(drawn, below):
    """The share of sessions with a low below a share of the close before, and its standard error."""
    rng = np.random.default_rng(9)
    days = 40_000
    steps = MEAN / 4 + SD / 2 * rng.standard_normal((days, 4))
    uniforms = rng.random((days, 4)).tolist()
    ends = np.concatenate([np.zeros((days, 1)), np.cumsum(steps, axis=1)], axis=1).tolist()
    lows = np.array([drawn(x, u) for x, u in zip(ends, uniforms, strict=True)])
    share = (lows < math.log(below)).mean()
    return share, math.sqrt(share * (1.0 - share) / days)


def lowest_of_pieces(x, u):
    return min(extremes(x[k], x[k + 1], 0.5 * SD * SD, u[k])[0] for k in range(4))


def low_of_the_whole_day(x, u):
    return extremes(x[0], x[4], 2.0 * SD * SD, u[0])[0]


def lowest_with_one_uniform(x, u):
    return lowest_of_pieces(x, [u[0]] * 4)


@pytest.mark.parametrize("below", [0.99, 0.95])
@pytest.mark.parametrize(
    ("drawn", "exact"), [(lowest_of_pieces, True), (low_of_the_whole_day, True), (lowest_with_one_uniform, False)]
)
def test_a_low_has_its_law_from_pieces_and_from_the_whole_day_alike(drawn, exact, below):
    share, error = share_of_lows(drawn, below)
    assert (abs(share - falls(math.log(below), MEAN, SD)) < 4.0 * error) == exact
