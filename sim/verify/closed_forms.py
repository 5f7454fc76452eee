"""Known answers: closed forms, finite sums and integrals; nothing here is simulated.

Times of prices are counted in sessions, 252 a year (model, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy import special

SESSIONS = 252  # a year
_NODES = 20  # of Gauss-Hermite: with the spread of one day the integrands of a window are exact to 14 digits


def normal_cdf(x: float) -> float:
    """P(Z <= x)."""
    return float(special.ndtr(x))


@dataclass(frozen=True, slots=True)
class Gbm:
    """Geometric Brownian motion S_t = S0 exp((mu - sigma^2/2) t + sigma W_t), n sessions after the opening.

    Glasserman (2004), Monte Carlo Methods in Financial Engineering, section 3.2. `initial` in dollars, `drift` and
    `volatility` a year.
    """

    initial: float
    drift: float
    volatility: float

    # --- one day

    def log_mean(self, n: float) -> float:
        """E[ln S]."""
        return math.log(self.initial) + (self.drift - self.volatility**2 / 2) * n / SESSIONS

    def log_sd(self, n: float) -> float:
        """Standard deviation of ln S."""
        return self.volatility * math.sqrt(n / SESSIONS)

    def mean(self, n: float) -> float:
        """E[S] = S0 exp(mu t)."""
        return self.initial * math.exp(self.drift * n / SESSIONS)

    def product(self, n: float, m: float) -> float:
        """E[S_n S_m] = E[S_n] E[S_m] exp(sigma^2 min(t))."""
        return self.mean(n) * self.mean(m) * math.exp(self.volatility**2 * min(n, m) / SESSIONS)

    def variance(self, n: float) -> float:
        return self.product(n, n) - self.mean(n) ** 2

    def inverse(self, n: float) -> float:
        """E[1/S] = exp((sigma^2 - mu) t) / S0."""
        return math.exp((self.volatility**2 - self.drift) * n / SESSIONS) / self.initial

    def quantile(self, percent: float, n: float) -> float:
        """The price that `percent` of the paths do not exceed."""
        return math.exp(self.log_mean(n) + self.log_sd(n) * float(special.ndtri(percent / 100)))

    def above(self, strike: float, n: float) -> float:
        """P(S >= strike)."""
        return normal_cdf((self.log_mean(n) - math.log(strike)) / self.log_sd(n))

    def mean_below(self, strike: float, n: float) -> float:
        """E[S; S < strike]: the stock's part of a put, Black and Scholes (1973)."""
        score = (math.log(strike) - self.log_mean(n)) / self.log_sd(n)
        return self.mean(n) * normal_cdf(score - self.log_sd(n))

    def inverse_above(self, strike: float, n: float) -> float:
        """E[1/S; S >= strike]: under the weight 1/S the logarithm's mean is lower by its variance."""
        score = (self.log_mean(n) - math.log(strike)) / self.log_sd(n)
        return self.inverse(n) * normal_cdf(score - self.log_sd(n))

    def all_below(self, strike: float, days: tuple[int, ...]) -> float:
        """P(S < strike on each of these sessions), in order: Gauss-Legendre over ln S, from the last day back."""
        top = math.log(strike)
        bottom = min(self.log_mean(n) - 9.0 * self.log_sd(n) for n in days)
        nodes, weights = _legendre()
        x = bottom + (top - bottom) * (nodes + 1) / 2
        weights = weights * (top - bottom) / 2
        chances = np.ones_like(x)
        for n, m in reversed(list(pairwise(days))):
            mean, sd = self.log_mean(m) - self.log_mean(n), self.log_sd(m - n)
            chances = _density((x[None, :] - x[:, None] - mean) / sd) / sd @ (weights * chances)
        first = _density((x - self.log_mean(days[0])) / self.log_sd(days[0])) / self.log_sd(days[0])
        return float(np.sum(weights * first * chances))

    def both_above(self, strike: float, n: int, m: int) -> float:
        """P(S_n >= strike and S_m >= strike) for n < m."""
        return self.above(strike, n) + self.above(strike, m) - 1.0 + self.all_below(strike, (n, m))

    # --- a window of closes on sessions first ... first + n - 1

    def window_mean(self, n: int, first: int = 1) -> float:
        """E[A] of the mean A."""
        return math.fsum(self.mean(first + i) for i in range(n)) / n

    def window_second(self, n: int, first: int = 1) -> float:
        """E[A^2]: all products of two days."""
        return math.fsum(self.product(first + i, first + j) for i in range(n) for j in range(n)) / n**2

    def window_inverse(self, n: int, first: int = 1) -> float:
        """E[1/A] = n E[1/S_first] E[1/(1 + R_1 + R_1 R_2 + ...)] with independent daily ratios R.

        By Gauss-Hermite quadrature over each ratio: 1/(x + R (1 + y)) = R^-1 / (x R^-1 + 1 + y).
        """
        day = Gbm(1.0, self.drift, self.volatility)
        z, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        weights = weights / math.sqrt(2 * math.pi)
        inverse_ratio = np.exp(-(day.log_mean(1) + day.log_sd(1) * z))
        total, weight = np.ones(1), np.ones(1)
        for _ in range(n - 1):
            weight = np.outer(weight, weights * inverse_ratio).ravel()
            total = np.outer(total, inverse_ratio).ravel() + 1.0
        return n * self.inverse(first) * float(np.sum(weight / total))

    def window_inverse_lowest(self, n: int, first: int = 1) -> float:
        """E[1/min] = E[1/S_first] E[exp(M)], M the maximum of a random walk of n - 1 steps -ln R, and 0.

        Spitzer (1956), Transactions of the AMS 82: with a_k = E[exp(max(0, k steps))] and c_0 = 1,
        k c_k = a_1 c_(k-1) + ... + a_k c_0 gives c_k = E[exp(M of k steps)].
        """
        day = Gbm(1.0, self.drift, self.volatility)
        a, c = [1.0], [1.0]
        for k in range(1, n):
            mean, sd = -day.log_mean(k), day.log_sd(k)
            a.append(normal_cdf(-mean / sd) + math.exp(mean + sd**2 / 2) * normal_cdf(mean / sd + sd))
            c.append(math.fsum(a[i] * c[k - i] for i in range(1, k + 1)) / k)
        return self.inverse(first) * c[n - 1]


@dataclass(frozen=True, slots=True)
class Lognormal:
    """exp(X) with X normal, by the mean of exp(X) and the standard deviation of X."""

    mean: float
    log_sd: float

    def below(self, x: float) -> float:
        """P(exp(X) <= x)."""
        return normal_cdf((math.log(x / self.mean) + self.log_sd**2 / 2) / self.log_sd)

    def limited(self, most: float) -> float:
        """E[min(exp(X), most)], the limited expected value. Klugman, Panjer and Willmot (2012), Loss Models, A.5."""
        score = (math.log(most / self.mean) + self.log_sd**2 / 2) / self.log_sd
        return self.mean * normal_cdf(score - self.log_sd) + most * normal_cdf(-score)


@dataclass(frozen=True, slots=True)
class FirstPassage:
    """The first time at which x + drift t + sd W(t) is 0, for x > 0 and drift < 0: an inverse Gaussian time.

    Folks and Chhikara (1978), Journal of the Royal Statistical Society B 40(3).
    """

    x: float
    drift: float
    sd: float

    @property
    def mean(self) -> float:
        """E[T] = x / -drift."""
        return self.x / -self.drift

    @property
    def shape(self) -> float:
        """The law's second parameter, x^2 / sd^2."""
        return (self.x / self.sd) ** 2

    def _parts(self, t: float) -> tuple[float, float]:
        """Phi(a) and e^(2 shape / mean) Phi(b), of which P(T <= t) is the sum."""
        root = math.sqrt(self.shape / t)
        first = normal_cdf(root * (t / self.mean - 1.0))
        return first, math.exp(2.0 * self.shape / self.mean + special.log_ndtr(-root * (t / self.mean + 1.0)))

    def by(self, t: float) -> float:
        """P(T <= t)."""
        return math.fsum(self._parts(t))

    def limited(self, t: float) -> float:
        """E[min(T, t)] = E[T; T <= t] + t P(T > t), the restricted mean; E[T; T <= t] = mean x (first - second)."""
        first, second = self._parts(t)
        return self.mean * (first - second) + t * (1.0 - first - second)


def expectation(function: Callable[[np.ndarray], np.ndarray], nodes: int = 64) -> float:
    """E[f(Z)], Z standard normal and f smooth, by Gauss-Hermite quadrature."""
    z, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return float(np.sum(weights * function(z))) / math.sqrt(2 * math.pi)


def binomial(n: int, p: float) -> np.ndarray:
    """Chances (n + 1,) of 0 to n successes."""
    k = np.arange(n + 1)
    log_ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.exp(log_ways + special.xlogy(k, p) + special.xlog1py(n - k, -p))


@cache
def _legendre() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(400)


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
