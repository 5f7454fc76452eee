"""Closes of a block of paths: a Brownian walk on the sessions that matter, then geometric Brownian motion, then moves."""

from sim.kernels.elementary import exp, fma
from sim.kernels.jit import stage
from sim.records import BLOCK, OPENING


@stage
def walk_prices(closes, luck, walk, days, price):
    """Fill `closes` (rows, BLOCK) with S0 exp((mu - sigma^2/2) t + sigma W_t). Glasserman (2004), section 3.2.1.

    W counts in sessions. A month's end is a step of a random walk; inside the month each session, from the end
    backwards, is a Brownian bridge between the previous month's end and the session after it (ibid., section 3.1).
    At the opening W is 0; there, and before, the close is the initial price.
    """
    for j in range(len(days)):
        if days[j].needed == OPENING:
            closes[j] = 0.0
    for j in range(len(walk)):
        step = walk[j]
        row, back, z = closes[step.row], closes[step.back], luck[step.luck]
        ratio, root = step.ratio, step.root
        if step.ahead < 0:
            for i in range(BLOCK):
                row[i] = fma(root, z[i], back[i])
        else:
            ahead = closes[step.ahead]
            for i in range(BLOCK):
                row[i] = fma(root, z[i], fma(ratio, ahead[i] - back[i], back[i]))
    for j in range(len(days)):
        day = days[j]
        if day.needed == OPENING:
            closes[j] = price.initial
        elif day.needed:
            row, drift = closes[j], day.drift
            for i in range(BLOCK):
                row[i] = price.initial * exp(fma(price.scale, row[i], drift))


@stage
def move_prices(closes, days, jumps, achieved, ceo_change):
    """Multiply the closes of days at or after a milestone or the CEO change by 1 + its jump (SPEC, section 5)."""
    for k in range(len(jumps)):
        jump = jumps[k]
        at = ceo_change[0] if jump.milestone < 0 else achieved[jump.milestone]
        factor = jump.factor
        for j in range(len(days)):
            if days[j].needed:
                row, t = closes[j], days[j].t
                for i in range(BLOCK):
                    row[i] = row[i] * (factor if at[i] <= t else 1.0)
