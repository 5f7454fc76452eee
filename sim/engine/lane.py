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
from sim.results.columns import Columns
from sim.terms import Case


class Lane:
    """The arrays that one thread works in, which serve the next run if it has the same structure and size.

    Parameters
    ----------
    room : make the arrays for so many paths at least, so that they serve runs of different sizes up to that.
    stop : int64 (1,); nonzero ends a run before its next block.

    Attributes
    ----------
    output : Output
        The columns of the last run; `room` long if that is longer.
    by_line : array (rows, paths)
        As `Books.columns`.
    """

    def __init__(self, room: int = 0, stop: np.ndarray | None = None) -> None:
        self.room, self.stop, self.size = room, stop, 0
        self.space: Workspace | None = None

    def run(
        self, plan: Plan, paths: int, how: Drawn, first_path: int = 0, check: Callable[[int, int], Any] | None = None
    ) -> None:
        """Simulate paths from `first_path` on, which may be any, not with sobol.

        `check` is called before each chunk, with the paths that are done and all of them, and may raise.
        """
        space = self._space(plan, max(paths, self.room))
        seed, antithetic = np.uint64(how.seed), int(how.antithetic)
        for column in range(0, paths, CHUNK):
            if check is not None:
                check(column, paths)
            here = min(CHUNK, paths - column)
            run_chunk(space, plan.program, r.Span(np.uint64(first_path + column), here, column, seed, antithetic))

    def columns(self, case: Case, paths: int) -> Columns:
        """The columns of the last run, which was one of so many paths of this case, until the next run."""
        assert self.space is not None
        by_line = {"by_line": self.by_line} if self.space.plan.has_tables else {}
        return Columns(case, {name: rows[..., :paths] for name, rows in (self.output._asdict() | by_line).items()})

    def _space(self, plan: Plan, size: int) -> Workspace:
        if self.space is None or plan.structure is not self.space.plan.structure or size != self.size:
            self.size, self.output, self.by_line = size, room_for(plan, size), columns_room(plan, size)
            self.space = Workspace(plan, CHUNK, output=self.output, columns=self.by_line, stop=self.stop)
        self.space.turn_to(plan)
        return self.space
