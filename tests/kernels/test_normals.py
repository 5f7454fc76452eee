"""The production layout of the normals, ten million at a time: moments, tails, distribution, independence.

The honest source is the kernels. Faults are made with NumPy from the generator's words, as people make them who write
Box and Muller's method anew; each statistic must notice those listed beside it. Seeds are pinned.
"""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import special, stats

from sim.lowering.program import BURN_NORMAL, DAY_NORMAL, MONTH_END_NORMAL, NORMALS_A_CALL
from tests.support.random_rows import normals, words

MOST = 4.0  # standard errors of an honest source
CALLS = 2_500_000  # of four normals
SEED = 20020401


def honest(n, index=3, purpose=MONTH_END_NORMAL, seed=SEED, first_path=0):
    """Four rows of n normals, two of each word."""
    return np.array(normals(first_path, n, index, purpose, seed))


def upper(word, bits=40):
    """A uniform from the upper bits of a word."""
    return ((word >> np.uint64(64 - bits)) + 0.5) * 2.0**-bits


def lower(word, bits=22):
    """One from its lower bits."""
    return upper(word << np.uint64(64 - bits), bits)


def parts(word, uniform=None, fraction=None):
    """Radius, sine and cosine of the method, and whether the sine comes first."""
    uniform = upper(word) if uniform is None else uniform
    fraction = lower(word) if fraction is None else fraction
    x, sign = math.pi / 2 * (fraction - 0.5), 1.0 - 2.0 * (word >> np.uint64(23) & np.uint64(1))
    return np.sqrt(-2 * np.log(uniform)), np.sin(x), sign * np.cos(x), word >> np.uint64(22) & np.uint64(1) == 1


def in_order(radius, sine, cosine, swap):
    return radius * np.array([np.where(swap, sine, cosine), np.where(swap, cosine, sine)])


def by_numpy(word, uniform=None, fraction=None):
    """Both normals of a word."""
    return in_order(*parts(word, uniform, fraction))


def of_words(fault):
    """A source from each word of a call alone."""
    return of_calls(lambda a, b: [*fault(a), *fault(b)])


def of_calls(fault):
    """A source from both words of a call."""

    def source(n, index=3, purpose=MONTH_END_NORMAL, seed=SEED, first_path=0):
        return np.array(fault(*words(first_path, n, index, purpose, seed)))

    return source


def other_call(change):
    """A source whose radii are those of another call."""

    def source(n, index=3, purpose=MONTH_END_NORMAL, seed=SEED, first_path=0):
        own = words(first_path, n, index, purpose, seed)
        other = words(first_path, n, *change(index, purpose), seed)
        return np.concatenate([by_numpy(word, upper(radius)) for word, radius in zip(own, other, strict=True)])

    return source


def one_sided(word):
    radius, sine, cosine, swap = parts(word)
    return in_order(radius, sine, np.abs(cosine), swap)


def unswapped(word):
    return in_order(*parts(word)[:3], np.zeros(len(word), bool))


def with_the_first(j):
    """A source whose number j is correlated with the first."""

    def source(n, *at, **given):
        numbers = honest(n, *at, **given)
        numbers[j] = 0.02 * numbers[0] + math.sqrt(1 - 0.02**2) * numbers[j]
        return numbers

    return source


FAULTS = {
    "radius from the bits of the angle": of_words(lambda word: by_numpy(word, lower(word))),
    "angle from the bits of the radius": of_words(lambda word: by_numpy(word >> np.uint64(40), upper(word))),
    "angle of 24 bits": of_words(lambda word: by_numpy(word, fraction=lower(word, 24))),
    "angle from an axis on": of_words(lambda word: by_numpy(word, fraction=lower(word) + 0.5)),
    "cosine without its sign": of_words(one_sided),
    "swap bit ignored": of_words(unswapped),
    "radius of 12 bits": of_words(lambda word: by_numpy(word, upper(word, 12))),
    "radius too long": of_words(lambda word: 1.005 * by_numpy(word)),
    "both words give the same pair": of_calls(lambda a, b: 2 * [*by_numpy(a)]),
    "second pair has the first's radius": of_calls(lambda a, b: [*by_numpy(a), *by_numpy(b, upper(a))]),
    "normals of a word correlated": with_the_first(1),
    "normals of both words correlated": with_the_first(3),
    "each second index has the radius before it": other_call(lambda index, purpose: (index & ~1, purpose)),
    "all purposes have one radius": other_call(lambda index, purpose: (index, 1)),
    "index dropped": lambda n, index=3, *at, **given: honest(n, 3, *at, **given),
    "purpose dropped": lambda n, index=3, purpose=1, *at, **given: honest(n, index, 1, *at, **given),
    "paths in pairs": lambda n, *at, **given: np.repeat(honest(n // 2, *at, **given), 2, axis=1),
}


def double_factorial(k):
    """E[z^(k + 1)] for odd k."""
    return float(special.factorial2(k))


def each_and_all(source):
    """Each number of a call, and all of them."""
    rows = source(CALLS)
    return [*enumerate(rows), ("all", rows.ravel())]


def moment_scores(source):
    """Of moments 1 to 8: exact values, and errors from the exact moments too."""
    found = {}
    for name, z in each_and_all(source):
        power = np.ones_like(z)
        for k in range(1, 9):
            power *= z
            known = double_factorial(k - 1) if k % 2 == 0 else 0.0
            se = math.sqrt((double_factorial(2 * k - 1) - known**2) / len(z))
            found[name, k] = (power.mean() - known) / se
    return found


def tail_scores(source):
    """Of how many lie beyond 1 to 5 standard deviations, below and above, by the binomial distribution."""
    found = {}
    for name, z in each_and_all(source):
        for most in (1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0):
            for side in (-1, 1):
                count, p = np.count_nonzero(side * z > most), special.ndtr(-most)
                below, above = stats.binom.cdf(count, len(z), p), stats.binom.sf(count - 1, len(z), p)
                found[name, side * most] = -special.ndtri(max(min(below, above, 0.5), 1e-300))
    return found


def distribution_scores(source):
    """Kolmogorov's and Smirnov's statistic, and Anderson's and Darling's, as parts of their points of one in a thousand
    for large samples (1.95 and 6.0: Stephens 1974), times MOST."""
    found = {}
    for name, z in each_and_all(source):
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
    names = [(name, number) for name in rows for number in range(NORMALS_A_CALL)]
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
        "cosine without its sign", "swap bit ignored", "angle from an axis on", "angle of 24 bits", "radius too long",
        "radius from the bits of the angle", "angle from the bits of the radius",
    ],
    tail_scores: [
        "radius of 12 bits", "swap bit ignored", "cosine without its sign", "angle of 24 bits", "radius too long",
    ],
    distribution_scores: [
        "radius from the bits of the angle", "angle from the bits of the radius", "cosine without its sign",
        "swap bit ignored", "angle from an axis on", "angle of 24 bits", "radius too long",
    ],
    correlation_scores: [
        "both words give the same pair", "second pair has the first's radius", "normals of a word correlated",
        "normals of both words correlated", "each second index has the radius before it",
        "all purposes have one radius", "index dropped", "purpose dropped", "paths in pairs",
        "radius from the bits of the angle", "angle from the bits of the radius",
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
    np.testing.assert_allclose(of_words(by_numpy)(100_000), honest(100_000), rtol=1e-13, atol=1e-30)
