"""The exchange cap, and the average price that lifts it."""

from sim.kernels.jit import verb
from sim.kernels.lines.fees import fee_shares_of
from sim.kernels.lines.sizing import whole_shares
from sim.lowering.line_records import AVERAGE_DRAW


@verb
def is_exempt(i, size, price, book, line, forward):
    """Whether a draw of this size, found without the cap, has an average price of `exempt_price` or more.

    The average is that of all shares of the line after the draw, fee shares among them at no dollars, or the price of
    the draw.
    """
    if line.exempt_average == AVERAGE_DRAW:
        return price >= line.exempt_price
    amount, _, shares = whole_shares(size, price, line.share_multiplier, forward)
    issued = book.issued[i] + book.promised[i] + (shares + fee_shares_of(line, amount))
    return issued > 0.0 and (book.paid[i] + book.promised_dollars[i] + amount) / issued >= line.exempt_price
