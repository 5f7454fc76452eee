"""Closes with the variance of GARCH(1, 1), with normal or Student-t shocks. Bollerslev (1986, 1987).

z is the session's step of W, a its activity (1 for normal shocks), h the variance that the past foretells:

    q    = min(h a, 1)
    D(n) = D(n - 1) + (sqrt(q) - scale) z - (q - scale^2) / 2
    h    = omega + beta h + alpha q z^2,        omega = (1 - alpha - beta) scale^2

and S(n) = S0 exp(drift_n + D(n) + scale W(n)). With a = (nu - 2) / G, G chi-square with nu degrees of freedom,
sqrt(a) z is a unit-variance Student-t: the random-activity model of Clark (1973) and Praetz (1972). The correction is
of q, not of h: given the activity each step is lognormal with the mean of geometric Brownian motion, so E[S] is finite
and exact, which it is not for Student-t log returns. A standard deviation of a session above 100% is cut to it.
"""

import numpy as np

from sim.kernels.jit import fma, sqrt, stage
from sim.kernels.market.activity import draw_activity
from sim.kernels.market.heston import to_close
from sim.lowering.program import BLOCK


@stage
def fill(closes, selection, program, window, market, room, lanes):
    """Closes of the last window before the moves of the stock, session by session."""
    scratch, garch, price = room.scratch, market.garch, program.price
    variance, total, activity = scratch[0], scratch[1], scratch[2]
    variance[:] = garch.start
    total[:] = 0.0
    activity[:] = 1.0
    for k in range(len(market.sessions)):
        session = market.sessions[k]
        if garch.shape > 0.0:
            draw_activity(activity, scratch[3], selection.everyone, garch, np.int64(k + 1), lanes)
        if session.trading >= 0:
            keep_variance(room.variances[session.trading], variance, activity)
        walked = selection.walked[session.row]
        step(variance, total, walked, selection.walked[session.back], activity, garch, price.scale)
        if session.close >= 0:
            day = program.days[window.first_day + session.close]
            to_close(closes[session.close], total, walked, day.drift, price)


@stage
def keep_variance(row, variance, activity):
    """The variance of the session's log return."""
    for i in range(BLOCK):
        q = variance[i] * activity[i]
        row[i] = q if q < 1.0 else 1.0


@stage
def step(variance, total, walked, before, activity, garch, scale):
    """A session of the variance h and of D."""
    for i in range(BLOCK):
        q, z = variance[i] * activity[i], walked[i] - before[i]
        q = q if q < 1.0 else 1.0
        total[i] = total[i] + fma(sqrt(q) - scale, z, -(q - garch.variance) / 2.0)
        variance[i] = fma(garch.alpha, q * (z * z), fma(garch.beta, variance[i], garch.omega))
