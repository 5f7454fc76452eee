"""The generator: published vectors, and streams in the layout that production uses."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.lowering import program as r
from sim.verify import streams
from sim.verify.check import About, Check
from sim.verify.streams import Call

# Counter (path low, path high, index, purpose), key (seed low, seed high), output.
VECTORS = (
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
)
RANDOM123 = "Random123 known-answer vectors; Salmon et al. (2011)"
BITS = 52
BINS, INDICES = 256, 256

# Standard normal quantiles to sixteen digits; the program states at most 8 units in the last place.
NORMAL_QUANTILES = {
    0.9: 1.2815515655446004,
    0.975: 1.959963984540054,
    0.999: 3.090232306167813,
    1e-10: -6.361340902404056,
}
ULPS = 8

EVERY_NUMBER = About("every random number of every run", "uniform distribution")
NORMALS = About("all lognormal sizes: prices, burn, financings", "standard normal distribution")


def checks(paths: int, seed: int) -> Iterator[Check]:
    """About 2 x `paths` numbers for each statistic, and no fewer than half a million."""
    yield from published()
    blocks = max(8, min(round(paths / (INDICES * r.BLOCK)), 256))
    uniforms = _numbers(r.UNIFORM, r.DAY_NORMAL, blocks, seed)
    yield from of_uniforms(uniforms.ravel())
    yield from independence(uniforms[:8], seed)
    del uniforms
    normals = _numbers(r.TWO_NORMALS, r.BURN_NORMAL, -(-blocks // 2), seed)
    yield from of_normals(normals.ravel())
    yield from of_pairs(normals[:, :, ::2].ravel(), normals[:, :, 1::2].ravel())
    yield from of_words(normals[:, :, 0].ravel(), normals[:, :, 2].ravel())
    del normals
    yield from of_single_normals(_numbers(r.NORMAL, r.COMMON_FACTOR, max(8, blocks // 4), seed).ravel())


def _numbers(kind: int, purpose: int, blocks: int, seed: int, first_path: int = 0) -> np.ndarray:
    """Numbers (blocks, INDICES, 2 or 4, BLOCK paths) of one purpose."""
    calls = [Call(purpose, index, kind) for index in range(INDICES)]
    return np.stack([streams.draw(calls, first_path + b * r.BLOCK, seed) for b in range(blocks)])


def published() -> Iterator[Check]:
    """Both uniforms of a call have the upper 52 of 64 bits, (k + 1/2) 2^-52: each bit is compared."""
    for number, (counter, key, words) in enumerate(VECTORS, start=1):
        path, seed = counter[0] | counter[1] << 32, key[0] | key[1] << 32
        found = streams.draw([Call(counter[3], counter[2])], path, seed)[0, :, 0]
        right = 0
        for half, uniform in enumerate(found):
            k = (words[2 * half + 1] << 32 | words[2 * half]) >> 64 - BITS
            right += BITS - (k ^ math.floor(uniform * 2.0**BITS)).bit_count()
        name = f"Philox4x32-10, vector {number}: bits that agree"
        yield EVERY_NUMBER.exact(name, 2 * BITS, right, source=RANDOM123)


def of_uniforms(u: np.ndarray) -> Iterator[Check]:
    yield EVERY_NUMBER.mean("uniform: mean", 1 / 2, u)
    yield EVERY_NUMBER.mean("uniform: variance", 1 / 12, (u - 0.5) ** 2)
    yield EVERY_NUMBER.mean("uniform: fourth central moment", 1 / 80, (u - 0.5) ** 4)
    counts = np.bincount((u * BINS).astype(np.int64), minlength=BINS)
    expected = u.size / BINS
    statistic = float(((counts - expected) ** 2).sum() / expected)
    yield EVERY_NUMBER.chi_square(f"uniform: counts in {BINS} bins", statistic, BINS - 1)
    ends = About("log and normal of a uniform are finite", "(k + 1/2) 2^-52")
    yield ends.exact("uniform: how many are 0 or 1", 0, np.count_nonzero((u <= 0.0) | (u >= 1.0)))


def independence(u: np.ndarray, seed: int) -> Iterator[Check]:
    """Products of scores sqrt(12) (u - 1/2) whose counters differ in one place: mean 0."""
    score = math.sqrt(12.0) * (u - 0.5)

    def other(first_path: int, of_seed: int, purpose: int = r.DAY_NORMAL) -> np.ndarray:
        return math.sqrt(12.0) * (_numbers(r.UNIFORM, purpose, len(u), of_seed, first_path) - 0.5)

    pairs = {
        "consecutive paths": score[..., 1:] * score[..., :-1],
        "consecutive indices": score[:, 1:] * score[:, :-1],
        "the two words of a call": score[:, :, 0] * score[:, :, 1],
        "neighbouring purposes": score * other(0, seed, r.MONTH_END_NORMAL),
        "neighbouring seeds": score * other(0, seed ^ 1),
        "seeds 2^32 apart": score * other(0, seed ^ 1 << 32),
        "paths 2^32 apart": score * other(2**32, seed),
    }
    about = About("no stream is used twice", "independent uniforms: correlation 0")
    for what, products in pairs.items():
        yield about.mean(f"correlation of {what}", 0, products.ravel())


def of_normals(z: np.ndarray) -> Iterator[Check]:
    for power, known in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)):
        yield NORMALS.mean(f"normal: moment {power}", known, z**power)
    tails = About("the tails of all results", "erfc(x / sqrt 2)")
    for most in (2.0, 3.0, 4.0):
        yield tails.share(
            f"normal: share beyond {most:g} either way", math.erfc(most / math.sqrt(2.0)), np.abs(z) > most
        )


def of_pairs(first: np.ndarray, second: np.ndarray) -> Iterator[Check]:
    """Both normals of a word have one radius; neither they nor their squares are correlated."""
    about = About("the two normals of a word do not depend on each other", "Box and Muller (1958)")
    yield about.mean("correlation of the two normals of a word", 0, first * second)
    yield about.mean("correlation of their squares", 0, (first**2 - 1) * (second**2 - 1) / 2)
    yield about.share("how often the first is the larger in size", 1 / 2, np.abs(first) > np.abs(second))
    yield NORMALS.mean("first normal of a word: fourth moment", 3, first**4)


def of_words(one: np.ndarray, other: np.ndarray) -> Iterator[Check]:
    """Normals of the two words of a call."""
    about = About("the four normals of a call do not depend on each other", "two words of the generator")
    yield about.mean("correlation of the normals of the words of a call", 0, one * other)
    yield about.mean("correlation of their squares between words", 0, (one**2 - 1) * (other**2 - 1) / 2)


def of_single_normals(z: np.ndarray) -> Iterator[Check]:
    """Normals that are the inverse of a uniform."""
    yield NORMALS.mean("normal of a uniform: mean", 0, z)
    yield NORMALS.mean("normal of a uniform: variance", 1, z**2)
    for p, quantile in NORMAL_QUANTILES.items():
        name, got = f"normal quantile at {p:g}, {ULPS} ulp allowed", float(streams.turned(np.array([p]))[0])
        allowed = ULPS * math.ulp(quantile)
        yield NORMALS.exact(name, quantile, got, source="tables of the normal distribution", within=allowed)
