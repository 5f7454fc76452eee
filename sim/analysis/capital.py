"""What the capital raised under a line costs, all in."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.results.estimates import Estimate, by_group, group_error
from sim.results.summary import jsonable

if TYPE_CHECKING:
    from sim.results.result import Result


@dataclass(frozen=True)
class CapitalCost:
    """Parts of the market value of the shares issued: `all_in` is `discount` + `legal`.

    Market value is that of the closes of the purchase dates. Absent (NaN) where nothing was raised on any path.
    """

    discount: Estimate
    legal: Estimate
    all_in: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        document: dict[str, Any] = jsonable(asdict(self))
        return document


def cost_of_capital(result: Result) -> CapitalCost:
    """Discount and legal fees over the market value of the shares issued, all paths together.

    A ratio of sums, sum of costs over sum of raised + discount, so that a path counts as much as it raised; its error
    comes from the residuals. Cochran (1977), Sampling Techniques, section 6.3. Of a run that kept no paths the means
    are known but not the error (NaN).
    """
    if result.sketch is not None:
        summary, fee = result.summary(), result.case.line.legal_cost_per_draw
        given, fees = summary["discount_cost"].mean, summary["draws"].mean * fee
        whole = summary["raised"].mean + given
        return CapitalCost(*(_unsure(cost / whole if whole else math.nan) for cost in (given, fees, given + fees)))
    discount = result["discount_cost"]
    legal = result["draws"] * result.case.line.legal_cost_per_draw
    market = result["raised"] + discount
    groups = result.run.groups
    return CapitalCost(*(ratio(cost, market, groups) for cost in (discount, legal, discount + legal)))


def _unsure(value: float) -> Estimate:
    return Estimate(value, math.nan, (math.nan, math.nan))


def ratio(above: np.ndarray, below: np.ndarray, groups: str | None) -> Estimate:
    """Sum of `above` over sum of `below`, one value a path each, with its error; absent where `below` is 0."""
    if not below.sum():
        return _unsure(math.nan)
    share = float(above.sum() / below.sum())
    residuals = above - share * below
    if groups is not None:
        residuals, below = by_group(residuals, groups), by_group(below, groups)
    return group_error(residuals, below).estimate(share)
