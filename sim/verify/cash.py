"""The cash-out: its day by division where nothing is random, its distribution where burn has a closed form."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

import sim
from sim.verify import laws
from sim.verify.check import About, Check
from sim.verify.samples import plain_case

SD, LEVEL, DAYS_A_MONTH = 0.5, 1e6, 30.4375
DIVISION = "model, section 5: linear inside a stretch; by hand"
TINY = 1e-9  # days: roundings of balances, divided by a day's burn


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Days by hand, one to three months of random burn, then all months under one shock."""
    yield from _by_hand()
    yield from _with_a_draw()
    yield from _first_months(paths, seed)
    yield from _one_shock(paths, seed)
    yield from _one_shock_and_more(paths, seed)
    yield _minimum(paths // 4, seed)


def _case(changes: dict[str, Any]) -> sim.Case:
    return plain_case({"line.commitment": 0, "horizon": "2002-09-30"} | changes)


def _days(ledger: dict[str, Any], cause: str = "") -> float:
    """Day of the cash-out, of that cause if one is given; not a number without one."""
    out = ledger["cash_out"]
    return out["days"] if out and cause in ("", out["cause"]) else math.nan


def _by_hand() -> Iterator[Check]:
    """600,000 a month. 30 April is day 30, 31 May 61, 30 June 91, 31 July 122, 31 August 153, 30 September 183."""
    double = [{"date": "2002-05-01", "factor": 2}]
    about = About("the runway", DIVISION, TINY)
    for words, cash, minimum, steps, known in (
        ("$1.5M: half of June is left", 1_500_000, 0, [], 61 + 15),
        ("$1.5M, minimum $0.1M: to 10 June", 1_500_000, 100_000, [], 61 + 10),
        ("$0.6M: April exactly", 600_000, 0, [], 30),
        ("$0.31M: inside April", 310_000, 0, [], 15.5),
        ("$0.9M where burn doubles in May", 900_000, 0, double, 30 + 31 / 4),
        ("cash at the minimum from the start", 100_000, 100_000, [], 0),
        ("cash below the minimum from the start", 50_000, 100_000, [], 0),
        ("$1 less than six months take", 3_599_999, 0, [], 183 - 30 / 600_000),
    ):
        case = _case({"company.cash": cash, "company.minimum_cash": minimum, "burn.monthly": 6e5, "burn.steps": steps})
        yield about.exact(f"day of cash-out, {words}", known, _days(sim.trace(case, path=0, seed=1).ledger))
    out = sim.trace(_case({"company.cash": 3_600_000, "burn.monthly": 6e5}), path=0, seed=1).ledger["cash_out"]
    about = About("at the minimum is not below it", DIVISION)
    yield about.exact("cash-outs with what six months take exactly", 0, int(out is not None))


def _with_a_draw() -> Iterator[Check]:
    """600,000 a month; draws on 28 June, which is day 89, and on 30 September; 20,000 for lawyers each time."""
    amounts = {"kind": "schedule", "amounts": [500_000, 500_000]}
    case = plain_case(
        {"horizon": "2002-09-30", "burn.monthly": 6e5, "policy": amounts, "line.legal_cost_per_draw": 20_000}
    )
    # 2,000,000 - 1,200,000 - 560,000 = 240,000 on 28 June; 720,000 after the draw and the lawyers; 680,000 on 30 June;
    #   80,000 on 31 July, which is 80,000 / 600,000 of August: day 122 + 31 x 2/15. The second draw comes too late.
    ledger = sim.trace(case.replace({"company.cash": 2_000_000}), path=0, seed=1).ledger
    about = About("a draw and its cost move the runway", DIVISION, TINY)
    yield about.exact("day of cash-out after a draw", 122 + 31 * 2 / 15, _days(ledger))
    about = About("a draw after the cash-out does not count", "model, section 5")
    yield about.exact("raised up to then, $", 500_000, ledger["raised"])
    # The gap goes on as if bridged: 680,000 less July, August and September's 1,800,000, before the draw of that day.
    about = About("the gap is the largest shortfall up to the horizon", DIVISION, 0.005)
    yield about.exact("funding gap, $", 1_120_000, ledger["funding_gap"])
    # 1,765,000 - 1,760,000 = 5,000 on 28 June; 10,000 drawn, 20,000 paid: 5,000 short on day 89, for operations.
    poor = case.replace({"company.cash": 1_765_000, "policy.amounts": [10_000, 0]})
    day = _days(sim.trace(poor, path=0, seed=1).ledger, "operations")
    about = About("legal costs can end the runway, as operations", "model, section 5")
    yield about.exact("day of cash-out by legal costs", 89, day)


def _first_months(paths: int, seed: int) -> Iterator[Check]:
    """A month takes LEVEL exp(x - s^2/2), evenly: out by day t if what is taken by then is above the cash."""
    median = LEVEL * math.exp(-(SD**2) / 2)
    month, cash = (median, SD), 9e5
    burn = {"burn.volatility": SD, "burn.price_correlation": 0.7}
    days = sim.simulate(_case({**burn, "company.cash": cash}), paths=paths, seed=seed)["cash_out_days"]
    about = About("the first passage inside a month", "lognormal")
    for day in (10, 20, 30):
        known = 1 - laws.lognormal_by(cash * 30 / day, *month)
        yield about.share(f"cash-out by day {day} of the first month", known, days <= day)
    two = About("the first passage over two months", "sum of two lognormals, by quadrature")
    three = About("the first passage over three months", "sum of three lognormals, by quadrature")
    for persistence in (0.0, 0.6):
        case = _case({**burn, "company.cash": 2e6, "burn.persistence": persistence})
        days = sim.simulate(case, paths=paths, seed=seed)["cash_out_days"]
        for words, until, share in (("mid-May", 45.5, 0.5), ("the end of May", 61, 1.0)):
            known = 1 - laws.sum_by(2e6, month, (share * median, SD), persistence)
            yield two.share(f"cash-out by {words}, persistence {persistence:g}", known, days <= until)
        if persistence == 0.0:
            known = laws.lognormal_by(2e6, *month) - laws.sum_of_three_by(2e6, *month)
            between = (days > 30) & (days <= 91)
            yield three.share("cash-out between the ends of April and June", known, between)


GROWTH, OPENING, LEAST, MONTHS, DRAW = 0.3, 1.1e7, 1e6, 24, 2e6
_LENGTHS = (30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31)  # days from April to March; February 2004 has one more
LENGTHS = np.array([*_LENGTHS, *_LENGTHS[:10], 29, 31])


class OneShock:
    """Burn whose months share one shock: U = exp(x - s^2/2) times a known curve, so that all follows from U.

    With persistence 1 - 1e-14 the months' shocks differ by 1e-7 of a standard deviation over two years.
    """

    def __init__(self) -> None:
        self.median = math.exp(-(SD**2) / 2)
        self.ends = np.concatenate([[0], np.cumsum(LENGTHS)]).astype(float)
        self.taken = LEVEL * np.concatenate([[0], np.cumsum((1 + GROWTH) ** (np.arange(MONTHS) / 12))])
        self.cash = OPENING - LEAST

    def day_when(self, taken: float) -> float:
        """The day by which expected burn has taken so much."""
        return float(np.interp(taken, self.taken, self.ends))

    def alive(self, day: Any) -> Any:
        """P(no cash-out by that day) = P(U curve(day) <= cash)."""
        return laws.lognormal_by(self.cash / np.interp(day, self.ends, self.taken), self.median, SD)

    def quantile(self, p: float) -> float:
        """The p quantile of the cash-out's day: from the 1 - p quantile of U."""
        return self.day_when(self.cash / laws.lognormal_quantile(1 - p, self.median, SD))

    def mean_days(self, until: float = math.inf) -> float:
        """E[min(T, until)], at most the horizon: the integral of P(T > t), month by month."""
        nodes, weights = np.polynomial.legendre.leggauss(40)
        ends = np.unique(np.minimum(self.ends, until))
        middle, half = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
        return float(np.sum(half[:, None] * weights * self.alive(middle[:, None] + half[:, None] * nodes)))


ONE_SHOCK = {
    "horizon": "2004-03-31", "company.cash": OPENING, "company.minimum_cash": LEAST, "burn.volatility": SD,
    "burn.persistence": 1 - 1e-14, "burn.growth": GROWTH, "burn.price_correlation": -0.3,
}  # fmt: skip
CURVE = "one lognormal shock times a known curve"


def _one_shock(paths: int, seed: int) -> Iterator[Check]:
    law = OneShock()
    result = sim.simulate(_case(ONE_SHOCK), paths=paths, seed=seed)
    days = result["cash_out_days"]
    about = About("the distribution of the runway", CURVE)
    for p in (0.05, 0.5, 0.75):
        yield about.quantile(f"{p:.0%} point of the cash-out day", 100 * p, law.quantile(p), days)
    about = About("the probability that the money does not last", CURVE)
    for end, words in ((183, "second"), (365, "fourth"), (731, "eighth")):
        yield about.share(f"cash-out by the end of the {words} quarter", 1 - law.alive(end), days <= end)
    about = About("the mean runway, censored at the horizon", "integral of P(T > t), by quadrature")
    yield about.mean("E[runway], months", law.mean_days() / DAYS_A_MONTH, result["runway_months"])
    total, money = law.taken[-1] / 1e6, law.cash / 1e6
    about = About("how much would bridge the shortfall", "E[max(0, L U - cash)]: Black and Scholes (1973)")
    known = laws.lognormal_excess(money, total * law.median, SD)
    yield about.mean("E[funding gap], $M", known, result["funding_gap"] / 1e6)
    # The largest 5% of the gaps are those of the largest 5% of U: E[U; U > q95] = Phi(s - 1.6449).
    tail = result.summary().distributions["funding_gap"]
    known = total * float(ndtr(SD - ndtri(0.95))) / 0.05 - money
    about = About("the expected shortfall", "a lognormal's tail mean: L Phi(s - 1.6449) / 0.05 - cash")
    name = "mean of the worst 5% of the funding gaps, $M"
    yield about.estimate(name, known, tail.worst5_mean / 1e6, tail.worst5_se / 1e6)


def _one_shock_and_more(paths: int, seed: int) -> Iterator[Check]:
    """The same to a nearer horizon, and with a draw of DRAW on 30 September, day 183."""
    law = OneShock()
    money = law.cash / 1e6
    year = sim.simulate(_case(ONE_SHOCK | {"horizon": "2003-03-31"}), paths=paths, seed=seed)
    known = LEAST / 1e6 + money - laws.lognormal_limited(money, law.taken[12] / 1e6 * law.median, SD)
    about = About("cash left, or the minimum", "minimum + E[max(0, cash - L U)]")
    yield about.mean("E[cash at the end of a year], $M", known, year["ending_cash"] / 1e6)
    policy = {"kind": "schedule", "dates": ["2002-09-30"], "amounts": [DRAW]}
    late = sim.simulate(_case(ONE_SHOCK | {"line.commitment": DRAW, "policy": policy}), paths=paths, seed=seed)
    about = About("a draw after the cash-out does not count", CURVE)
    yield about.share("draw on 30 September in time", law.alive(183), late["raised"] == DRAW)
    # A path that is not out by day 183 goes on with 2 million more: the median is the curve's day at cash + 2 million.
    more = law.day_when((law.cash + DRAW) / laws.lognormal_quantile(0.5, law.median, SD))
    about = About("what a draw adds to the runway", CURVE)
    yield about.quantile("median cash-out day with that draw", 50, more, late["cash_out_days"])


def _minimum(paths: int, seed: int) -> Check:
    """A minimum of one million is one million less of cash."""
    burn = {"burn.volatility": SD, "burn.persistence": 0.5}
    high = sim.simulate(_case(burn | {"company.cash": 5e6, "company.minimum_cash": 1e6}), paths=paths, seed=seed)
    low = sim.simulate(_case(burn | {"company.cash": 4e6}), paths=paths, seed=seed)
    days = [np.where(np.isfinite(run["cash_out_days"]), run["cash_out_days"], 1e6) for run in (high, low)]
    change = float(np.abs(days[0] - days[1]).max())
    about = About("the minimum is a reserve and nothing else", "$5M above $1M is $4M above nothing", TINY)
    return about.exact("largest change of a path's cash-out day, minimum shifted", 0, change)
