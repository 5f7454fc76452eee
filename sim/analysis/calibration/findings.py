"""What closes show apart from their models: likely splits, halts and stale quotes, missing sessions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np

from sim.analysis.calibration.returns import Returns
from sim.analysis.calibration.volatility import volatility_of
from sim.closes import Closes
from sim.text.numbers import percent

_FACTORS = {1.5: "3:2", 2.0: "2:1", 3.0: "3:1", 4.0: "4:1"}
_AROUND = 60  # returns on either side
_TO_SD = 1.4826  # of the median of absolute normal deviations
_NEAR, _LEAST = 3.0, 6.0  # local standard deviations: from a split's move, and of the move itself
_MOST_EQUAL = 5  # closes in a row
_MOST_MISSING = 0.02
_MOST_LISTED = 5


def findings(closes: Closes, returns: Returns) -> Iterator[str]:
    """Sentences about the closes, those of the file first."""
    yield from closes.notes
    yield from _splits(closes, returns)
    yield from _halts(closes)
    missing = int((returns.spans - 1).sum())
    if missing > _MOST_MISSING * returns.spans.sum():
        share = percent(missing / float(returns.spans.sum()))
        yield (
            f"{missing:,} sessions of the calendar ({share}) have no close. A return over several sessions counts as "
            "such in the volatility, and as one session elsewhere."
        )


def likely_splits(closes: Closes, returns: Returns) -> list[tuple[int, str]]:
    """Returns that may be unadjusted splits: the number of each, and the split.

    Their size is within three local standard deviations of log 3/2, log 2, log 3 or log 4, and above six. The local
    standard deviation is 1.4826 times the median of |r| over the 60 returns on either side. None where the file states
    the splits: the reader has applied them.
    """
    if closes.split_dates is not None:
        return []
    found = []
    sizes = np.abs(returns.values)
    for i in np.flatnonzero(sizes > math.log(1.5) / 2.0):
        around = np.concatenate([sizes[max(i - _AROUND, 0) : i], sizes[i + 1 : i + 1 + _AROUND]])
        sd = _TO_SD * float(np.median(around))
        near = min(_FACTORS, key=lambda factor: abs(sizes[i] - math.log(factor)))
        if abs(sizes[i] - math.log(near)) <= _NEAR * sd and sizes[i] > _LEAST * sd:
            text = _FACTORS[near]
            found.append((int(i), text if returns.values[i] < 0.0 else ":".join(reversed(text.split(":")))))
    return found


def _splits(closes: Closes, returns: Returns) -> Iterator[str]:
    sigma = volatility_of(returns).estimate.value
    found = likely_splits(closes, returns)
    for i, ratio in found[:_MOST_LISTED]:
        others = np.arange(returns.values.size) != i
        less = volatility_of(
            replace(returns, values=returns.values[others], spans=returns.spans[others])
        ).estimate.value
        when = f"On {returns.dates[i]}" if returns.dates else f"In return {i + 1:,}"
        move = math.expm1(float(returns.values[i]))
        split = f"--split {returns.dates[i]}={ratio}" if returns.dates else ratio
        yield (
            f"{when} the close moves by {100.0 * move:+.0f}%, which may be a split of {ratio} that the file is not "
            f"adjusted for ({split}). The volatility is {sigma:.3f} with that day and {less:.3f} without it."
        )
    if len(found) > _MOST_LISTED:
        yield f"{len(found) - _MOST_LISTED} further days may be splits."


def _halts(closes: Closes) -> Iterator[str]:
    """Runs of more than five equal closes without volume, that of the first apart."""
    values, volumes = closes.values, closes.volumes or (None,) * len(closes)
    same = (before == after for before, after in pairwise(values))
    quiet = [again and not volume for again, volume in zip(same, volumes[1:], strict=True)]
    runs = []
    start = 0
    for untraded, group in groupby(quiet):
        more = len(list(group))
        if untraded and more + 1 > _MOST_EQUAL:
            runs.append((start, more + 1))
        start += more
    for start, length in runs[:_MOST_LISTED]:
        span = (
            f"{closes.dates[start]} to {closes.dates[start + length - 1]}"
            if closes.dates
            else f"number {start + 1:,} on"
        )
        what = f"{length} closes in a row are equal, without volume ({span})"
        yield f"{what}: a halt or stale quotes, which lower the volatility."
    if len(runs) > _MOST_LISTED:
        yield f"{len(runs) - _MOST_LISTED} further such runs of equal closes."
