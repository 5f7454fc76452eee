"""Third-party financings: when they come, what they bring, and what they do to the ledger.

The time between two financings is exponential, counted in whole months, so that in each month one comes with
probability 1 - exp(-rate / 12). Section "Third-party financing" of sim/docs/model.md.
"""

import numpy as np

from sim.kernels.cash import operate
from sim.kernels.copying import copy_out
from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.market.gbm import exp_row
from sim.kernels.random.elementary import exp, fma, log, normal_row
from sim.kernels.random.philox import to_uniform, words
from sim.kernels.random.variates import draw_words, to_uniforms
from sim.kernels.world.compensation import compensate_listed
from sim.lowering.model_records import MODEL_GBM
from sim.lowering.program import BLOCK, FINANCINGS, NEVER, THIRD_PARTY_ARRIVAL, THIRD_PARTY_TERMS


@stage
def find_financings(histories, selection, program, points, lanes, world):
    """List the block's third-party financings: path, month, amount, whether the line is reduced for it, and close."""
    listed, third_party, seed = histories.financings, program.third_party, lanes.seed
    first, second, last = listed.waits[0], listed.waits[1], len(listed.until) - 1
    copy_out(first, np.int64(0), histories.variates[third_party.variate], np.int64(BLOCK))
    copy_out(second, np.int64(0), histories.variates[third_party.variate + 1], np.int64(BLOCK))
    listed.before[:] = -1.0
    paths, count, number, call = selection.everyone, np.int64(BLOCK), np.int64(0), np.int64(0)
    while True:
        wait_twice(first, second, listed.before, third_party.months, count)
        number = append_paths(listed, number, paths, first, count, last)
        start = number
        number = append_paths(listed, number, paths, second, count, last)
        paths, count, call = listed.path[start:], number - start, call + 1
        if count == 0:
            break
        for j in range(count):  # a second financing before the end may have others after it
            listed.before[j] = listed.month[start + j]
        room = (count + 7) & 0xFFF8
        draw_words(
            first, second, paths, room, lanes.first_path, lanes.antithetic, call, np.int64(THIRD_PARTY_ARRIVAL), seed
        )
        to_uniforms(first, paths, room, lanes.antithetic)
        to_uniforms(second, paths, room, lanes.antithetic)
    draw_terms(listed, number, lanes.first_path, lanes.antithetic, seed)
    if points.financings.shape[1] > 0:
        take_terms(listed, number, points.financings, lanes.offset)
    turn_terms(listed.amount, listed.reduces, number, third_party)
    sort_by_month(listed, number)
    if third_party.price_factor > 0.0 and program.price.model == MODEL_GBM:
        close_financings(listed, number, histories, program, world)


@stage
def wait_twice(first, second, before, mean, count):
    """From two uniforms to the months of the next two financings: -log(u) x mean whole months between them."""
    for i in range((count + 7) & 0xFFF8):
        first[i] = before[i] + 1.0 + np.floor(-log(first[i]) * mean)
        second[i] = first[i] + 1.0 + np.floor(-log(second[i]) * mean)


@stage
def append_paths(listed, number, paths, months, count, last):
    """Append the paths whose financing comes before month `last`; returns the length of the list."""
    for i in range(count):
        month = peek(months, i)
        put(listed.path, number, peek(paths, i))
        put(listed.month, number, np.int64(month if month < last else 0.0))
        number += month < last
    return number


@stage
def draw_terms(listed, number, first_path, antithetic, seed):
    """Uniforms for the amounts and reductions; a path has one call of the generator for each month."""
    mirror = np.uint64(antithetic)
    for j in range((number + 15) & 0xFFFFF0):
        path = first_path + np.uint64(peek(listed.path, j))
        a, b = words(path >> mirror, peek(listed.month, j), np.int64(THIRD_PARTY_TERMS), seed)
        flip = np.uint64(0) - (path & mirror)
        put(listed.amount, j, to_uniform(a ^ flip))
        put(listed.reduces, j, to_uniform(b ^ flip))


@stage
def take_terms(listed, number, uniforms, offset):
    """Quasi-random terms for each path's first financings."""
    so_far = listed.before
    so_far[:] = 0.0
    for j in range(number):
        i = listed.path[j]
        k = int(so_far[i])
        if k < FINANCINGS and offset + i < uniforms.shape[1]:
            listed.amount[j] = uniforms[2 * k, offset + i]
            listed.reduces[j] = uniforms[2 * k + 1, offset + i]
        so_far[i] += 1.0


@stage
def turn_terms(amounts, reduces, number, third_party):
    """From uniforms to dollars, lognormal, and to whether the line is reduced."""
    room = (number + 15) & 0xFFFFF0
    normal_row(amounts[:room])
    for j in range(room):
        amounts[j] = exp(fma(third_party.log_sd, amounts[j], third_party.log_median))
        reduces[j] = 1.0 if reduces[j] < third_party.reduction_probability else 0.0


@stage
def sort_by_month(listed, number):
    """List the financings by month: month k has numbers order[until[k]] ... order[until[k + 1] - 1]."""
    until, last = listed.until, len(listed.until) - 1
    until[:] = 0
    for j in range(number):
        until[listed.month[j] + 1] += 1
    for k in range(last):
        until[k + 1] += until[k]
    for j in range(number):
        month = listed.month[j]
        listed.order[until[month]] = j
        until[month] += 1
    for k in range(last, 0, -1):
        until[k] = until[k - 1]
    until[0] = 0


@verb
def close_financings(listed, number, histories, program, world):
    """The close of the last session of each financing's month."""
    price, months, room = program.price, program.months, (number + 7) & 0xFFFFF8
    for j in range(number):
        month = months[listed.month[j]]
        listed.t[j] = month.t
        listed.close[j] = fma(price.scale, histories.month_ends[month.month_end, listed.path[j]], month.drift)
    exp_row(listed.close, price.initial, number)
    for k in range(len(program.jumps)):
        jump = program.jumps[k]
        move_listed(listed.close, histories.events[jump.event], listed.path, listed.t, jump.factor, room)
    if world is not None:
        compensate_listed(listed.close, listed, number, histories, program, world.jumps)


@stage
def move_listed(closes, at, paths, t, factor, count):
    """`move` for closes of different paths and days."""
    for j in range(count & 0xFFFFF8):
        put(closes, j, closes[j] * (factor if peek(at, peek(paths, j)) <= peek(t, j) else 1.0))


@verb
def take_money(j, state, rates, listed, stop, third_party, opening):
    """Financing j of the month: cash, and shares for it if it is equity. Returns its amount."""
    i, amount = listed.path[j], listed.amount[j]
    operate(state, i, rates[i], stop.t, opening.minimum)
    if third_party.price_factor > 0.0:
        price = listed.close[j] * state.impact[i] * third_party.price_factor
        headroom_shares = opening.headroom - state.outstanding[i]
        headroom_shares = headroom_shares if headroom_shares > 0.0 else 0.0  # fee shares of a line obey no limit
        worth = headroom_shares * price
        amount = worth if worth < amount else amount
        shares = np.floor(amount / price + 0.5)
        shares = headroom_shares if shares > headroom_shares else shares
        state.outstanding[i] += shares
        state.other_shares[i] += shares if state.out_days[i] == NEVER else 0.0
    state.base_cash[i] = state.cash[i] + amount if amount > 0.0 else state.base_cash[i]
    state.base_day[i] = stop.t if amount > 0.0 else state.base_day[i]
    return amount


@stage
def finance(state, rates, listed, stop, third_party, opening):
    """The month's financings, and the reductions of the line. Path by path, because they are rare.

    What reduces the line is a product, because a branch would be predicted wrongly too often.
    """
    for k in range(listed.until[stop.month], listed.until[stop.month + 1]):
        j = listed.order[k]
        i = listed.path[j]
        amount = take_money(j, state, rates, listed, stop, third_party, opening)
        reduces = (listed.reduces[j] != 0.0) & (stop.in_term != 0)
        left, active = state.remaining[i], state.next_active[i]
        cut = (amount if amount < left else left) * (1.0 if reduces else 0.0)
        state.remaining[i] = left - cut
        state.cut[i] += cut if state.out_days[i] == NEVER else 0.0
        changed = reduces | (state.outstanding[i] >= opening.headroom)
        state.next_active[i] = -1.0 if changed else active
