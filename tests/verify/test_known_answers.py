"""The known answers of `fundrisk verify`: closed forms and laws against SciPy, mpmath and figures in fifty digits."""

import math

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

import sim
from sim.verify import laws
from sim.verify.closed_forms import FirstPassage, Gbm, Lognormal, binomial, expectation
from sim.verify.written import write_paths
from tests.support.valence import valence_2002

# ------------------------------------------------------------------------------------------------------ closed forms

# S0 = 2.5, drift -0.10, volatility 0.90, 252 sessions a year; figures from quadrature in fifty digits elsewhere.
MARKET = Gbm(2.5, -0.10, 0.90)


def test_closed_forms_of_one_day():
    assert MARKET.mean(252) == pytest.approx(2.2620935450898987, rel=1e-14)
    assert math.sqrt(MARKET.variance(252)) == pytest.approx(2.52698022066811, rel=1e-13)
    assert MARKET.inverse(252) == pytest.approx(0.9937290133539266, rel=1e-14)
    known = {1: 0.18592305851252655, 5: 0.3433250776545005, 25: 0.8222177278229446, 50: 1.5087639385676013}
    known |= {75: 2.7685715660125143, 95: 6.630359302249413}
    assert {p: MARKET.quantile(p, 252) for p in known} == pytest.approx(known, rel=1e-14)


@pytest.mark.parametrize(
    ("n", "mean", "second", "inverse", "lowest"),
    [
        (1, 2.4990081333199, 6.26514729389198, 0.40144705561126, 0.401447055611),
        (3, 2.49801679128082, 6.27137633106682, 0.40232264590056, 0.41860287894),
        (5, 2.4970259735706, 6.27941442986702, 0.40331360422088, None),
    ],
)
def test_closed_forms_of_a_window(n, mean, second, inverse, lowest):
    assert MARKET.window_mean(n) == pytest.approx(mean, rel=1e-13)
    assert MARKET.window_second(n) == pytest.approx(second, rel=1e-13)
    assert MARKET.window_inverse(n) == pytest.approx(inverse, rel=1e-13)
    if lowest is not None:
        assert MARKET.window_inverse_lowest(n) == pytest.approx(lowest, rel=1e-11)


def test_a_first_passage_against_integrals():
    """Of a level 12 above 0, drift -8, standard deviation 3; figures to ten digits from elsewhere."""
    passage = FirstPassage(12.0, -8.0, 3.0)
    law = stats.invgauss(passage.mean / passage.shape, scale=passage.shape)
    known = {1.0: 0.9854013819, 1.5: 1.3207970288, 2.0: 1.4537107484}
    for until, figure in known.items():
        assert passage.limited(until) == pytest.approx(figure, abs=1e-10)
        assert passage.by(until) == pytest.approx(law.cdf(until), rel=1e-12)
        assert passage.limited(until) == pytest.approx(integrate.quad(law.sf, 0, until, epsabs=1e-13)[0], rel=1e-11)


def test_partial_expectations_against_integrals():
    strike, n = 2.0, 63

    def integral(f, low, high):
        """E[f(S); low <= ln S < high]."""
        score = [(end - MARKET.log_mean(n)) / MARKET.log_sd(n) for end in (low, high)]
        price = lambda z: math.exp(MARKET.log_mean(n) + MARKET.log_sd(n) * z)  # noqa: E731
        return integrate.quad(lambda z: f(price(z)) * stats.norm.pdf(z), max(score[0], -12), min(score[1], 12))[0]

    at = math.log(strike)
    assert MARKET.above(strike, n) == pytest.approx(integral(lambda s: 1, at, math.inf), rel=1e-9)
    assert MARKET.mean_below(strike, n) == pytest.approx(integral(lambda s: s, -math.inf, at), rel=1e-9)
    assert MARKET.inverse_above(strike, n) == pytest.approx(integral(lambda s: 1 / s, at, math.inf), rel=1e-9)


def test_several_days_below_against_the_multivariate_normal():
    days, strike = (22, 44, 64), 2.0
    covariance = np.minimum.outer(days, days) / 252 * 0.81
    scores = [math.log(strike) - MARKET.log_mean(n) for n in days]
    law = stats.multivariate_normal(np.zeros(3), covariance, seed=1, abseps=1e-9, maxpts=10**6)
    assert MARKET.all_below(strike, days) == pytest.approx(law.cdf(scores), abs=1e-6)
    one = MARKET.all_below(strike, days[:1])
    assert one == pytest.approx(1 - MARKET.above(strike, 22), abs=1e-11)
    above = stats.multivariate_normal(np.zeros(2), covariance[:2, :2]).cdf([-score for score in scores[:2]])
    assert MARKET.both_above(strike, *days[:2]) == pytest.approx(above, abs=1e-9)


def test_a_limited_lognormal_a_binomial_and_an_expectation():
    law = Lognormal(0.75, 0.5)
    same = stats.lognorm(0.5, scale=0.75 * math.exp(-0.125))
    assert law.below(0.8) == pytest.approx(same.cdf(0.8), rel=1e-12)
    assert law.limited(0.8) == pytest.approx(same.expect(lambda x: x, ub=0.8) + 0.8 * same.sf(0.8), rel=1e-8)
    np.testing.assert_allclose(binomial(1_000, 0.05), stats.binom.pmf(np.arange(1_001), 1_000, 0.05), rtol=1e-8)
    assert expectation(np.exp) == pytest.approx(math.exp(0.5), rel=1e-13)


# ------------------------------------------------------------------------------------------------------ laws


def test_lognormal_laws():
    law = stats.lognorm(s=0.7, scale=100.0)
    assert laws.log_sd(100, law.ppf(0.9)) == pytest.approx(0.7, rel=1e-12)
    assert laws.lognormal_by(130.0, 100, 0.7) == pytest.approx(law.cdf(130), rel=1e-12)
    assert list(laws.lognormal_by(np.array([-1.0, 0.0, 100.0]), 100, 0.7)) == [0, 0, 0.5]
    assert laws.lognormal_quantile(0.95, 100, 0.7) == pytest.approx(law.ppf(0.95), rel=1e-12)
    assert laws.lognormal_mean(100, 0.7) == pytest.approx(law.mean(), rel=1e-12)
    limited = law.expect(lambda x: np.minimum(x, 120.0), epsabs=1e-10, limit=200)
    assert laws.lognormal_limited(120, 100, 0.7) == pytest.approx(limited, rel=1e-7)
    assert laws.lognormal_excess(120, 100, 0.7) == pytest.approx(law.mean() - limited, rel=1e-7)


def test_exponential_laws():
    law = stats.expon(scale=365.25 / 1.2)
    assert laws.exponential_by(90, 1.2) == pytest.approx(law.cdf(90), rel=1e-12)
    limited = law.expect(lambda x: x, ub=90) + 90 * law.sf(90)
    assert laws.exponential_limited(90, 1.2) == pytest.approx(limited, rel=1e-9)


def sum_by_mpmath(x: float, one: tuple, other: tuple, correlation: float) -> float:
    """P(A + B <= x) at 20 digits, over A's score."""
    with mpmath.workdps(20):
        own = mpmath.sqrt(1 - mpmath.mpf(correlation) ** 2)

        def inside(z):
            left = x - one[0] * mpmath.exp(one[1] * z)
            return mpmath.npdf(z) * mpmath.ncdf((mpmath.log(left / other[0]) / other[1] - correlation * z) / own)

        top = mpmath.log(mpmath.mpf(x) / one[0]) / one[1]
        return float(mpmath.quad(inside, [-12, -5, -2, 0, top / 2, top * 0.9, top * (1 - mpmath.mpf(10) ** -9)]))


@pytest.mark.parametrize("correlation", [0.0, 0.36, -0.5])
def test_sums_of_two_lognormals(correlation):
    one, other = (100, 0.7), (30, 0.76)
    assert laws.sum_by(200.0, one, other, correlation) == pytest.approx(
        sum_by_mpmath(200, one, other, correlation), rel=1e-9
    )
    assert laws.sum_by(np.array([0.0, 1e9]), one, other, correlation) == pytest.approx([0, 1], abs=1e-12)
    assert laws.sum_by(150, one, other) == pytest.approx(laws.sum_by(150, other, one), rel=1e-9)


def test_sums_of_three_lognormals():
    """The moments: E[X] is the integral of P(X > x), E[X^2] that of 2x P(X > x)."""
    median, sd, far = 0.9, 0.5, 40.0
    nodes, weights = np.polynomial.legendre.leggauss(100)
    x, weights = far * (nodes + 1) / 2, far * weights / 2
    above = 1 - np.array([laws.sum_of_three_by(float(point), median, sd) for point in x])
    mean = laws.lognormal_mean(median, sd)
    assert np.sum(weights * above) == pytest.approx(3 * mean, rel=1e-8)
    variance = 3 * mean**2 * np.expm1(sd**2)
    assert np.sum(weights * 2 * x * above) == pytest.approx(variance + 9 * mean**2, rel=1e-8)


# ------------------------------------------------------------------------------------------------------ written paths


def test_paths_recorded_at_once_are_those_traced():
    case = valence_2002().replace({"third_party.annual_rate": 4.0, "policy.cadence": "month_end"})
    written = write_paths(case, 300, seed=5)
    traces = sim.engine.trace.trace_paths(case, 200, 100, seed=5)
    conditions, notes = [c.name for c in case.line.conditions], [note.name for note in case.notes]
    months = list(traces[0].history["cash_used"])
    for i, trace in enumerate(traces, start=200):
        history, ledger = trace.history, trace.ledger
        assert list(written.cash_used[:, i]) == list(history["cash_used"].values())
        assert list(written.cash_month_end[:, i]) == list(ledger["cash_month_end"].values())
        assert {name for name, flag in zip(conditions, written.waived[:, i], strict=True) if flag} == set(
            history["waived"]
        )
        assert {name for name, flag in zip(notes, written.extended[:, i], strict=True) if flag} == set(
            history["extended"]
        )
        deals = {months[k]: written.deals[k, i] for k in np.flatnonzero(written.deals[:, i])}
        assert deals == {deal["month"]: deal["amount"] for deal in history["third_party"]}
        cuts = {months[k] for k in np.flatnonzero(written.reduces[:, i])}
        assert cuts == {deal["month"] for deal in history["third_party"] if deal["reduces_line"]}
        assert (written.ceo_change[i], written.adverse_change[i]) == (
            history["ceo_change_days"], history["adverse_change_days"],
        )  # fmt: skip
        assert sorted(written.achieved[:, i][np.isfinite(written.achieved[:, i])]) == sorted(
            history["achieved_days"].values()
        )
        for field in ("amount", "close", "price", "shares"):
            assert list(written.draw(field)[:, i]) == [draw[field] for draw in ledger["draws"]]
        assert list(written.open[:, i]) == [draw["amount"] > 0 for draw in ledger["draws"]]
    assert written.deals[:, 200:].any()
    assert written.reduces[:, 200:].any()
