"""Quasi-random luck: scrambled Sobol' points, the numbers that matter most in the first dimensions.

The Brownian path over month-ends is built by a Brownian bridge (Glasserman 2004, section 5.5.2): the first dimension
decides where it ends, the next where it is half-way, and so on; and so is the sum of the burn's own shocks.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from sim import records as r
from sim.lowering import Plan

BITS = 52  # of a point's coordinate: as many as the generator's uniforms have


def no_points(plan: Plan) -> r.Points:
    """What stands for quasi-random points where the generator is used."""
    return r.Points(
        np.zeros((plan.luck_rows, 0)), np.zeros((2, 0), np.int64), np.zeros((2, 0, 0)), np.zeros((0, r.BLOCK))
    )


def bridge(lengths: list[float]) -> np.ndarray:
    """Q (n, n), orthogonal: z = Q g turns bridge variables g, most important first, into the n steps' own normals z.

    Step j of the random walk has variance lengths[j].
    """
    n = len(lengths)
    times = np.concatenate([[0.0], np.cumsum(lengths)])
    walk = np.zeros((n + 1, n))  # walk[i]: W at times[i] as weights of g
    pending, variable = [(0, n)], 0
    if n:
        walk[n, 0], variable = math.sqrt(times[n]), 1
    while pending:
        left, right = pending.pop(0)  # widest first
        if right - left < 2:
            continue
        middle = (left + right) // 2
        a, b = times[middle] - times[left], times[right] - times[middle]
        walk[middle] = (b * walk[left] + a * walk[right]) / (a + b)
        walk[middle, variable] = math.sqrt(a * b / (a + b))
        variable += 1
        pending += [(left, middle), (middle, right)]
    return np.diff(walk, axis=0) / np.sqrt(np.asarray(lengths, dtype=float))[:, None]


class SobolPoints:
    """The luck of consecutive chunks from SCRAMBLES independently scrambled Sobol' sequences.

    Path p is point p // SCRAMBLES of sequence p % SCRAMBLES: longer runs refine shorter ones. Chunks come in order.
    Owen (1998) scrambling as in scipy.stats.qmc: random linear matrix and digital shift.
    """

    def __init__(self, plan: Plan, seed: int) -> None:
        from scipy.stats import qmc

        self.luck_rows = plan.luck_rows
        self.rows = plan.rows_by_importance
        self.sequences = [
            qmc.Sobol(len(self.rows), scramble=True, bits=BITS, rng=np.random.default_rng([seed, number]))
            for number in range(r.SCRAMBLES)
        ]
        groups = ((plan.market_rows, plan.month_sessions), (plan.burn_rows, [1] * len(plan.burn_rows)))
        size = max(len(rows) for rows, _ in groups)
        self.turned = np.zeros((2, size), np.int64)
        self.turns = np.zeros((2, size, size))
        for group, (rows, lengths) in enumerate(groups):
            self.turned[group, : len(rows)] = rows
            self.turns[group, : len(rows), : len(rows)] = bridge([float(n) for n in lengths[: len(rows)]])

    def take(self, paths: int) -> r.Points:
        """Luck of the next `paths` paths, a multiple of SCRAMBLES."""
        uniforms = np.full((self.luck_rows, paths), 0.5)
        for number, sequence in enumerate(self.sequences):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # balance is best at powers of two; the caller may not care
                points = sequence.random(paths // r.SCRAMBLES)
            uniforms[self.rows, number :: r.SCRAMBLES] = points.T + 2.0 ** -(BITS + 1)
        return r.Points(uniforms, self.turned, self.turns, np.zeros((self.turned.shape[1], r.BLOCK)))
