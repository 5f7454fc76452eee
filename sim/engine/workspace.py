"""The arrays that the kernels work in."""

from __future__ import annotations

import numpy as np

from sim.lowering import program as r
from sim.lowering.lower import Plan


class Workspace:
    """The arrays that one thread works in, reused from chunk to chunk."""

    def __init__(self, plan: Plan) -> None:
        program = plan.program
        months, reasons = len(plan.months), len(plan.reasons)

        def rows(n: int) -> np.ndarray:
            return np.zeros((max(n, 1), r.BLOCK))

        def records(n: int, dtype: np.dtype) -> np.recarray:
            return np.zeros(max(n, 1), dtype).view(np.recarray)

        self.histories = r.Histories(
            luck=rows(plan.luck_rows),
            half_luck=np.zeros((plan.luck_rows, r.BLOCK // 2)),
            closes=rows(len(program.days)),
            ready=np.zeros(max(len(program.days), 1), np.int64),
            cash_used=rows(len(program.months)),
            achieved=rows(len(program.milestones)),
            ceo_change=rows(1),
            adverse_change=rows(1),
            waived=rows(len(program.conditions)),
            extended=rows(len(program.notes)),
            deals_until=np.zeros(months + 1, np.int64),
            deal_path=np.zeros(months * r.BLOCK + 1, np.int64),
            deal_amount=np.zeros(months * r.BLOCK),
            deal_reduces=np.zeros(months * r.BLOCK),
            scratch=np.zeros(r.BLOCK),
        )
        self.ledgers = r.Ledgers(
            state=records(1, r.STATE),
            notes=records(len(program.notes), r.BALANCES),
            failures=records(len(program.conditions), r.FAILURE),
            raised=rows(len(plan.periods)),
            shortfall=rows(reasons),
        )
        self.tally = r.Tally(
            binding=np.zeros((len(plan.periods) * reasons, r.BLOCK), np.int64),
            unraised=np.zeros((reasons, r.BLOCK)),
        )


def tape(plan: Plan, paths: int, draws: bool) -> r.Tape:
    """An empty tape for the first `paths` paths of a chunk."""
    return r.Tape(
        draws=np.zeros((len(plan.purchase_dates), len(r.TAPE), paths if draws else 0)),
        cash_month_end=np.zeros((len(plan.months), paths)),
    )


def columns(plan: Plan, paths: int) -> np.ndarray:
    """Room for the columns of `paths` paths: `sim.lowering.program.COLUMNS`, then each period's raised."""
    return np.empty((r.N_COLUMNS + len(plan.periods), paths))
