"""The size of a notice of each path: a tuple of numbers of one path, and five rows of a purchase date.

A size is the amount in dollars, its reason, the least limit in dollars, the least in shares, and the price of a
delivered share.
"""

from sim.kernels.jit import peek, put, stage, verb
from sim.lowering.program import BLOCK, CENT, UNLIMITED


@verb
def get_size(date, i):
    return date.amount[i], date.reason[i], date.dollars[i], date.most[i], date.each[i]


@verb
def peek_size(date, i):
    """`get_size` in a loop that changes no size."""
    return peek(date.amount, i), peek(date.reason, i), peek(date.dollars, i), peek(date.most, i), peek(date.each, i)


@verb
def set_size(date, i, size):
    amount, reason, dollars, most, _ = size
    put(date.amount, i, amount)
    put(date.reason, i, reason)
    put(date.dollars, i, dollars)
    put(date.most, i, most)


@verb
def within_dollars(size, limit, code):
    """The size under a limit in dollars. The reason becomes `code` only if it is lower by a cent or more."""
    amount, reason, dollars, most, each = size
    reason = code if amount - limit >= CENT else reason
    return limit if limit < amount else amount, reason, limit if limit < dollars else dollars, most, each


@verb
def within_shares(size, limit, code):
    """The size under a limit in shares. The reason becomes `code` only if it is lower by a cent and a share or more."""
    amount, reason, dollars, most, each = size
    worth, tie = limit * each, each if each > CENT else CENT
    reason = code if amount - worth >= tie else reason
    return worth if worth < amount else amount, reason, dollars, limit if limit < most else most, each


@verb
def within_authorized(size, headroom, code):
    """`within_shares`, but of a price that is known a cent alone is a tie, as among dollars."""
    amount, reason, dollars, most, each = size
    worth = headroom * each
    reason = code if amount - worth >= CENT else reason
    return worth if worth < amount else amount, reason, dollars, headroom if headroom < most else most, each


@stage
def open_size(date, share_multiplier, code):
    """The size of what the policy requests."""
    for i in range(BLOCK):
        wanted = date.wanted[i]
        date.amount[i], date.reason[i], date.dollars[i], date.most[i] = wanted, code, wanted, UNLIMITED
        date.each[i] = date.price[i] / share_multiplier


@stage
def limit_dollars(date, limits, code):
    """`within_dollars` of every path."""
    for i in range(BLOCK):
        set_size(date, i, within_dollars(get_size(date, i), peek(limits, i), code))


@stage
def limit_shares(date, limits, code):
    """`within_shares` of every path."""
    for i in range(BLOCK):
        set_size(date, i, within_shares(get_size(date, i), peek(limits, i), code))


@stage
def limit_authorized(date, limits, code):
    """`within_authorized` of every path."""
    for i in range(BLOCK):
        set_size(date, i, within_authorized(get_size(date, i), peek(limits, i), code))


@stage
def set_rest(rest, total, used):
    """rest = total - used."""
    for i in range(BLOCK):
        put(rest, i, total - peek(used, i))
