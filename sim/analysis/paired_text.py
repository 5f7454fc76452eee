"""Estimates of the measures of an analysis as columns of a table, each column with one number of decimals."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis.paired import SHOWN
from sim.results.estimates import Estimate
from sim.results.measures import marked
from sim.text.numbers import ANY_DECIMALS, rounded, shared_decimals, with_decimals


def levels(name: str, estimates: Sequence[Estimate]) -> list[str]:
    """Values of a measure, for a column whose heading says the unit; lower bounds are marked."""
    texts = SHOWN[name].aligned([e.value for e in estimates], [e.error for e in estimates])
    return list(map(marked, texts, estimates))


def measured(name: str, estimates: Sequence[Estimate]) -> list[str]:
    """Values of a measure with their standard errors, as `11.50 +- 0.02`; lower bounds are marked."""
    decimals, scale = _decimals(name, estimates), SHOWN[name].reading.scale
    errors = [with_decimals(each.error / scale, decimals) for each in estimates]
    values = [with_decimals(each.value / scale, decimals, each.error / scale) for each in estimates]
    return _with_errors(list(map(marked, values, estimates)), [f" +- {error}" for error in errors])


def intervals(name: str, estimates: Sequence[Estimate]) -> list[str]:
    """95% intervals, as `1.19 to 1.27`."""
    decimals, scale = _decimals(name, estimates), SHOWN[name].reading.scale
    return [" to ".join(rounded(end / scale, decimals) for end in each.ci95) for each in estimates]


def changes(name: str, estimates: Sequence[Estimate]) -> list[str]:
    """Differences with their 95% intervals, as `+1.23 (1.19 to 1.27)`; 0 where no path differs."""
    values = _signed(name, estimates, _decimals(name, estimates))
    return _with(estimates, values, [f" ({each})" for each in intervals(name, estimates)])


def gains(name: str, estimates: Sequence[Estimate]) -> list[str]:
    """Differences with their standard errors, as `+1.23 +- 0.02`; 0 where no path differs."""
    decimals, scale = _decimals(name, estimates, ANY_DECIMALS), SHOWN[name].reading.scale
    errors = [f" +- {with_decimals(each.error / scale, decimals)}" for each in estimates]
    return _with(estimates, _signed(name, estimates, decimals), errors)


def gain(name: str, estimate: Estimate) -> str:
    """As `gains`, of one estimate."""
    return gains(name, [estimate])[0]


def _decimals(name: str, estimates: Sequence[Estimate], most: int | None = None) -> int:
    reading = SHOWN[name].reading
    shown = [each for each in estimates if not _nothing(each)]
    values, errors = [each.value / reading.scale for each in shown], [each.error / reading.scale for each in shown]
    return shared_decimals(values, errors, reading.max_decimals if most is None else most)


def _signed(name: str, estimates: Sequence[Estimate], decimals: int) -> list[str]:
    scale = SHOWN[name].reading.scale
    texts = [with_decimals(each.value / scale, decimals, each.error / scale) for each in estimates]
    rises = [
        each.value > 0 and text[0].isdigit() and text.strip("0.") != ""
        for each, text in zip(estimates, texts, strict=True)
    ]
    return [f"+{text}" if rise else text for rise, text in zip(rises, texts, strict=True)]


def _with(estimates: Sequence[Estimate], values: list[str], errors: list[str]) -> list[str]:
    """Values with their errors; exact zeros stand alone."""
    texts = _with_errors(values, errors)
    return ["0" if _nothing(each) else text for each, text in zip(estimates, texts, strict=True)]


def _with_errors(values: Sequence[str], errors: Sequence[str]) -> list[str]:
    """Values with their errors; those below the last decimal and absent ones stand alone."""
    return [
        value if value[0] in "<>" or value == "-" else value + error
        for value, error in zip(values, errors, strict=True)
    ]


def _nothing(estimate: Estimate) -> bool:
    return estimate.value == 0.0 and estimate.se == 0.0
