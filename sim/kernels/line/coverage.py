"""Coverage: the limit of a fiscal quarter's draws to a percentage of the cash used in operations."""

from sim.kernels.jit import stage
from sim.kernels.line.price import add_row
from sim.lowering.program import UNLIMITED


@stage
def cover(state, lo, hi, cash_used, covers, test):
    """coverage = percent x max(0, cash used in the months of the basis), summed from the oldest month to the newest.

    `test`: a record with `first_cover`, `last_cover` and `percent` (a purchase date or a fiscal quarter). If no months
    apply, coverage is infinite.
    """
    first, last, percent = test.first_cover, test.last_cover, test.percent
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        state.coverage[i] = 0.0 if last > first else UNLIMITED
    for j in range(first, last):
        add_row(state.coverage, lo, hi, cash_used[covers[j].month], covers[j].share)
    if last > first:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            total = state.coverage[i]
            state.coverage[i] = percent * (total if total > 0.0 else 0.0)
