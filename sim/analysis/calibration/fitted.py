"""What was estimated of one model: its keys, their errors, its likelihood, and what speaks against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.results.estimates import Estimate
from sim.results.summary import jsonable
from sim.results.value import Value
from sim.text.frozen import in_brief

Z95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Fit(Value):
    """A model fitted to returns, or the reason for which it was left out.

    Attributes
    ----------
    model : str
        `price.model`.
    name : str
        The model and its distribution, such as "garch t".
    price : mapping
        Keys of [price] in the case file and their values.
    estimates : mapping of str to Estimate
        Estimates with their standard errors and 95% intervals, of the keys and of what follows from them.
    log_likelihood : float
        Of the log returns; NaN where the model has none.
    parameters : int
        How many parameters the likelihood is the maximum over.
    notes : tuple of str
        Sentences for people.
    supported : bool
        False where the closes speak against the model, or cannot tell its parameters.
    left_out : str
        Why nothing was estimated, or "".
    """

    model: str
    name: str
    price: Mapping[str, float]
    estimates: Mapping[str, Estimate]
    log_likelihood: float = math.nan
    parameters: int = 0
    notes: tuple[str, ...] = ()
    supported: bool = True
    left_out: str = ""

    __repr__ = in_brief

    def bic(self, returns: int) -> float:
        """Bayesian information criterion, `parameters log n - 2 log L` (Schwarz 1978); smaller is better."""
        return self.parameters * math.log(returns) - 2.0 * self.log_likelihood

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, with every digit."""
        document: dict[str, Any] = jsonable({
            "price": {"model": self.model, **self.price} if not self.left_out else None,
            "estimates": {name: plain(estimate) for name, estimate in self.estimates.items()},
            "log_likelihood": self.log_likelihood, "parameters": self.parameters, "notes": list(self.notes),
            "supported": self.supported, "left_out": self.left_out or None,
        })  # fmt: skip
        return document


def plain(estimate: Estimate) -> dict[str, Any]:
    """An estimate as plain JSON types; null for what is not known."""
    document: dict[str, Any] = jsonable({"value": estimate.value, "se": estimate.se, "ci95": list(estimate.ci95)})
    return document


def without(model: str, name: str, reason: str) -> Fit:
    """A model that was left out."""
    return Fit(model, name, {}, {}, supported=False, left_out=reason)


def on_the_line(value: float, se: float) -> Estimate:
    """An estimate of a number of either sign: normal interval."""
    return Estimate(value, se, (value - Z95 * se, value + Z95 * se))


def positive(value: float, se: float, above: float = 0.0) -> Estimate:
    """An estimate of a number greater than `above`: the interval is normal in the logarithm of the excess."""
    excess = value - above
    factor = math.exp(min(Z95 * se / excess, 700.0)) if excess > 0.0 and math.isfinite(se) else math.nan
    return Estimate(value, se, (above + excess / factor, above + excess * factor))


def share(value: float, se: float) -> Estimate:
    """An estimate of a number between 0 and 1: the interval is normal in the logit."""
    if not 0.0 < value < 1.0 or not math.isfinite(se):
        return Estimate(value, se, (math.nan, math.nan))
    logit, half = math.log(value / (1.0 - value)), Z95 * se / (value * (1.0 - value))
    low, high = (1.0 / (1.0 + math.exp(-max(min(x, 700.0), -700.0))) for x in (logit - half, logit + half))
    return Estimate(value, se, (low, high))


def autocorrelation(value: float, se: float) -> Estimate:
    """An estimate of an autocorrelation that cannot be negative: normal in the inverse hyperbolic tangent, cut at 0.

    Fisher (1915), Frequency distribution of the values of the correlation coefficient, Biometrika 10. Unlike the logit
    it is nearly straight at 0, so that the interval does not widen there.
    """
    centre, half = math.atanh(value), Z95 * se / (1.0 - value * value)
    low, high = (max(math.tanh(end), 0.0) for end in (centre - half, centre + half))
    return Estimate(max(value, 0.0), se, (low, high))


def sandwich(hessian: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Covariance `H^-1 (sum s s') H^-1` of quasi maximum likelihood; NaN if `hessian` is not that of a maximum.

    White (1982), Maximum likelihood estimation of misspecified models, Econometrica 50.

    Parameters
    ----------
    hessian : ndarray, (k, k)
        Second derivatives of the log-likelihood.
    scores : ndarray, (n, k)
        First derivatives of the log-likelihood of each return.
    """
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian)[-1] >= 0.0:
        return np.full(hessian.shape, math.nan)
    inverse = np.linalg.inv(hessian)
    covariance: np.ndarray = inverse @ (scores.T @ scores) @ inverse
    return covariance
