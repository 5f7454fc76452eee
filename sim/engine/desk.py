"""Spans of paths that the caller's thread simulates, for many cases one after another."""

from __future__ import annotations

import numpy as np

from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import Plan
from sim.results.columns import Columns
from sim.terms import Case


class Desk:
    """The arrays that one thread simulates in, a span of at most `paths` paths at a time.

    `stop`: int64 (1,); nonzero ends a span before its next block.
    """

    def __init__(self, paths: int, seed: int, stop: np.ndarray | None = None) -> None:
        self.paths, self.seed, self.stop = paths, seed, stop
        self.space: Workspace | None = None

    def columns(self, case: Case, plan: Plan, first_path: int, paths: int) -> Columns:
        """The columns of a span of any first path, until the next call. What each line has is not among them."""
        if self.space is None or plan.structure is not self.space.plan.structure:
            self.space = Workspace(plan, self.paths, stop=self.stop)
        self.space.turn_to(plan)
        run_chunk(self.space, plan.program, r.Span(np.uint64(first_path), paths, 0, np.uint64(self.seed)))
        return Columns(case, {name: rows[..., :paths] for name, rows in self.space.output._asdict().items()})
