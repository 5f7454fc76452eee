"""Inactive paths: paths that cannot draw before a known day, and whose binding reason cannot change before it."""

from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.line.limits import apply_limits, opportunity
from sim.lowering.program import NEVER, UNLIMITED


@verb
def mark_inactive(state, lo, hi, failures, t, program):
    """Set `next_active`, the first day on which the path can draw or its binding reason can change.

    Only for the policy `maximum` without a floor price and with a coverage that is constant within a quarter: without
    an event, a path that cannot draw now cannot draw before the next quarter. All paths are evaluated on the first
    purchase date of a quarter. Must run after `count`, which reads the inactivity reason of the dates before.
    """
    set_inactive(state, lo, hi, program.line, program.opening.headroom)
    for c in range(len(program.conditions)):
        set_next_active(state, lo, hi, failures[c], t, c + 1.0)


@stage
def set_inactive(state, lo, hi, line, headroom):
    """Set `next_active` to NEVER if no amount can be drawn at any price, and the binding reason until then."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        headroom_dollars = UNLIMITED if headroom - state.outstanding[i] > 0.0 else 0.0
        amount, reason = apply_limits(state, i, UNLIMITED, headroom_dollars, line)
        state.inactive_reason[i] = reason
        state.inactive_undrawn[i] = opportunity(state, i, line)
        state.next_active[i] = NEVER if amount == 0.0 else -1.0


@stage
def set_next_active(state, lo, hi, failure, t, code):
    """Lower `next_active` to the day on which a condition begins to fail or, if it blocks the path, ceases to fail."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        begins, ends, day = peek(failure.begins, i), peek(failure.ends, i), state.next_active[i]
        day = begins if (begins > t) & (begins < day) else day
        put(state.next_active, i, ends if (state.blocked[i] == code) & (ends < day) else day)
