"""From a size to an amount and whole shares."""

import numpy as np

from sim.kernels.jit import verb


@verb
def whole_shares(size, price, multiplier, forward):
    """Amount, shares that are paid for, and shares to deliver, of a size at a price, known or estimated.

    Known: the amount is the least limit, and the nearest whole number of shares is delivered for it. Forward: the
    shares that are paid for are rounded down, and the amount is theirs.
    """
    amount, _, dollars, most, _ = size
    amount = amount if amount > 0.0 else 0.0
    paid = amount / price
    if forward != 0:
        paid = forward_shares(dollars, most, price, multiplier)
        amount = paid * price
        return amount, paid, nearest(multiplier * paid, most)
    return amount, paid, nearest(multiplier * amount / price, most)


@verb
def forward_shares(dollars, most, price, multiplier):
    """Whole shares that dollars at a price, and shares to deliver, allow to be paid for."""
    by_dollars, by_shares = np.floor(dollars / price), np.floor(most / multiplier)
    paid = by_dollars if by_dollars < by_shares else by_shares
    return paid if paid > 0.0 else 0.0


@verb
def nearest(shares, most):
    """The nearest whole number, never more than `most`."""
    whole, most = np.floor(shares + 0.5), np.floor(most)
    whole = whole if whole < most else most
    return whole if whole > 0.0 else 0.0
