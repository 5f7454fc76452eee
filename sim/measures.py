"""The ten measures of a run, and estimates that carry their errors.

Everything that is known about a measure (its unit, its label, what it means, how it is printed, which tail of it is
the bad one) stands once, in `MEASURES`. `Distribution` describes the paths' values of one measure, `Estimate` a single
number.

Quantiles are those of the inverse of the empirical distribution function (Hyndman and Fan's definition 1, NumPy's
"inverted_cdf"): the p-quantile of n values is the ceil(n p)-th smallest. It is always a value some path took, and the
order-statistics intervals around it are intervals for the same thing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

DAYS_PER_MONTH = 30.4375
QUANTILE_PERCENTS = (5, 25, 50, 75, 95)
WORST_PERCENT = 5
DUST = 1e-12  # an error this small beside its value is rounding of equal values
_Z95 = float(special.ndtri(0.975))


class Reading(NamedTuple):
    """How a person reads a number: `value / scale`, in a sentence between `prefix` and `suffix`."""

    scale: float
    prefix: str
    suffix: str
    max_decimals: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of section 7 of the contract.

    `bad_tail` is the side on which the worst paths lie; `column` is the heading of the measure as `reading` shows it.
    """

    name: str
    unit: str
    label: str
    column: str
    bad_tail: str
    reading: Reading
    meaning: str

    def format(self, value: float, error: float = math.nan) -> str:
        """`value` as a person reads it, with no more digits than `error` (same unit; NaN: unknown, 0: none) allows."""
        bare = self.format_bare(value, error)
        sign = "-" if bare.startswith("-") and bare != "-" else ""
        return bare if bare == "-" else f"{sign}{self.reading.prefix}{bare.lstrip('-')}{self.reading.suffix}"

    def format_bare(self, value: float, error: float = math.nan) -> str:
        """As `format`, without prefix and suffix: for a table whose heading says the unit. Absent: "-"."""
        if not math.isfinite(value):
            return "-"
        text = rounded(value / self.reading.scale, self.decimals(error))
        # A value without any error, as a median on a limit of the documents, needs no zeros to say so.
        return text.rstrip("0").rstrip(".") if "." in text and error <= DUST * abs(value) else text

    def format_error(self, error: float, value: float) -> str:
        """The error of `value` to one significant digit, in the same reading."""
        if not math.isfinite(error):
            return "-"
        scaled = error / self.reading.scale
        return "0" if error <= DUST * abs(value) else rounded(scaled, decimals_allowed(scaled))

    def decimals(self, error: float) -> int:
        """Decimals of the number read that an error allows; never more than the reading's own limit."""
        return min(decimals_allowed(error / self.reading.scale), self.reading.max_decimals)


_MILLION_DOLLARS = Reading(1e6, "$", "M", 3)
_MILLIONS = Reading(1e6, "", "M", 3)
_PERCENT = Reading(0.01, "", "%", 2)
_DOLLARS = Reading(1.0, "$", "", 4)
_MONTHS = Reading(1.0, "", " months", 2)
COUNT = Reading(1.0, "", "", 3)


def _registry(*rows: tuple[str, str, str, str, str, Reading, str]) -> dict[str, Measure]:
    return {row[0]: Measure(*row) for row in rows}


# fmt: off
MEASURES: dict[str, Measure] = _registry(
    ("raised", "$", "Raised", "Raised, $M", "low", _MILLION_DOLLARS,
     "capital raised under the line, up to the cash-out or the term's end"),
    ("shares_issued", "shares", "Shares issued", "Shares issued, millions", "high", _MILLIONS,
     "shares issued for the capital raised"),
    ("dilution", "1", "Dilution", "Dilution, %", "high", _PERCENT,
     "shares issued / (opening shares outstanding + shares issued)"),
    ("effective_price", "$/share", "Effective price", "Effective price, $/share", "low", _DOLLARS,
     "raised / shares issued; absent where nothing was issued"),
    ("discount_cost", "$", "Discount cost", "Discount cost, $M", "high", _MILLION_DOLLARS,
     "sum over the draws of shares x (close on the purchase date - price)"),
    ("effective_discount", "1", "Effective discount", "Effective discount, %", "high", _PERCENT,
     "discount cost / (raised + discount cost); absent where nothing was raised"),
    ("runway_months", "months", "Runway", "Runway, months", "low", _MONTHS,
     "cash-out time / 30.4375 days; a path that reaches the horizon is censored there"),
    ("funding_gap", "$", "Funding gap", "Funding gap, $M", "high", _MILLION_DOLLARS,
     "largest amount by which cash is ever below the minimum, had someone bridged it"),
    ("ending_cash", "$", "Ending cash", "Ending cash, $M", "low", _MILLION_DOLLARS,
     "cash at the horizon, or at the cash-out"),
    ("draws", "1", "Draws", "Draws", "low", COUNT,
     "number of draws up to the cash-out"),
)
# fmt: on


# --- the measures that follow from others ---


def dilution(shares_issued: np.ndarray, shares_outstanding: float) -> np.ndarray:
    """Issued / (outstanding + issued), with the opening number of shares outstanding."""
    issued = np.asarray(shares_issued, dtype=np.float64)
    return issued / (shares_outstanding + issued)


def effective_price(raised: np.ndarray, shares_issued: np.ndarray) -> np.ndarray:
    """Raised / shares issued in $/share; NaN where no share was issued."""
    raised, issued = np.asarray(raised, dtype=np.float64), np.asarray(shares_issued, dtype=np.float64)
    return np.divide(raised, issued, out=np.full(issued.shape, np.nan), where=issued != 0)


def effective_discount(discount_cost: np.ndarray, raised: np.ndarray) -> np.ndarray:
    """Discount cost / (raised + discount cost): the part of the market value given away; NaN where that is 0."""
    cost = np.asarray(discount_cost, dtype=np.float64)
    market_value = np.asarray(raised, dtype=np.float64) + cost
    return np.divide(cost, market_value, out=np.full(cost.shape, np.nan), where=market_value != 0)


def runway_months(cash_out_days: np.ndarray, horizon_days: float) -> np.ndarray:
    """Months from the valuation date to the cash-out; infinite days (never) are censored at `horizon_days`."""
    return np.minimum(np.asarray(cash_out_days, dtype=np.float64), horizon_days) / DAYS_PER_MONTH


# --- digits ---


def decimals_allowed(error: float) -> int:
    """Decimals at which one significant digit of `error` stands: 3 for 0.0012, -4 for 23,000.

    No error (0) and an unknown one (NaN, infinite) allow any number: 15.
    """
    if not math.isfinite(error) or error <= 0.0:
        return 15
    return min(-int(f"{error:.0e}".partition("e")[2]), 15)


def rounded(value: float, decimals: int) -> str:
    """`value` with thousands separated, rounded to `decimals` (negative: to tens, hundreds); never "-0"."""
    text = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


# --- estimates ---


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error and 95% interval. Prints as `0.184 +- 0.001`."""

    value: float
    se: float
    ci95: tuple[float, float]

    @property
    def error(self) -> float:
        """What is printed after +-: the standard error, or where that is 0 what the interval says instead.

        A proportion of 0 out of 1,000 has a standard error of 0 and yet is not known exactly.
        """
        return self.se if self.se > 0.0 else (self.ci95[1] - self.ci95[0]) / (2.0 * _Z95)

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            return "absent"
        if not math.isfinite(self.error):
            return f"{self.value:g}, error unknown"
        if self.error <= 0.0:
            return f"{self.value:g} +- 0"
        digits = decimals_allowed(self.error)
        return f"{rounded(self.value, digits)} +- {rounded(self.error, digits)}"


def proportion(successes: int, trials: int) -> Estimate:
    """The probability behind `successes` out of `trials`, with its Wilson interval.

    Wilson (1927): the p for which (p^ - p)^2 <= z^2 p (1 - p) / n. The standard error is sqrt(p^ (1 - p^) / n).
    """
    successes, trials = int(successes), int(trials)
    if trials <= 0 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} trials: 0 <= successes <= trials, and at least one trial")
    share = successes / trials
    variance = share * (1.0 - share) / trials
    shrink = 1.0 + _Z95**2 / trials
    middle = (share + _Z95**2 / (2 * trials)) / shrink
    half = _Z95 / shrink * math.sqrt(variance + (_Z95 / (2 * trials)) ** 2)
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == trials else middle + half
    return Estimate(share, math.sqrt(variance), (low, high))


class Quantile(NamedTuple):
    """A quantile and its 95% interval; a side is infinite where there are too few values to bound it."""

    value: float
    ci95: tuple[float, float]

    @property
    def error(self) -> float:
        """Half of the interval's width as a standard error: how many digits of the value to believe."""
        return (self.ci95[1] - self.ci95[0]) / (2.0 * _Z95)


def quantile_rank(n: int, percent: int) -> int:
    """Rank (1 is the smallest) of the quantile among n values: ceil(n percent / 100), in whole numbers."""
    return max(1, -(-n * percent // 100))


def interval_ranks(n: int, percent: int, level: float = 0.95) -> tuple[int, int]:
    """Ranks (l, u) of the order statistics that hold the quantile between them with probability at least `level`.

    The number of n values below the quantile is Binomial(n, p), so X(l) <= q <= X(u) with probability
    P(l <= B <= u - 1). David and Nagaraja (2003), Order Statistics, section 7.1. Each tail gets at most half of what
    `level` leaves, hence never less than `level` together. l = 0 and u = n + 1 say that no value bounds that side.
    """
    p, tail = percent / 100, (1.0 - level) / 2.0
    spread = float(special.ndtri(1.0 - tail)) * math.sqrt(n * p * (1.0 - p))
    low = min(max(math.floor(n * p - spread), 0), n)
    while low < n and special.bdtr(low, n, p) <= tail:
        low += 1
    while low > 0 and special.bdtr(low - 1, n, p) > tail:
        low -= 1
    high = min(max(math.ceil(n * p + spread), 1), n)
    while high > 1 and special.bdtr(high - 2, n, p) >= 1.0 - tail:
        high -= 1
    while high <= n and special.bdtr(high - 1, n, p) < 1.0 - tail:
        high += 1
    return low, high


@dataclass(frozen=True, slots=True)
class Distribution:
    """What the paths say about one measure.

    n paths have a value and `absent` paths have none (NaN). `mcse` is the Monte Carlo standard error of the mean,
    sd / sqrt(n), `mean_ci95` Student's interval with it. `worst5_mean` is the mean of the worst 5% of the values, the
    last one with a fractional weight where 5% of n is not whole; `worst5_se` is its standard error.

    `from_values` is exact. A run that keeps no paths can build the same object from streamed sums and a histogram.
    """

    n: int
    absent: int
    mean: float
    sd: float
    mcse: float
    mean_ci95: tuple[float, float]
    quantiles: tuple[Quantile, ...]
    worst5_mean: float
    worst5_se: float

    @classmethod
    def from_values(cls, values: np.ndarray, bad_tail: str = "low") -> Distribution:
        """From one value a path, in the order of the paths; NaN is "absent" and counted apart.

        The sums run over the whole array in path order, whatever blocks the paths were computed in.
        """
        if bad_tail not in ("low", "high"):
            raise ValueError(f'bad_tail = "{bad_tail}": "low" or "high"')
        values = np.ascontiguousarray(values, dtype=np.float64).ravel()
        present = values[~np.isnan(values)]
        n, absent = present.size, int(values.size - present.size)
        if n == 0:
            nowhere = (math.nan, math.nan)
            empty = tuple(Quantile(math.nan, nowhere) for _ in QUANTILE_PERCENTS)
            return cls(0, absent, math.nan, math.nan, math.nan, nowhere, empty, math.nan, math.nan)
        ordered = np.sort(present)
        mean, sd = _mean_and_sd(present, constant=bool(ordered[0] == ordered[-1]))
        mcse = sd / math.sqrt(n)
        reach = float(special.stdtrit(n - 1, 0.975)) * mcse if n > 1 else math.nan
        quantiles = tuple(_quantile(ordered, percent) for percent in QUANTILE_PERCENTS)
        worst, worst_se = _worst_mean(ordered if bad_tail == "low" else ordered[::-1])
        return cls(n, absent, mean, sd, mcse, (mean - reach, mean + reach), quantiles, worst, worst_se)

    @property
    def estimate(self) -> Estimate:
        """The mean with its Monte Carlo standard error."""
        return Estimate(self.mean, self.mcse, self.mean_ci95)

    def quantile(self, percent: int) -> Quantile:
        """The quantile of 5, 25, 50, 75 or 95 percent."""
        return self.quantiles[QUANTILE_PERCENTS.index(percent)]

    p05 = property(lambda self: self.quantile(5), doc="The 5% quantile.")
    p25 = property(lambda self: self.quantile(25), doc="The lower quartile.")
    p50 = property(lambda self: self.quantile(50), doc="The median.")
    p75 = property(lambda self: self.quantile(75), doc="The upper quartile.")
    p95 = property(lambda self: self.quantile(95), doc="The 95% quantile.")

    def to_dict(self) -> dict[str, object]:
        """The contract's keys, in the measure's own unit. NaN and infinities stay: the writer turns them to null."""
        document: dict[str, object] = {
            "n": self.n,
            "mean": self.mean,
            "sd": self.sd,
            "mcse": self.mcse,
            "mean_ci95": list(self.mean_ci95),
        }
        for percent, quantile in zip(QUANTILE_PERCENTS, self.quantiles, strict=True):
            document[f"p{percent:02d}"] = quantile.value
            document[f"p{percent:02d}_ci95"] = list(quantile.ci95)
        return document | {"worst5_mean": self.worst5_mean}


def _mean_and_sd(values: np.ndarray, constant: bool) -> tuple[float, float]:
    """Mean and standard deviation (n - 1 below); of equal values exactly that value and 0."""
    if constant:
        return float(values[0]), (0.0 if values.size > 1 else math.nan)
    return float(values.mean()), float(values.std(ddof=1))


def _quantile(ordered: np.ndarray, percent: int) -> Quantile:
    n = ordered.size
    low, high = interval_ranks(n, percent)
    interval = (
        float(ordered[low - 1]) if low >= 1 else -math.inf,
        float(ordered[high - 1]) if high <= n else math.inf,
    )
    return Quantile(float(ordered[quantile_rank(n, percent) - 1]), interval)


def _worst_mean(worst_first: np.ndarray) -> tuple[float, float]:
    """Mean of the first 5% and its standard error.

    The variance is (v + (1 - a) (m - q)^2) / (a n), with a = 5%, m the tail's mean, v its variance and q its edge.
    Manistre and Hancock (2005), North American Actuarial Journal 9(2).
    """
    n = worst_first.size
    whole, rest = divmod(n * WORST_PERCENT, 100)
    edge = float(worst_first[min(whole, n - 1)])
    tail = np.ascontiguousarray(worst_first[:whole])
    # Summed as distances from the edge, so that a tail of equal values has exactly that value as its mean.
    weight = n * WORST_PERCENT / 100
    mean = edge + float((tail - edge).sum()) / weight
    variance = (float(((tail - mean) ** 2).sum()) + rest / 100 * (edge - mean) ** 2) / weight
    spread = variance + (1.0 - WORST_PERCENT / 100) * (mean - edge) ** 2
    return mean, math.sqrt(spread / weight) if weight >= 1.0 else math.nan
