"""What the investor of a line holds: sold in a straight line after his last delivery, and at most a share of all."""

from sim.kernels.jit import put, stage, verb
from sim.lowering.program import BLOCK


@verb
def holdings(i, book, resale, session):
    """Shares in the investor's hands on a session: H(n0) max(0, 1 - (n - n0) / resale)."""
    left = 1.0 - (session - book.delivered[i]) / resale
    return book.holdings[i] * (left if left > 0.0 else 0.0)


@stage
def may_buy(limit, state, book, line, session):
    """The most shares x of every path with H + x <= share (N + x), for an investor with H of N outstanding shares."""
    share, resale = line.ownership, line.resale
    for i in range(BLOCK):
        held, shares = holdings(i, book, resale, session) + book.promised[i], state.outstanding[i] + book.promised[i]
        put(limit, i, (share * shares - held) / (1.0 - share))


@verb
def deliver_shares(i, book, line, session, shares):
    """A delivery adds to what the investor holds then."""
    book.holdings[i] = holdings(i, book, line.resale, session) + shares
    book.delivered[i] = session
