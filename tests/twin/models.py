"""The twin's price models and trading days: section 4 of the model's document for one path, session by session.

It shares no code with `sim`. Functions and random numbers are those of `tests.twin.sampler`.
"""

import math
from decimal import Decimal, localcontext
from functools import cache
from itertools import pairwise

from tests.twin import sampler as reference_luck
from tests.twin.terms import FIFTY_DIGITS, Terms

JUMP, VARIANCE_NORMAL, ACTIVITY, RESAMPLE, DAY_SHAPE, VOLUME_MONTH, VOLUME_DAY, OVERNIGHT = range(11, 19)
VOLUME_START = 2**20


def drifts(terms: Terms) -> list[float]:
    """Log drift of each session, from 0."""
    growth = terms.drift - 0.5 * terms.volatility * terms.volatility
    if terms.model == "merton":
        growth -= compensator(*(terms.price[key] for key in ("jump_rate", "jump_mean", "jump_sd")))
    return [growth * (n / 252.0) for n in range(len(terms.sessions) + 1)]


@cache
def compensator(rate: float, mean: float, sd: float) -> float:
    with localcontext(FIFTY_DIGITS):
        return float(Decimal(rate) * ((Decimal(mean) + Decimal(sd) ** 2 / 2).exp() - 1))


class Path:
    """Closes of a path before the moves of the stock, and for each session its variance and the jump at its open."""

    def __init__(self, terms: Terms, luck, walk: list[float]):
        self.terms, self.luck, self.walk = terms, luck, [0.0, *walk]
        self.b = terms.volatility * math.sqrt(1.0 / 252.0)
        n = len(terms.sessions)
        self.variances, self.jumps = [self.b * self.b] * (n + 1), [0.0] * (n + 1)
        self.closes = {"bootstrap": self.resampled}.get(terms.model, self.diffused)()

    def diffused(self) -> list[float]:
        extra = {"gbm": self.nothing, "merton": self.jumped, "heston": self.heston, "garch": self.garch}
        moves, drift = extra[self.terms.model](), drifts(self.terms)
        return [
            self.terms.initial * reference_luck.exp(reference_luck.fma(self.b, w, drift[n] + moves[n]))
            for n, w in enumerate(self.walk)
        ]

    def nothing(self) -> list[float]:
        return [0.0] * len(self.walk)

    def jumped(self) -> list[float]:
        """Merton: each jump belongs to the session in which its time lies, and adds to the sum of those before."""
        rate, mean, sd = (self.terms.price[key] for key in ("jump_rate", "jump_mean", "jump_sd"))
        time, j, last = 0.0, 0, self.terms.last_needed
        total, sums = 0.0, [0.0] * len(self.jumps)
        while rate > 0:
            time = time - reference_luck.log(self.luck.uniform(JUMP, j, 0)) * (252.0 / rate)
            if time > last:
                break
            total += reference_luck.fma(sd, self.luck.normal(JUMP, j, 1), mean)
            n, j = math.ceil(time), j + 1
            sums[n:] = [total] * (len(sums) - n)
        self.jumps = [0.0, *(after - before for before, after in pairwise(sums))]
        return sums

    def heston(self) -> list[float]:
        price, fma = self.terms.price, reference_luck.fma
        theta, start = self.b * self.b, price["initial_volatility"] * math.sqrt(1.0 / 252.0)
        h, total, sums = start * start, 0.0, [0.0]
        kappa, xi, rho = price["mean_reversion"] / 252.0, price["vol_of_vol"] / 252.0, price["correlation"]
        own = math.sqrt(1.0 - rho * rho)
        for n in range(1, len(self.walk)):
            positive, z = max(h, 0.0), self.walk[n] - self.walk[n - 1]
            root = math.sqrt(positive)
            self.variances[n] = positive
            total = total + fma(root - self.b, z, -(positive - theta) / 2.0)
            shock = fma(rho, z, own * self.luck.pair(VARIANCE_NORMAL, n >> 1)[n & 1])
            h = fma(xi * root, shock, fma(kappa, theta - positive, h))
            sums.append(total)
        return sums

    def garch(self) -> list[float]:
        price, fma = self.terms.price, reference_luck.fma
        scale2, start = self.b * self.b, price["initial_volatility"] * math.sqrt(1.0 / 252.0)
        alpha, beta, nu = price["alpha"], price["beta"], price["degrees_of_freedom"]
        omega = (1.0 - alpha - beta) * scale2
        h, total, sums = start * start, 0.0, [0.0]
        for n in range(1, len(self.walk)):
            z = self.walk[n] - self.walk[n - 1]
            q = min(h * (activity(self.luck, nu, n) if nu else 1.0), 1.0)
            self.variances[n] = q
            total = total + fma(math.sqrt(q) - self.b, z, -(q - scale2) / 2.0)
            h = fma(alpha, q * (z * z), fma(beta, h, omega))
            sums.append(total)
        return sums

    def resampled(self) -> list[float]:
        gross, days = self.terms.gross, self.terms.price["block_days"]
        logs = [exact_log(g) for g in gross]
        mean = math.fsum(logs) / len(logs)
        variance = math.fsum((x - mean) * (x - mean) for x in logs) / (len(logs) - 1)
        self.variances = [variance] * len(self.variances)
        factors = resampling_factors(gross, days, self.terms.drift, self.terms.initial, len(self.terms.sessions))
        place, product, closes = 0, 1.0, [self.terms.initial]
        for n in range(1, len(self.terms.sessions) + 1):
            fresh, where = (self.luck.uniform(RESAMPLE, n, half) for half in (0, 1))
            place = math.floor(where * len(gross)) if n == 1 or fresh < 1.0 / days else (place + 1) % len(gross)
            product *= gross[place]
            closes.append(product * factors[n])
        return closes


def activity(luck, nu: float, n: int) -> float:
    """(nu - 2) / chi-square, Marsaglia and Tsang 2000."""
    d = nu / 2.0 - 1.0 / 3.0
    c, attempt = 1.0 / math.sqrt(9.0 * d), 0
    while True:
        index = n + attempt * 2**16
        x, u = luck.normal(ACTIVITY, index, 0), luck.uniform(ACTIVITY, index, 1)
        t = 1.0 + c * x
        v = t * t * t
        if t > 0 and reference_luck.log(u) < 0.5 * x * x + d * (1.0 - v + reference_luck.log(v)):
            return (nu - 2.0) / (2.0 * d) / v
        attempt += 1


@cache
def exact_log(x: float) -> float:
    with localcontext(FIFTY_DIGITS):
        return float(Decimal(x).ln())


@cache
def resampling_factors(gross: tuple, days: float, drift: float, initial: float, sessions: int) -> tuple[float, ...]:
    """initial x exp(drift n / 252) / E[P(n)], by the law of the place in the circle."""
    p, size = 1.0 / days, len(gross)
    weights, factors = [g / size for g in gross], [initial]
    for n in range(1, sessions + 1):
        mean = math.fsum(weights)
        with localcontext(FIFTY_DIGITS):
            factors.append(initial * float((Decimal(drift) * n / 252).exp() / Decimal(mean)))
        weights = [gross[j] * ((1.0 - p) * weights[j - 1] + p * mean / size) for j in range(size)]
    return tuple(factors)


def shaped_day(path: Path, n: int) -> tuple[float, float]:
    """Low and VWAP of session n before the moves of the stock."""
    luck, fma = path.luck, reference_luck.fma
    phi = path.terms.overnight
    before, close = path.closes[n - 1], path.closes[n]
    a, b = reference_luck.log(before) + path.jumps[n], reference_luck.log(close)
    s = math.sqrt(path.variances[n])
    night = s * math.sqrt(phi * (1.0 - phi)) * luck.pair(OVERNIGHT, n >> 1)[n & 1] if phi else 0.0
    a, s = a + phi * (b - a) + night, s * math.sqrt(1.0 - phi)
    g = [luck.pair(DAY_SHAPE, 4 * n + q)[half] for q in (0, 1) for half in (0, 1)]
    u = [luck.uniform(DAY_SHAPE, 4 * n + q, half) for q in (2, 3) for half in (0, 1)]
    m = fma(0.5 * s, g[0], 0.5 * (a + b))
    left = fma(s * math.sqrt(1 / 8), g[1], 0.5 * (a + m))
    right = fma(s * math.sqrt(1 / 8), g[2], 0.5 * (m + b))
    ends, lows, highs = (a, left, m, right, b), [], []
    for k in range(4):
        x, y = ends[k], ends[k + 1]
        step, spread = (y - x) * (y - x), 0.5 * s * s
        lows.append(0.5 * (x + y - math.sqrt(step - spread * reference_luck.log(u[k]))))
        highs.append(0.5 * (x + y + math.sqrt(step - spread * reference_luck.log(1.0 - u[k]))))
    mean = fma(s * math.sqrt(1 / 192), g[3], 0.25 * (0.5 * a + left + m + right + 0.5 * b)) + s * s / 12.0
    mean = max(min(mean, max(highs)), min(lows))
    return min(reference_luck.exp(min(lows)), close), reference_luck.exp(mean)


class Volumes:
    """The volume of a path by session: month-ends forwards, the sessions between by bridges of the AR(1)."""

    def __init__(self, path: Path, closes: list[float]):
        self.path, self.closes = path, closes
        self.rho, self.sd = path.terms.volume["persistence"], path.terms.volume["sd"]
        self.states = {0: self.sd * path.luck.nth_normal(VOLUME_MONTH, 4 * VOLUME_START)}

    def power(self, sessions: int) -> float:
        value = 1.0
        for _ in range(sessions):
            value *= self.rho
        return value

    def left(self, sessions: int) -> float:
        return 1.0 - self.power(2 * sessions)

    def fill(self, lengths: list[tuple[int, int]]) -> None:
        fma, before, luck = reference_luck.fma, 0, self.path.luck
        for k, length in lengths:
            root, z = self.sd * math.sqrt(self.left(length)), luck.nth_normal(VOLUME_MONTH, k)
            self.states[before + length] = fma(root, z, self.power(length) * self.states[before] + 0.0)
            for j, (back, middle, ahead) in enumerate(reference_luck.bridges(length)):
                p, q = middle - back, ahead - middle
                whole = self.left(p + q)
                behind, beyond = self.power(p) * self.left(q) / whole, self.power(q) * self.left(p) / whole
                mean = behind * self.states[before + back] + beyond * self.states[before + ahead]
                root = self.sd * math.sqrt(self.left(p) * self.left(q) / whole)
                z = luck.nth_normal(VOLUME_DAY, 32 * k + j)
                self.states[before + middle] = fma(root, z, mean)
            before += length

    def of(self, n: int) -> float:
        volume, terms = self.path.terms.volume, self.path.terms
        resampled = terms.model == "bootstrap"
        c = 0.0 if resampled else volume["return_loading"]
        z = 0.0 if resampled else abs(self.path.walk[n] - self.path.walk[n - 1])
        level = volume["price_elasticity"] * (reference_luck.log(self.closes[n - 1]) - exact_log(terms.initial))
        return volume["mean"] * reference_luck.exp(self.states[n] + c * z - offset(volume["sd"], c) - level)


@cache
def offset(sd: float, c: float) -> float:
    """ln E[exp(y + c |z|)], by a series of the normal distribution function."""
    with localcontext(FIFTY_DIGITS):
        x, pi = Decimal(c), Decimal("3.14159265358979323846264338327950288419716939937511")
        density = (-x * x / 2).exp() / (2 * pi).sqrt()
        series, term, k = x, x, 1
        while term > Decimal("1e-45"):
            k += 2
            term = term * x * x / k
            series += term
        return float(Decimal(sd) ** 2 / 2 + x * x / 2 + (1 + 2 * density * series).ln())
