"""Inactive paths: paths that cannot draw before a known day, and whose binding reason cannot change before it.

Only for the policy `maximum` without a floor price and with a coverage that is constant within a quarter: without an
event, a path that cannot draw now cannot draw before the next quarter. All paths are evaluated on the first purchase
date of a quarter.
"""

from sim.kernels.jit import verb
from sim.kernels.line.limits import apply_limits, opportunity
from sim.lowering.program import ANY_PRICE, NEVER, UNLIMITED


@verb
def set_inactive(state, i, line, headroom):
    """Set `next_active` to NEVER if no amount can be drawn at any price, and the binding reason until then."""
    dollars = (headroom - state.outstanding[i]) * ANY_PRICE
    amount, reason = apply_limits(state, i, UNLIMITED, dollars, line)
    state.inactive_reason[i] = reason
    state.inactive_undrawn[i] = opportunity(state, i, line)
    state.next_active[i] = NEVER if amount == 0.0 else -1.0


@verb
def set_next_active(state, i, failure, t, code):
    """Lower `next_active` to the day on which a condition begins to fail or, if it blocks the path, ceases to fail."""
    begins, ends, day = failure.begins[i], failure.ends[i], state.next_active[i]
    day = begins if (begins > t) & (begins < day) else day
    state.next_active[i] = ends if (state.blocked[i] == code) & (ends < day) else day
