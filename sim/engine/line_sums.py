"""Sums over the paths of a chunk by line, and over the chunks of a run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.lowering.line_records import Books
from sim.lowering.lower import Plan
from sim.results.figures import LineTallies


class LineSums(NamedTuple):
    """What the lines did on the paths of one chunk."""

    binding: np.ndarray  # int64 (lines, periods, reasons)
    cut: np.ndarray  # (lines,)
    unraised: np.ndarray  # (lines, reasons)
    raised: np.ndarray  # (lines, periods)
    shares: np.ndarray  # (lines,)


def line_sums(plan: Plan, books: Books) -> LineSums:
    """The sums of the chunk that the books have just been kept for."""
    lines, periods, reasons = len(plan.lines), plan.periods, len(plan.reasons)
    return LineSums(
        binding=books.binding.sum(axis=1).reshape(lines, periods, reasons),
        cut=books.cut.sum(axis=1),
        unraised=books.unraised.sum(axis=1).reshape(lines, reasons),
        raised=books.raised_sums.sum(axis=1).reshape(lines, periods),
        shares=books.share_sums.sum(axis=1),
    )


def tally_lines(plan: Plan, sums: list[LineSums]) -> LineTallies:
    """The tallies of a run from the sums of its chunks, in the order of the paths."""
    dates = np.zeros((len(plan.lines), plan.periods), np.int64)
    for draw in plan.draws:
        dates[plan.lines.index(draw.line), draw.period] += 1
    return LineTallies(
        binding=np.sum([each.binding for each in sums], axis=0),
        purchase_dates=dates,
        cut_by_chunk=np.array([each.cut for each in sums]),
        unraised_by_chunk=np.array([each.unraised for each in sums]),
        raised_by_chunk=np.array([each.raised for each in sums]),
        shares_by_chunk=np.array([each.shares for each in sums]),
    )
