"""Moves of the stock that leave its mean as it is: a close at t times (1 + j 1{T <= t}) P(T > min(t, T))^j.

The first factor is the move (`sim.kernels.market.gbm`), the second its compensation, made here. Their product is a
martingale, the stochastic exponential of the compensated jump: Jacod and Shiryaev (2003), Limit Theorems for Stochastic
Processes, section I.4f. Section "Moves of the stock" of sim/docs/model.md.
"""

from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.market.walk import select_row
from sim.kernels.random.elementary import exp, fma, log, upper_tail
from sim.lowering.program import BLOCK


@verb
def prepare_compensation(jumps, histories, program, lanes):
    """The compensation of every move: from its time on, by path; and before it, by day, which is one for a chunk."""
    variates, events = histories.variates, program.events
    for k in range(len(jumps.before)):
        jump = program.jumps[k]
        before, settled = jumps.before[k], jumps.settled[k]
        if jump.event >= len(program.milestones):
            rate = -jump.move / events.ceo_mean_days
            decay_at(settled, histories.events[jump.event], rate)
            if lanes.offset == 0:
                decay_by_day(before, rate)
            continue
        milestone = program.milestones[jump.event]
        factor, own = variates[events.factor_variate], variates[milestone.own_variate]
        settle(settled, factor, own, events, milestone.probability, jump.move)
        if lanes.offset == 0 and milestone.follows < 0:
            wait_by_day(before, milestone, (jumps.elapsed[k], jumps.ahead[k]), jump.move)


@verb
def power(probability, tail, size):
    """P(T > t)^size of a time that comes with `probability`, and then after t with the probability `tail`."""
    return exp(size * log(fma(probability, tail, 1.0 - probability)))


@verb
def wait(days, probability, log_median, log_sd, past, size):
    """P(T > t)^size of a milestone, `days` after its clock has started, or after the opening if that was `past[0]`
    days before; `past[1]` is the probability of no time up to then, if it comes."""
    return power(probability, upper_tail((log(days + past[0]) - log_median) / log_sd) / past[1], size)


@stage
def settle(row, factor, own, events, probability, size):
    """P(T > t)^size at t = T, from the normal score of T."""
    for i in range(BLOCK):
        row[i] = power(probability, upper_tail(fma(events.loading, factor[i], events.own * own[i])), size)


@stage
def wait_by_day(row, milestone, past, size):
    """P(T > t)^size for t = 0, 1, 2, ... days."""
    probability, log_median, log_sd = milestone.probability, milestone.log_median, milestone.log_sd
    for day in range(len(row)):
        row[day] = wait(float(day), probability, log_median, log_sd, past, size)


@stage
def decay_at(row, at, rate):
    """e^(rate T)."""
    for i in range(BLOCK):
        row[i] = exp(rate * at[i])


@stage
def decay_by_day(row, rate):
    """e^(rate t) for t = 0, 1, 2, ... days."""
    for day in range(len(row)):
        row[day] = exp(rate * day)


@stage
def compensate_all(prices, selection, count, histories, program, window, jumps):
    """Every compensation, for the rows of a window."""
    days = program.days[window.first_day : window.last_day]
    for k in range(len(jumps.before)):
        event, before, settled, at = program.jumps[k].event, jumps.before[k], jumps.selected[0], selection.moved_at[0]
        select_row(at, histories.events[event], selection.paths, count)
        select_row(settled, jumps.settled[k], selection.paths, count)
        if follows(program, event) < 0:
            compensate(prices, at, settled, days, before, count)
        else:
            start = jumps.selected[1]
            select_row(start, histories.achieved[follows(program, event)], selection.paths, count)
            past, size = (jumps.elapsed[k], jumps.ahead[k]), program.jumps[k].move
            compensate_after(prices, at, settled, start, days, program.milestones[event], past, size, count)


@verb
def follows(program, event):
    """The row of the milestone that starts the clock of an event; -1: the valuation date does."""
    return program.milestones[event].follows if event < len(program.milestones) else -1


@verb
def day_of(t):
    """The place of time t in a row by day; before the valuation date that of its opening."""
    return int(t) if t > 0.0 else 0


@stage
def compensate(prices, at, settled, days, before, count):
    """Multiply the prices of each day by the compensation of a move that waits from the valuation date on."""
    for j in range(len(days)):
        row, t = prices[j], days[j].t
        waiting = before[day_of(t)]
        for i in range(count & 0xFFF8):
            put(row, i, row[i] * (peek(settled, i) if peek(at, i) <= t else waiting))


@stage
def compensate_after(prices, at, settled, start, days, milestone, past, size, count):
    """`compensate` for a milestone whose clock another one starts: 1 until then."""
    probability, log_median, log_sd = milestone.probability, milestone.log_median, milestone.log_sd
    for j in range(len(days)):
        row, t = prices[j], days[j].t
        for i in range(count & 0xFFF8):
            begun = peek(start, i)
            waiting = wait(t - begun, probability, log_median, log_sd, past, size)
            waiting = waiting if begun <= t else 1.0
            put(row, i, row[i] * (peek(settled, i) if peek(at, i) <= t else waiting))


@stage
def compensate_alone(closes, i, histories, program, window, jumps):
    """Every compensation, for the closes of path i in a window."""
    for k in range(len(jumps.before)):
        for j in range(window.last_day - window.first_day):
            t = program.days[window.first_day + j].t
            closes[j] = closes[j] * compensation(k, i, t, histories, program, jumps)


@stage
def compensate_listed(closes, listed, number, histories, program, jumps):
    """Every compensation, for closes of different paths and days: those of third-party financings."""
    for k in range(len(jumps.before)):
        for j in range(number):
            closes[j] = closes[j] * compensation(k, listed.path[j], listed.t[j], histories, program, jumps)


@verb
def compensation(k, i, t, histories, program, jumps):
    """The compensation of move k in the close of path i at time t."""
    jump = program.jumps[k]
    if histories.events[jump.event, i] <= t:
        return jumps.settled[k, i]
    leader = follows(program, jump.event)
    if leader < 0:
        return jumps.before[k, day_of(t)]
    begun = histories.achieved[leader, i]
    if begun > t:
        return 1.0
    milestone = program.milestones[jump.event]
    past = (jumps.elapsed[k], jumps.ahead[k])
    return wait(t - begun, milestone.probability, milestone.log_median, milestone.log_sd, past, jump.move)
