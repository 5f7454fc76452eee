"""What a risk officer reads of a run: survival, hazard, causes, liquidity at risk, and the average price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sim.results.estimates import WORST_PERCENT, Estimate, Quantile
from sim.results.periods import Period
from sim.results.tail import TAIL_PERCENTS, Tail
from sim.results.value import Value
from sim.text.frozen import in_brief, whole


@whole
class Restricted(NamedTuple):
    """A mean survival time restricted to `months`: E[min(runway, months)], in months."""

    months: float
    at_horizon: bool
    mean: Estimate

    def to_dict(self) -> dict[str, Any]:
        """The keys of the JSON document."""
        return {"months": self.months, "at_horizon": self.at_horizon, **_said(self.mean, "mean")}


@whole
class LiquidityAtRisk(NamedTuple):
    """The largest shortfall up to the end of a month, $: the upper tail of its distribution."""

    months: int
    end: date
    tail: Tail

    def __repr__(self) -> str:
        return in_brief(self)

    def quantile(self, percent: int) -> Quantile:
        """The quantile of 90, 95 or 99 percent."""
        return self.tail.quantiles[TAIL_PERCENTS.index(percent)]

    def to_dict(self) -> dict[str, Any]:
        """The keys of the JSON document."""
        document: dict[str, Any] = {"months": self.months, "end": self.end}
        for percent, quantile in zip(TAIL_PERCENTS, self.tail.quantiles, strict=True):
            document |= {f"p{percent}": quantile.value, f"p{percent}_ci95": quantile.ci95}
        worst = self.tail.shortfall
        name = f"worst{WORST_PERCENT}"
        return document | {f"{name}_mean": worst.value, f"{name}_se": worst.se, f"{name}_ci95": worst.ci95}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Statistics(Value):
    """Survival, hazard, incidence, liquidity at risk and average price of a run.

    `rmst` are mean survival times restricted to 12 and 24 months and to the horizon. `hazard` is, by fiscal quarter,
    the probability of a cash-out in it of those whose cash has lasted to its start; absent (NaN) where none has.
    `incidence` is, by cause and quarter, the probability of a cash-out for this cause by its end. `liquidity_at_risk`
    is the upper tail of the largest shortfall up to 6, 12, 18 and 24 months and the horizon, $. `average_price` is
    E[raised] / E[shares issued], $/share.

    What a file of an earlier version lacks is left out: months of `rmst` and of `liquidity_at_risk`, and hazard and
    incidence are empty.
    """

    rmst: tuple[Restricted, ...]
    hazard: tuple[Estimate, ...]
    incidence: Mapping[str, tuple[Estimate, ...]]
    liquidity_at_risk: tuple[LiquidityAtRisk, ...]
    average_price: Estimate

    def to_dict(self, periods: tuple[Period, ...], survival: tuple[Estimate, ...]) -> dict[str, Any]:
        """The keys of the JSON document; `survival` by period."""

        def by_period(estimates: tuple[Estimate, ...]) -> list[dict[str, Any]]:
            named = zip(periods, estimates, strict=True)
            return [{"period": period.label, "end": period.end, **_said(each)} for period, each in named]

        return {
            "rmst": [each.to_dict() for each in self.rmst],
            "survival": by_period(survival),
            "hazard": by_period(self.hazard) if self.hazard else None,
            "incidence": {cause: by_period(each) for cause, each in self.incidence.items()} or None,
            "liquidity_at_risk": [each.to_dict() for each in self.liquidity_at_risk],
            "average_price": _said(self.average_price, "value"),
        }

    def __repr__(self) -> str:
        return f"<Statistics: {len(self.rmst)} restricted means, {len(self.liquidity_at_risk)} spans>"


def _said(estimate: Estimate, name: str = "probability") -> dict[str, Any]:
    return {name: estimate.value, "se": estimate.se, "ci95": estimate.ci95}
