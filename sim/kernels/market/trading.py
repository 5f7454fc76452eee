"""The low, the volume-weighted average price (VWAP) and the volume of a session, given closes. Model, section 4.

The log price runs from the open a to the close b as a Brownian bridge with the session's variance s^2. Its values at
1/2, 1/4 and 3/4 are drawn, then the extremes of the four pieces, exact in law (Glasserman 2004, section 6.4), with one
uniform a piece for both. The mean of the log price over time is exact as well, and s^2 / 12 more makes E[VWAP] that of
the arithmetic mean. The volume is lognormal around an AR(1), and higher on a session that moves (Karpoff 1987).
"""

import numpy as np

from sim.kernels.jit import fma, sqrt, stage, verb
from sim.kernels.market.pairs import draw_normal_pair, draw_uniform_pair
from sim.kernels.random.elementary import exp, log
from sim.lowering.program import BLOCK, DAY_SHAPE, OVERNIGHT


@stage
def price_days(histories, everyone, market, room, lanes):
    """Low and VWAP of every session that needs them, before the moves of the stock."""
    scratch, overnight = room.scratch, market.trading_day.overnight
    number, g1, g2, g3, g4 = scratch[3], scratch[4], scratch[5], scratch[6], scratch[7]
    u1, u2, u3, u4 = scratch[8], scratch[9], scratch[10], scratch[11]
    for k in range(len(market.trading)):
        day = market.trading[k]
        if day.prices == 0:
            continue
        n, shape = np.int64(day.session), np.int64(DAY_SHAPE)
        if overnight > 0.0:
            draw_normal_pair(g1, number, everyone, lanes, np.int64(OVERNIGHT), n >> 1)
            copy(number, number if n & 1 else g1)
        before, close = histories.closes[day.back], histories.closes[day.row]
        open_day(scratch, before, close, room.opens[k], room.variances[k], overnight)
        draw_normal_pair(g1, g2, everyone, lanes, shape, 4 * n)
        draw_normal_pair(g3, g4, everyone, lanes, shape, 4 * n + 1)
        draw_uniform_pair(u1, u2, everyone, lanes, shape, 4 * n + 2)
        draw_uniform_pair(u3, u4, everyone, lanes, shape, 4 * n + 3)
        low, vwap = scratch[12], scratch[13]
        shape_day(low, vwap, close, scratch)
        if len(histories.low) > 0:
            copy(histories.low[day.row], low)
        if len(histories.vwap) > 0:
            copy(histories.vwap[day.row], vwap)


@verb
def lesser(x, y):
    return x if x < y else y


@verb
def greater(x, y):
    return x if x > y else y


@verb
def extremes(x, y, spread, u):
    """Minimum and maximum of a Brownian bridge from x to y: (x + y -+ sqrt((y - x)^2 - spread ln u)) / 2, 1 - u above.

    `spread`: twice the variance of the piece.
    """
    step = (y - x) * (y - x)
    low = 0.5 * (x + y - sqrt(step - spread * log(u)))
    return low, 0.5 * (x + y + sqrt(step - spread * log(1.0 - u)))


@stage
def copy(row, source):
    for i in range(BLOCK):
        row[i] = source[i]


@stage
def open_day(scratch, before, close, jump, variance, overnight):
    """Logs of open and close, and the standard deviation between them. The jump of a session comes at its open."""
    opened, closed, sd, number = scratch[0], scratch[1], scratch[2], scratch[3]
    night = sqrt(overnight * (1.0 - overnight))
    for i in range(BLOCK):
        a, b, s = log(before[i]) + jump[i], log(close[i]), sqrt(variance[i])
        a = a + overnight * (b - a) + (s * night * number[i] if overnight > 0.0 else 0.0)
        opened[i], closed[i], sd[i] = a, b, s * sqrt(1.0 - overnight)


@stage
def shape_day(low, vwap, close, scratch):
    """Low and VWAP in dollars. `scratch`: open, close, standard deviation; four normals and four uniforms."""
    opened, closed, sd = scratch[0], scratch[1], scratch[2]
    g1, g2, g3, g4 = scratch[4], scratch[5], scratch[6], scratch[7]
    u1, u2, u3, u4 = scratch[8], scratch[9], scratch[10], scratch[11]
    for i in range(BLOCK):
        a, b, s = opened[i], closed[i], sd[i]
        middle = fma(0.5 * s, g1[i], 0.5 * (a + b))
        left = fma(s * 0.3535533905932738, g2[i], 0.5 * (a + middle))
        right = fma(s * 0.3535533905932738, g3[i], 0.5 * (middle + b))
        spread = 0.5 * s * s
        down, up = extremes(a, left, spread, u1[i])
        least, most = extremes(left, middle, spread, u2[i])
        down, up = lesser(least, down), greater(most, up)
        least, most = extremes(middle, right, spread, u3[i])
        down, up = lesser(least, down), greater(most, up)
        least, most = extremes(right, b, spread, u4[i])
        down, up = lesser(least, down), greater(most, up)
        mean = fma(s * 0.07216878364870322, g4[i], 0.25 * (0.5 * a + left + middle + right + 0.5 * b))
        mean = greater(lesser(mean + s * s / 12.0, up), down)
        low[i] = lesser(exp(down), close[i])
        vwap[i] = exp(mean)


@stage
def trade(histories, walked, market, room):
    """The volume of every session that needs one, in shares, after the moves of the stock."""
    states, variates, day = room.states, histories.variates, market.trading_day
    for k in range(len(market.state_steps)):
        step = market.state_steps[k]
        add_state(states[step.row], states[step.back], states[step.ahead], variates[step.variate], step)
    for k in range(len(market.trading)):
        one = market.trading[k]
        if one.volume != 0:
            volume, before = histories.volume[one.row], histories.closes[one.back]
            add_volume(volume, states[one.state], walked[one.walked], walked[one.walked_back], before, day)


@stage
def add_state(row, back, ahead, z, step):
    """A step of the AR(1), from month-end to month-end or between two sessions. The first has weights 0."""
    for i in range(BLOCK):
        row[i] = fma(step.root, z[i], step.back_weight * back[i] + step.ahead_weight * ahead[i])


@stage
def add_volume(volume, state, walked, walked_before, before, day):
    """mean x exp(y + c abs(z) - offset) x (close before / opening price)^-elasticity."""
    for i in range(BLOCK):
        volume[i] = state[i] + day.loading * abs(walked[i] - walked_before[i]) - day.offset
    if day.elasticity != 0.0:
        for i in range(BLOCK):
            volume[i] = volume[i] - day.elasticity * (log(before[i]) - day.log_initial)
    for i in range(BLOCK):
        volume[i] = day.mean * exp(volume[i])
