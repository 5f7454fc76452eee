"""A test of whether recorded figures lie within their simulated distributions as often as a calibrated model says.

The position of a figure is its probability integral transform (PIT): the probability of a lower value, from 0 to 1. In
a calibrated model positions are uniform: high and low ones are as frequent as those in the middle. A figure that
several paths have exactly has an interval of positions, over which its weight is spread evenly (Czado, Gneiting and
Held 2009, Predictive model assessment for count data).

The test is Neyman's smooth test of order two. The score 2u - 1 of a position u is positive for high figures (bias), and
6u^2 - 6u + 1, the second Legendre polynomial, is positive near both ends (a model that is too sure). Both have mean 0
in a calibrated model, also for discrete figures. The scores of a case's figures are averaged, then those of the cases.
The statistic is the sum of the squares of the two means over their standard deviations.

Its distribution is not taken from a limit theorem. In a calibrated model the recorded figures of a case are one more
path, exchangeable with the simulated ones; one path of each case, put in the place of the record, gives one draw of the
statistic (Barnard 1963; Besag and Clifford 1989). So the figures of one case may depend on each other in any way, may
be few and may be discrete. The test assumes that the cases are independent of one another, that their figures were not
chosen because of their values, and that nothing in the cases was fitted to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.text.frozen import in_brief, whole

BINS = 10
DRAWS = 9_999
LEVEL = 0.05  # of the test; the band of the histogram contains 90% of the draws


class Positions(NamedTuple):
    """The places of figures among values, as parts of 0 to 1: from `low` to `high` where several values are equal."""

    low: np.ndarray
    high: np.ndarray


@whole
class Component(NamedTuple):
    """One direction of the test: the mean score, its standard deviation in a calibrated model, a two-sided p-value."""

    mean: float
    sd: float
    p: float

    @property
    def z(self) -> float:
        return self.mean / self.sd if self.sd > 0.0 else 0.0


@whole
class Calibrated(NamedTuple):
    """The histogram of the positions and the test.

    `counts` are figures in each of `BINS` equal bins, fractions where a figure has an interval; a calibrated model
    gives from `least` to `most` in 90% of the draws. `position` is the mean position; that of a calibrated model lies
    within `usual` with probability 95%.
    """

    figures: int
    cases: int
    counts: tuple[float, ...]
    least: tuple[float, ...]
    most: tuple[float, ...]
    position: float
    usual: tuple[float, float]
    bias: Component
    spread: Component
    p: float

    def __repr__(self) -> str:
        return in_brief(self)

    @property
    def verdict(self) -> str:
        """ "calibrated" if the test finds no contradiction; else "too low", "too high", "too sure" or "too unsure"."""
        if self.p >= LEVEL:
            return "calibrated"
        if abs(self.bias.z) >= abs(self.spread.z):
            return "too low" if self.bias.mean > 0.0 else "too high"
        return "too sure" if self.spread.mean > 0.0 else "too unsure"


def positions_of(values: np.ndarray) -> Positions:
    """The position of each value of a row among all of the row.

    Parameters
    ----------
    values : ndarray, (figures, values)

    Returns
    -------
    Positions
        Two arrays of the same shape.
    """
    from scipy.stats import rankdata  # takes half a second to import

    n = values.shape[1]
    low = (rankdata(values, method="min", axis=1) - 1.0) / n
    return Positions(low, rankdata(values, method="max", axis=1) / n)


def calibration_test(cases: Sequence[np.ndarray], seed: int | Sequence[int]) -> Calibrated:
    """Test recorded figures against the values of simulated paths.

    Parameters
    ----------
    cases : sequence of ndarray, (figures, 1 + paths)
        Of each case, the recorded figures in the first column and those of a path in each other column.
    seed : int or sequence of int
        Of the draws.

    Returns
    -------
    Calibrated

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> calibration_test([rng.normal(size=(3, 500)) for _ in range(8)], 1).verdict
    'calibrated'
    """
    found = [positions_of(values) for values in cases]
    scores = [np.stack([_bias(each), _spread(each)]).mean(axis=1) for each in found]  # (2, 1 + paths) of each case
    counts = [_counts(each) for each in found]  # (BINS, 1 + paths) of each case
    rng = np.random.default_rng(seed)
    drawn, bins = np.zeros((2, DRAWS)), np.zeros((BINS, DRAWS))
    for score, count in zip(scores, counts, strict=True):
        path = rng.integers(0, score.shape[1], DRAWS)
        drawn += score[:, path] / len(cases)
        bins += count[:, path]
    mean = sum(score[:, 0] for score in scores) / len(cases)
    sd = np.sqrt(sum(score.var(axis=1) for score in scores)) / len(cases)
    scale = np.where(sd > 0.0, sd, np.inf)
    bias, spread = (Component(float(m), float(s), _p(abs(d), abs(m))) for m, s, d in zip(mean, sd, drawn, strict=True))
    statistic = ((drawn / scale[:, None]) ** 2).sum(axis=0)
    low, high = np.quantile(drawn[0], [0.025, 0.975])
    least, most = np.quantile(bins, [0.05, 0.95], axis=1)
    return Calibrated(
        figures=sum(map(len, cases)),
        cases=len(cases),
        counts=tuple(np.sum([count[:, 0] for count in counts], axis=0).tolist()),
        least=tuple(least.tolist()),
        most=tuple(most.tolist()),
        position=(1.0 + bias.mean) / 2.0,
        usual=((1.0 + float(low)) / 2.0, (1.0 + float(high)) / 2.0),
        bias=bias,
        spread=spread,
        p=_p(statistic, float(((mean / scale) ** 2).sum())),
    )


def _p(drawn: np.ndarray, seen: float) -> float:
    """The proportion of draws that are at least as extreme, the record among them."""
    return (1 + int((drawn >= seen * (1.0 - 1e-12)).sum())) / (1 + drawn.size)


def _bias(at: Positions) -> np.ndarray:
    """Mean of 2u - 1 over the interval of each position."""
    return at.low + at.high - 1.0


def _spread(at: Positions) -> np.ndarray:
    """Mean of 6u^2 - 6u + 1 over the interval of each position."""
    low, high = at
    return 2.0 * (high * high + high * low + low * low) - 3.0 * (high + low) + 1.0


def _counts(at: Positions) -> np.ndarray:
    """Figures in each bin, of each column: the part of their interval that lies in it."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    inside = [
        (np.clip(at.high, left, right) - np.clip(at.low, left, right)) / (at.high - at.low)
        for left, right in pairwise(edges)
    ]
    return np.stack(inside).sum(axis=1)
