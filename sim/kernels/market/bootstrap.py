"""Closes of resampled gross returns: the stationary bootstrap. Politis and Romano (1994).

The returns of the file stand in a circle. A session takes the one after that of the session before, or, with
probability `renewal` and on the first session, any: S(n) = S0 kappa(n) g[I_1] ... g[I_n]. kappa(n), from
`sim.lowering.models.mean_products`, makes E[S] exact.
"""

import numpy as np

from sim.kernels.jit import stage
from sim.kernels.market.pairs import draw_uniform_pair
from sim.lowering.program import BLOCK, RESAMPLE


@stage
def fill(closes, selection, program, window, market, room, lanes):
    """Closes of the last window before the moves of the stock, session by session."""
    scratch = room.scratch
    product, place, fresh, where = scratch[0], scratch[1], scratch[2], scratch[3]
    product[:] = 1.0
    for k in range(len(market.sessions)):
        session = market.sessions[k]
        draw_uniform_pair(fresh, where, selection.everyone, lanes, np.int64(RESAMPLE), np.int64(k + 1))
        renewal = market.bootstrap.renewal if k > 0 else 1.0
        step(product, place, fresh, where, renewal, market.gross)
        if session.close >= 0:
            day = program.days[window.first_day + session.close]
            for i in range(BLOCK):
                closes[session.close, i] = product[i] * day.drift
    for k in range(len(market.trading)):
        room.variances[k, :] = market.bootstrap.variance


@stage
def step(product, place, fresh, where, renewal, gross):
    """A session: `place` becomes the number of its gross return, and the product takes it."""
    number = float(len(gross))
    for i in range(BLOCK):
        following = place[i] + 1.0
        following = 0.0 if following == number else following
        place[i] = np.floor(where[i] * number) if fresh[i] < renewal else following
    for i in range(BLOCK):
        product[i] = product[i] * gross[int(place[i])]
