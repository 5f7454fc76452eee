"""`grid`: every combination of a few prices, volatilities, burns and waivers, under common random numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.inputs import Input, input_of, merged, shown, trial, waivers
from sim.analysis.paired import SHOWN, level_of, measures_of, values_of
from sim.analysis.runs import Counter, Sampling, many, paths_and_seed
from sim.results.estimates import Quantile, interval_ranks, quantile_rank
from sim.results.measures import censored_text
from sim.results.summary import jsonable
from sim.results.value import HashableValue, Value
from sim.terms import Case, load_case
from sim.terms.overrides import find, known_key, label_of
from sim.text.frozen import in_brief
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.results.columns import Columns

PATHS = 10_000
#: Prices as multiples of the opening price: a wider range than the uncertainty about today's price.
PRICES = (0.5, 0.75, 1.0, 1.5, 2.0)
P05 = "raised_p05"


@dataclass(frozen=True, eq=False)
class Axis(HashableValue):
    """One input and its values in `unit`, rising; the case's own is `values[base]`."""

    key: str
    label: str
    values: tuple[float, ...]
    unit: str
    base: int

    __repr__ = in_brief

    @property
    def own(self) -> float:
        """The case's own value."""
        return self.values[self.base]


@dataclass(frozen=True, eq=False, repr=False)
class Grid(Value, Readable):
    """Means of measures and their standard errors over the grid, arrays of the shape of the axes.

    The axes are price.initial, price.volatility, burn.monthly and waivers; one that does not apply has one value.
    """

    axes: tuple[Axis, ...]
    mean: Mapping[str, np.ndarray]
    error: Mapping[str, np.ndarray]
    paths: int
    seed: int

    def is_bound(self, name: str, at: tuple[Any, ...]) -> bool:
        """Whether a mean is the runway of paths of which none runs out of cash, hence a lower bound."""
        return name == "runway_months" and float(self.mean["cash_out"][at]) == 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; arrays as nested lists. "censored_count" is the number of paths of each combination that do
        not run out of cash, whose runway is the full period."""
        lasting = np.rint(self.paths * (1.0 - self.mean["cash_out"])).astype(np.int64)
        return jsonable(
            {
                "axes": [asdict(axis) for axis in self.axes],
                "mean": {name: array.tolist() for name, array in self.mean.items()},
                "error": {name: array.tolist() for name, array in self.error.items()},
                "censored_count": {"runway_months": lasting.tolist()},
                "paths": self.paths,
                "seed": self.seed,
            }
        )

    def _blocks(self) -> Blocks:
        head = f"{self._in_brief()}, philox, common random numbers"
        values = [
            (axis.label, ", ".join(shown(value, axis.unit) for value in axis.values), shown(axis.own, axis.unit))
            for axis in self.axes
        ]
        here = tuple(axis.base for axis in self.axes)
        names = [name for name in self.mean if name in SHOWN]
        base = []
        for name in names:
            mean, worst = self.mean[name], float(self.error[name].max())
            least, most = (np.unravel_index(at, mean.shape) for at in (mean.argmin(), mean.argmax()))
            places = ((here, float(self.error[name][here])), (least, worst), (most, worst))
            texts = (
                censored_text(SHOWN[name].format_bare(float(mean[at]), error), self.is_bound(name, at))
                for at, error in places
            )
            base.append((SHOWN[name].column, *texts))
        return [
            head,
            Table("Inputs", ("Input", "Values", "Base case"), values, (0, 1)),
            Table("Means and probabilities over the grid", ("", "Base case", "Smallest", "Largest"), base),
        ]

    def _in_brief(self) -> str:
        return f"{self.runs:,} combinations of {self.paths:,} paths each, seed {self.seed}"

    @property
    def runs(self) -> int:
        """Number of combinations."""
        return math.prod(len(axis.values) for axis in self.axes)


def grid(
    case: Case | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Grid:
    """Simulate every combination of a few prices, volatilities, burns and waivers, under common random numbers.

    Each axis contains the case's own value. Burn and volatility go from the input's low to its high, with the values
    half way between; the price from half to twice; the waivers are none, those of the case, and all. Besides the
    measures of an analysis, "raised_p05" is the 5% quantile of the capital raised, its error half the width of its 95%
    interval over 1.96.

    Parameters
    ----------
    case : Case or str
        The case, its file or the name of a shipped case.
    paths : int, optional
        Of each combination; 10,000 unless given.
    seed : int, optional
        The case's unless given.
    workers : int, optional
        Threads; as many as there are cores unless given.
    executor : concurrent.futures.Executor, optional
        As in `sim.simulate`.
    progress : callable, optional
        Called as progress(done, total) with the paths of all combinations.

    Returns
    -------
    Grid

    Raises
    ------
    CaseError, ValueError
        For a case and for options that cannot be used.

    Examples
    --------
    >>> sim.grid("valence-2002", paths=100).mean["raised"].shape
    (5, 5, 5, 3)
    """
    case = load_case(case)
    paths, seed = paths_and_seed(case, PATHS if paths is None else paths, seed)
    pairs = [_axis(case, name) for name in ("price.initial", "price.volatility", "burn.monthly")] + [_waivers(case)]
    inputs, axes = tuple(one for one, _ in pairs), tuple(axis for _, axis in pairs)
    names = measures_of(case)
    counter = Counter(progress, paths * int(np.prod([len(axis.values) for axis in axes])))
    points = itertools.product(*(axis.values for axis in axes))
    cases = (trial(case, merged(inputs, point)) for point in points)
    how = Sampling(seed, workers=workers, executor=executor)
    table = np.array(many(cases, partial(_row, names), paths, how, counter))
    shape = tuple(len(axis.values) for axis in axes)
    mean = {name: table[:, i, 0].reshape(shape) for i, name in enumerate((*names, P05))}
    error = {name: table[:, i, 1].reshape(shape) for i, name in enumerate((*names, P05))}
    return Grid(axes, mean, error, paths, seed)


def _row(names: tuple[str, ...], columns: Columns) -> list[tuple[float, float]]:
    """Mean and error of each measure, then those of the 5% quantile."""
    found = []
    for name in names:
        level = level_of(name, None)
        level.add(values_of(columns, name))
        estimate = level.estimate()
        found.append((estimate.value, estimate.se))
    return [*found, _p05(columns["raised"])]


def _p05(values: np.ndarray) -> tuple[float, float]:
    """The 5% quantile and its error."""
    ordered, n = np.sort(values), values.size
    low, high = interval_ranks(n, 5)
    ends = (ordered[low - 1] if low > 0 else -np.inf, ordered[high - 1] if high <= n else np.inf)
    found = Quantile(float(ordered[quantile_rank(n, 5) - 1]), (float(ends[0]), float(ends[1])))
    return found.value, found.error


def _axis(case: Case, name: str) -> tuple[Input, Axis]:
    """An input and its axis; one value where there is no room, as for a volatility of 0."""
    one = input_of(case, name)
    if one is None:
        base = find(case, name)[1]
        unit = known_key(Case, name).unit
        applies = base is not None  # a bootstrap has no volatility
        base = base if applies else 0.0
        one = Input(
            name, label_of(case, name), unit, base, base, base, False, lambda value: {name: value} if applies else {}
        )
    base = one.base
    if name == "price.initial":
        values = [base * factor for factor in PRICES]
    else:
        values = [one.low, (one.low + base) / 2.0, base, (base + one.high) / 2.0, one.high]
    rising = tuple(sorted(set(values)))
    return one, Axis(name, one.label, rising, one.unit, rising.index(base))


def _waivers(case: Case) -> tuple[Input, Axis]:
    """All conditions, also those that [ranges] name one by one."""
    one = waivers(trial(case, {}))
    values = tuple(sorted({0.0, one.base, 1.0})) if case.conditions else (one.base,)
    return one, Axis(one.key, one.label, values, one.unit, values.index(one.base))
