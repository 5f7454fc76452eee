"""Closes with the stochastic variance of Heston (1993), by full truncation. Lord, Koekkoek and van Dijk (2010).

One Euler step a session, h in variance a session, h+ = max(h, 0), z the session's step of W, z' a normal of its own:

    D(n) = D(n - 1) + (sqrt(h+) - scale) z - (h+ - scale^2) / 2
    h    = h + reversion (scale^2 - h+) + vol_of_vol sqrt(h+) (rho z + sqrt(1 - rho^2) z')

and S(n) = S0 exp(drift_n + D(n) + scale W(n)). h+ is known before z, so given the past each step is lognormal with the
mean of geometric Brownian motion: E[S] is exact.
"""

import numpy as np

from sim.kernels.jit import fma, sqrt, stage
from sim.kernels.market.pairs import draw_normal_pair
from sim.kernels.random.elementary import exp
from sim.lowering.program import BLOCK, VARIANCE_NORMAL


@stage
def fill(closes, selection, program, window, market, room, lanes):
    """Closes of the last window before the moves of the stock, session by session."""
    scratch, heston, price = room.scratch, market.heston, program.price
    variance, total, even, odd = scratch[0], scratch[1], scratch[2], scratch[3]
    variance[:] = heston.start
    total[:] = 0.0
    for k in range(len(market.sessions)):
        session, n = market.sessions[k], np.int64(k + 1)
        if k == 0 or n & 1 == 0:
            draw_normal_pair(even, odd, selection.everyone, lanes, np.int64(VARIANCE_NORMAL), n >> 1)
        own, before = odd if n & 1 else even, selection.walked[session.back]
        if session.trading >= 0:
            keep_positive(room.variances[session.trading], variance)
        step(variance, total, selection.walked[session.row], before, own, heston, price.scale)
        if session.close >= 0:
            day = program.days[window.first_day + session.close]
            to_close(closes[session.close], total, selection.walked[session.row], day.drift, price)


@stage
def keep_positive(row, variance):
    """row = max(variance, 0)."""
    for i in range(BLOCK):
        row[i] = variance[i] if variance[i] > 0.0 else 0.0


@stage
def step(variance, total, walked, before, own, heston, scale):
    """A session of the variance h and of D."""
    for i in range(BLOCK):
        positive = variance[i] if variance[i] > 0.0 else 0.0
        root, z = sqrt(positive), walked[i] - before[i]
        total[i] = total[i] + fma(root - scale, z, -(positive - heston.variance) / 2.0)
        shock = fma(heston.correlation, z, heston.own * own[i])
        reverted = fma(heston.reversion, heston.variance - positive, variance[i])
        variance[i] = fma(heston.vol_of_vol * root, shock, reverted)


@stage
def to_close(row, total, walked, drift, price):
    """From W and D to dollars a share."""
    for i in range(BLOCK):
        row[i] = price.initial * exp(fma(price.scale, walked[i], drift + total[i]))
