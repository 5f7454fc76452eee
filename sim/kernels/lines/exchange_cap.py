"""The exchange cap, and the average price that lifts it."""

from sim.kernels.jit import peek, stage, verb
from sim.kernels.lines.fees import fee_shares_of
from sim.kernels.lines.size import get_size, set_size, within_shares
from sim.kernels.lines.sizing import whole_shares
from sim.lowering.line_records import AVERAGE_DRAW, EXCHANGE_CAP, REGISTERED
from sim.lowering.program import BLOCK


@stage
def cap_by_exchange(date, book, line, votes, notice, forward, first):
    """Apply the exchange cap to the sizes of a date, but for draws that it exempts and from the day of the vote on."""
    cap, t = line.exchange_cap, notice.t
    lift, fees = (line.exempt_price, line.exempt_average), (line.pro_rata, line.whole)
    multiplier = line.share_multiplier
    for i in range(BLOCK):
        size, issued = get_size(date, i), date.issued[i]
        uncapped = within_shares(size, date.registered[i] - issued, first + REGISTERED)
        capped = within_shares(size, cap - issued, first + EXCHANGE_CAP)
        amount, _, shares = whole_shares(uncapped, date.price[i], multiplier, forward)
        total = issued + (shares + fee_shares_of(*fees, amount))
        paid = peek(book.paid, i) + peek(book.promised_dollars, i) + amount
        exempt = is_exempt(paid, total, date.price[i], *lift)
        set_size(date, i, size if exempt | (peek(votes, i) <= t) else capped)


@verb
def is_exempt(paid, issued, price, exempt_price, average):
    """Whether a draw, after which the line has issued shares for dollars, has an average price of `exempt_price`.

    The average is that of all shares of the line after the draw, fee shares among them at no dollars, or the price of
    the draw.
    """
    of_all = (issued > 0.0) & (paid / issued >= exempt_price)
    return price >= exempt_price if average == AVERAGE_DRAW else of_all
