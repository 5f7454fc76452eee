"""Raw random numbers from the kernels that simulate, at counters of one's choice, in the layout of every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.verify.samples import plain_case


class Call(NamedTuple):
    """One call of the generator for each path: two uniforms, the inverse normals of both, or two normals a word."""

    purpose: int
    number: int  # the counter's index
    kind: int = r.UNIFORM


def counters(calls: Sequence[Call], first_row: int) -> np.ndarray:
    """The kernels' table of calls: each has two rows for either word, from `first_row` on."""
    table = np.zeros(len(calls), r.CALL)
    for j, call in enumerate(calls):
        a = first_row + r.NORMALS_A_CALL * j
        table[j] = (call.purpose, call.number, call.kind, a, a + 1, call.kind, a + 2, a + 3)
    return table


def draw(calls: Sequence[Call], first_path: int, seed: int) -> np.ndarray:
    """What each call gives to BLOCK consecutive paths: (calls, words, BLOCK), of two normals a word (calls, 4, BLOCK).

    All calls are of one kind.
    """
    plan = lower(plain_case())
    space = Workspace(plan)
    variates = np.zeros((plan.variate_rows + r.NORMALS_A_CALL * len(calls), r.BLOCK))
    table = np.concatenate([plan.program.calls, counters(calls, plan.variate_rows)])
    space.histories = space.histories._replace(variates=variates)
    run_chunk(space, plan.program._replace(calls=table), r.Span(np.uint64(first_path), r.BLOCK, 0, np.uint64(seed)))
    numbers = variates[plan.variate_rows :].reshape(len(calls), r.NORMALS_A_CALL, r.BLOCK)
    return numbers if calls[0].kind == r.TWO_NORMALS else numbers[:, ::2]


def turned(uniforms: np.ndarray) -> np.ndarray:
    """The normals that the kernels make of given uniforms."""
    from sim.kernels.block import turn_points

    numbers = np.array([uniforms])
    nothing = np.zeros((0, 0), np.int64), np.zeros((0, 0, 0)), np.zeros((0, 0))
    turn_points(numbers, np.zeros(1, np.int64), *nothing)
    return numbers[0]
