"""Runs of many cases, one after another in one thread, whose columns are all that is wanted of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.engine.chunks import Drawn, room_for
from sim.engine.workspace import Workspace, columns_room, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import Plan
from sim.lowering.program import CHUNK


class Lane:
    """The arrays that one thread works in, for runs of so many paths of cases of one structure.

    Attributes
    ----------
    output : Output
        The columns of the last run.
    by_line : array (rows, paths)
        As `Books.columns`.
    """

    def __init__(self, plan: Plan, paths: int) -> None:
        self.structure, self.paths = plan.structure, paths
        self.output, self.by_line = room_for(plan, paths), columns_room(plan, paths)
        self.space = Workspace(plan, CHUNK, output=self.output, columns=self.by_line)

    def fits(self, plan: Plan, paths: int) -> bool:
        """Whether a run can have these arrays."""
        return plan.structure is self.structure and paths == self.paths

    def run(self, plan: Plan, how: Drawn, first_path: int, check: Callable[[int, int], Any]) -> None:
        """Simulate a plan of the lane's structure, not with sobol. `check` is called before each chunk, with the paths
        that are done and all of them, and may raise."""
        self.space.turn_to(plan)
        seed, antithetic = np.uint64(how.seed), int(how.antithetic)
        for column in range(0, self.paths, CHUNK):
            check(column, self.paths)
            here = min(CHUNK, self.paths - column)
            run_chunk(self.space, plan.program, r.Span(np.uint64(first_path + column), here, column, seed, antithetic))

    def columns(self) -> dict[str, np.ndarray]:
        """The columns of the last run, by name, with `by_line` where the lines are in tables."""
        by_line = {"by_line": self.by_line} if self.space.plan.has_tables else {}
        return self.output._asdict() | by_line
