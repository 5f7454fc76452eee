"""The records of the models of what may happen: the stock price, the trading day, burn, events, third parties.

A part of the vocabulary of `sim.lowering.program`, with the same conventions.
"""

from typing import NamedTuple

import numpy as np

from sim.lowering.layout import record

#: Rows in which the price models work.
SCRATCH = 16

# Price models, and series of prices.
PRICE_MODELS = ("gbm", "merton", "heston", "garch", "bootstrap")
MODEL_GBM, MODEL_MERTON, MODEL_HESTON, MODEL_GARCH, MODEL_BOOTSTRAP = range(5)
#: Models that visit every session.
WALKED = ("heston", "garch", "bootstrap")
SERIES = ("close", "low", "vwap")
SERIES_CLOSE, SERIES_LOW, SERIES_VWAP = range(3)


#: A month's step of the Brownian walk from month-end to month-end: W[k + 1] = W[k] + root z.
WALK = record(variate="i", root="f")
#: The sessions whose closes one purchase date needs: from the first of its pricing windows to its own, the last. Ranges
#: of rows of `day_calls`, `anchors`, `bridges` and `days`; the first `known` days lie before the valuation date. The
#: last window holds every session that the case needs.
WINDOW = record(
    first_call="i", last_call="i", first_anchor="i", last_anchor="i", first_bridge="i", last_bridge="i",
    first_day="i", last_day="i", known="i",
)  # fmt: skip
#: A month-end (0: the opening) that a window needs, and the row of the window that receives its W.
ANCHOR = record(row="i", month_end="i")
#: A session inside a month: W[row] = W[back] + ratio (W[ahead] - W[back]) + root z, rows of the window.
BRIDGE = record(row="i", back="i", ahead="i", normal="i", ratio="f", root="f")
#: A session whose close is needed: the row of the window that has its W, its time, its log drift (bootstrap: the
#: factor of the product of gross returns), and its close where it lies before the valuation date.
DAY = record(row="i", t="f", drift="f", close="f")
#: A relative move of the stock at the time of an event, a row of `Histories.events`: the move, and 1 + that.
JUMP = record(event="i", move="f", factor="f")
#: A session of a model that visits all: rows of the last window with W of it and of the session before, its row of
#: closes and its number among `trading` days; -1: none.
SESSION = record(row="i", back="i", close="i", trading="i")
#: A session of which more than the close is needed: its number, the rows of closes of it and of the session before,
#: the rows of W of both, the row of the volume's state, and what is needed.
TRADING = record(session="i", row="i", back="i", walked="i", walked_back="i", state="i", prices="i", volume="i")
#: A step of the volume's state y: y[row] = back_weight y[back] + ahead_weight y[ahead] + root z.
STATE_STEP = record(row="i", back="i", ahead="i", variate="i", back_weight="f", ahead_weight="f", root="f")
#: A statistic of the prices of some sessions: those from `first` on of the sessions that begin with the purchase
#: dates' `first_row`. The price is the least of all legs, each times its `multiplier`.
LEG = record(series="i", first="i", window="i", statistic="i", count="i", multiplier="f")


class PriceRecord(NamedTuple):
    initial: float
    scale: float  # volatility x sqrt(1/252)
    impact: int
    model: int


class MertonRecord(NamedTuple):
    wait: float  # mean number of sessions between two jumps; NEVER: no jumps
    mean: float  # of the log of a jump
    sd: float
    last: float  # session after which no close is needed


class HestonRecord(NamedTuple):
    start: float  # variance of the first session
    variance: float  # of a session in the long run, scale x scale
    reversion: float  # a session
    vol_of_vol: float  # a session
    correlation: float
    own: float  # sqrt(1 - correlation^2)


class GarchRecord(NamedTuple):
    start: float  # variance of the first session
    variance: float  # of a session in the long run, scale x scale
    alpha: float
    beta: float
    omega: float  # (1 - alpha - beta) x variance
    shape: float  # degrees of freedom / 2 - 1/3; 0: normal
    stretch: float  # 1 / sqrt(9 shape)
    activity: float  # (degrees of freedom - 2) / (2 shape)


class BootstrapRecord(NamedTuple):
    renewal: float  # probability that a session begins a new block
    variance: float  # of a log return of the file


class TradingRecord(NamedTuple):
    overnight: float  # share of a session's variance that falls before its open
    mean: float  # shares a session
    loading: float  # of log volume on the size of the session's standardised move
    offset: float  # that makes the mean of the volume `mean`
    elasticity: float
    log_initial: float


class MarketTables(NamedTuple):
    """What the market of a case needs beyond a `Program`, where its closes are made for all paths at once."""

    merton: MertonRecord
    heston: HestonRecord
    garch: GarchRecord
    bootstrap: BootstrapRecord
    trading_day: TradingRecord
    sessions: np.ndarray  # from the first on, of models that visit every session
    row_at: np.ndarray  # int64: the first row of closes of a session n or later, for n = 0, 1, ...
    gross: np.ndarray  # gross returns that the bootstrap resamples
    trading: np.ndarray
    state_steps: np.ndarray


class MarketRoom(NamedTuple):
    """The rows that the market is made in, (rows, BLOCK)."""

    variances: np.ndarray  # of the log return of each trading day
    opens: np.ndarray  # the log move at the open of each trading day
    states: np.ndarray  # of the volume, by row of the steps
    scratch: np.ndarray  # SCRATCH rows


class BurnRecord(NamedTuple):
    sd: float
    before: float  # x of the month before the first; 0 where it is not known
    first_shock: float  # factor of the first month's shock: sd, or `shock` where the month before is known
    persistence: float
    shock: float  # sd x sqrt(1 - persistence^2)
    correlation: float
    own: float  # sqrt(1 - correlation^2)
    half_variance: float


class EventRecord(NamedTuple):
    factor_variate: int  # -1: no milestone
    loading: float
    own: float  # sqrt(1 - loading^2)
    variate: int  # row of the CEO change's uniform; the adverse change's follows. -1: neither
    ceo_mean_days: float  # NEVER: no such event
    adverse_mean_days: float
    adverse_duration: float


class ThirdPartyRecord(NamedTuple):
    months: float  # mean of the exponential time to the next financing; 0: no third parties
    variate: int  # row of the first wait; the second's follows. -1: no third parties
    log_median: float
    log_sd: float
    price_factor: float  # 1 - discount; 0: debt, no shares
    reduction_probability: float
