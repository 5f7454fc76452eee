"""Closes and trading days of a block, whatever the price model: the one place that chooses by its code."""

import numpy as np

from sim.kernels.jit import stage
from sim.kernels.market import bootstrap, garch, gbm, heston, merton
from sim.kernels.market.trading import price_days, trade
from sim.kernels.market.walk import walk_window
from sim.lowering.model_records import MODEL_BOOTSTRAP, MODEL_GARCH, MODEL_GBM, MODEL_HESTON, MODEL_MERTON
from sim.lowering.program import BLOCK


@stage
def fill_market(arrays, program, market, room, lanes, world):
    """Fill the rows of closes, lows, VWAPs and volumes of every path of a block, and the closes of financings."""
    histories, selection, model = arrays.histories, arrays.selection, program.price.model
    closes, count, window = histories.closes, np.int64(BLOCK), program.windows[len(program.windows) - 1]
    for i in range(BLOCK):
        selection.paths[i] = i
    if model != MODEL_BOOTSTRAP:
        walk_window(selection, count, histories, program, window, arrays.points, lanes)
    for k in range(len(market.trading)):
        room.opens[k, :] = 0.0
        room.variances[k, :] = program.price.scale * program.price.scale
    if model == MODEL_GBM:
        gbm.fill(closes, selection, count, program, window)
    elif model == MODEL_MERTON:
        merton.fill(closes, selection, program, window, market, room, lanes)
    elif model == MODEL_HESTON:
        heston.fill(closes, selection, program, window, market, room, lanes)
    elif model == MODEL_GARCH:
        garch.fill(closes, selection, program, window, market, room, lanes)
    else:
        bootstrap.fill(closes, selection, program, window, market, room, lanes)
    for k in range(window.known):
        closes[k, :] = program.days[window.first_day + k].close
        if len(histories.low) > 0:
            histories.low[k, :] = program.price.initial
        if len(histories.vwap) > 0:
            histories.vwap[k, :] = program.price.initial
        if len(histories.volume) > 0:
            histories.volume[k, :] = market.trading_day.mean
    price_days(histories, selection.everyone, market, room, lanes)
    gbm.move_all(closes, selection, count, histories, program, window, world)
    if len(histories.low) > 0:
        gbm.move_all(histories.low, selection, count, histories, program, window, world)
    if len(histories.vwap) > 0:
        gbm.move_all(histories.vwap, selection, count, histories, program, window, world)
    trade(histories, selection.walked, market, room)
    if program.third_party.price_factor > 0.0:
        close_financings(histories, program.months)


@stage
def close_financings(histories, months):
    """The close of the last session of each financing's month."""
    listed = histories.financings
    for j in range(listed.until[len(listed.until) - 1]):
        listed.close[j] = histories.closes[months[listed.month[j]].row, listed.path[j]]
