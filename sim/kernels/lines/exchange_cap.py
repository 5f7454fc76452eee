"""The exchange cap, and the average price that lifts it."""

from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.lines.fees import fee_shares_of
from sim.kernels.lines.size import peek_size, within_shares
from sim.kernels.lines.sizing import whole_shares
from sim.lowering.line_records import AVERAGE_DRAW, REGISTERED
from sim.lowering.program import BLOCK, UNLIMITED


@stage
def leave_to_exchange(limit, votes, date, book, line, notice, forward, first):
    """The most shares under the exchange cap; no limit for draws that it exempts, and from the day of the vote on."""
    cap, t = line.exchange_cap, notice.t
    lift, fees = (line.exempt_price, line.exempt_average), (line.pro_rata, line.whole)
    multiplier = line.share_multiplier
    for i in range(BLOCK):
        issued, price = peek(date.issued, i), peek(date.price, i)
        uncapped = within_shares(peek_size(date, i), peek(date.registered, i) - issued, first + REGISTERED)
        amount, _, shares = whole_shares(uncapped, price, multiplier, forward)
        total = issued + (shares + fee_shares_of(*fees, amount))
        paid = peek(book.paid, i) + peek(book.promised_dollars, i) + amount
        free = is_exempt(paid, total, price, *lift) | (peek(votes, i) <= t)
        put(limit, i, UNLIMITED if free else cap - issued)


@verb
def is_exempt(paid, issued, price, exempt_price, average):
    """Whether a draw, after which the line has issued shares for dollars, has an average price of `exempt_price`.

    The average is that of all shares of the line after the draw, fee shares among them at no dollars, or the price of
    the draw.
    """
    of_all = (issued > 0.0) & (paid / issued >= exempt_price)
    return price >= exempt_price if average == AVERAGE_DRAW else of_all
