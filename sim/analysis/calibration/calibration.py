"""What a calibration found, as data, as text and as tables of a case file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.analysis.calibration.curves import Curves
from sim.analysis.calibration.fitted import Fit, plain
from sim.analysis.calibration.toml import error_text, price_lines, volume_lines, with_volume
from sim.analysis.calibration.volatility import Volatility
from sim.analysis.calibration.volume import VolumeFit
from sim.closes import Closes
from sim.closes.reading import COLUMN_NOTE, COMMA_NOTE, ORDER_NOTE
from sim.results.estimates import Estimate
from sim.results.provenance import calendar_of, versions
from sim.results.summary import jsonable
from sim.results.value import Value
from sim.text.numbers import decimals_allowed, rounded
from sim.text.readable import Blocks, Readable, Verbatim
from sim.text.tables import Table

#: Differences of BIC up to which a model is supported, and from which the closes speak strongly against it (Kass and
#: Raftery 1995, Bayes factors, Journal of the American Statistical Association 90).
_CLOSE, _FAR = 2.0, 10.0
_LARGE = math.log(11.0)  # +1,000%
MODELS = ("gbm", "merton", "garch", "heston", "bootstrap")


@dataclass(frozen=True, repr=False, eq=False)
class Calibration(Value, Readable):
    """Parameters of the price models from closes, with 95% intervals, and which models the closes support.

    Attributes
    ----------
    closes : Closes
    returns : int
        Number of log returns.
    fits : mapping of str to Fit
        By name: gbm, merton, garch normal, garch t, heston, bootstrap.
    volatility : Volatility
        The sample's, with that of the six stretches its interval comes from.
    growth : Estimate
        Continuous rate of growth of the mean price a year in the sample, as `price.drift`, with its error; no forecast.
    kurtosis : float
        Of the log returns; 3 if they are normal.
    volume : VolumeFit or None
        None where the file has no volumes, or fewer than 250.
    findings : tuple of str
        What was found in the file, one sentence each.
    curves : Curves
        What the figure shows.
    """

    closes: Closes
    returns: int
    fits: Mapping[str, Fit]
    volatility: Volatility
    growth: Estimate
    kurtosis: float
    volume: VolumeFit | None
    findings: tuple[str, ...]
    curves: Curves

    @property
    def warnings(self) -> tuple[str, ...]:
        """The findings that are more than the form of the file: likely splits, what was left out or accepted, halts."""
        return tuple(words for words in self.findings if not words.startswith((COLUMN_NOTE, COMMA_NOTE, ORDER_NOTE)))

    @property
    def recommended(self) -> str:
        """The model with the smallest BIC, of those that the closes do not speak against: a value of `price.model`."""
        return self.fits[self.best].model

    @property
    def best(self) -> str:
        """The name of the recommended fit, such as "garch t"."""
        usable = {name: fit for name, fit in self.fits.items() if fit.supported and math.isfinite(fit.log_likelihood)}
        return min(usable, key=lambda name: usable[name].bic(self.returns))

    @property
    def garch(self) -> str:
        """Which of "garch normal" and "garch t" has the smaller BIC; the first if both were left out."""
        return min(("garch normal", "garch t"), key=lambda name: _or_infinite(self.fits[name].bic(self.returns)))

    def fit(self, model: str) -> Fit:
        """The fit of a model; "garch" is the better one of "garch normal" and "garch t". ValueError for other names."""
        name = self.garch if model == "garch" else model
        if name not in self.fits:
            raise ValueError(f"model = {model!r}: must be one of {', '.join((*MODELS, 'garch normal', 'garch t'))}")
        return self.fits[name]

    def usable(self, model: str) -> Fit:
        """As `fit`; ValueError, with the reason, for a model that was left out."""
        fit = self.fit(model)
        if fit.left_out:
            raise ValueError(f"model = {model!r}: left out: {fit.left_out}")
        return fit

    def price_table(self, model: str | None = None) -> str:
        """The tables [price] and, if there are volumes, [price.volume] of a case file, as TOML.

        Parameters
        ----------
        model : str, optional
            "gbm", "merton", "garch", "heston" or "bootstrap"; by default the recommended one.

        Raises
        ------
        ValueError
            For a model that was left out, with the reason.
        """
        fit = self.usable(model or self.recommended)
        return with_volume(self._price_lines(fit), self.volume, fit.model)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, with every digit. `models` has each model by its name, and the better GARCH as "garch"."""
        models = {name: fit.to_dict() for name, fit in self.fits.items()}
        for name, document in models.items():
            bic = self.fits[name].bic(self.returns)
            difference = bic - self._least()
            document |= jsonable({"bic": bic, "bic_difference": difference})
            document["supported"] = self.fits[name].supported and not difference > _FAR
            document["verdict"] = self.verdict(name)
        models["garch"] = models[self.garch]
        closes = self.closes
        dates, manifest = {}, {"versions": versions()}
        if closes.dates:
            first, last = closes.dates[0], closes.dates[-1]
            dates = {"first": first.isoformat(), "last": last.isoformat()}
            manifest["calendar"] = calendar_of(first, last)
        return {
            "source": closes.source, "column": closes.column, **dates, "closes": len(closes), "returns": self.returns,
            "last_close": closes.values[-1],
            "volatility": plain(self.volatility.estimate) | {"stretches": list(self.volatility.stretches)},
            "growth": plain(self.growth), "kurtosis": self.kurtosis, "recommended": self.recommended, "models": models,
            "volume": self.volume.to_dict() if self.volume is not None else None, "findings": list(self.findings),
            "manifest": manifest,
        }  # fmt: skip

    def verdict(self, name: str) -> str:
        """What the closes say about a model, in a few words."""
        fit = self.fits[name]
        if fit.left_out:
            return fit.left_out.partition(":")[0]
        if name == "heston":
            return "rough: mapped from garch, not estimated"
        if name == "bootstrap":
            return "needs no model of the returns"
        if not fit.supported:
            return "not supported: see its note"
        difference = fit.bic(self.returns) - self._least()
        if name == self.best:
            return "supported best"
        return "supported" if difference <= _CLOSE else "less supported" if difference <= _FAR else "not supported"

    def _least(self) -> float:
        return self.fits[self.best].bic(self.returns)

    # --- text ---

    def _price_lines(self, fit: Fit) -> list[str]:
        return price_lines(fit, self.closes)

    def _blocks(self) -> Blocks:
        blocks: list[str | Table] = [self._opening()]
        for model in MODELS:
            fit = self.fit(model)
            if fit.left_out:
                blocks.append(f"{fit.name}: left out: {fit.left_out}.")
                continue
            further = [
                (name, _shown(estimate), error_text(estimate))
                for name, estimate in fit.estimates.items()
                if name not in fit.price
            ]
            blocks.append(Verbatim(f"{fit.name}\n" + "\n".join(self._price_lines(fit))))
            if further:
                blocks.append(Table("", ("follows from these", "value", "error"), further, left=(0, 2)))
            blocks += fit.notes
        if self.volume is not None:
            blocks.append(Verbatim("volume, shares a day\n" + "\n".join(volume_lines(self.volume, "gbm"))))
        return [*blocks, self._likelihoods(), self._found()]

    def _opening(self) -> str:
        closes, span = self.closes, ""
        if closes.dates:
            span = f" from {closes.dates[0]} to {closes.dates[-1]}"
        stretches = ", ".join(f"{sigma:.2f}" for sigma in self.volatility.stretches)
        return (
            f"{closes.source or 'Closes'}: {len(closes):,} closes{span}, {self.returns:,} log returns.\n"
            f"Volatility {self.volatility.estimate} a year; of six equal stretches {stretches}. "
            f"Kurtosis of the returns {self.kurtosis:.1f} (normal: 3).\n"
            f"The mean price changed by {_yearly_change(self.growth)}: closes cannot tell the drift, and 0 is "
            "recommended.\n"
            f"Recommended: {self.recommended}."
        )

    def _likelihoods(self) -> Table:
        rows = []
        for name, fit in self.fits.items():
            known = math.isfinite(fit.log_likelihood)
            likelihood = f"{fit.log_likelihood:,.1f}" if known else "-"
            difference = rounded(fit.bic(self.returns) - self._least(), 1) if known else "-"
            rows.append((name, likelihood, str(fit.parameters) if known else "-", difference, self.verdict(name)))
        return Table(
            "What the closes support", ("model", "log-likelihood", "parameters", "BIC less best", "verdict"), rows,
            left=(0, 4), note="A difference of BIC above 10 speaks strongly against a model.",
        )  # fmt: skip

    def _found(self) -> str:
        return "\n".join(["Found in the file", *(f"- {words}" for words in self.findings)]) if self.findings else ""

    def _in_brief(self) -> str:
        name = self.closes.source or "numbers"
        return (
            f"{self.returns:,} returns of {name}, volatility {self.volatility.estimate}, recommended {self.recommended}"
        )


def _yearly_change(growth: Estimate) -> str:
    """`-90% a year (95% -97% to -68%)` for a continuous rate of growth."""
    decimals = max(decimals_allowed(100.0 * growth.se * math.exp(min(growth.value, _LARGE))), 0)
    value, low, high = (_change(rate, decimals) for rate in (growth.value, *growth.ci95))
    return f"{value} a year (95% {low} to {high})"


def _change(rate: float, decimals: int) -> str:
    """What a continuous rate changes a price by in a year; from eleven times on as a factor, such as `25-fold`."""
    if rate >= _LARGE:
        return f"{math.exp(min(rate, 700.0)):.3g}-fold"
    text = rounded(100.0 * math.expm1(rate), decimals)
    return f"{text}%" if text.startswith("-") else f"+{text}%"


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.3g}" if abs(estimate.value) < 1000.0 else f"{estimate.value:,.0f}"


def _or_infinite(value: float) -> float:
    return math.inf if math.isnan(value) else value
