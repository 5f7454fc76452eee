"""An insider's loan at a month's end, when cash covers little of the next month. Section "An insider's loan" of
sim/docs/model.md."""

from sim.kernels.jit import peek, put, stage
from sim.lowering.program import BLOCK, CENT


@stage
def draw_willing(people, variates):
    """In which months the insider is willing; a probability of 0 or 1 has no variate (-1)."""
    p = people.bridge.probability
    for k in range(len(people.willing)):
        row = people.bridge_variates[k]
        if row < 0:
            people.willing[k, :] = 1.0 if p >= 1.0 else 0.0
        else:
            for i in range(BLOCK):
                people.willing[k, i] = 1.0 if variates[row, i] < p else 0.0


@stage
def open_bridge(rows):
    for i in range(BLOCK):
        rows.lent[i] = 0.0
        rows.accrued[i] = 0.0


@stage
def lend_all(people, state, k, days, minimum):
    """Interest of month k, then min(limit left, target x burn - (cash - minimum)) where cash covers too little.

    The burn is that expected for month k + 1; a management that has decided on a cut expects the cut burn.
    """
    # Read before the loop, which vectorises only so: a store to a row could change them, as far as LLVM knows.
    rows, willing, loans = people.rows[0], people.willing[k], people.loans[k]
    level, cut_level = people.levels[k + 1], people.cut_levels[k + 1]
    rate, trigger, target, limit = people.bridge.rate, people.bridge.trigger, people.bridge.target, people.bridge.limit
    for i in range(BLOCK):
        lent = rows.lent[i]
        rows.accrued[i] = rows.accrued[i] + lent * rate * days / 365.0
        expected = cut_level if rows.cut_from[i] <= k + 1 else level
        free = state.cash[i] - minimum
        lacks = (trigger * expected - free >= CENT) & (peek(willing, i) != 0.0)
        wanted, left = target * expected - free, limit - lent
        loan = wanted if wanted < left else left
        loan = loan if lacks & (loan >= CENT) else 0.0
        rows.lent[i] = lent + loan
        put(loans, i, loan)
        state.cash[i] = state.cash[i] + loan
