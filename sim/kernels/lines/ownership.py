"""What the investor of a line holds: sold in a straight line after his last delivery, and at most a share of all."""

from sim.kernels.jit import verb
from sim.lowering.program import UNLIMITED


@verb
def holdings(i, book, line, session):
    """Shares in the investor's hands on a session: H(n0) max(0, 1 - (n - n0) / resale)."""
    left = 1.0 - (session - book.delivered[i]) / line.resale
    return book.holdings[i] * (left if left > 0.0 else 0.0)


@verb
def may_buy(i, state, book, line, session):
    """The most shares x with H + x <= share (N + x), for an investor with H of N outstanding shares; or infinite."""
    if line.ownership >= 1.0:
        return UNLIMITED
    held, shares = holdings(i, book, line, session) + book.promised[i], state.outstanding[i] + book.promised[i]
    return (line.ownership * shares - held) / (1.0 - line.ownership)


@verb
def deliver_shares(i, book, line, session, shares):
    """A delivery adds to what the investor holds then."""
    book.holdings[i] = holdings(i, book, line, session) + shares
    book.delivered[i] = session
