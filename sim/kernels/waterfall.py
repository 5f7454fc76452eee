"""Where a line's commitment went: the part that was not raised, by reason."""

from sim.kernels.jit import stage
from sim.lowering.program import BLOCK, CENT


@stage
def share_commitment(state, raised, cut, undrawn, unraised, first, reasons, line, n):
    """Attribute the commitment that was neither raised nor cut to the reasons, in proportion to the undrawn amounts.

    Source: section "Measures" of sim/docs/model.md. Less than one cent is the rounding error of sums and is ignored. If
    no date has an undrawn amount, for example because third parties cut the line before the next date, all of it is
    attributed to the cash-out if purchase dates follow it, otherwise to the reason `leftover`, the period cap or,
    without purchase dates, "no purchase date". The reasons are rows `first` ... of `undrawn` and `unraised`; `line`:
    the commitment, the codes of the reasons `leftover` and "cash-out", and the time of the last purchase date.
    """
    commitment, leftover, cash_out, last = line
    for i in range(BLOCK):
        state.undrawn[i] = 0.0
    for r in range(first, first + reasons):
        for i in range(BLOCK):
            state.undrawn[i] = state.undrawn[i] + undrawn[r, i]
    for i in range(BLOCK):
        left = commitment - raised[i] - cut[i]
        state.amount[i] = left if (left >= CENT) & (i < n) else 0.0
        reason = cash_out if state.out_days[i] < last else leftover
        unraised[first + reason, i] += state.amount[i] if state.undrawn[i] <= 0.0 else 0.0
        state.amount[i] = state.amount[i] / state.undrawn[i] if state.undrawn[i] > 0.0 else 0.0
    for r in range(first, first + reasons):
        for i in range(BLOCK):
            unraised[r, i] = unraised[r, i] + state.amount[i] * undrawn[r, i]
