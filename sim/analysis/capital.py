"""The cost of the capital raised under a line."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.results.estimates import Estimate, by_group, group_error
from sim.results.summary import jsonable
from sim.results.value import HashableValue
from sim.text.frozen import in_brief

if TYPE_CHECKING:
    from sim.results.result import Result


@dataclass(frozen=True, eq=False)
class CapitalCost(HashableValue):
    """Costs as fractions of the market value of the shares issued: `all_in` is `discount` + `legal`.

    The market value is that at the closes of the purchase dates. NaN if nothing was raised on any path.
    """

    discount: Estimate
    legal: Estimate
    all_in: Estimate

    __repr__ = in_brief

    def to_dict(self) -> dict[str, Any]:
        """The estimates as plain JSON types; NaN becomes None."""
        document: dict[str, Any] = jsonable(asdict(self))
        return document


def cost_of_capital(result: Result) -> CapitalCost:
    """Discount and legal fees over the market value of the shares issued, all paths together.

    The ratio of two sums, that of the costs and that of raised + discount, so that paths are weighted by what they
    raised. The standard error is computed from the residuals: Cochran (1977), Sampling Techniques, section 6.3. For a
    run that kept no paths the error is not known (NaN).
    """
    if result.sketch is not None:
        summary = result.summary()
        given, fees = summary["discount_cost"].mean, summary["costs"].mean
        whole = summary["raised"].mean + given
        return CapitalCost(*(_unsure(cost / whole if whole else math.nan) for cost in (given, fees, given + fees)))
    discount = result["discount_cost"]
    legal = result["costs"]
    market = result["raised"] + discount
    groups = result.run.groups
    return CapitalCost(*(ratio(cost, market, groups) for cost in (discount, legal, discount + legal)))


def _unsure(value: float) -> Estimate:
    return Estimate(value, math.nan, (math.nan, math.nan))


def ratio(above: np.ndarray, below: np.ndarray, groups: str | None) -> Estimate:
    """Sum of `above` over sum of `below`, arrays of one value a path, with its error; NaN if `below` sums to 0."""
    if not below.sum():
        return _unsure(math.nan)
    share = float(above.sum() / below.sum())
    residuals = above - share * below
    if groups is not None:
        residuals, below = by_group(residuals, groups), by_group(below, groups)
    return group_error(residuals, below).estimate(share)
