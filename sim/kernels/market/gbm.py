"""Closes of a block of paths: S_t = S0 exp((mu - sigma^2/2) t + sigma W_t). Glasserman (2004), section 3.2.1.

Rows of `closes` store the Brownian value W and are converted to prices when needed: `finish_row` converts a row for all
paths, `close_of` evaluates a single path without modifying the row. `ready` states which rows are converted.
"""

from sim.kernels.jit import stage, verb
from sim.kernels.random.elementary import exp, fma
from sim.lowering.program import BLOCK, NEEDED, OPENING, RARE


@verb
def walk_prices(closes, ready, variates, walk, days, price):
    """Fill `closes` (rows, BLOCK) with W, a Brownian motion in units of sessions that is 0 at the opening.

    A month's end is a step of a random walk; inside the month each session, from the end backwards, is a Brownian
    bridge between the previous month's end and the session after it. Glasserman (2004), section 3.1.
    """
    for j in range(len(days)):
        ready[j] = 0
        if days[j].needed == OPENING:
            closes[j] = 0.0
    for j in range(len(walk)):
        step = walk[j]
        if step.ahead < 0:
            leap(closes[step.row], variates[step.variate], closes[step.back], step.root)
        else:
            bridge(
                closes[step.row], variates[step.variate], closes[step.back], closes[step.ahead], step.ratio, step.root
            )
    for j in range(len(days)):
        if days[j].needed == OPENING:
            closes[j] = price.initial
            ready[j] = 1


@stage
def leap(row, z, back, root):
    """A step of the random walk."""
    for i in range(BLOCK):
        row[i] = fma(root, z[i], back[i])


@stage
def bridge(row, z, back, ahead, ratio, root):
    """A point of the bridge from `back` to `ahead`."""
    for i in range(BLOCK):
        row[i] = fma(root, z[i], fma(ratio, ahead[i] - back[i], back[i]))


@verb
def finish_row(histories, j, program):
    """Row j of closes, from W to dollars a share: S0 exp((mu - sigma^2/2) t + sigma W_t), then the moves of the stock.

    A milestone or the CEO change at or before the day multiplies by 1 + its jump. Section "Moves of the stock" of
    sim/docs/model.md.
    """
    if histories.ready[j] == 0:
        day, row = program.days[j], histories.closes[j]
        to_close(row, day.drift, program.price.scale, program.price.initial)
        for k in range(len(program.jumps)):
            jump = program.jumps[k]
            at = histories.ceo_change[0] if jump.milestone < 0 else histories.achieved[jump.milestone]
            move(row, at, day.t, jump.factor)
        histories.ready[j] = 1


@stage
def to_close(row, drift, scale, initial):
    for i in range(BLOCK):
        row[i] = initial * exp(fma(scale, row[i], drift))


@stage
def move(row, at, t, factor):
    for i in range(BLOCK):
        row[i] = row[i] * (factor if at[i] <= t else 1.0)


@verb
def finish_rows(histories, program, rare):
    """All rows that purchase dates need and, if `rare`, those that only third-party financings need."""
    for j in range(len(program.days)):
        if program.days[j].needed == NEEDED or (rare and program.days[j].needed == RARE):
            finish_row(histories, j, program)


@verb
def close_of(histories, j, i, program):
    """The close of path i alone in row j, finished or not."""
    close = histories.closes[j, i]
    if histories.ready[j] == 0:
        day = program.days[j]
        close = program.price.initial * exp(fma(program.price.scale, close, day.drift))
        for k in range(len(program.jumps)):
            jump = program.jumps[k]
            at = histories.ceo_change[0, i] if jump.milestone < 0 else histories.achieved[jump.milestone, i]
            close = close * (jump.factor if at <= day.t else 1.0)
    return close
