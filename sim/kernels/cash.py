"""Cash: operations use it up evenly, payments move it, and the first moment below the minimum is the cash-out.

cash(t) = base_cash - (month's cash used / its days) x (t - base_day); the minimum is reached after
(base_cash - minimum) / rate days. Section "The cash-out" of sim/docs/model.md.

`base_cash` is the balance on `base_day`, the last day on which anything but operations moved it (the start of the month
at the earliest), so days without a cash flow change no bit. Shortfalls of less than a cent are ignored, so that
rounding cannot turn exactly three months of cash into a cash-out on the last day.
"""

from sim.kernels.jit import peek, put, stage
from sim.lowering.program import BLOCK, CAUSE_OPERATIONS, CENT, NEVER


@stage
def operate(state, lo, hi, used, stop, minimum):
    """Cash of paths lo ... hi - 1 after operations through the stop's day, and the cash-out if it falls in between.

    `used` (BLOCK,): cash used in the stop's month. `ending_cash` is the minimum from the start, as at such a cash-out.
    """
    t, month_days = stop.t, stop.month_days
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        base, since = state.base_cash[i], state.base_day[i]
        rate = peek(used, i) / month_days
        now = base - rate * (t - since)
        put(state.cash, i, now)
        short = minimum - now
        short = short if short >= CENT else 0.0
        put(state.funding_gap, i, short if short > state.funding_gap[i] else state.funding_gap[i])
        lasts = (base - minimum) / rate
        out = (short > 0.0) & (state.out_days[i] == NEVER)
        put(state.out_days, i, since + (lasts if lasts > 0.0 else 0.0) if out else state.out_days[i])
        put(state.cause, i, CAUSE_OPERATIONS if out else state.cause[i])


@stage
def pay(state, lo, hi, t, minimum, cause):
    """Pay `paid` out of cash on day t; the funding gap, and the cash-out with its cause if cash is then too low."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        paid = state.paid[i]
        cash = state.cash[i] - paid
        state.cash[i] = cash
        state.base_cash[i] = cash if paid != 0.0 else state.base_cash[i]
        state.base_day[i] = t if paid != 0.0 else state.base_day[i]
        short = minimum - cash
        short = short if short >= CENT else 0.0
        state.funding_gap[i] = short if short > state.funding_gap[i] else state.funding_gap[i]
        out = (short > 0.0) & (state.out_days[i] == NEVER)
        state.out_days[i] = t if out else state.out_days[i]
        state.cause[i] = cause if out else state.cause[i]
        state.ending_cash[i] = cash if out & (cause != CAUSE_OPERATIONS) else state.ending_cash[i]


@stage
def close_month(state, t):
    """The balance at the end of a month is the opening balance of the next."""
    for i in range(BLOCK):
        state.base_cash[i] = state.cash[i]
        state.base_day[i] = t
