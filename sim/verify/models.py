"""Price models with jumps, with a variance that changes, and of resampled returns: windows of closes and single days.

The known answers were computed once, apart from this program, to the digits shown. A case is sold on one date, so that
its purchase price is the mean A of a window, or the close of one session.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.lowering.drift import mean_products
from sim.verify.check import About, Check
from sim.verify.samples import one_draw, prices

SERIES = "series over the number of jumps; Merton (1976)"
FOURIER = "Fourier inversion; Heston (1993)"
HERMITE = "Gauss-Hermite quadrature in all shocks"
QUADRATURE = "quadrature over activity and shock"
CHAIN = "the place in the file is a Markov chain; sums over it"
LONG = "a simulation of 2 to 4 million paths of another program, by conditional Monte Carlo"

MERTON = {
    "model": "merton", "initial": 2.5, "drift": -0.10, "volatility": 0.7, "jump_rate": 6.0, "jump_mean": -0.05,
    "jump_sd": 0.20,
}  # fmt: skip
HESTON = {
    "model": "heston", "initial": 2.5, "drift": -0.10, "volatility": 0.9, "initial_volatility": 1.1,
    "mean_reversion": 3.0, "vol_of_vol": 1.2, "correlation": -0.2,
}  # fmt: skip
GARCH = {
    "model": "garch", "initial": 2.5, "drift": -0.10, "volatility": 0.9, "initial_volatility": 1.3, "alpha": 0.10,
    "beta": 0.85,
}  # fmt: skip
STUDENT = {
    "model": "garch", "initial": 2.5, "drift": -0.10, "volatility": 0.9, "alpha": 0.08, "beta": 0.90,
    "degrees_of_freedom": 4.5,
}  # fmt: skip
HEAVY = {
    "model": "garch", "initial": 2.5, "drift": 0.0, "volatility": 0.9, "alpha": 0.0, "beta": 0.0,
    "degrees_of_freedom": 3.0,
}  # fmt: skip
_LOGS = (0.05 * math.sin(1.3 * i) + 0.04 * math.cos(0.9 * i * i) - 0.001 * i for i in range(121))
CLOSES = [round(3 * math.exp(log), 3) for log in _LOGS]
BOOTSTRAP = {"model": "bootstrap", "initial": 3.0, "drift": 0.0, "closes": CLOSES, "block_days": 10.0}
SHORT = [
    5.81, 5.45, 5.40, 5.18, 4.72, 4.06, 4.14, 5.38, 4.92, 5.33, 4.46, 3.84, 3.35, 4.00, 4.37, 4.77, 5.23, 4.84, 3.29,
    3.54, 2.97, 3.58, 5.28, 4.60, 4.72, 3.56, 2.61, 3.48, 4.46, 5.03, 4.08, 4.13, 3.48, 2.54, 3.21, 3.16, 3.79, 4.85,
    3.28, 3.04, 2.48,
]  # fmt: skip

#: Of each model: the window, what is estimated (a power of A, or the share below a multiple of the opening price),
#: what is known, its own error, its source.
Row = tuple[tuple[int, int], float | str, float, float, str]
KNOWN: dict[str, tuple[dict[str, Any], list[Row]]] = {
    "merton": (MERTON, [
        ((252, 252), -1.0, 0.933729550610859, 0.0, SERIES),
        ((252, 252), "< 0.5", 0.3929153163661, 0.0, SERIES), ((252, 252), "< 1", 0.70487162727252, 0.0, SERIES),
        ((1, 5), 1.0, 2.497025973571, 0.0, SERIES), ((1, 5), 2.0, 6.274795730095, 0.0, SERIES),
        ((1, 5), -1.0, 0.4030696492062, 0.0, SERIES), ((1, 5), "< 0.8", 0.0104739930362, 0.0, SERIES),
        ((1, 5), "< 0.9", 0.0793222789165, 0.0, SERIES), ((1, 5), "< 1", 0.5172222985121, 0.0, SERIES),
        ((1, 3), -1.0, 0.4021545111656, 0.0, SERIES), ((1, 3), "< 0.9", 0.0459648894145, 0.0, SERIES),
        ((58, 62), -1.0, 0.4882639213075, 0.0, SERIES), ((58, 62), "< 0.5", 0.0821080319196, 0.0, SERIES),
    ]),
    "heston": (HESTON, [
        ((252, 252), "< 0.5", 0.430141, 1e-4, LONG), ((252, 252), "< 0.8", 0.621970, 1e-4, LONG),
        ((252, 252), "< 1", 0.708682, 1e-4, LONG), ((63, 63), -1.0, 0.543913385006, 2e-4, FOURIER),
        ((63, 63), "< 0.5", 0.154321267594, 2e-4, FOURIER), ((63, 63), "< 1", 0.611347349756, 2e-4, FOURIER),
        ((1, 5), -1.0, 0.4047081, 7e-7, LONG), ((1, 5), "< 0.8", 0.017063, 5e-5, LONG),
        ((1, 5), "< 0.9", 0.167276, 1e-4, LONG), ((1, 5), "< 1", 0.525721, 4e-5, LONG),
        ((58, 62), 1.0, 2.4411796010, 0.0, FOURIER), ((58, 62), "< 0.5", 0.144371, 1e-4, LONG),
        ((58, 62), "< 0.8", 0.432604, 1e-4, LONG), ((58, 62), "< 1", 0.608507, 1e-4, LONG),
    ]),
    "garch": (GARCH, [
        ((1, 3), 1.0, 2.498016791281, 0.0, HERMITE), ((1, 3), -1.0, 0.4044641846147, 0.0, HERMITE),
        ((1, 3), -2.0, 0.1652859756918, 0.0, HERMITE), ((1, 5), -1.0, 0.4062751586314, 0.0, HERMITE),
        ((1, 5), 2.0, 6.326037250846, 0.0, HERMITE), ((5, 5), -1.0, 0.4137959750575, 0.0, HERMITE),
        ((58, 62), "< 0.5", 0.134296, 2e-4, LONG), ((58, 62), "< 0.8", 0.434681, 2e-4, LONG),
        ((58, 62), "< 1", 0.619359, 2e-4, LONG), ((252, 252), "< 0.5", 0.429396, 2e-4, LONG),
        ((252, 252), "< 0.8", 0.630831, 2e-4, LONG), ((252, 252), "< 1", 0.718135, 2e-4, LONG),
    ]),
    "garch, Student-t": (STUDENT, [
        ((1, 1), -1.0, 0.401452743921, 0.0, QUADRATURE), ((1, 1), -2.0, 0.1617065277, 0.0, QUADRATURE),
        ((1, 1), "< 0.8", 0.0025679521459, 0.0, QUADRATURE), ((1, 1), "< 0.9", 0.032836081725, 0.0, QUADRATURE),
        ((1, 1), "< 1", 0.51379792312, 0.0, QUADRATURE), ((1, 1), "< 1.1", 0.9632383033, 0.0, QUADRATURE),
        ((2, 2), -1.0, 0.4029137785, 0.0, QUADRATURE), ((2, 2), "< 0.9", 0.083822, 0.0, QUADRATURE),
        ((1, 5), "< 0.9", 0.095739, 2e-4, LONG), ((1, 5), "< 1", 0.524840, 2e-4, LONG),
        ((58, 62), "< 0.5", 0.079748, 3e-4, LONG), ((58, 62), "< 0.8", 0.373524, 3e-4, LONG),
        ((58, 62), "< 1", 0.608872, 3e-4, LONG), ((252, 252), "< 0.5", 0.378320, 3e-4, LONG),
        ((252, 252), "< 0.8", 0.607893, 3e-4, LONG), ((252, 252), "< 1", 0.711684, 3e-4, LONG),
    ]),
    # E[A^-2] is missing: the few days with the largest activity carry the estimate of its error.
    "garch, 3 degrees of freedom": (HEAVY, [
        ((1, 1), -1.0, 0.401291704360, 0.0, QUADRATURE),
        ((1, 1), "< 0.8", 0.0037984973841, 0.0, QUADRATURE), ((1, 1), "< 0.9", 0.026385807735, 0.0, QUADRATURE),
        ((1, 1), "< 1", 0.50901450046, 0.0, QUADRATURE), ((1, 1), "< 1.1", 0.97134201043, 0.0, QUADRATURE),
        ((2, 2), -1.0, 0.40258758, 0.0, QUADRATURE), ((2, 2), "< 0.9", 0.065498, 0.0, QUADRATURE),
        ((1, 5), "< 0.9", 0.078312, 2e-4, LONG), ((1, 5), "< 1", 0.517325, 2e-4, LONG),
        ((58, 62), "< 0.5", 0.077567, 3e-4, LONG), ((58, 62), "< 0.8", 0.369075, 3e-4, LONG),
        ((58, 62), "< 1", 0.583277, 3e-4, LONG), ((252, 252), "< 0.5", 0.361744, 3e-4, LONG),
        ((252, 252), "< 0.8", 0.572726, 3e-4, LONG), ((252, 252), "< 1", 0.670070, 3e-4, LONG),
    ]),
    "bootstrap": (BOOTSTRAP, [
        ((62, 62), -1.0, 0.3446117766082, 0.0, CHAIN), ((62, 62), 2.0, 9.301636144154, 0.0, CHAIN),
    ]),
}  # fmt: skip
#: kappa(n) = exp(drift n / 252) / E[P(n)] of the closes SHORT, in blocks of 5 sessions, drift 10% a year.
KAPPA = {1: 1.003128571407, 2: 1.005175116309, 5: 1.039860788813, 62: 2.27526640133}
KAPPA_62 = 1.106420894201  # of CLOSES, in blocks of 10 sessions


def checks(paths: int, seed: int) -> Iterator[Check]:
    for name, (price, rows) in KNOWN.items():
        yield from means(name, price, paths, seed)
        yield from of_windows(name, price, rows, paths, seed)
    yield from of_resampling()


def sold(price: dict[str, Any], window: tuple[int, int], paths: int, seed: int) -> np.ndarray:
    """The mean of the closes of a window, first to last session (paths,)."""
    first, last = window
    changes = {f"price.{key}": value for key, value in price.items()}
    return prices(one_draw(last, changes | {"line.pricing.window": last - first + 1}), paths, seed)


def means(name: str, price: dict[str, Any], paths: int, seed: int) -> Iterator[Check]:
    """E[S(n)] = S0 exp(drift n / 252), whatever the model."""
    about = About("the price's drift", "each step has the mean exp(drift / 252), given the past")
    for n in (1, 62, 252):
        known = price["initial"] * math.exp(price["drift"] * n / 252)
        yield about.mean(f"{name}: mean price on session {n}, $", known, sold(price, (n, n), paths, seed))


def of_windows(name: str, price: dict[str, Any], rows: list[Row], paths: int, seed: int) -> Iterator[Check]:
    """Moments and probabilities of the mean A of a window's closes."""
    found: dict[tuple[int, int], np.ndarray] = {}
    for window, what, known, own_error, source in rows:
        if window not in found:
            found[window] = sold(price, window, paths, seed)
        if isinstance(what, str):
            value, said = found[window] < float(what[1:]) * price["initial"], f"P(A {what} S0)"
        else:
            value, said = found[window] ** what, f"E[A^{what:g}]"
        first, last = window
        days = f"session {last}" if first == last else f"sessions {first} to {last}"
        about = About("purchase prices and shares issued under the model", source)
        values = value.astype(np.float64)
        error = math.hypot(float(values.std(ddof=1)) / math.sqrt(paths), own_error)
        yield about.estimate(f"{name}, {days}: {said}", known, float(values.mean()), error)


def of_resampling() -> Iterator[Check]:
    """The factor that makes the mean of a bootstrap exact."""
    about = About("the bootstrap's drift", CHAIN, within=1e-11)
    gross = [tuple(after / before for before, after in itertools.pairwise(c)) for c in (SHORT, CLOSES)]
    for n, known in KAPPA.items():
        found = math.exp(0.10 * n / 252) / mean_products(gross[0], 5.0, n)[-1]
        yield about.exact(f"bootstrap: factor of session {n}", known, found)
    found = 1.0 / mean_products(gross[1], 10.0, 62)[-1]
    yield about.exact("bootstrap: factor of session 62, another file", KAPPA_62, found)
