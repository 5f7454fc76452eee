"""Price models as numbers: the constants of each, and the tables of the market.

Exponentials and logarithms are computed by `decimal` and rounded once, and sums by `math.fsum`, so that they are the
same on every machine.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np

from sim.lowering import model_records as m
from sim.lowering.drift import SESSIONS_IN_YEAR
from sim.lowering.market import Market
from sim.terms import Case
from sim.text.exact import FIFTY_DIGITS, log


def scale_of(volatility: float) -> float:
    """Standard deviation of the log return of a session. Its square is the variance of a session."""
    return volatility * math.sqrt(1.0 / SESSIONS_IN_YEAR)


def price_record(case: Case) -> m.PriceRecord:
    price = case.price
    return m.PriceRecord(
        initial=float(price.initial),
        scale=0.0 if price.model == "bootstrap" else scale_of(price.volatility),
        impact=int(price.impact == "dilution"),
        model=m.PRICE_MODELS.index(price.model),
    )


def market_tables(case: Case, market: Market) -> m.MarketTables:
    """What the market needs where its closes are made for all paths at once."""
    resampled = case.price.gross_returns if case.price.model == "bootstrap" else ()
    return m.MarketTables(
        merton=merton_record(case, market.everything[-1] if market.everything else 0),
        heston=heston_record(case),
        garch=garch_record(case),
        bootstrap=bootstrap_record(case),
        trading_day=trading_record(case),
        sessions=market.visited,
        row_at=market.row_at,
        gross=np.array(resampled, np.float64),
        trading=market.traded,
        state_steps=market.state_table(case),
    )


def merton_record(case: Case, last: int) -> m.MertonRecord:
    """`last`: the last session whose close is needed."""
    price = case.price
    if price.model != "merton":
        return m.MertonRecord(math.inf, 0.0, 0.0, 0.0)
    wait = SESSIONS_IN_YEAR / price.jump_rate if price.jump_rate > 0.0 else math.inf
    return m.MertonRecord(wait, float(price.jump_mean), float(price.jump_sd), float(max(last, 0)))


def heston_record(case: Case) -> m.HestonRecord:
    price = case.price
    if price.model != "heston":
        return m.HestonRecord(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    scale, start, rho = scale_of(price.volatility), scale_of(price.opening_volatility), float(price.correlation)
    return m.HestonRecord(
        start=start * start,
        variance=scale * scale,
        reversion=price.mean_reversion / SESSIONS_IN_YEAR,
        vol_of_vol=price.vol_of_vol / SESSIONS_IN_YEAR,
        correlation=rho,
        own=math.sqrt(1.0 - rho * rho),
    )


def garch_record(case: Case) -> m.GarchRecord:
    price = case.price
    if price.model != "garch":
        return m.GarchRecord(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    scale, start = scale_of(price.volatility), scale_of(price.opening_volatility)
    alpha, beta, degrees = float(price.alpha), float(price.beta), price.degrees_of_freedom
    shape = 0.0 if degrees is None else degrees / 2.0 - 1.0 / 3.0
    return m.GarchRecord(
        start=start * start,
        variance=scale * scale,
        alpha=alpha,
        beta=beta,
        omega=(1.0 - alpha - beta) * (scale * scale),
        shape=shape,
        stretch=1.0 / math.sqrt(9.0 * shape) if shape else 0.0,
        activity=(degrees - 2.0) / (2.0 * shape) if degrees is not None else 0.0,
    )


def bootstrap_record(case: Case) -> m.BootstrapRecord:
    price = case.price
    if price.model != "bootstrap":
        return m.BootstrapRecord(1.0, 0.0)
    return m.BootstrapRecord(1.0 / price.block_days, _variance(price.gross_returns))


@lru_cache(maxsize=64)
def _variance(gross: tuple[float, ...]) -> float:
    """Sample variance of the log returns, divisor N - 1."""
    logs = list(map(log, gross))
    mean = math.fsum(logs) / len(logs)
    return math.fsum((x - mean) * (x - mean) for x in logs) / (len(logs) - 1)


def trading_record(case: Case) -> m.TradingRecord:
    price, volume = case.price, case.price.volume
    overnight = 0.0 if price.day is None else float(price.day.overnight_share)
    log_initial = log(price.initial)
    if volume is None:
        return m.TradingRecord(overnight, 0.0, 0.0, 0.0, 0.0, log_initial)
    loading = 0.0 if price.model == "bootstrap" else float(volume.return_loading)
    return m.TradingRecord(
        overnight=overnight,
        mean=float(volume.mean),
        loading=loading,
        offset=_offset(float(volume.sd), loading),
        elasticity=float(volume.price_elasticity),
        log_initial=log_initial,
    )


@lru_cache(maxsize=256)
def _offset(sd: float, loading: float) -> float:
    """ln E[exp(y + c abs(z))] = sd^2 / 2 + c^2 / 2 + ln(2 Phi(c)).

    2 Phi(c) = 1 + 2 phi(c) (c + c^3 / 3 + c^5 / 15 + ...).
    """
    with localcontext(FIFTY_DIGITS):
        c = Decimal(loading)
        term = total = c
        k = 1
        while abs(term) > Decimal("1e-45"):
            k += 2
            term = term * c * c / k
            total += term
        half = c * c / 2
        density = (-half).exp() / (2 * _PI).sqrt()
        twice = 1 + 2 * (density * total)
        return float(Decimal(sd) * Decimal(sd) / 2 + half + twice.ln())


_PI = Decimal("3.14159265358979323846264338327950288419716939937511")
