"""The draw: conditions, what the policy asks for, and the limits in the contract's order (SPEC, section 5).

Each verb works on one purchase date for paths lo ... hi - 1 of a block. Reasons are codes of `sim.lowering.program`,
kept as floats so that selects stay in vector registers.
"""

import numpy as np

from sim.kernels.jit import peek, put, stage
from sim.lowering.program import (
    ALIVE,
    AMOUNT,
    AVERAGE,
    BASE_DAY,
    BINDING,
    BLOCKED,
    CASH,
    CENT,
    CLOSE,
    COVERAGE,
    DISCOUNT_COST,
    DRAWN,
    DRAWS,
    ISSUED,
    NEVER,
    NOW,
    OUT_DAYS,
    OUTSTANDING,
    POLICY_MAXIMUM,
    POLICY_OPPORTUNISTIC,
    POLICY_SCHEDULE,
    PRICE,
    RAISED,
    REASON_AUTHORIZED,
    REASON_COMMITMENT,
    REASON_COVERAGE,
    REASON_MINIMUM_DRAW,
    REASON_PERIOD_CAP,
    REASON_POLICY,
    REMAINING,
    REQUEST,
    SHARES,
    SHORT,
    SLEEP_REASON,
    SLEEP_SHORT,
    STATISTIC_MEAN,
    UNUSED_COVERAGE,
    WAKE,
)

# Loops over paths that look at a row of an input stand in functions of their own: inside another loop LLVM would leave
# them scalar.


@stage
def fetch(s, lo, hi, field, rows, j):
    """state[field] = rows[j]."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        put(s, field + i, peek(rows, j, i))


@stage
def add_row(s, lo, hi, field, rows, j, share):
    """state[field] += rows[j] x share."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        put(s, field + i, s[field + i] + peek(rows, j, i) * share)


@stage
def lower_to_row(s, lo, hi, field, rows, j):
    """state[field] = the lesser of itself and rows[j]."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        value = peek(rows, j, i)
        put(s, field + i, value if value < s[field + i] else s[field + i])


@stage
def average_window(s, lo, hi, closes, row, first_row, window, statistic):
    """The day's close, and the pricing statistic of the closes in the window, from the oldest day to the newest."""
    fetch(s, lo, hi, CLOSE, closes, row)
    fetch(s, lo, hi, AVERAGE, closes, first_row)
    for j in range(first_row + 1, first_row + window):
        if statistic == STATISTIC_MEAN:
            add_row(s, lo, hi, AVERAGE, closes, j, 1.0)
        else:
            lower_to_row(s, lo, hi, AVERAGE, closes, j)
    if statistic == STATISTIC_MEAN:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            s[AVERAGE + i] = s[AVERAGE + i] / window


@stage
def cover(s, lo, hi, cash_used, covers, first, last, percent):
    """Clause (v): percent x max(0, cash used in operations of the basis), from the oldest month to the newest."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        s[COVERAGE + i] = 0.0
    for j in range(first, last):
        add_row(s, lo, hi, COVERAGE, cash_used, covers[j].month, covers[j].share)
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        total = s[COVERAGE + i]
        s[COVERAGE + i] = percent * (total if total > 0.0 else 0.0)


@stage
def set_price(s, lo, hi, floor, multiplier):
    """PRICE, and BLOCKED by the floor price (0) or not yet (-1)."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        price = multiplier * s[AVERAGE + i]
        s[PRICE + i] = price
        s[BLOCKED + i] = 0.0 if price < floor else -1.0


@stage
def block(s, lo, hi, t, fails_from, fails_until, c, code):
    """BLOCKED by condition c where it fails on day t: from `fails_from` until before `fails_until`."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        fails = (peek(fails_from, c, i) <= t) & (t < peek(fails_until, c, i)) & (s[BLOCKED + i] < 0.0)
        put(s, BLOCKED + i, code if fails else s[BLOCKED + i])


@stage
def check_conditions(s, lo, hi, t, fails_from, fails_until, applies):
    """In BLOCKED what first forbids a draw: the floor price (already there), then conditions in the file's order."""
    for c in range(len(applies)):
        if applies[c] != 0:
            block(s, lo, hi, t, fails_from, fails_until, c, c + 1.0)


@stage
def ask(s, lo, hi, purchase, line):
    """REQUEST: what the policy asks for; NEVER (infinity) is everything."""
    if line.policy == POLICY_MAXIMUM:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            s[REQUEST + i] = NEVER
    elif line.policy == POLICY_SCHEDULE:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            s[REQUEST + i] = purchase.scheduled
    else:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            wanted = purchase.runway_cash - s[NOW + i]
            s[REQUEST + i] = wanted if wanted > 0.0 else 0.0
    if line.policy == POLICY_OPPORTUNISTIC:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            s[REQUEST + i] = NEVER if s[CLOSE + i] >= line.trigger else s[REQUEST + i]


@stage
def size_draw(s, lo, hi, line, headroom, covered, base):
    """AMOUNT, SHARES and BINDING of a draw, whether or not the cash has run out before it.

    SHORT, for the tallies, is by how much what counts falls short of min(remaining, period cap left). `base` is the
    number of conditions. Less than a cent is nothing, be it a draw or what tells two limits apart: rounding leaves
    such dust under a limit that is used up, and between limits that are equal.
    """
    minimum_draw, cap = line.minimum_draw, line.cap
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        price = s[PRICE + i]
        remaining = s[REMAINING + i]
        cap_left = cap - s[DRAWN + i]
        room = headroom - s[OUTSTANDING + i]

        amount = s[REQUEST + i]
        reason = base + REASON_POLICY
        reason = base + REASON_COMMITMENT if amount - remaining >= CENT else reason
        amount = remaining if remaining < amount else amount
        reason = base + REASON_PERIOD_CAP if amount - cap_left >= CENT else reason
        amount = cap_left if cap_left < amount else amount
        covered_left = s[COVERAGE + i] + s[UNUSED_COVERAGE + i] - s[DRAWN + i] if covered else NEVER
        reason = base + REASON_COVERAGE if amount - covered_left >= CENT else reason
        amount = covered_left if covered_left < amount else amount
        worth = room * price
        reason = base + REASON_AUTHORIZED if amount - worth >= CENT else reason
        amount = worth if worth < amount else amount

        amount = amount if amount >= CENT else 0.0
        too_small = minimum_draw - amount >= CENT
        reason = base + REASON_MINIMUM_DRAW if too_small else reason
        amount = 0.0 if too_small else amount
        blocked = s[BLOCKED + i]
        reason = blocked if blocked >= 0.0 else reason
        amount = 0.0 if blocked >= 0.0 else amount

        shares = np.floor(amount / price + 0.5)
        shares = room if shares > room else shares
        alive = 1.0 if s[OUT_DAYS + i] == NEVER else 0.0
        opportunity = remaining if remaining < cap_left else cap_left
        s[AMOUNT + i] = amount
        s[SHARES + i] = shares
        s[BINDING + i] = reason
        s[ALIVE + i] = alive
        s[SHORT + i] = opportunity - alive * amount


@stage
def settle_draw(s, lo, hi, t, commitment):
    """Money in, shares out. What the path raised counts only up to its cash-out.

    Sums of rounded amounts can pass a limit by their last bit: what was raised is held to the commitment.
    """
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        amount, shares, alive = s[AMOUNT + i], s[SHARES + i], s[ALIVE + i]
        drawn = amount > 0.0
        cash = s[NOW + i] + amount
        s[NOW + i] = cash
        s[CASH + i] = cash if drawn else s[CASH + i]
        s[BASE_DAY + i] = t if drawn else s[BASE_DAY + i]
        s[REMAINING + i] = s[REMAINING + i] - amount
        s[DRAWN + i] = s[DRAWN + i] + amount
        s[OUTSTANDING + i] = s[OUTSTANDING + i] + shares
        raised = s[RAISED + i] + alive * amount
        s[RAISED + i] = commitment if raised > commitment else raised
        s[ISSUED + i] = s[ISSUED + i] + alive * shares
        s[DISCOUNT_COST + i] = s[DISCOUNT_COST + i] + alive * (shares * (s[CLOSE + i] - s[PRICE + i]))
        s[DRAWS + i] = s[DRAWS + i] + (alive if drawn else 0.0)


@stage
def doze(s, lo, hi, t, fails_from, fails_until, line, headroom, covered, base):
    """WAKE: the next day on which a draw or its binding reason can change; until then nothing can be drawn.

    Only for the `maximum` policy without a floor price and with a coverage that stands still inside a quarter. Whoever
    may still draw wakes on the next purchase date; everybody wakes on the first one of a quarter.
    """
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        remaining = s[REMAINING + i]
        cap_left = line.cap - s[DRAWN + i]
        reason = base + REASON_COMMITMENT
        reason = base + REASON_PERIOD_CAP if remaining - cap_left >= CENT else reason
        left = cap_left if cap_left < remaining else remaining
        covered_left = s[COVERAGE + i] + s[UNUSED_COVERAGE + i] - s[DRAWN + i] if covered else NEVER
        reason = base + REASON_COVERAGE if left - covered_left >= CENT else reason
        least = covered_left if covered_left < left else left
        no_room = headroom - s[OUTSTANDING + i] <= 0.0
        reason = base + REASON_AUTHORIZED if no_room & (least >= CENT) else reason
        nothing = (least < CENT) | no_room
        too_small = nothing & (line.minimum_draw >= CENT) | (line.minimum_draw - least >= CENT)
        reason = base + REASON_MINIMUM_DRAW if too_small else reason
        blocked = s[BLOCKED + i]
        s[SLEEP_REASON + i] = blocked if blocked >= 0.0 else reason
        s[SLEEP_SHORT + i] = left
        s[WAKE + i] = NEVER if nothing | too_small | (blocked >= 0.0) else -1.0
    for c in range(len(fails_from)):
        wake_by(s, lo, hi, t, fails_from, fails_until, c, c + 1.0)


@stage
def wake_by(s, lo, hi, t, fails_from, fails_until, c, code):
    """WAKE no later than the day on which condition c begins to fail, or ceases to if it is the one that blocks."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        begins, ends, wake = peek(fails_from, c, i), peek(fails_until, c, i), s[WAKE + i]
        wake = begins if (begins > t) & (begins < wake) else wake
        put(s, WAKE + i, ends if (s[BLOCKED + i] == code) & (ends < wake) else wake)
