"""The table [price] of a case file: the models of the stock price, the trading day and its volume."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sim.terms.base import ANNUAL_VOLATILITY, terms
from sim.terms.closes import ShownCloses
from sim.terms.problems import MISSING, Problem
from sim.terms.ranges import Number, Text
from sim.terms.schema import Table, Terms, key, keys, values_of
from sim.terms.variation import times, within

LEAST_RETURNS = 100  # that a bootstrap resamples

MODELS = {
    "gbm": "geometric Brownian motion",
    "merton": "geometric Brownian motion with jumps, Merton (1976)",
    "heston": "stochastic variance, Heston (1993)",
    "garch": "GARCH(1, 1)",
    "bootstrap": "resampled returns of a file of closes",
}
#: Models that have a key; the others must not.
MODELS_OF = {
    "volatility": ("gbm", "merton", "heston", "garch"),
    "jump_rate": ("merton",),
    "jump_mean": ("merton",),
    "jump_sd": ("merton",),
    "initial_volatility": ("heston", "garch"),
    "mean_reversion": ("heston",),
    "vol_of_vol": ("heston",),
    "correlation": ("heston",),
    "alpha": ("garch",),
    "beta": ("garch",),
    "degrees_of_freedom": ("garch",),
    "block_days": ("bootstrap",),
}
REQUIRED = ("volatility", "jump_rate", "jump_sd")
DEFAULTS = {
    "jump_mean": 0.0, "mean_reversion": 4.0, "vol_of_vol": 1.2, "correlation": 0.0, "alpha": 0.08, "beta": 0.90,
    "block_days": 20.0,
}  # fmt: skip


@terms
class TradingDay(Terms):
    overnight_share: float = key(
        Number(least=0, most=0.9, unit="1"), 0.0, meaning="share of a session's variance that falls before its open"
    )


@terms
class Volume(Terms):
    mean: float = key(
        Number(above=0, most=1e12, unit="shares/day"), meaning="mean number of shares traded in a session",
        label="volume of trading", vary=times(0.5, 2.0),
    )  # fmt: skip
    sd: float = key(
        Number(least=0, most=5, unit="1"),
        0.7,
        meaning="standard deviation of the log of volume, moves of the stock apart",
    )
    persistence: float = key(
        Number(least=0, below=1, unit="1"),
        0.6,
        meaning="correlation of the log of volume with that of the next session",
    )
    return_loading: float = key(
        Number(least=0, most=3, unit="1"),
        0.3,
        meaning='how much the log of volume rises with the size of a session\'s move; no effect with "bootstrap"',
    )
    price_elasticity: float = key(
        Number(least=-3, most=3, unit="1"), 0.0,
        meaning="1: a falling price raises the number of shares, and their value stays; 0: it does not",
    )  # fmt: skip


@terms
class Price(Terms):
    model: str = key(
        Text(tuple(MODELS)),
        meaning='how the price moves: "gbm" is geometric Brownian motion; "merton" adds jumps; "heston" and "garch" '
        'have a volatility that changes; "bootstrap" resamples the returns of `closes`',
    )
    initial: float = key(
        Number(least=1e-6, most=1e9, unit="$/share"), None,
        meaning="close of the last session (Nasdaq trading day) before the valuation date; absent: last of `closes`",
        label="opening stock price",
        vary=times(0.7, 1.3),  # four months of a stock whose volatility is 50%, about two months of one at 70%
    )  # fmt: skip
    drift: float = key(
        Number(least=-10, most=10, unit="1/year"), 0.0,
        meaning="growth of the mean price", label="drift of the stock price",
        # Beyond any premium that a market pays; two years of closes at a volatility of 30% are as uncertain.
        vary=within(0.2),
    )  # fmt: skip
    volatility: float = key(
        ANNUAL_VOLATILITY, None,
        meaning='standard deviation of the log price after one year: of "merton" without its jumps, of "heston" and '
        '"garch" in the long run; every model but "bootstrap" needs it',
        label="volatility of the stock price",
        vary=times(0.75, 1.25),  # the volatility of one year, measured over the next, is often off by a quarter
    )  # fmt: skip
    jump_rate: float = key(
        Number(least=0, most=252, unit="1/year"), None, meaning='"merton": expected number of jumps, required',
        label="jumps of the stock price",
    )  # fmt: skip
    jump_mean: float = key(
        Number(least=-3, most=3, unit="1"), None, meaning='"merton": mean of the log of one jump; 0 where absent',
        label="mean jump of the stock price",
    )  # fmt: skip
    jump_sd: float = key(
        Number(least=0, most=3, unit="1"), None,
        meaning='"merton": standard deviation of the log of one jump, required',
        label="spread of the stock price's jumps",
    )  # fmt: skip
    initial_volatility: float = key(
        ANNUAL_VOLATILITY, None,
        meaning='"heston", "garch": volatility of the first session; `volatility` where absent',
        label="volatility of the stock price at the opening",
    )  # fmt: skip
    mean_reversion: float = key(
        Number(above=0, most=100, unit="1/year"), None,
        meaning='"heston": speed at which the variance returns to its long-run level; 4 where absent',
        label="mean reversion of the variance",
    )  # fmt: skip
    vol_of_vol: float = key(
        Number(least=0, most=10, unit="1"), None, meaning='"heston": volatility of the variance; 1.2 where absent',
        label="volatility of the variance",
    )  # fmt: skip
    correlation: float = key(
        Number(least=-1, most=1, unit="1"), None,
        meaning='"heston": correlation of the moves of price and variance; 0 where absent',
        label="correlation of price and variance",
    )  # fmt: skip
    alpha: float = key(
        Number(least=0, below=1, unit="1"), None,
        meaning='"garch": weight of a session\'s squared move in the next variance; 0.08 where absent',
        label="GARCH alpha",
    )  # fmt: skip
    beta: float = key(
        Number(least=0, below=1, unit="1"), None,
        meaning='"garch": weight of a session\'s variance in the next, with alpha below 1; 0.9 where absent',
        label="GARCH beta",
    )  # fmt: skip
    degrees_of_freedom: float | None = key(
        Number(least=2.5, most=1000, unit="1"), None,
        meaning='"garch": degrees of freedom of Student-t shocks; normal shocks where absent',
        label="degrees of freedom of the shocks",
    )  # fmt: skip
    closes: tuple[Any, ...] = key(
        ShownCloses(), None,
        meaning="closes before the valuation date, oldest first: a file or a list; windows of closes that reach back "
        'use them, and "bootstrap" resamples their returns',
        unit="$/share",
    )  # fmt: skip
    block_days: float = key(
        Number(least=1, most=50_000, unit="sessions"), None,
        meaning='"bootstrap": mean number of sessions that are taken from the file in a row; 20 where absent',
        label="block of the bootstrap",
    )  # fmt: skip
    day: TradingDay | None = key(
        Table(TradingDay), None, meaning="the course of a session, for clauses that use lows or VWAPs"
    )
    volume: Volume | None = key(Table(Volume), None, meaning="the volume of trading, for clauses that use it")
    jumps: str = key(
        Text(("raw", "compensated")), "raw", brief=True,
        meaning='moves of the stock at milestones and at a change of the chief executive: "raw" moves also shift its '
        'mean; with "compensated" the price drifts between them, so that `drift` is the growth of its mean',
    )  # fmt: skip
    impact: str = key(
        Text(("none", "dilution")), "none",
        meaning='"dilution": each draw moves later closes to the theoretical ex-issue price; "none": it does not',
    )  # fmt: skip

    def check_models(self) -> Iterator[Problem]:
        for word, models in MODELS_OF.items():
            value = getattr(self, word)
            if value is not None and self.model not in models:
                only = " or ".join(f'"{model}"' for model in models)
                yield word, value, f"must be left out: only with model = {only}"
            elif value is None and word in REQUIRED and self.model in models:
                allowed = f'must be {keys(Price)[word].rule.allowed}, as model = "{self.model}" needs it'
                yield word, MISSING, allowed

    def check_initial(self) -> Iterator[Problem]:
        if self.initial is None and self.closes is None:
            yield "initial", MISSING, f"must be {keys(Price)['initial'].rule.allowed}, or closes must be given"

    def check_heston(self) -> Iterator[Problem]:
        if self.model == "heston" and self.volatility == 0.0:
            yield "volatility", self.volatility, 'must be above 0 with model = "heston"'

    def check_garch(self) -> Iterator[Problem]:
        alpha, beta = self.alpha, self.beta
        alpha = DEFAULTS["alpha"] if alpha is None else alpha
        beta = DEFAULTS["beta"] if beta is None else beta
        if self.model == "garch" and alpha + beta >= 1.0:
            word = "beta" if self.beta is not None else "alpha"
            yield word, getattr(self, word), f"must leave alpha + beta below 1; they are {alpha:g} + {beta:g}"

    def check_bootstrap(self) -> Iterator[Problem]:
        if self.model != "bootstrap":
            return
        if self.closes is None:
            yield "closes", MISSING, f'must be {ShownCloses.allowed}, as model = "bootstrap" needs it'
            return
        returns = len(self.closes) - 1
        if returns < LEAST_RETURNS:
            many = f'must have at least {LEAST_RETURNS + 1} closes with model = "bootstrap"; {len(self.closes)} given'
            yield "closes", list(self.closes), many
        elif self.block_days is not None and self.block_days > returns / 2:
            yield "block_days", self.block_days, f"must be at most half of the {returns} returns of closes"

    @property
    def opening_volatility(self) -> float:
        """Volatility of the first session."""
        return self.volatility if self.initial_volatility is None else self.initial_volatility

    @property
    def gross_returns(self) -> tuple[float, ...]:
        """c_(i+1) / c_i of the closes that are given."""
        return _gross_returns(self.closes or ())

    def closes_before(self, day: datetime.date) -> tuple[float, ...]:
        """The closes that are given, of dates before a day; without dates all of them."""
        rows = self.closes or ()
        return tuple(
            row[1] if isinstance(row, tuple) else row for row in rows if not (isinstance(row, tuple) and row[0] >= day)
        )

    def completed(self, day: datetime.date) -> Price:
        """With the defaults of its model, and an opening price: the last close before the valuation date, a day."""
        filled = {
            word: default
            for word, default in DEFAULTS.items()
            if getattr(self, word) is None and self.model in MODELS_OF[word]
        }
        if self.initial is None:
            filled["initial"] = self.closes_before(day)[-1]
        return Price(**(values_of(self) | filled)) if filled else self


@lru_cache(maxsize=16)
def _gross_returns(rows: tuple[Any, ...]) -> tuple[float, ...]:
    """Kept, as the runs of an analysis share their closes: each would compute thousands of quotients anew."""
    closes = [row[1] if isinstance(row, tuple) else row for row in rows]
    return tuple(after / before for before, after in pairwise(closes))
