"""The bands of measures over uncertain inputs, as data and as text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.inputs import Input, shown
from sim.analysis.paired import SHOWN, levels_dict
from sim.results.estimates import Estimate, quantile_rank
from sim.results.measures import MEASURES, Measure, censored_text, marked
from sim.results.summary import jsonable, manifest
from sim.results.value import Value
from sim.terms import Case
from sim.text.frozen import in_brief, whole
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

PERCENTS = (5, 50, 95)
#: A band is printed with the digits that a part of its width allows, as the draws say no more.
PARTS = 20


@whole
class Drawn(NamedTuple):
    """An uncertain input, as in `sim.analysis.inputs.Input`."""

    key: str
    label: str
    unit: str
    law: str
    low: float
    mode: float | None
    base: float
    high: float

    def __repr__(self) -> str:
        return in_brief(self)

    @classmethod
    def of(cls, one: Input) -> Drawn:
        return cls(*(getattr(one, name) for name in cls._fields))


@dataclass(frozen=True, eq=False, repr=False)
class Band(Value):
    """A measure over the draws of the inputs: `low`, `median` and `high` are its 5%, 50% and 95% quantiles.

    `base` is the measure of the case as it is, with its sampling error; `values` has one number a draw, NaN where the
    measure is absent.
    """

    name: str
    base: Estimate
    low: float
    median: float
    high: float
    values: np.ndarray

    @classmethod
    def of(cls, name: str, base: Estimate, values: np.ndarray) -> Band:
        ordered = np.sort(values[~np.isnan(values)])
        if not ordered.size:
            return cls(name, base, math.nan, math.nan, math.nan, values)
        low, median, high = (float(ordered[quantile_rank(ordered.size, percent) - 1]) for percent in PERCENTS)
        return cls(name, base, low, median, high, values)

    @property
    def measure(self) -> Measure:
        return SHOWN[self.name] if self.name in SHOWN else MEASURES[self.name]

    @property
    def error(self) -> float:
        """What the digits of the ends are printed to."""
        return max((self.high - self.low) / PARTS, self.base.error)

    def __str__(self) -> str:
        """`54% to 93% over what we do not know`."""
        low, high = (self.measure.format(end, self.error) for end in (self.low, self.high))
        return f"{low} to {high} over what we do not know"

    def __repr__(self) -> str:
        return f"<Band: {self.name}, {self}>"


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty(Value, Readable, Mapping[str, Band]):
    """The bands of the measures of a case over its uncertain inputs, by measure.

    `points` (draws, inputs) are the values of the inputs, in their units.
    """

    inputs: tuple[Drawn, ...]
    points: np.ndarray
    bands: Mapping[str, Band]
    paths: int
    seed: int
    case: Case

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.points)

    def __getitem__(self, name: str) -> Band:
        return self.bands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.bands)

    def __len__(self) -> int:
        return len(self.bands)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; the `values` of a measure are in the order of `points`."""
        base = levels_dict({name: band.base for name, band in self.bands.items()}, self.paths)
        bands = {
            name: {
                **base[name], "p05": band.low, "p50": band.median, "p95": band.high,
                "values": band.values.tolist(),
            }
            for name, band in self.bands.items()
        }  # fmt: skip
        document: dict[str, Any] = jsonable(
            {
                "inputs": [one._asdict() for one in self.inputs],
                "points": self.points.tolist(),
                "measures": bands,
                "manifest": manifest(self.case, self.paths, self.seed, "philox"),
            }
        )
        return document

    def is_bound(self, name: str, number: float) -> bool:
        """Whether a mean of the draws is the runway of paths of which none runs out of cash, hence a lower bound."""
        return name == "runway_months" and number in self.bands[name].values[self.bands["cash_out"].values == 0.0]

    def _blocks(self) -> Blocks:
        head = (
            f"{self.case.title}\n{self.draws:,} draws of the uncertain inputs, {self.paths:,} paths each, seed "
            f"{self.seed}, common random numbers"
        )
        band = self.bands["cash_out"]
        base = band.measure.format(band.base.value, band.base.error)
        answer = f"The probability of a cash-out is {base} ({band})."
        return [head, answer, _bands(self), _inputs(self)]

    def _in_brief(self) -> str:
        return f"{len(self.inputs)} inputs of {self.case.title}, {self.draws:,} draws"


def _bands(found: Uncertainty) -> Table:
    rows = []
    for name, band in found.bands.items():
        measure, base, numbers = band.measure, band.base, (band.low, band.median, band.high)
        texts = measure.aligned(numbers, [band.error] * 3)
        ends = [censored_text(text, found.is_bound(name, end)) for text, end in zip(texts, numbers, strict=True)]
        mean = marked(measure.format_bare(base.value, base.error), base)
        as_is = (mean, measure.format_error(base.error, base.value))
        rows.append((measure.column, *as_is, *ends))
    heading = "The case as it is with its sampling error, and quantiles over the draws of the inputs"
    return Table(heading, ("Mean", "As it is", "+-", "5%", "Median", "95%"), rows)


def _inputs(found: Uncertainty) -> Table:
    rows = []
    for one in found.inputs:
        ends = (shown(end, one.unit) for end in (one.low, one.base, one.high))
        rows.append((one.label, one.law, *ends))
    note = "Low and high of a normal or lognormal input are its 5% and 95% quantiles. Inputs are independent."
    return Table("Uncertain inputs, from [ranges]", ("Input", "Law", "Low", "As it is", "High"), rows, (0, 1), note)
