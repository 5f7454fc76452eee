"""A sensitivity, as data and as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sim.analysis.inputs import shown
from sim.analysis.paired import SHOWN, levels_dict
from sim.analysis.paired_text import gains, levels
from sim.results.estimates import Estimate
from sim.results.summary import jsonable, manifest
from sim.results.value import Parts, Value
from sim.terms import Case
from sim.text.numbers import decimals_allowed, rounded, shared_decimals
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

SHOWN_SWINGS = 15
_INDEXED = ("runway_months", "raised")


@dataclass(frozen=True, eq=False, repr=False)
class Swing(Value):
    """One input at its low and at its high, everything else as the case has it.

    `low`, `base` and `high` are in `unit`; `stated` says whether the case's [ranges] name them. `at_low` and `at_high`
    are the measures there, `down` and `up` their differences to the base case, paired by path.
    """

    key: str
    label: str
    unit: str
    low: float
    base: float
    high: float
    stated: bool
    at_low: Mapping[str, Estimate]
    at_high: Mapping[str, Estimate]
    down: Mapping[str, Estimate]
    up: Mapping[str, Estimate]

    def width(self, measure: str) -> float:
        """The larger of the two moves of a measure, in its unit."""
        return max(abs(self.down[measure].value), abs(self.up[measure].value))

    def __repr__(self) -> str:
        return f"<Swing: {self.label}, {self.low:g} to {self.high:g} {self.unit}>"


@dataclass(frozen=True, eq=False, repr=False)
class Indices(Value):
    """Sobol' indices by measure, one a key: the share of the variance of a measure's mean that comes from the input.

    `first` is the share due to the input alone, `total` that due to the input together with others. Inputs are uniform
    between low and high and independent. The function is a mean over paths with common random numbers, hence
    deterministic: the intervals are those of the sample of inputs. `evaluations` is the number of runs.
    """

    keys: tuple[str, ...]
    first: Mapping[str, tuple[Estimate, ...]]
    total: Mapping[str, tuple[Estimate, ...]]
    evaluations: int

    def __repr__(self) -> str:
        return f"<Indices: {len(self.keys)} inputs, {self.evaluations:,} runs>"


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Parts, Value, Readable):
    """The swings, largest effect on the runway first, and the indices of the inputs that matter most."""

    _parts = "swings"

    swings: tuple[Swing, ...]
    base: Mapping[str, Estimate]
    indices: Indices | None
    paths: int
    seed: int
    case: Case

    def ordered(self, measure: str) -> tuple[Swing, ...]:
        """The swings, largest effect on `measure` first."""
        return tuple(sorted(self.swings, key=lambda swing: -swing.width(measure)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        table = asdict(self)
        del table["case"]  # which is in the manifest
        table["base"] = levels_dict(self.base, self.paths)
        for swing, row in zip(self.swings, table["swings"], strict=True):
            row |= {end: levels_dict(getattr(swing, end), self.paths) for end in ("at_low", "at_high")}
        document: dict[str, Any] = jsonable(table | {"manifest": manifest(self.case, self.paths, self.seed, "philox")})
        return document

    def _blocks(self) -> Blocks:
        return sensitivity_blocks(self)

    def _in_brief(self) -> str:
        return f"{len(self.swings)} inputs of {self.case.title}, {self.paths:,} paths each, seed {self.seed}"


def sensitivity_blocks(sensitivity: Sensitivity) -> Blocks:
    """The swings of the runway and of the capital raised, and the indices."""
    head = (
        f"{sensitivity.case.title}\n{sensitivity.paths:,} paths each, seed {sensitivity.seed}, philox, common random "
        "numbers"
    )
    labels = {swing.key: swing.label for swing in sensitivity.swings}
    tables = [_swings(sensitivity, measure) for measure in ("runway_months", "raised")]
    return [head, *tables, *([] if sensitivity.indices is None else [_indices(sensitivity.indices, labels)])]


def _swings(sensitivity: Sensitivity, measure: str) -> Table:
    ordered = sensitivity.ordered(measure)
    listed, rest = ordered[:SHOWN_SWINGS], ordered[SHOWN_SWINGS:]
    name, base = SHOWN[measure], sensitivity.base
    (level,) = levels(measure, [base[measure]])
    heading = f"{name.column}: {level}. Effect of one input at a time, path by path, with standard error"
    notes = []
    if any(swing.stated for swing in listed):
        notes.append(
            "* Low and high are from [ranges] in the case file; the others are standard ranges set by the program."
        )
    if rest:
        widest = name.format(*_upward(rest[0].width(measure), name.reading.scale))
        notes.append(f"{len(rest)} more inputs have an effect of at most {widest}.")
    down = gains(measure, [swing.down[measure] for swing in listed])
    up = gains(measure, [swing.up[measure] for swing in listed])
    rows = [
        (swing.label + "*" * swing.stated, shown(swing.low, swing.unit), shown(swing.high, swing.unit), low, high)
        for swing, low, high in zip(listed, down, up, strict=True)
    ]
    return Table(heading, ("Input", "Low", "High", "At low", "At high"), rows, (0,), " ".join(notes))


def _upward(value: float, scale: float) -> tuple[float, float]:
    """A value rounded up to one digit, and that digit's place as its error."""
    place = scale * 10.0 ** -decimals_allowed(value / scale) if value > 0.0 else 0.0
    return (math.ceil(value / place) * place if place else 0.0), place


def _indices(indices: Indices, labels: dict[str, str]) -> Table:
    """First and total indices of the runway and of the capital raised."""
    columns = [(order, name) for name in _INDEXED for order in ("first", "total")]
    texts = [_percents(getattr(indices, order)[name]) for order, name in columns]
    rows = list(zip([labels[key] for key in indices.keys], *texts, strict=True))
    heads = [f"{SHOWN[name].label}, {order}" for order, name in columns]
    note = (
        "Share of the variance of a measure's mean that is due to each input alone (first) and together with the "
        "others (total), with the inputs uniform between low and high and independent of one another. "
        f"{indices.evaluations:,} runs under common random numbers; standard errors are those of the sample of inputs."
    )
    return Table("Sobol' indices", ("Input", *heads), rows, (0,), note)


def _percents(estimates: tuple[Estimate, ...]) -> list[str]:
    """Shares with their standard errors, with one number of decimals."""
    values, errors = [100.0 * each.value for each in estimates], [100.0 * each.error for each in estimates]
    decimals = shared_decimals(values, errors, 2)
    return [
        f"{rounded(value, decimals)}% +- {rounded(error, decimals)}%" if math.isfinite(value) else "absent"
        for value, error in zip(values, errors, strict=True)
    ]
