"""The conditions of a draw, and every limit of its amount in order, with the binding reason.

Source: section "What a purchase date may draw" of sim/docs/model.md. The size of a draw (`size_draw`), the test of
whether a price is needed (`needs_price`) and the test of inactivity (`set_inactive`) all call `apply_limits`: add a new
limit to `apply_limits`.
"""

from sim.kernels.jit import passage, stage, verb
from sim.lowering.program import (
    BLOCK,
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
def block(state, i, failure, t, code):
    """Block path i if begins <= t < ends; a code that `blocked` already has, of an earlier condition, stays."""
    fails = (failure.begins[i] <= t) & (t < failure.ends[i]) & (state.blocked[i] < 0.0)
    state.blocked[i] = code if fails else state.blocked[i]


@stage
def block_all(state, failure, t, code):
    """`block` for every path."""
    for i in range(BLOCK):
        block(state, i, failure, t, code)


@verb
def tighten(amount, reason, limit, code):
    """The lesser of amount and limit. The reason becomes `code` only if the limit is lower by a cent or more."""
    reason = code if amount - limit >= CENT else reason
    return (limit if limit < amount else amount), reason


@verb
def apply_limits(state, i, request, headroom_dollars, line):
    """Amount and binding reason of path i for a request.

    `headroom_dollars`: the value of the shares that may still be issued. Amounts below one cent are set to 0 without
    changing the reason. Other amounts at least one cent below `minimum_draw` are set to 0, with the reason "minimum
    draw". A blocked path gets 0 and the code that blocks it.
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


@passage
def opportunity(state, i, line):
    """min(remaining commitment, period cap left): the upper bound against which the undrawn amount is measured."""
    left = line.cap - state.drawn[i]
    return state.remaining[i] if state.remaining[i] < left else left
