"""Draws of the uncertain inputs of a case: scrambled Sobol' points, made values by the inverse of each input's law."""

from __future__ import annotations

import math

import numpy as np

from sim.analysis.inputs import Input, number_rule
from sim.terms import Case
from sim.terms.overrides import known_key
from sim.terms.problems import Problem, number_text, raise_if
from sim.terms.stated import SHARE, WAIVERS

#: Binary digits of a Sobol' number, which is 0 at the least and below 1.
BITS = 52


def drawn(case: Case, inputs: tuple[Input, ...], draws: int, seed: int) -> np.ndarray:
    """Values (draws, inputs), each input independent of the others.

    Owen's scrambling of a Sobol' sequence: Owen (1995), in Monte Carlo and Quasi-Monte Carlo Methods in Scientific
    Computing. Raises CaseError with a line for each range whose draws a key does not allow.
    """
    from scipy.stats import qmc

    points = qmc.Sobol(len(inputs), bits=BITS, rng=np.random.default_rng(seed))
    # SciPy warns of numbers of points that are no power of two. Each is put in the middle of its cell, inside 0 to 1.
    uniforms = points.random_base2((draws - 1).bit_length())[:draws] + 2.0 ** -(BITS + 1)
    values = np.column_stack([quantile(one, uniforms[:, i]) for i, one in enumerate(inputs)])
    raise_if(list(_outside(case, inputs, values)), case.source)
    return values


def quantile(one: Input, u: np.ndarray) -> np.ndarray:
    """The value of an input below which it lies with probability u, for each u."""
    from scipy.special import ndtri

    low, high = one.low, one.high
    if one.law == "uniform":
        return low + u * (high - low)
    if one.law == "triangular":
        mode, width = float(one.mode if one.mode is not None else low), high - low
        rising = low + np.sqrt(u * width * (mode - low))
        falling = high - np.sqrt((1.0 - u) * width * (high - mode))
        return np.where(u * width < mode - low, rising, falling)
    if one.law == "lognormal":
        low, high = math.log(low), math.log(high)
    scores = (low + high) / 2.0 + (high - low) / (2.0 * float(ndtri(0.95))) * ndtri(u)
    return np.exp(scores) if one.law == "lognormal" else scores


def _outside(case: Case, inputs: tuple[Input, ...], values: np.ndarray) -> list[Problem]:
    """The ranges of which a draw is not what its key allows."""
    assert case.ranges is not None
    found: list[Problem] = []
    for one, column in zip(inputs, values.T, strict=True):
        rule = SHARE if one.key == WAIVERS else number_rule(known_key(Case, one.key))
        for worst in (float(column.min()), float(column.max())):
            if not rule.fits(worst):
                stated = case.ranges.spread(one.key).document
                what = f"has a draw of {number_text(float(f'{worst:.4g}'))}; each must be {rule.allowed}"
                found.append((f'ranges."{one.key}"', stated, what))
                break
    return found
