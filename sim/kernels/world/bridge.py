"""An insider's loan at a month's end, when cash covers little of the next month. Section "An insider's loan" of
sim/docs/model.md."""

from sim.kernels.jit import stage
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
    rows, bridge, level, cut_level = people.rows[0], people.bridge, people.levels[k + 1], people.cut_levels[k + 1]
    for i in range(BLOCK):
        rows.accrued[i] = rows.accrued[i] + rows.lent[i] * bridge.rate * days / 365.0
        expected = cut_level if rows.cut_from[i] <= k + 1 else level
        free = state.cash[i] - minimum
        lacks = (bridge.trigger * expected - free >= CENT) & (people.willing[k, i] != 0.0)
        wanted, left = bridge.target * expected - free, bridge.limit - rows.lent[i]
        loan = wanted if wanted < left else left
        loan = loan if lacks & (loan >= CENT) else 0.0
        rows.lent[i] = rows.lent[i] + loan
        people.loans[k, i] = loan
        state.cash[i] = state.cash[i] + loan
