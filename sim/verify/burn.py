"""Cash used in operations: its distribution month by month, its memory, and its correlation with the price."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.calendar import sessions
from sim.terms import Case
from sim.verify import laws
from sim.verify.check import About, Check
from sim.verify.samples import DRIFT, S0, VOLATILITY, YEAR, plain_case
from sim.verify.written import Written, a_quarter, write_paths

SD, PERSISTENCE, CORRELATION, GROWTH, MONTHS = 0.4, 0.6, -0.5, 0.3, 9
MONTHLY = 1e6
SERIES = "stationary AR(1): Box, Jenkins, Reinsel (2008), section 3.2"


def checks(paths: int, seed: int) -> Iterator[Check]:
    """A series with memory, growth and a correlation; extreme values of the two; then the expected figures."""
    case = _case({"persistence": PERSISTENCE, "price_correlation": CORRELATION, "growth": GROWTH})
    written = write_paths(case, a_quarter(paths), seed)
    level = MONTHLY * (1 + GROWTH) ** (np.arange(MONTHS) / 12)
    x = np.log(written.cash_used / level[:, None]) + SD**2 / 2
    market = _market(case, written)
    yield from _months(written.cash_used, level, x)
    yield from _memory(x)
    yield from _with_the_price(x, market)
    yield from _extremes(a_quarter(paths), seed)
    yield from _expected()


def _case(burn: dict[str, Any]) -> Case:
    changes = {f"burn.{key}": value for key, value in ({"volatility": SD} | burn).items()}
    return plain_case({"horizon": "2002-12-31", "policy.cadence": "month_end"} | changes)


def _market(case: Case, written: Written) -> np.ndarray:
    """Standardised Brownian increments (months, paths), from the closes of month-ends alone."""
    days = sessions(case.valuation_date, case.horizon)
    length = np.bincount([day.month - 4 for day in days])[:, None]  # sessions in each month, from April
    closes = written.draw("close")
    moves = np.diff(np.log(np.vstack([np.full(closes.shape[1], S0), closes])), axis=0)
    return (moves - (DRIFT - VOLATILITY**2 / 2) * length / YEAR) / (VOLATILITY * np.sqrt(length / YEAR))


def _months(used: np.ndarray, level: np.ndarray, x: np.ndarray) -> Iterator[Check]:
    cost = About("what operations cost on average", "model, section 4: level(k)")
    stationary = About("the series is stationary from its first month", SERIES)
    for k, words in ((0, "the first month"), (MONTHS - 1, "month 8")):
        yield cost.mean(f"E[cash used] / level of {words}", 1, used[k] / level[k])
        yield stationary.mean(f"variance of the log of {words}", SD**2, x[k] ** 2)
    month, spread = used[3] / level[3], About("how much one month's burn varies", "lognormal: e^(s^2) - 1")
    yield spread.mean("variance of cash used / level, month 3", math.expm1(SD**2), (month - 1) ** 2)
    known = laws.lognormal_quantile(0.95, math.exp(-(SD**2) / 2), SD)
    bad = About("months of high burn", "lognormal: exp(1.6449 s - s^2/2)")
    yield bad.quantile("95% point of used / level, month 3", 95, known, month)
    total, expected = used[3:6].sum(axis=0), float(level[3:6].sum())
    quarter = About("what coverage compares a quarter's draws with", "sum of level(k)")
    yield quarter.mean("E[cash used] of the second quarter, $M", expected / 1e6, total / 1e6)
    known = sum(
        level[i] * level[j] * math.expm1(SD**2 * PERSISTENCE ** abs(i - j)) for i in range(3, 6) for j in range(3, 6)
    )
    together = About("months of a quarter vary together", "sum of level(i) level(j) (e^(s^2 p^|i-j|) - 1)")
    yield together.mean("variance of the second quarter, $M^2", known / 1e12, (total - expected) ** 2 / 1e12)


def _memory(x: np.ndarray) -> Iterator[Check]:
    about = About("how long a period of high burn lasts", SERIES)
    for lag in (1, 2, 4):
        name = f"autocorrelation of the logs over {lag} month{'s' * (lag > 1)}"
        yield about.mean(name, PERSISTENCE**lag, x[2] * x[2 + lag] / SD**2)


def _with_the_price(x: np.ndarray, market: np.ndarray) -> Iterator[Check]:
    own = SD * math.sqrt(1 - PERSISTENCE**2)
    shock = np.vstack([x[0] / SD, (x[1:] - PERSISTENCE * x[:-1]) / own])
    about = About(
        "high burn comes when the stock falls", "model, section 4: shocks go with the month's standardised increment"
    )
    what = "correlation of burn's shock and the"
    for k in (0, 6):
        yield about.mean(f"{what} price, month {k}", CORRELATION, shock[k] * market[k])
    alone = "only the same month's price counts"
    yield about.mean(f"{what} month before", 0, shock[4] * market[3], protects=alone)
    alone = "burn does not anticipate the price"
    yield about.mean(f"{what} month after", 0, shock[4] * market[5], protects=alone)
    past = About(
        "past prices act through the persistence of burn", "persistence x sqrt(1 - persistence^2) x correlation"
    )
    known = PERSISTENCE * math.sqrt(1 - PERSISTENCE**2) * CORRELATION
    yield past.mean("correlation of the log itself and the month before", known, x[4] / SD * market[3])


def _extremes(paths: int, seed: int) -> Iterator[Check]:
    case = _case({"price_correlation": 1})
    written = write_paths(case, paths, seed)
    x = (np.log(written.cash_used / MONTHLY) + SD**2 / 2) / SD
    gap = float(np.abs(x - _market(case, written)).max())
    about = About(
        "shocks are the month's increment, no more", "model, section 4; logs and their differences round", 1e-12
    )
    yield about.exact("largest gap of burn's shocks to the price's, correlation 1", 0, gap)
    x = np.log(write_paths(_case({"persistence": -0.5}), paths, seed).cash_used / MONTHLY) + SD**2 / 2
    about = About("a month that makes up for the one before", SERIES)
    yield about.mean("autocorrelation of the logs, persistence -0.5", -0.5, x[3] * x[4] / SD**2)
    yield About("the distribution of burn is not shifted", "lognormal").share(
        "chance of a month below its median", 0.5, x[8] < 0
    )


def _expected() -> Iterator[Check]:
    """Without volatility: cash falls by level(k), which growth and steps change as the case file says."""
    steps = [{"date": "2002-10-01", "factor": 0.92}, {"date": "2003-01-15", "factor": 0.5}]
    case = plain_case({"burn.growth": 0.21, "burn.steps": steps, "company.cash": 1e9})
    cash = list(sim.trace(case, path=0, seed=1).ledger["cash_month_end"].values())
    used = -np.diff([1e9, *cash])
    about = About("expected burn: growth and restructurings", "model, section 4: level(k), by hand", 0.005)
    # (1.21)^(6/12) = 1.1; the step of 15 January counts from the next month's first day on.
    for month, words, known in (
        (0, "April 2002, the opening month", 1_000_000.0),
        (6, "October 2002: half a year's growth, a step", 1_000_000 * 1.1 * 0.92),
        (9, "January 2003: no step in mid-month", 1_000_000 * 1.21 ** (9 / 12) * 0.92),
        (12, "April 2003: a year's growth, both steps", 1_000_000 * 1.21 * 0.92 * 0.5),
    ):
        yield about.exact(f"cash used in {words}", known, float(used[month]))
