"""Quasi-random points: scrambled Sobol' points, the numbers that matter most in the first dimensions.

The Brownian path over month-ends is built by a Brownian bridge (Glasserman 2004, section 5.5.2): the first dimension
decides where it ends, the next where it is half-way, and so on. The burn's own shocks come by the principal components
of the cash they use up (ibid.), early months weighing more: fewer paths live to see the later ones. Both are computed
with operations that IEEE 754 rounds exactly, so that points, too, are the same on every machine.
"""

from __future__ import annotations

import copy
import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.lowering import program as r
from sim.lowering.lower import Plan

if TYPE_CHECKING:
    from scipy.stats import qmc

BITS = 52  # of a point's coordinate: as many as the generator's uniforms have
FADING = 0.85  # what a month weighs, relative to the month before, in the components of burn
SWEEPS = 8  # of Jacobi rotations: more change no bit that matters
MOST_COMPONENTS = 60  # months; beyond, burn takes a bridge, which needs no rotations


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


def principal_components(months: int, persistence: float) -> np.ndarray:
    """Q (n, n), orthogonal: the months' own normals z = Q g by principal components g, most important first.

    Of the running sum of an AR(1) with these shocks, month k weighted by FADING^k. Cyclic Jacobi rotations (Golub and
    Van Loan 2013, section 8.5).
    """
    course = np.zeros((months, months))  # what each shock (column) has added to the sum by each month (row)
    shock = np.zeros(months)
    total = np.zeros(months)
    weight = 1.0
    for k in range(months):
        shock = persistence * shock
        shock[k] = 1.0
        total = total + shock
        course[k] = weight * total
        weight *= FADING
    moments = np.zeros((months, months))
    for row in course:
        moments += row[:, None] * row[None, :]
    vectors = np.eye(months)
    for _ in range(SWEEPS):
        for p in range(months - 1):
            for q in range(p + 1, months):
                _rotate(moments, vectors, p, q)
    order = sorted(range(months), key=lambda j: -moments[j, j])
    return np.ascontiguousarray(vectors[order].T)


def _rotate(moments: np.ndarray, vectors: np.ndarray, p: int, q: int) -> None:
    """One Jacobi rotation: makes moments[p, q] zero. Rows of `vectors` are the components so far."""
    if abs(moments[p, q]) <= 1e-14 * math.sqrt(moments[p, p] * moments[q, q]):
        return
    theta = (moments[q, q] - moments[p, p]) / (2.0 * moments[p, q])
    t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1.0))
    c = 1.0 / math.sqrt(t * t + 1.0)
    s = t * c
    for matrix in (moments, moments.T, vectors):
        row_p, row_q = c * matrix[p] - s * matrix[q], s * matrix[p] + c * matrix[q]
        matrix[p], matrix[q] = row_p, row_q


@lru_cache(maxsize=2)
def scrambled(dimensions: int, seed: int) -> tuple[qmc.Sobol, ...]:
    """SCRAMBLES independently scrambled Sobol' sequences, kept for the next case that gets the same variates."""
    from scipy.stats import qmc

    return tuple(
        qmc.Sobol(dimensions, scramble=True, bits=BITS, rng=np.random.default_rng([number, seed]))
        for number in range(r.SCRAMBLES)
    )


class SobolPoints:
    """The variates of consecutive chunks from SCRAMBLES independently scrambled Sobol' sequences.

    Path p is point p // SCRAMBLES of sequence p % SCRAMBLES: longer runs refine shorter ones. Chunks come in order,
    from the one that begins with `first_path`.
    Scrambling as in scipy.stats.qmc: a random linear matrix and a digital shift (Matousek 1998).
    """

    def __init__(self, plan: Plan, seed: int, first_path: int = 0) -> None:
        self.plan = plan
        self.financings = 2 * r.FINANCINGS if plan.program.third_party.variate >= 0 else 0
        self.order = _by_importance(plan, self.financings)
        # A copy of its own for each run, set back to the first point; what the scrambling made is only read.
        self.sequences = [copy.copy(one).reset() for one in scrambled(max(len(self.order), 1), seed)]
        if first_path:
            for sequence in self.sequences:
                _skip(sequence, first_path // r.SCRAMBLES)
        self.normals = np.array(plan.normal_rows, np.int64)
        size = max(len(plan.market_rows), len(plan.burn_rows))
        self.turned = np.zeros((2, size), np.int64)
        self.turns = np.zeros((2, size, size))
        for group, rows in enumerate((plan.market_rows, plan.burn_rows)):
            n = len(rows)
            self.turned[group, :n] = rows
            if group == 0:
                self.turns[group, :n, :n] = bridge([float(max(days, 1)) for days in plan.month_sessions[:n]])
            elif n <= MOST_COMPONENTS:
                self.turns[group, :n, :n] = principal_components(n, plan.program.burn.persistence)
            else:
                self.turns[group, :n, :n] = bridge([1.0] * n)

    def take(self, paths: int) -> r.Points:
        """Uniforms for the next `paths` paths, a multiple of SCRAMBLES."""
        rows = self.plan.variate_rows + self.plan.day_rows
        everything = np.full((rows + self.financings, paths), 0.5)
        for number, sequence in enumerate(self.sequences):
            points = _next_points(sequence, paths // r.SCRAMBLES)
            everything[self.order, number :: r.SCRAMBLES] = points.T[: len(self.order)] + 2.0 ** -(BITS + 1)
        return r.Points(everything[:rows], everything[rows:])

    def turn(self, points: r.Points) -> None:
        """From uniforms to the numbers that the kernels take, in place; threads may do this side by side."""
        from sim.kernels.block import turn_points

        scratch = np.empty((self.turned.shape[1], points.numbers.shape[1]))
        turn_points(points.numbers, self.normals, self.turned, self.turns, scratch)


def _next_points(sequence: qmc.Sobol, n: int) -> np.ndarray:
    """The next n points (n, dimensions).

    SciPy warns if the first points that are asked for are not a power of two, as they have less balance, though no
    bias. One point is a power of two, and afterwards any number is taken without a warning. The filters of warnings
    belong to the whole process, so that they must not be changed here.
    """
    if sequence.num_generated or n < 2:
        return sequence.random(n)
    return np.concatenate([sequence.random(1), sequence.random(n - 1)])


def _skip(sequence: qmc.Sobol, points: int) -> None:
    """Set a sequence at its beginning to what follows the first `points` points, at least one.

    Point n is the digital shift and, for each bit of the Gray code of n, a direction number (Antonov and Saleev 1979).
    `qmc.Sobol.fast_forward` does the same, but refuses sequences of more than 32 bits.
    """
    last = points - 1
    code, point = last ^ (last >> 1), sequence._quasi.copy()
    for bit in range(code.bit_length()):
        if code >> bit & 1:
            point ^= sequence._sv[:, bit]
    sequence._quasi, sequence.num_generated = point, points


def _by_importance(plan: Plan, financings: int) -> list[int]:
    """Rows of variates and of financings' terms in the order of their dimensions. The terms come after the waits and
    after the first burn and market rows."""
    rows = list(plan.rows_by_importance)
    if financings:
        first = (plan.program.third_party.variate, *plan.burn_rows[:1], *plan.market_rows[:1])
        after, last = max(map(rows.index, first)) + 1, plan.variate_rows + plan.day_rows
        rows[after:after] = range(last, last + financings)
    return rows
