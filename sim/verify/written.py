"""Many simulated paths recorded at once, as arrays, for the checks of the models.

`sim.engine.trace` records one path as dates and names; this module keeps the arrays of the blocks. The kernels, and
their compiled code, are those of every run.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from sim.engine.workspace import Workspace, new_recording, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.terms import Case

MOST = 250_000  # paths


@dataclass(frozen=True)
class Written:
    """Paths' histories and purchase dates: arrays of shape (rows, paths), the last axis in the order of the paths."""

    cash_used: np.ndarray  # (months, paths), dollars
    achieved: np.ndarray  # (milestones in the program's order, paths), days; infinite where never
    ceo_change: np.ndarray  # (paths,), days
    adverse_change: np.ndarray  # (paths,), days
    waived: np.ndarray  # (conditions, paths), bool
    extended: np.ndarray  # (notes, paths), bool
    deals: np.ndarray  # (months, paths), dollars of the month's third-party financing; 0 where none came
    reduces: np.ndarray  # (months, paths), bool: the investor cuts the line for it
    recording: r.Recording  # of every purchase date, payment on a note and month

    def draw(self, name: str) -> np.ndarray:
        """A field of every purchase date, one of `sim.lowering.program.DRAW_FIELDS`: (purchase dates, paths)."""
        return getattr(self.recording, name)

    @property
    def cash_month_end(self) -> np.ndarray:
        """Cash at the end of each month, dollars: (months, paths)."""
        return self.recording.cash_month_end

    @property
    def open(self) -> np.ndarray:
        """Whether each purchase date drew anything: (purchase dates, paths)."""
        return self.draw("amount") > 0


def a_quarter(paths: int) -> int:
    """How many of a verification's paths to write down: the arrays of one case stay below some 200 MB."""
    return min(paths // 4, MOST)


def write_paths(case: Case, paths: int, seed: int) -> Written:
    """The first `paths` paths of a case under a seed, recorded. About 5 microseconds a path."""
    plan = lower(case)
    workspace = Workspace(plan, recorded=r.BLOCK, draws=True)
    whole: dict[str, np.ndarray] = {}
    for first in range(0, paths, r.BLOCK):
        n = min(r.BLOCK, paths - first)
        workspace.recording = new_recording(plan, n, draws=True)
        run_chunk(workspace, plan.program, r.Span(np.uint64(first), n, 0, np.uint64(seed)))
        recorded = workspace.recording._asdict()
        for name, block in (_histories(workspace.histories, len(plan.months), n) | recorded).items():
            if name not in whole:
                whole[name] = np.empty((*block.shape[:-1], paths), block.dtype)
            whole[name][..., first : first + n] = block
    recording = r.Recording(*(whole.pop(name) for name in r.Recording._fields))
    return Written(**whole, recording=recording)


def _histories(h: r.Histories, months: int, n: int) -> dict[str, np.ndarray]:
    """The first n columns of a block's histories, until the next block is simulated."""
    deals, reduces = np.zeros((months, n)), np.zeros((months, n), bool)
    listed = h.financings
    month = np.repeat(np.arange(months), np.diff(listed.until))
    numbers = listed.order[: len(month)]
    path = listed.path[numbers]
    wanted = path < n
    deals[month[wanted], path[wanted]] = listed.amount[numbers][wanted]
    reduces[month[wanted], path[wanted]] = listed.reduces[numbers][wanted] != 0.0
    return {
        "cash_used": h.cash_used[:months, :n],
        "achieved": h.achieved[:, :n],
        "ceo_change": h.ceo_change[0, :n],
        "adverse_change": h.adverse_change[0, :n],
        "waived": h.waived[:, :n] != 0.0,
        "extended": h.extended[:, :n] != 0.0,
        "deals": deals,
        "reduces": reduces,
    }


def days_at_close(case: Case, day: datetime.date) -> float:
    """t(d) = (d - valuation_date).days + 1: the close of business on a date, in days. Model, section 3."""
    return float((day - case.valuation_date).days + 1)
