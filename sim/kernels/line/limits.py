"""The conditions of a draw, and every limit of its amount in order, with the binding reason.

Source: section "What a purchase date may draw" of sim/docs/model.md. Both the draw (`size_draw`) and the inactivity
test (`set_inactive`) call `apply_limits`. Add a new limit there.
"""

from sim.kernels.jit import peek, put, stage, verb
from sim.lowering.program import (
    CENT,
    REASON_AUTHORIZED,
    REASON_COMMITMENT,
    REASON_COVERAGE,
    REASON_DRAW_CAP,
    REASON_MINIMUM_DRAW,
    REASON_PERIOD_CAP,
    REASON_POLICY,
)


@verb
def check_conditions(state, lo, hi, failures, t, applies):
    """Set `blocked` to the code of the first failing condition, in file order. The floor price is tested earlier."""
    for c in range(len(applies)):
        if applies[c] != 0:
            block(state, lo, hi, failures[c], t, c + 1.0)


@stage
def block(state, lo, hi, failure, t, code):
    """Block the paths for which begins <= t < ends; `blocked` keeps the code of an earlier failure."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        fails = (peek(failure.begins, i) <= t) & (t < peek(failure.ends, i)) & (state.blocked[i] < 0.0)
        put(state.blocked, i, code if fails else state.blocked[i])


@verb
def tighten(amount, reason, limit, code):
    """The lesser of amount and limit, with its reason. Amounts less than a cent apart are equal: the earlier binds."""
    reason = code if amount - limit >= CENT else reason
    return (limit if limit < amount else amount), reason


@verb
def apply_limits(state, i, request, headroom_dollars, line):
    """Amount and binding reason of path i for a request.

    `headroom_dollars`: the value of the shares that may still be issued. Amounts below one cent are set to 0 without
    changing the reason. Other amounts at least one cent below `minimum_draw` are set to 0 with that reason.
    """
    first = line.reasons
    amount, reason = request, first + REASON_POLICY
    amount, reason = tighten(amount, reason, state.remaining[i], first + REASON_COMMITMENT)
    amount, reason = tighten(amount, reason, line.cap - state.drawn[i], first + REASON_PERIOD_CAP)
    covered = state.coverage[i] + state.unused_coverage[i] - state.drawn[i]
    amount, reason = tighten(amount, reason, covered, first + REASON_COVERAGE)
    amount, reason = tighten(amount, reason, headroom_dollars, first + REASON_AUTHORIZED)
    amount, reason = tighten(amount, reason, line.draw_cap, first + REASON_DRAW_CAP)

    amount = amount if amount >= CENT else 0.0
    too_small = (amount > 0.0) & (line.minimum_draw - amount >= CENT)
    reason = first + REASON_MINIMUM_DRAW if too_small else reason
    amount = 0.0 if too_small else amount
    blocked = state.blocked[i] >= 0.0
    return (0.0 if blocked else amount), (state.blocked[i] if blocked else reason)


@verb
def opportunity(state, i, line):
    """min(remaining commitment, period cap left): the upper bound against which the undrawn amount is measured."""
    left = line.cap - state.drawn[i]
    return state.remaining[i] if state.remaining[i] < left else left
