"""The production layout of the normals, ten million at a time: moments, tails, distribution, independence.

The honest source is the kernels. Faults are made with NumPy from the generator's words, as people make them who write
Box and Muller's method anew; each statistic must notice those listed beside it. Seeds are pinned.
"""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import special, stats

from sim.lowering.program import BURN_NORMAL, DAY_NORMAL, MONTH_END_NORMAL
from tests.support.random_rows import normals, words

MOST = 4.0  # standard errors of an honest source
CALLS = 5_000_000  # of two normals
SEED = 20020401
STEP = 2.0**-52
ANGLE = np.uint64(2**52 - 1)


def honest(n, index=3, purpose=MONTH_END_NORMAL, seed=SEED, first_path=0):
    """Two rows of n normals."""
    return np.array(normals(first_path, n, index, purpose, seed))


def by_numpy(a, b, uniform=None):
    """Radius, sine and cosine of the method, and whether the sine comes first."""
    uniform = ((a >> np.uint64(12)) + 0.5) * STEP if uniform is None else uniform
    x = math.pi / 2 * ((b & ANGLE) * STEP - 0.5)
    sign = 1.0 - 2.0 * (b >> np.uint64(63))
    return np.sqrt(-2 * np.log(uniform)), np.sin(x), sign * np.cos(x), (b >> np.uint64(62)) & np.uint64(1) == 1


def in_order(radius, sine, cosine, swap):
    return radius * np.array([np.where(swap, sine, cosine), np.where(swap, cosine, sine)])


def of_words(fault):
    """A source from both words of a call."""

    def source(n, index=3, purpose=MONTH_END_NORMAL, seed=SEED, first_path=0):
        return fault(*words(first_path, n, index, purpose, seed))

    return source


def other_call(change):
    """A source whose first word is that of another call."""

    def source(n, index=3, purpose=MONTH_END_NORMAL, seed=SEED, first_path=0):
        _, b = words(first_path, n, index, purpose, seed)
        a, _ = words(first_path, n, *change(index, purpose), seed)
        return in_order(*by_numpy(a, b))

    return source


def of_fewer_bits(a, b, bits):
    """A radius from fewer bits."""
    return in_order(*by_numpy(a, b, ((a >> np.uint64(64 - bits)) + 0.5) * 2.0**-bits))


def one_sided(a, b):
    radius, sine, cosine, swap = by_numpy(a, b)
    return in_order(radius, sine, np.abs(cosine), swap)


def unswapped(a, b):
    return in_order(*by_numpy(a, b)[:3], np.zeros(len(a), bool))


def both_of_the_sine(a, b):
    radius, sine, cosine, swap = by_numpy(a, b)
    first, second = in_order(radius, sine, cosine, swap)
    return np.array([first, 0.02 * first + math.sqrt(1 - 0.02**2) * second])


def half_an_angle(a, b):
    """Angles from an axis on, not to either side of it."""
    radius, _, _, swap = by_numpy(a, b)
    x = math.pi / 2 * ((b & ANGLE) * STEP)
    return in_order(radius, np.sin(x), (1.0 - 2.0 * (b >> np.uint64(63))) * np.cos(x), swap)


FAULTS = {
    "radius from the bits of the angle": of_words(lambda a, b: in_order(*by_numpy(b << np.uint64(12), b))),
    "cosine without its sign": of_words(one_sided),
    "swap bit ignored": of_words(unswapped),
    "radius of 12 bits": of_words(lambda a, b: of_fewer_bits(a, b, 12)),
    "normals of a call correlated": of_words(both_of_the_sine),
    "angle from an axis on": of_words(half_an_angle),
    "radius too long": of_words(lambda a, b: 1.005 * in_order(*by_numpy(a, b))),
    "each second index has the radius before it": other_call(lambda index, purpose: (index & ~1, purpose)),
    "all purposes have one radius": other_call(lambda index, purpose: (index, 1)),
    "index dropped": lambda n, index=3, *at, **given: honest(n, 3, *at, **given),
    "purpose dropped": lambda n, index=3, purpose=1, *at, **given: honest(n, index, 1, *at, **given),
    "paths in pairs": lambda n, *at, **given: np.repeat(honest(n // 2, *at, **given), 2, axis=1),
}


def double_factorial(k):
    """E[z^(k + 1)] for odd k."""
    return float(special.factorial2(k))


def moment_scores(source):
    """Of moments 1 to 8 of each half: exact values, and errors from the exact moments too."""
    found = {}
    for half, z in enumerate(source(CALLS)):
        power = np.ones_like(z)
        for k in range(1, 9):
            power *= z
            known = double_factorial(k - 1) if k % 2 == 0 else 0.0
            se = math.sqrt((double_factorial(2 * k - 1) - known**2) / len(z))
            found[half, k] = (power.mean() - known) / se
    return found


def tail_scores(source):
    """Of how many of each half lie beyond 1 to 5 standard deviations, below and above, by the binomial distribution."""
    found = {}
    for half, z in enumerate(source(CALLS)):
        for most in (1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0):
            for side in (-1, 1):
                count, p = np.count_nonzero(side * z > most), special.ndtr(-most)
                below, above = stats.binom.cdf(count, len(z), p), stats.binom.sf(count - 1, len(z), p)
                found[half, side * most] = -special.ndtri(max(min(below, above, 0.5), 1e-300))
    return found


def distribution_scores(source):
    """Kolmogorov's and Smirnov's statistic, and Anderson's and Darling's, of all numbers and of each half, as parts of
    their points of one in a thousand for large samples (1.95 and 6.0: Stephens 1974), times MOST."""
    first, second = source(CALLS)
    found = {}
    for name, z in (("both", np.concatenate([first, second])), ("first", first), ("second", second)):
        z = np.sort(z)
        n, rank = len(z), np.arange(1, len(z) + 1)
        below, above = special.log_ndtr(z), special.log_ndtr(-z)
        share = np.exp(below)
        gap = max((rank / n - share).max(), (share - (rank - 1) / n).max()) * math.sqrt(n)
        found[name, "KS"] = MOST * gap / 1.95
        found[name, "AD"] = MOST * (-n - np.mean((2 * rank - 1) * (below + above[::-1]))) / 6.0
    return found


def correlation_scores(source):
    """Of products of numbers, of their squares and of their sizes: two of a call, of calls that differ in one place."""
    n = 200_000
    rows = {
        (index, purpose): source(n, index, purpose)
        for purpose in (MONTH_END_NORMAL, DAY_NORMAL, BURN_NORMAL) for index in (2, 3, 4)
    }  # fmt: skip
    rows["another seed"] = source(n, 2, MONTH_END_NORMAL, SEED + 1)
    rows["paths further on"] = source(n, 2, MONTH_END_NORMAL, first_path=2**32)
    names = [(name, half) for name in rows for half in range(2)]
    z = np.concatenate(list(rows.values()))
    size_mean, size_variance = math.sqrt(2 / math.pi), 1 - 2 / math.pi
    kinds = {
        "numbers": z,
        "squares": (z * z - 1) / math.sqrt(2),
        "sizes": (np.abs(z) - size_mean) / math.sqrt(size_variance),
    }
    found = {}
    for kind, values in kinds.items():
        products = values @ values.T / math.sqrt(n)
        for i, j in combinations(range(len(names)), 2):
            found[kind, names[i], names[j]] = products[i, j]
        for distance in (1, 2, 8):  # neighbouring paths
            products = (values[:, distance:] * values[:, :-distance]).sum(axis=1) / math.sqrt(n - distance)
            found |= {(kind, name, distance): product for name, product in zip(names, products, strict=True)}
    return found


#: The faults that each statistic must notice.
STATISTICS = {
    moment_scores: [
        "cosine without its sign", "swap bit ignored", "angle from an axis on", "radius too long",
        "radius from the bits of the angle",
    ],
    tail_scores: ["radius of 12 bits", "swap bit ignored", "cosine without its sign", "radius too long"],
    distribution_scores: [
        "radius from the bits of the angle", "cosine without its sign", "swap bit ignored", "angle from an axis on",
        "radius too long",
    ],
    correlation_scores: [
        "normals of a call correlated", "each second index has the radius before it", "all purposes have one radius",
        "index dropped", "purpose dropped", "paths in pairs", "radius from the bits of the angle",
    ],
}  # fmt: skip


def furthest(scores):
    return max(map(abs, scores.values()))


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda statistic: statistic.__name__)
def test_normals_follow_their_law(statistic):
    scores = statistic(honest)
    assert furthest(scores) <= MOST, {name: z for name, z in scores.items() if abs(z) > MOST}


@pytest.mark.parametrize(
    ("statistic", "fault"),
    [(statistic, fault) for statistic, faults in STATISTICS.items() for fault in faults],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
def test_a_faulty_source_is_seen(statistic, fault):
    assert furthest(statistic(FAULTS[fault])) > MOST


def test_the_method_written_anew_agrees():
    """So that a fault is what makes a faulty source fail."""
    a, b = words(0, 100_000, 3, MONTH_END_NORMAL, SEED)
    np.testing.assert_allclose(in_order(*by_numpy(a, b)), honest(100_000), rtol=1e-13, atol=1e-30)
