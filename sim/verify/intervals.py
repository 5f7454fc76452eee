"""Errors and intervals: whether they cover as often as they say, in many small runs of known distributions."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy import special

import sim
from sim.lowering.program import SCRAMBLES
from sim.results.distribution import Distribution
from sim.results.estimates import GROUPS, QUANTILE_PERCENTS, WORST_PERCENT, by_group, proportion
from sim.verify.check import LIMIT, Check, chance, mean_of
from sim.verify.closed_forms import Gbm, binomial
from sim.verify.samples import AMOUNT, DRIFT, S0, one_draw

MARKET = Gbm(S0, DRIFT, 0.3)
SESSION, SMALL = 63, 1_000
PROTECTS = "the errors that stand beside every number"


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
    known = MARKET.mean(SESSION)
    covers = [low <= known <= high for low, high in (one.mean_ci95 for one in found)]
    yield chance("95% interval of a mean: how often it covers", PROTECTS, "Student's interval", 0.95, np.array(covers))
    errors = np.array([one.mcse for one in found]) ** 2
    known = MARKET.variance(SESSION) / SMALL
    yield mean_of("standard error of a mean, squared", PROTECTS, "variance / n", known * 1e6, errors * 1e6)
    for i, percent in enumerate(QUANTILE_PERCENTS):
        point = MARKET.quantile(percent, SESSION)
        intervals = [one.quantiles[i].ci95 for one in found]
        covers = [low <= point <= high for low, high in intervals]
        # X(l) <= q <= X(u) where the number below q, a binomial, is from l to u - 1; each tail has at most 2.5%.
        chances = binomial(SMALL, percent / 100)
        low, last = np.searchsorted(np.cumsum(chances), (0.025, 0.975))
        exactly = float(chances[low : last + 1].sum())
        yield chance(
            f"interval of the {percent}% point: how often it covers", PROTECTS,
            "order statistics; David and Nagaraja (2003), section 7.1", exactly, np.array(covers),
        )  # fmt: skip


def of_the_worst(price: np.ndarray) -> Check:
    """E[S; S <= q] / 5% with q the 5% point, beside the mean of the worst 5% and its standard error."""
    known = MARKET.mean_below(MARKET.quantile(WORST_PERCENT, SESSION), SESSION) * 100 / WORST_PERCENT
    found = Distribution.from_values(price)
    source = "expected shortfall of a lognormal"
    return Check("mean of the worst 5%, $", "bad cases", source, known, found.worst5_mean, found.worst5_se)


def of_probabilities(price: np.ndarray) -> Iterator[Check]:
    """Wilson's interval holds p where the share found is within 1.96 sqrt(p (1 - p) / n) of p."""
    for percent in (2, 50):
        p, point = percent / 100, MARKET.quantile(percent, SESSION)
        k = np.arange(SMALL + 1)
        near = (k - SMALL * p) ** 2 <= special.ndtri(0.975) ** 2 * SMALL * p * (1 - p)
        known = float(binomial(SMALL, p)[near].sum())
        intervals = [proportion(int(count), SMALL).ci95 for count in (price <= point).sum(axis=1)]
        covers = np.array([low <= p <= high for low, high in intervals])
        yield chance(
            f"interval of a probability of {percent}%: how often it covers", PROTECTS,
            "Wilson (1927); sum over the binomial", known, covers,
        )  # fmt: skip


def of_groups(paths: int, seed: int) -> Iterator[Check]:
    """Mirrored pairs and Sobol' points have the same mean; their error is that of independent groups."""
    case, known = one_draw(SESSION, {"price.volatility": MARKET.volatility}), MARKET.inverse(SESSION)
    pairs, scrambles = GROUPS[1:]
    result = sim.simulate(case, paths=paths // 2 * 2, seed=seed, antithetic=True)
    shares = by_group(result["shares_issued"] / AMOUNT, pairs) / 2
    yield mean_of("antithetic pairs: E[1/S]", "--antithetic", "E[1/S] = exp((sigma^2 - mu) t) / S0", known, shares)
    result = sim.simulate(case, paths=SCRAMBLES * 4_096, seed=seed, sampler="sobol")
    means = by_group(result["shares_issued"] / AMOUNT, scrambles) / 4_096
    # Sixteen means leave fifteen degrees of freedom: the error is widened until Student's tail is the normal's.
    wide = float(special.stdtrit(SCRAMBLES - 1, special.ndtr(LIMIT))) / LIMIT
    se = wide * float(means.std(ddof=1)) / math.sqrt(SCRAMBLES)
    source = "the same; error of 16 scrambles, Student's tail"
    yield Check("Sobol' points: E[1/S]", "--sampler sobol", source, known, float(means.mean()), se)
