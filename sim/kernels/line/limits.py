"""What a purchase date allows: conditions, the request of the policy, and every limit of the line, in their order.

Source: section "What a purchase date may draw" of sim/docs/model.md. `apply_limits` serves the draw and the test of
inactivity alike: a further limit is one line in it.
"""

from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.line.price import add_row
from sim.lowering.program import (
    CENT,
    NEVER,
    POLICY_MAXIMUM,
    POLICY_OPPORTUNISTIC,
    POLICY_SCHEDULE,
    REASON_AUTHORIZED,
    REASON_COMMITMENT,
    REASON_COVERAGE,
    REASON_DRAW_CAP,
    REASON_MINIMUM_DRAW,
    REASON_PERIOD_CAP,
    REASON_POLICY,
)


@verb
def tighten(amount, reason, limit, code):
    """The lesser of amount and limit, with its reason. Amounts less than a cent apart are equal: the earlier binds."""
    reason = code if amount - limit >= CENT else reason
    return (limit if limit < amount else amount), reason


@verb
def apply_limits(state, i, request, room, line):
    """Amount and binding reason of path i for a request; `room`: dollars of shares that may still be issued.

    An amount of less than a cent is 0 and keeps the reason of its limit; one of a cent or more that is below
    `minimum_draw` by a cent or more is 0 for that reason.
    """
    first = line.reasons
    amount, reason = request, first + REASON_POLICY
    amount, reason = tighten(amount, reason, state.remaining[i], first + REASON_COMMITMENT)
    amount, reason = tighten(amount, reason, line.cap - state.drawn[i], first + REASON_PERIOD_CAP)
    covered = state.coverage[i] + state.unused_coverage[i] - state.drawn[i]
    amount, reason = tighten(amount, reason, covered, first + REASON_COVERAGE)
    amount, reason = tighten(amount, reason, room, first + REASON_AUTHORIZED)
    amount, reason = tighten(amount, reason, line.draw_cap, first + REASON_DRAW_CAP)

    amount = amount if amount >= CENT else 0.0
    too_small = (amount > 0.0) & (line.minimum_draw - amount >= CENT)
    reason = first + REASON_MINIMUM_DRAW if too_small else reason
    amount = 0.0 if too_small else amount
    blocked = state.blocked[i] >= 0.0
    return (0.0 if blocked else amount), (state.blocked[i] if blocked else reason)


@verb
def opportunity(state, i, line):
    """min(remaining commitment, period cap left), of which a purchase date can fall short."""
    left = line.cap - state.drawn[i]
    return state.remaining[i] if state.remaining[i] < left else left


@stage
def cover(state, lo, hi, cash_used, covers, test):
    """coverage = percent x max(0, cash used in operations of the basis), summed from the oldest month to the newest.

    `test`: a purchase date or a fiscal quarter. Without months in the basis there is no coverage test: no limit.
    """
    first, last, percent = test.first_cover, test.last_cover, test.percent
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        state.coverage[i] = 0.0 if last > first else NEVER
    for j in range(first, last):
        add_row(state.coverage, lo, hi, cash_used[covers[j].month], covers[j].share)
    if last > first:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            total = state.coverage[i]
            state.coverage[i] = percent * (total if total > 0.0 else 0.0)


@verb
def check_conditions(state, lo, hi, failures, t, applies):
    """Set `blocked` to the first that forbids a draw: the floor price (already set), then conditions in file order."""
    for c in range(len(applies)):
        if applies[c] != 0:
            block(state, lo, hi, failures[c], t, c + 1.0)


@stage
def block(state, lo, hi, failure, t, code):
    """Block the paths of which a condition fails on day t: from `begins` until before `ends`."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        fails = (peek(failure.begins, i) <= t) & (t < peek(failure.ends, i)) & (state.blocked[i] < 0.0)
        put(state.blocked, i, code if fails else state.blocked[i])


@stage
def ask(state, lo, hi, purchase, line):
    """The request of the policy; NEVER (infinity) requests everything."""
    if line.policy == POLICY_MAXIMUM:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.request[i] = NEVER
    elif line.policy == POLICY_SCHEDULE:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.request[i] = purchase.scheduled
    else:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            wanted = purchase.runway_cash - state.cash[i]
            state.request[i] = wanted if wanted > 0.0 else 0.0
    if line.policy == POLICY_OPPORTUNISTIC:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.request[i] = NEVER if state.close[i] >= line.trigger else state.request[i]


@verb
def mark_inactive(state, lo, hi, failures, t, program):
    """Set `next_active`, the first day on which the path can draw or its binding reason can change.

    Only for the policy `maximum` without a floor price and with a coverage that is constant within a quarter: without
    an event, a path that cannot draw now cannot draw before the next quarter, whose first date all paths take part in.
    Must run after `count`, which reads the inactivity reason of the dates before.
    """
    suspend(state, lo, hi, program.line, program.opening.headroom)
    for c in range(len(program.conditions)):
        resume_by(state, lo, hi, failures[c], t, c + 1.0)


@stage
def suspend(state, lo, hi, line, headroom):
    """`next_active` is never where nothing can be drawn at any price, with the reason that holds until then."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        room = NEVER if headroom - state.outstanding[i] > 0.0 else 0.0
        amount, reason = apply_limits(state, i, NEVER, room, line)
        state.inactive_reason[i] = reason
        state.inactive_short[i] = opportunity(state, i, line)
        state.next_active[i] = NEVER if amount == 0.0 else -1.0


@stage
def resume_by(state, lo, hi, failure, t, code):
    """`next_active` is at most the day on which a condition begins to fail or, if it blocks the path, ceases to."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        begins, ends, day = peek(failure.begins, i), peek(failure.ends, i), state.next_active[i]
        day = begins if (begins > t) & (begins < day) else day
        put(state.next_active, i, ends if (state.blocked[i] == code) & (ends < day) else day)
