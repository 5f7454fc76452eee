"""Closes: S = S0 exp((mu - sigma^2/2) t + sigma W(t)), then the moves of the stock. Glasserman (2004), section 3.2.1.

t is in years of 252 sessions. The W of `sim.kernels.market.walk` counts in sessions, so its factor `scale` is
sigma sqrt(1/252). A milestone or the CEO change multiplies the closes on and after its day by 1 + its jump: section
"Moves of the stock" of sim/docs/model.md.
"""

from sim.kernels.jit import peek, put, stage
from sim.kernels.market.walk import select_row, walk_alone, walk_window
from sim.kernels.random.elementary import exp, fma
from sim.kernels.world.compensation import compensate_all, compensate_alone


@stage
def close_window(closes, selection, count, histories, program, window, points, lanes, world):
    """Fill `closes` (sessions, BLOCK) with the closes of a window for the first `count` selected paths.

    Columns are the selected paths, side by side; `selection.paths` is padded to a multiple of 8.
    """
    count = (count + 7) & 0xFFF8
    walk_window(selection, count, histories, program, window, points, lanes)
    fill(closes, selection, count, program, window)
    move_all(closes, selection, count, histories, program, window, world)


@stage
def fill(closes, selection, count, program, window):
    """Closes of a window before the moves of the stock; before the valuation date they are known."""
    first, price = window.first_day, program.price
    for j in range(first, window.last_day):
        day = program.days[j]
        to_close(closes[j - first], selection.walked[day.row], day.drift, price.scale, price.initial, count)
    for j in range(window.known):
        set_row(closes[j], program.days[first + j].close, count)


@stage
def move_all(prices, selection, count, histories, program, window, world):
    """Every move of the stock, for the rows of a window."""
    days = program.days[window.first_day : window.last_day]
    for k in range(len(program.jumps)):
        jump, at = program.jumps[k], selection.moved_at[0]
        select_row(at, histories.events[jump.event], selection.paths, count)
        move(prices, at, days, jump.factor, count)
    if world is not None:
        compensate_all(prices, selection, count, histories, program, window, world.jumps)


@stage
def close_alone(closes, selection, i, histories, program, window, lanes, world):
    """Fill `closes` (sessions,) with the closes of a window for path i. Sessions stand side by side, not paths."""
    normals, walked = selection.alone[:4], selection.alone[4]
    walk_alone(walked, normals, i, histories.month_ends, program, window, lanes)
    first, count, price = window.first_day, window.last_day - window.first_day, program.price
    for d in range(count):
        day = program.days[first + d]
        closes[d] = fma(price.scale, walked[day.row], day.drift)
    exp_row(closes, price.initial, count)
    for d in range(window.known):
        closes[d] = program.days[first + d].close
    for k in range(len(program.jumps)):
        at = histories.events[program.jumps[k].event, i]
        for d in range(count):
            closes[d] = closes[d] * (program.jumps[k].factor if at <= program.days[first + d].t else 1.0)
    if world is not None:
        compensate_alone(closes, i, histories, program, window, world.jumps)


@stage
def exp_row(row, initial, count):
    """initial x e^row, in place."""
    for d in range((count + 7) & 0xFFFFF8):
        row[d] = initial * exp(row[d])


@stage
def set_row(row, value, count):
    """One value for all paths."""
    for i in range(count & 0xFFF8):
        put(row, i, value)


@stage
def to_close(row, walked, drift, scale, initial, count):
    """From W to dollars a share."""
    for i in range(count & 0xFFF8):
        put(row, i, initial * exp(fma(scale, peek(walked, i), drift)))


@stage
def move(closes, at, days, factor, count):
    """Multiply the closes of each day by `factor` where the event has happened by then."""
    for j in range(len(days)):
        row, t = closes[j], days[j].t
        for i in range(count & 0xFFF8):
            put(row, i, row[i] * (factor if peek(at, i) <= t else 1.0))
