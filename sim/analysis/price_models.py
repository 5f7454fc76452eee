"""`price_models`: the answer of a case under each price model, under common random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.compare import Sums
from sim.analysis.comparison import Comparison
from sim.analysis.paired import NOTHING, Mean, estimate_dict
from sim.analysis.price_variants import PriceVariants, first_year_volatility, kurtosis_of, price_variants
from sim.analysis.runs import Counter, Sampling, paths_and_seed, shards
from sim.results.distribution import LEAST_TAIL, WORST_PERCENT, tail_dof, tail_values
from sim.results.estimates import Estimate, GroupError
from sim.results.measures import MEASURES
from sim.results.summary import jsonable
from sim.results.value import Value
from sim.terms import Case, load_case

#: Paths of each run, unless the case asks for fewer.
PATHS = 50_000
#: The measure with an expected shortfall.
TAIL = "dilution"


@dataclass(frozen=True, eq=False, repr=False)
class PriceModels(Value):
    """The case under several price models, the first of them its own.

    `comparison` is that of `sim.compare` of the same cases, named as in `variants`. `shortfall` is the expected
    shortfall of dilution, the mean of the worst 5% of the paths, under each model; `shortfall_differences` are those
    from the first, with the errors that common random numbers leave.
    """

    variants: PriceVariants
    comparison: Comparison
    shortfall: tuple[Estimate, ...]
    shortfall_differences: tuple[Estimate, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the comparison, and for each case its model, the source of its parameters and the shortfall."""
        document = self.comparison.to_dict()
        rows = zip(self.variants.variants, self.shortfall, self.shortfall_differences, strict=True)
        for case, (variant, shortfall, difference) in zip(document["cases"], rows, strict=True):
            price = variant.case.price
            case |= jsonable({
                "model": price.model, "label": variant.label, "parameters": variant.source,
                "note": variant.note or None,
                "volatility": first_year_volatility(price), "kurtosis": kurtosis_of(price),
                "dilution_worst5": estimate_dict(shortfall), "dilution_worst5_difference": estimate_dict(difference),
            })  # fmt: skip
        returns, as_calibrated = self.variants.returns, self.variants.as_calibrated
        return document | {
            "returns": returns, "as_calibrated": as_calibrated, "left_out": list(self.variants.left_out)
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"<PriceModels: {', '.join(self.comparison.names)}, {self.comparison.paths:,} paths each>"


def price_models(
    case: Case | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> PriceModels:
    """Simulate a case under each price model of `price_variants`, and compare them with its own.

    Parameters
    ----------
    case : Case or str
    paths, seed : int, optional
        The case's unless given, at most `PATHS` paths.
    workers : int, optional
        Threads; as many as there are cores unless given.
    progress : callable, optional
        Called as progress(done, total) with the paths of all models together.

    Returns
    -------
    PriceModels

    Raises
    ------
    CaseError, ValueError
        For a case and for options that cannot be used.

    Examples
    --------
    >>> price_models("valence-2002", paths=1000)
    <PriceModels: gbm, merton, heston, garch normal, garch t, 1,000 paths each>
    """
    case = load_case(case)
    paths, seed = paths_and_seed(case, paths, seed, PATHS)
    found = price_variants(case)
    names, cases = zip(*((each.name, each.case) for each in found.variants), strict=True)
    how, counter = Sampling(seed, workers=workers), Counter(progress, paths * len(cases))
    sums, tails = Sums.of(cases, None), []
    base: dict[str, np.ndarray] = {}
    for i, columns in shards(cases, paths, how, counter, size=paths):  # one shard: a quantile needs all paths
        values = sums.add(i, columns, base)
        base = base or values
        tails.append(tail_values(values[TAIL], MEASURES[TAIL].bad_tail))
    return PriceModels(
        found, sums.comparison(names, paths, how), tuple(map(_mean, tails)),
        (NOTHING, *(_mean(tail - tails[0]) for tail in tails[1:])),
    )  # fmt: skip


def _mean(numbers: np.ndarray) -> Estimate:
    """The mean of `tail_values`, with as many degrees of freedom as there are values in the tail, less one."""
    mean = Mean(None)
    mean.add(numbers)
    se, dof = mean.error()
    known = numbers.size * WORST_PERCENT / 100 >= LEAST_TAIL or not mean.squares
    return GroupError(se if known else math.nan, tail_dof(numbers.size, dof)).estimate(mean.mean)
