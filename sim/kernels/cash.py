"""Cash: operations use it up evenly, payments move it, and the first moment below the minimum is the cash-out.

CASH is the balance on BASE_DAY, the last day on which anything but operations moved it (a month's opening at the
earliest); NOW is the balance on the day that is looked at. So days on which nothing happens leave no trace in the bits.
A shortfall of less than a cent is none: cash for exactly three months lasts three months, whatever the sums rounded to.
"""

from sim.kernels.jit import peek, put, stage
from sim.lowering.program import (
    BASE_DAY,
    CASH,
    CAUSE,
    CAUSE_OPERATIONS,
    CENT,
    ENDING,
    GAP,
    NEVER,
    NOW,
    OUT_DAYS,
    PAID,
)


@stage
def operate(s, lo, hi, cash_used, month, month_days, t, minimum):
    """Step 1, paths lo ... hi - 1: NOW after operations through day t; a cash-out is found by linear interpolation.

    ENDING is the minimum from the start, as it is at such a cash-out.
    """
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        base, since = s[CASH + i], s[BASE_DAY + i]
        rate = peek(cash_used, month, i) / month_days
        now = base - rate * (t - since)
        put(s, NOW + i, now)
        short = minimum - now
        short = short if short >= CENT else 0.0
        put(s, GAP + i, short if short > s[GAP + i] else s[GAP + i])
        lasts = (base - minimum) / rate
        out = (short > 0.0) & (s[OUT_DAYS + i] == NEVER)
        put(s, OUT_DAYS + i, since + (lasts if lasts > 0.0 else 0.0) if out else s[OUT_DAYS + i])
        put(s, CAUSE + i, CAUSE_OPERATIONS if out else s[CAUSE + i])


@stage
def pay(s, lo, hi, t, minimum, cause):
    """Take PAID out of NOW on day t; the funding gap, and the cash-out with its cause if this breaks the minimum."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        paid = s[PAID + i]
        cash = s[NOW + i] - paid
        s[NOW + i] = cash
        s[CASH + i] = cash if paid != 0.0 else s[CASH + i]
        s[BASE_DAY + i] = t if paid != 0.0 else s[BASE_DAY + i]
        short = minimum - cash
        short = short if short >= CENT else 0.0
        s[GAP + i] = short if short > s[GAP + i] else s[GAP + i]
        out = (short > 0.0) & (s[OUT_DAYS + i] == NEVER)
        s[OUT_DAYS + i] = t if out else s[OUT_DAYS + i]
        s[CAUSE + i] = cause if out else s[CAUSE + i]
        s[ENDING + i] = cash if out & (cause != CAUSE_OPERATIONS) else s[ENDING + i]
