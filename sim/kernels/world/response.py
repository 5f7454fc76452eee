"""Management's response: the burn is cut while cash covers few months of it. Section "Management's response" of
sim/docs/model.md.

Amounts less than a cent apart are equal, here too: rounding cannot cut the burn a month early.
"""

from sim.kernels.cash import pay
from sim.kernels.jit import stage
from sim.lowering.program import BLOCK, CAUSE_OPERATIONS, CENT, NEVER, UNLIMITED


@stage
def open_response(rows, begun):
    """The opening; `begun`: the month from which a cut that has been decided holds, or NEVER."""
    for i in range(BLOCK):
        rows.cut_from[i] = begun
        rows.one_off[i] = 0.0


@stage
def respond(rows, acts, state, k, people, minimum):
    """The decision at the opening of month k: `acts` is 1.0 for a cut, -1.0 for its end.

    A change of the burn can change what binds a draw, so inactive paths become active.
    """
    response, level, cut_level = people.response, people.levels[k], people.cut_levels[k]
    for i in range(BLOCK):
        expected = cut_level if rows.cut_from[i] <= k else level
        free = state.base_cash[i] - minimum
        cutting = rows.cut_from[i] < NEVER
        cuts = (not cutting) & (response.cover * expected - free >= CENT)
        # Infinite months of a burn below zero, an income, are no cover either.
        restores = cutting & (response.restore < UNLIMITED) & (response.restore * expected - free < CENT)
        begins = k + response.delay if cuts else rows.cut_from[i]
        rows.cut_from[i] = NEVER if restores else begins
        rows.one_off[i] = response.one_off * expected if cuts else 0.0
        acts[k, i] = 1.0 if cuts else -1.0 if restores else 0.0
        state.next_active[i] = -1.0 if cuts | restores else state.next_active[i]
        state.burn_cut[i] = 1.0 if rows.cut_from[i] <= k else 0.0


@stage
def pay_one_offs(rows, state, t, minimum):
    for i in range(BLOCK):
        pay(state, i, rows.one_off[i], t, minimum, CAUSE_OPERATIONS)
