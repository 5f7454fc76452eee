"""Coverage: the limit of a fiscal quarter's draws to a percentage of the cash used in operations.

coverage = percent x max(0, cash used in the months of the basis), summed from the oldest month to the newest. `test` is
a record with `first_cover`, `last_cover` and `percent` (a purchase date or a fiscal quarter). If no months apply,
coverage is infinite.
"""

from sim.kernels.jit import stage, verb
from sim.lowering.program import BLOCK, UNLIMITED


@stage
def cover_all(state, cash_used, covers, test):
    """Coverage of every path."""
    add_up(state, cash_used, covers, test)
    take_percent(state, test)


@verb
def add_up(state, cash_used, covers, test):
    """Set `coverage` to the cash used of every path."""
    first, last = test.first_cover, test.last_cover
    for i in range(BLOCK):
        state.coverage[i] = 0.0 if last > first else UNLIMITED
    for j in range(first, last):
        add_share(state, cash_used[covers[j].month], covers[j].share)


@verb
def take_percent(state, test):
    """The percentage of it."""
    percent = test.percent
    if test.last_cover > test.first_cover:
        for i in range(BLOCK):
            total = state.coverage[i]
            state.coverage[i] = percent * (total if total > 0.0 else 0.0)


@stage
def add_share(state, used, share):
    """Add a share of a month's cash used."""
    for i in range(BLOCK):
        state.coverage[i] = state.coverage[i] + used[i] * share


@verb
def cover(state, i, cash_used, covers, test):
    """Coverage of path i."""
    total = 0.0
    for j in range(test.first_cover, test.last_cover):
        total = total + cash_used[covers[j].month, i] * covers[j].share
    covered = test.percent * (total if total > 0.0 else 0.0)
    state.coverage[i] = covered if test.last_cover > test.first_cover else UNLIMITED
