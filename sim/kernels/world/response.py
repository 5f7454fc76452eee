"""Management's response: the burn is cut while cash covers few months of it. Section "Management's response" of
sim/docs/model.md.

Amounts less than a cent apart are equal, here too: rounding cannot cut the burn a month early.
"""

from sim.kernels.cash import pay
from sim.kernels.jit import stage
from sim.lowering.program import BLOCK, CAUSE_OPERATIONS, CENT, NEVER
from sim.lowering.world_records import MONTHS_AHEAD


@stage
def open_response(rows):
    for i in range(BLOCK):
        rows.cut_from[i] = NEVER
        rows.one_off[i] = 0.0


@stage
def keep_uncut(uncut, cash_used):
    """The burn without a cut."""
    for j in range(len(cash_used)):
        for i in range(BLOCK):
            uncut[j, i] = cash_used[j, i]


@stage
def restore_uncut(cash_used, uncut):
    for j in range(len(cash_used)):
        for i in range(BLOCK):
            cash_used[j, i] = uncut[j, i]


@stage
def respond(rows, acts, state, k, level, response, minimum):
    """The decision at the opening of month k: `acts` is 1.0 for a cut, -1.0 for its end. `level`: expected burn, uncut.

    A change of the burn can change what binds a draw, so inactive paths become active.
    """
    for i in range(BLOCK):
        expected = level * (response.factor if rows.cut_from[i] <= k else 1.0)
        free = state.base_cash[i] - minimum
        cutting = rows.cut_from[i] < NEVER
        cuts = (not cutting) & (response.cover * expected - free >= CENT)
        restores = cutting & (response.restore * expected - free < CENT)
        begins = k + response.delay if cuts else rows.cut_from[i]
        rows.cut_from[i] = NEVER if restores else begins
        rows.one_off[i] = response.one_off * expected if cuts else 0.0
        acts[k, i] = 1.0 if cuts else -1.0 if restores else 0.0
        state.next_active[i] = -1.0 if cuts | restores else state.next_active[i]
        cut = (rows.cut_from[i] <= k) & (response.policies != 0)
        state.burn_factor[i] = response.factor if cut else 1.0


@stage
def cut_months(cash_used, uncut, rows, month_rows, k, factor):
    """The burn of month k and of those after it that coverage in month k can count, as decided by now."""
    for number in range(k, k + MONTHS_AHEAD):
        for j in range(month_rows.shape[1]):
            row = month_rows[number, j]
            if row >= 0:
                for i in range(BLOCK):
                    cash_used[row, i] = uncut[row, i] * (factor if rows.cut_from[i] <= number else 1.0)


@stage
def pay_one_offs(rows, state, t, minimum):
    for i in range(BLOCK):
        pay(state, i, rows.one_off[i], t, minimum, CAUSE_OPERATIONS)
