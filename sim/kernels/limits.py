"""The draw: conditions, what the policy asks for, and the limits in the contract's order (SPEC, section 5).

Each verb works on one purchase date for a block of paths; reasons are codes of `sim.records`, kept as floats so that
selects stay in vector registers.
"""

import numpy as np

from sim.kernels.jit import stage
from sim.records import (
    ALIVE,
    AMOUNT,
    AVERAGE,
    BINDING,
    BLOCK,
    BLOCKED,
    CASH,
    CONDITION_MILESTONE,
    CONDITION_SAME_CEO,
    COVERAGE,
    DISCOUNT_COST,
    DRAWN,
    DRAWS,
    ISSUED,
    NEVER,
    OUT_DAYS,
    OUTSTANDING,
    POLICY_MAXIMUM,
    POLICY_OPPORTUNISTIC,
    POLICY_SCHEDULE,
    PRICE,
    RAISED,
    REASON,
    REASON_AUTHORIZED,
    REASON_CASH_OUT,
    REASON_COMMITMENT,
    REASON_COVERAGE,
    REASON_FLOOR,
    REASON_MINIMUM_DRAW,
    REASON_PERIOD_CAP,
    REASON_POLICY,
    REMAINING,
    REQUEST,
    SHARES,
    SHORT,
    STATISTIC_MEAN,
    UNUSED_COVERAGE,
)


@stage
def average_window(s, closes, first_row, window, statistic):
    """The pricing statistic of the closes in the window, summed from the oldest day to the newest."""
    oldest = closes[first_row]
    for i in range(BLOCK):
        s[AVERAGE + i] = oldest[i]
    for j in range(first_row + 1, first_row + window):
        row = closes[j]
        if statistic == STATISTIC_MEAN:
            for i in range(BLOCK):
                s[AVERAGE + i] = s[AVERAGE + i] + row[i]
        else:
            for i in range(BLOCK):
                s[AVERAGE + i] = row[i] if row[i] < s[AVERAGE + i] else s[AVERAGE + i]
    if statistic == STATISTIC_MEAN:
        for i in range(BLOCK):
            s[AVERAGE + i] = s[AVERAGE + i] / window


@stage
def cover(s, cash_used, covers, first, last, percent):
    """Clause (v): percent x max(0, cash used in operations of the basis), from the oldest month to the newest."""
    for i in range(BLOCK):
        s[COVERAGE + i] = 0.0
    for j in range(first, last):
        row, share = cash_used[covers[j].month], covers[j].share
        for i in range(BLOCK):
            s[COVERAGE + i] = s[COVERAGE + i] + row[i] * share
    for i in range(BLOCK):
        total = s[COVERAGE + i]
        s[COVERAGE + i] = percent * (total if total > 0.0 else 0.0)


@stage
def check_conditions(s, histories, purchase, conditions, applies, floor, multiplier, adverse_duration):
    """The price, and in BLOCKED the first thing that forbids a draw: the floor price, then conditions in file order. -1: nothing."""
    for i in range(BLOCK):
        price = multiplier * s[AVERAGE + i]
        s[PRICE + i] = price
        s[BLOCKED + i] = REASON_FLOOR if price < floor else -1.0
    t = purchase.t
    for c in range(len(conditions)):
        if applies[c] == 0:
            continue
        code = c + 1.0
        waived = histories.waived[c]
        kind = conditions[c].kind
        if kind == CONDITION_MILESTONE:
            achieved = histories.achieved[conditions[c].milestone]
            for i in range(BLOCK):
                fails = (achieved[i] > t) & (waived[i] == 0.0) & (s[BLOCKED + i] < 0.0)
                s[BLOCKED + i] = code if fails else s[BLOCKED + i]
        elif kind == CONDITION_SAME_CEO:
            change = histories.ceo_change[0]
            for i in range(BLOCK):
                fails = (change[i] <= t) & (waived[i] == 0.0) & (s[BLOCKED + i] < 0.0)
                s[BLOCKED + i] = code if fails else s[BLOCKED + i]
        else:
            change = histories.adverse_change[0]
            for i in range(BLOCK):
                inside = (change[i] <= t) & (t < change[i] + adverse_duration)
                fails = inside & (waived[i] == 0.0) & (s[BLOCKED + i] < 0.0)
                s[BLOCKED + i] = code if fails else s[BLOCKED + i]


@stage
def ask(s, closes, purchase, line):
    """REQUEST: what the policy asks for; NEVER (infinity) is everything."""
    if line.policy == POLICY_MAXIMUM:
        for i in range(BLOCK):
            s[REQUEST + i] = NEVER
    elif line.policy == POLICY_SCHEDULE:
        for i in range(BLOCK):
            s[REQUEST + i] = purchase.scheduled
    else:
        target = purchase.runway_cash
        for i in range(BLOCK):
            wanted = target - s[CASH + i]
            s[REQUEST + i] = wanted if wanted > 0.0 else 0.0
    if line.policy == POLICY_OPPORTUNISTIC:
        close = closes[purchase.row]
        for i in range(BLOCK):
            s[REQUEST + i] = NEVER if close[i] >= line.trigger else s[REQUEST + i]


@stage
def size_draw(s, line, headroom, covered, n_conditions):
    """AMOUNT, SHARES and BINDING of a draw, whether or not the cash has run out before it.

    For the tallies: SHORT, by how much what counts falls short of min(remaining, period cap left), and its REASON.
    """
    base = float(n_conditions)
    minimum_draw, cap = line.minimum_draw, line.cap
    carry = 1.0 if line.carry_forward else 0.0
    for i in range(BLOCK):
        price = s[PRICE + i]
        remaining = s[REMAINING + i]
        cap_left = cap - s[DRAWN + i]
        room = headroom - s[OUTSTANDING + i]

        amount = s[REQUEST + i]
        reason = base + REASON_POLICY
        reason = base + REASON_COMMITMENT if remaining < amount else reason
        amount = remaining if remaining < amount else amount
        reason = base + REASON_PERIOD_CAP if cap_left < amount else reason
        amount = cap_left if cap_left < amount else amount
        if covered:
            covered_left = s[COVERAGE + i] + carry * s[UNUSED_COVERAGE + i] - s[DRAWN + i]
            reason = base + REASON_COVERAGE if covered_left < amount else reason
            amount = covered_left if covered_left < amount else amount
        worth = room * price
        reason = base + REASON_AUTHORIZED if worth < amount else reason
        amount = worth if worth < amount else amount

        amount = amount if amount > 0.0 else 0.0
        too_small = amount < minimum_draw
        reason = base + REASON_MINIMUM_DRAW if too_small else reason
        amount = 0.0 if too_small else amount
        blocked = s[BLOCKED + i]
        reason = blocked if blocked >= 0.0 else reason
        amount = 0.0 if blocked >= 0.0 else amount

        shares = np.floor(amount / price + 0.5)
        shares = room if shares > room else shares
        s[AMOUNT + i] = amount
        s[SHARES + i] = shares
        alive = s[OUT_DAYS + i] == NEVER
        opportunity = remaining if remaining < cap_left else cap_left
        s[SHORT + i] = opportunity - (amount if alive else 0.0)
        s[BINDING + i] = reason
        s[REASON + i] = reason if alive else base + REASON_CASH_OUT
        s[ALIVE + i] = 1.0 if alive else 0.0


@stage
def settle_draw(s, close, commitment):
    """Money in, shares out. What the path raised counts only up to its cash-out.

    Sums of rounded amounts can pass a limit by their last bit: what was raised is held to the commitment.
    """
    for i in range(BLOCK):
        amount, shares, alive = s[AMOUNT + i], s[SHARES + i], s[ALIVE + i]
        s[CASH + i] = s[CASH + i] + amount
        s[REMAINING + i] = s[REMAINING + i] - amount
        s[DRAWN + i] = s[DRAWN + i] + amount
        s[OUTSTANDING + i] = s[OUTSTANDING + i] + shares
        raised = s[RAISED + i] + alive * amount
        s[RAISED + i] = commitment if raised > commitment else raised
        s[ISSUED + i] = s[ISSUED + i] + alive * shares
        s[DISCOUNT_COST + i] = s[DISCOUNT_COST + i] + alive * (shares * (close[i] - s[PRICE + i]))
        s[DRAWS + i] = s[DRAWS + i] + (alive if amount > 0.0 else 0.0)
