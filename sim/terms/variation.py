"""How far an uncertain input may lie from its value in the case: functions from the value to a low and a high."""

from __future__ import annotations

import math
from collections.abc import Callable

Ends = tuple[float, float]  # low, high
Variation = Callable[[float], Ends]


def times(low: float, high: float) -> Variation:
    """From `low` times the value to `high` times the value; of a negative value the larger multiple is the low end."""
    return lambda base: (min(low * base, high * base), max(low * base, high * base))


def within(distance: float, least: float = -math.inf, most: float = math.inf) -> Variation:
    """The value plus and minus `distance`, inside `least` and `most` where the value itself is."""
    return lambda base: (max(base - distance, min(least, base)), min(base + distance, max(most, base)))


def doubled(base: float) -> Ends:
    """From no effect to twice the effect; for a negative effect the double is the low end."""
    return min(0.0, 2.0 * base), max(0.0, 2.0 * base)


def step_doubled(factor: float) -> Ends:
    """From no step to a step of twice the size; factors are at least 0."""
    return max(0.0, min(1.0, 2.0 * factor - 1.0)), max(1.0, 2.0 * factor - 1.0)


def discount_doubled(base: float) -> Ends:
    """From no discount to twice the discount, at most half of the way to 1."""
    return 0.0, min(2.0 * base, (1.0 + base) / 2)


#: For orders of magnitude, which may be wrong by a factor of two.
HALF_TO_TWICE = times(0.5, 2.0)
#: For probabilities, which are usually given in tenths.
TWO_TENTHS = within(0.2, 0.0, 1.0)
