"""Errors and intervals: whether they cover as often as they say, in many small runs of known distributions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from scipy import special

import sim
from sim.lowering.program import SCRAMBLES
from sim.results.distribution import Distribution
from sim.results.estimates import GROUPS, QUANTILE_PERCENTS, WORST_PERCENT, by_group, proportion
from sim.verify.check import LIMIT, About, Check
from sim.verify.closed_forms import Gbm, binomial
from sim.verify.samples import AMOUNT, DRIFT, S0, one_draw

MARKET = Gbm(S0, DRIFT, 0.3)
SESSION, SMALL = 63, 1_000
PROTECTS = "the errors beside every number"


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Runs of SMALL paths, one after the other of one long run: the shares that a fixed dollar draw issues."""
    case = one_draw(SESSION, {"price.volatility": MARKET.volatility})
    price = AMOUNT / sim.simulate(case, paths=paths // SMALL * SMALL, seed=seed)["shares_issued"].reshape(-1, SMALL)
    yield from of_means_and_quantiles(price)
    yield of_the_worst(price.ravel())
    yield from of_probabilities(price)
    yield from of_groups(paths, seed)


def of_means_and_quantiles(price: np.ndarray) -> Iterator[Check]:
    found = [Distribution.from_values(run) for run in price]
    covers = _covers((one.mean_ci95 for one in found), MARKET.mean(SESSION))
    yield About(PROTECTS, "Student's interval").share("95% interval of a mean: how often it covers", 0.95, covers)
    errors, known = np.array([one.mcse for one in found]) ** 2, MARKET.variance(SESSION) / SMALL
    yield About(PROTECTS, "variance / n").mean("standard error of a mean, squared", known * 1e6, errors * 1e6)
    about = About(PROTECTS, "order statistics; David and Nagaraja (2003), section 7.1")
    for i, percent in enumerate(QUANTILE_PERCENTS):
        covers = _covers((one.quantiles[i].ci95 for one in found), MARKET.quantile(percent, SESSION))
        # X(l) <= q <= X(u) where the number below q, a binomial, is from l to u - 1; each tail has at most 2.5%.
        chances = binomial(SMALL, percent / 100)
        low, last = np.searchsorted(np.cumsum(chances), (0.025, 0.975))
        known = float(chances[low : last + 1].sum())
        yield about.share(f"interval of the {percent}% point: how often it covers", known, covers)


def _covers(intervals: Iterable[tuple[float, float]], known: float) -> np.ndarray:
    """Whether each interval covers the known value."""
    return np.array([low <= known <= high for low, high in intervals])


def of_the_worst(price: np.ndarray) -> Check:
    """E[S; S <= q] / 5% with q the 5% point, beside the mean of the lowest 5% and its standard error."""
    known = MARKET.mean_below(MARKET.quantile(WORST_PERCENT, SESSION), SESSION) * 100 / WORST_PERCENT
    found = Distribution.from_values(price)
    about = About("expected shortfall, 5%", "expected shortfall of a lognormal")
    return about.estimate("mean of the worst 5%, $", known, found.worst5_mean, found.worst5_se)


def of_probabilities(price: np.ndarray) -> Iterator[Check]:
    """Wilson's interval covers p where the share found is within 1.96 sqrt(p (1 - p) / n) of p."""
    about = About(PROTECTS, "Wilson (1927); sum over the binomial")
    for percent in (2, 50):
        p, point = percent / 100, MARKET.quantile(percent, SESSION)
        k = np.arange(SMALL + 1)
        near = (k - SMALL * p) ** 2 <= special.ndtri(0.975) ** 2 * SMALL * p * (1 - p)
        known = float(binomial(SMALL, p)[near].sum())
        covers = _covers((proportion(int(count), SMALL).ci95 for count in (price <= point).sum(axis=1)), p)
        yield about.share(f"interval of a probability of {percent}%: how often it covers", known, covers)


def of_groups(paths: int, seed: int) -> Iterator[Check]:
    """Mirrored pairs and Sobol' points have the same mean; their error is that of independent groups."""
    case, known = one_draw(SESSION, {"price.volatility": MARKET.volatility}), MARKET.inverse(SESSION)
    pairs, scrambles = GROUPS[1:]
    result = sim.simulate(case, paths=paths // 2 * 2, seed=seed, antithetic=True)
    shares = by_group(result["shares_issued"] / AMOUNT, pairs) / 2
    about = About("--antithetic", "E[1/S] = exp((sigma^2 - mu) t) / S0")
    yield about.mean("antithetic pairs: E[1/S]", known, shares)
    result = sim.simulate(case, paths=SCRAMBLES * 4_096, seed=seed, sampler="sobol")
    means = by_group(result["shares_issued"] / AMOUNT, scrambles) / 4_096
    # Sixteen means leave fifteen degrees of freedom: the error is widened until Student's tail is the normal's.
    wide = float(special.stdtrit(SCRAMBLES - 1, special.ndtr(LIMIT))) / LIMIT
    se = wide * float(means.std(ddof=1)) / math.sqrt(SCRAMBLES)
    about = About("--sampler sobol", "the same; error of 16 scrambles, Student's tail")
    yield about.estimate("Sobol' points: E[1/S]", known, float(means.mean()), se)
