"""The twin's sampler: SPEC section 6 for one path, number by number. It shares no code with `sim`.

Every random number is a function of (seed, path, purpose, index). `exp`, `log`, `normal`, `upper_tail` and `box_muller`
are hooks: replace them in this module (`reference_luck.exp = ...`) to sample with another library's functions, to the
last bit.
"""

import math
import statistics
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from hashlib import sha256
from itertools import groupby

from tests.twin.line_terms import month_of
from tests.twin.terms import FIFTY_DIGITS, Terms, _given, as_date

exp: Callable[[float], float] = math.exp
log: Callable[[float], float] = math.log
normal: Callable[[float], float] = statistics.NormalDist().inv_cdf


def upper_tail(z: float) -> float:
    """P(Z > z) of a standard normal."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def box_muller(word: int) -> tuple[float, float]:
    """Two normals from 64 bits. Box and Muller 1958. The radius is from the upper 40 bits, the angle from the lower 22,
    an eighth of a turn to either side of an axis at most, the axis from the two bits above."""
    radius = math.sqrt(-2 * math.log(((word >> 24) + 0.5) * 2.0**-40))
    angle = math.pi / 2 * (((word & ((1 << 22) - 1)) + 0.5) * 2.0**-22 - 0.5)
    pair = radius * math.sin(angle), radius * math.cos(angle) * (-1 if word >> 23 & 1 else 1)
    return pair if word >> 22 & 1 else pair[::-1]


MONTH_END_NORMAL, DAY_NORMAL, BURN_NORMAL, COMMON_FACTOR, MILESTONE = 1, 2, 3, 4, 5
EVENTS, THIRD_PARTY_ARRIVAL, THIRD_PARTY_TERMS, WAIVER, EXTENSION = 6, 7, 8, 9, 10
BRIDGE, WAIVER_FACTOR, WAIVER_OF_PERIOD, THIRD_PARTY_MONTH = 30, 31, 32, 33

WORD = 0xFFFFFFFF
NORMAL_90 = 1.2815515655446004  # the standard normal's 90% point


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10. Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011."""
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        a, b = 0xD2511F53 * x0, 0xCD9E8D57 * x2
        x0, x1, x2, x3 = (b >> 32) ^ x1 ^ k0, b & WORD, (a >> 32) ^ x3 ^ k1, a & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return x0, x1, x2, x3


def fma(a: float, b: float, c: float) -> float:
    """a * b + c, rounded once."""
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def index_of(name: str) -> int:
    """What has a name has its random numbers by its name, wherever it stands in the file."""
    return int.from_bytes(sha256(name.encode()).digest()[:4], "big")


@cache
def _exact(function: str, *values: float) -> float:
    """A figure computed from the case, at 50 digits and rounded once."""
    with localcontext(FIFTY_DIGITS):
        x, *more = (Decimal(value) for value in values)
        if function == "log":
            return float(x.ln())
        if function == "log odds":
            return float(x.ln() - (1 - x).ln())
        return float((more[0].ln() - x.ln()) / Decimal(NORMAL_90))  # "lognormal sd"


class Luck:
    """The random numbers of one path."""

    def __init__(self, seed: int, path: int):
        self.key = seed & WORD, seed >> 32
        self.path = path & WORD, path >> 32

    def words(self, purpose: int, index: int) -> tuple[int, int]:
        """A call of the generator: two words of 64 bits, its halves."""
        a, b, c, d = philox((*self.path, index, purpose), self.key)
        return b << 32 | a, d << 32 | c

    def uniform(self, purpose: int, index: int, half: int) -> float:
        """In (0, 1), 52 bits."""
        return ((self.words(purpose, index)[half] >> 12) + 0.5) * 2.0**-52

    def normal(self, purpose: int, index: int, half: int) -> float:
        """Of a purpose that has uniforms too: from the half's uniform."""
        return normal(self.uniform(purpose, index, half))

    def nth_normal(self, purpose: int, n: int, first_index: int = 0) -> float:
        """Of a purpose that has normals alone, four a call: two of either word."""
        word = self.words(purpose, (first_index + n // 4) % 2**32)[n % 4 // 2]
        return box_muller(word)[n % 2]

    def pair(self, purpose: int, index: int) -> tuple[float, float]:
        """The two normals of the first word of a call."""
        return box_muller(self.words(purpose, index)[0])


def happens(luck: Luck, purpose: int, name: str, probability: float) -> bool:
    return luck.uniform(purpose, index_of(name), 0) < probability


def brownian_path(terms: Terms, luck: Luck, shocks: list[float]) -> list[float]:
    """W at each session of the span, a session being the unit of time: month-ends as a random walk, the sessions
    between them by bridges, in an order that depends on the number of the month's sessions alone."""
    path, previous = [], 0.0
    for k, length in month_lengths(terms):
        w = {0: previous, length: fma(math.sqrt(float(length)), shocks[k], previous)}
        for j, (left, middle, right) in enumerate(bridges(length)):
            ratio = (middle - left) / (right - left)
            root = math.sqrt((middle - left) * (right - middle) / (right - left))
            z = luck.nth_normal(DAY_NORMAL, 32 * k + j)
            w[middle] = fma(root, z, fma(ratio, w[right] - w[left], w[left]))
        path += [w[position] for position in range(1, length + 1)]
        previous = w[length]
    return path


def month_lengths(terms: Terms) -> list[tuple[int, int]]:
    """The number of each month that has sessions, and how many."""
    groups = groupby(terms.sessions, key=month_of)
    return [(month - terms.first_month, len(list(days))) for month, days in groups]


def bridges(length: int) -> list[tuple[int, int, int]]:
    """Left, middle and right of each bridge in the order of their normals: the fifth session before the last, what
    follows it by halves, the first session, the rest by halves, the wider halves first. Short months: by halves."""

    def halves(left: int, right: int) -> list[tuple[int, int, int]]:
        found, level = [], [(left, right)]
        while level:
            level = [(a, (a + b) // 2, b) for a, b in level if b - a >= 2]
            found += level
            level = [half for a, middle, b in level for half in ((a, middle), (middle, b))]
        return found

    if length <= 6:
        return halves(0, length)
    fifth = length - 5
    return [(0, fifth, length), *halves(fifth, length), (0, 1, fifth), *halves(1, fifth)]


def cash_used(terms: Terms, luck: Luck, shocks: list[float]) -> dict[str, float]:
    """Level times a lognormal factor of mean one, its log an AR(1) whose shocks move with the price's."""
    sd, phi, rho = (terms.burn[key] for key in ("volatility", "persistence", "price_correlation"))
    innovation, own_share = sd * math.sqrt(1 - phi * phi), math.sqrt(1 - rho * rho)
    used, x = {}, terms.last_surprise if sd else None
    for k, month in enumerate(terms.months()):
        shock = fma(rho, shocks[k], own_share * luck.nth_normal(BURN_NORMAL, k))
        x = sd * shock if x is None else fma(phi, x, innovation * shock)
        expected = terms.level(month) * terms.share(month)
        used[f"{month // 12:04}-{month % 12 + 1:02}"] = expected * exp(x - 0.5 * sd * sd)
    return used


def milestone_times(terms: Terms, luck: Luck) -> dict[str, float]:
    """When each milestone is reached, if it is, in the file's order; beyond the horizon too."""

    @cache
    def time(name: str) -> float | None:
        milestone = terms.milestones[name]
        if milestone.get("achieved"):
            return 0.0
        start = time(milestone["follows"]) if milestone.get("follows") else 0.0
        probability, elapsed = milestone["probability"], float(_given(milestone, "elapsed_days", 0))
        if elapsed > 0.0:
            passed = passed_by(milestone)
            probability = still_to_come(probability, passed)
        if start is None or not happens(luck, MILESTONE, name, probability):
            return None
        (log_median, log_sd), score = milestone_law(milestone), milestone_score(terms, luck, name)
        if elapsed > 0.0:
            behind = min(float(passed), 1.0 - 2.0**-53)
            u = fma(upper_tail(-score), 1.0 - behind, behind)
            score = normal(max(min(u, 1.0 - 2.0**-53), 2.0**-53))
        days = exp(fma(log_sd, score, log_median))
        return start + (max(days - elapsed, 0.0) if elapsed > 0.0 else days)

    return {name: reached for name in terms.milestones if (reached := time(name)) is not None}


def passed_by(milestone: dict) -> Decimal:
    """The chance that the time is at most the days that have passed, if it comes; at 50 digits."""
    if not _given(milestone, "elapsed_days", 0):
        return Decimal(0)
    with localcontext(FIFTY_DIGITS):
        days = (float(milestone[key]) for key in ("p90_days", "median_days", "elapsed_days"))
        late, mid, now = (Decimal(each).ln() for each in days)
        return normal_probability((now - mid) / (late - mid) * Decimal(NORMAL_90))


def normal_probability(x: Decimal) -> Decimal:
    """1/2 + the integral of the density from 0 to x, by its power series; 0 or 1 far out."""
    if abs(x) > 14:
        return Decimal(int(x > 0))
    total, power, n = Decimal(0), x, 0
    while abs(power) > Decimal("1e-45") or n < 5:  # sum of (-1)^n x^(2n+1) / (n! 2^n (2n+1)) would cancel
        total += power
        n += 1
        power *= x * x / (2 * n + 1)
    return Decimal("0.5") + total * (-x * x / 2).exp() / Decimal("2.5066282746310005024157652848110452530069867406099")


def still_to_come(probability: float, passed: Decimal) -> float:
    """Bayes: the chance that it comes at all, given that it has not yet."""
    with localcontext(FIFTY_DIGITS):
        p = Decimal(probability)
        return float(p * (1 - passed) / (1 - p * passed)) if p * passed < 1 else 0.0


def milestone_law(milestone: dict) -> tuple[float, float]:
    """Mean and standard deviation of the log of a milestone's days."""
    median, p90 = float(milestone["median_days"]), float(milestone["p90_days"])
    return _exact("log", median), _exact("lognormal sd", median, p90)


def milestone_score(terms: Terms, luck: Luck, name: str) -> float:
    """The normal score of a milestone's days."""
    loading, common = float(_given(terms.events, "common_loading", 0)), luck.normal(COMMON_FACTOR, 0, 0)
    own = luck.normal(MILESTONE, index_of(name), 1)
    return fma(loading, common, math.sqrt(1 - loading * loading) * own)


EVENT_KEYS = ("ceo_change", "adverse_change")


def event_time(terms: Terms, luck: Luck, key: str, half: int) -> float | None:
    """Exponential, with a year of 365.25 days."""
    event = terms.events.get(key)
    if event and event.get("happened"):
        return float((as_date(event["happened"]) - terms.valuation_date).days)
    if not event or not event["annual_rate"]:
        return None
    return -log(luck.uniform(EVENTS, 0, half)) * (365.25 / event["annual_rate"])


def third_party_financings(terms: Terms, luck: Luck) -> list[dict]:
    """The time to the next is exponential, in whole months, at most one a month; the amount is lognormal."""
    deals, model = [], terms.third_party
    if not model or not model["annual_rate"] or _given(model, "price_sensitivity", 0):
        return deals
    months, k, number = terms.months(), -1, 0
    while True:
        wait = -log(luck.uniform(THIRD_PARTY_ARRIVAL, number >> 1, number & 1)) * (12.0 / float(model["annual_rate"]))
        k, number = k + 1 + math.floor(wait), number + 1
        if k >= len(months):
            return deals
        if terms.first_month + k in {month_of(day) for day in terms.sessions}:
            deals.append(financing_of_month(terms, luck, k))


def financing_of_month(terms: Terms, luck: Luck, k: int) -> dict:
    """What a financing that comes in month k brings, and whether the investor reduces the line for it."""
    model, months, z = terms.third_party, terms.months(), luck.normal(THIRD_PARTY_TERMS, k, 0)
    return {
        "month": f"{months[k] // 12:04}-{months[k] % 12 + 1:02}",
        "amount": exp(fma(float(model["log_sd"]), z, _exact("log", float(model["median_amount"])))),
        "reduces_line": luck.uniform(THIRD_PARTY_TERMS, k, 1) < _given(model, "reduction_probability", 0),
    }
