"""The charts of one run: cash over time, cash-out by fiscal quarter, and the distribution of a measure."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from sim.board.charts.canvas import LIGHT, MIDDLE
from sim.board.charts.data import COLOURS, Chart, Mark, Series, round_step
from sim.board.words import (
    aligned,
    brief,
    fitted,
    listed,
    measure_of,
    own_scenarios,
    reading,
    short_day,
    shortened,
    value,
)

if TYPE_CHECKING:
    from sim.results.result import Result

_MILLION = 1e6
_CAUSES = {"operations": COLOURS[0], "principal": COLOURS[1], "interest": LIGHT, "flows": MIDDLE}
_FAN = {"p05": LIGHT, "p25": MIDDLE, "p50": COLOURS[0], "p75": MIDDLE, "p95": LIGHT}
_MOST_MARKS, _BINS = 6, 30
_MOST_EVENTS = 110  # letters of what happens on one date


def cash_chart(result: Result, sentence: str) -> Chart:
    """Cash at month ends: the median, the bands of 50% and 90% of the scenarios, minimum cash and important dates."""
    fan = result.fan()
    if not fan.paths:
        raise ValueError("cash_fan: this result has no cash over time; it must be of a run with paths kept")
    series = [
        Series(name, tuple(float(v) / _MILLION for v in getattr(fan, name)), colour=colour)
        for name, colour in _FAN.items()
    ]
    minimum = result.case.company.minimum_cash / _MILLION
    series.append(Series("minimum cash", (minimum,) * len(fan.dates), role="limit", colour="#1a1a1a"))
    marks = tuple(Mark(when, words) for when, words in important_dates(result)[:_MOST_MARKS])
    return Chart(
        "cash", "fan", "Cash at month ends, $ millions; may be negative"
        + own_scenarios(fan.paths, result),
        alt=f"Cash over time: median and bands of 50% and 90% of {fan.paths:,} scenarios. {sentence}.",
        categories=fan.dates, series=tuple(series), unit="$M", y_title="$ millions", marks=marks,
    )  # fmt: skip


def cash_out_chart(result: Result, sentence: str) -> Chart:
    """Probability of being out of cash by the end of each fiscal quarter, stacked by cause."""
    summary = result.summary()
    chances = summary.cash_out_by_period
    names = tuple(period.label for period in summary.periods)
    causes = [
        Series(cause, tuple(100.0 * float(share) for share in shares), colour=_CAUSES[cause])
        for cause, shares in summary.causes_by_period.items()
        if shares.any()
    ]
    labels = aligned("cash_out", chances)
    total = Series(
        "all causes", tuple(100.0 * chance.value for chance in chances),
        tuple(100.0 * chance.ci95[0] for chance in chances), tuple(100.0 * chance.ci95[1] for chance in chances),
        role="total", colour="#1a1a1a", labels=labels,
    )  # fmt: skip
    said = ", ".join(f"{name} {label}" for name, label in zip(names, labels, strict=True))
    return Chart(
        "cash_out", "stacked", "Scenarios out of cash by the end of each fiscal quarter, %, by cause, 95% interval",
        alt=f"{sentence}. By the end of each quarter: {said}.",
        categories=names, series=(*causes, total), unit="%", y_title="% of scenarios", decimals=1,
    )  # fmt: skip


def distribution_chart(result: Result, name: str) -> Chart:
    """Histogram of a measure over the paths of a run that kept them, with three quantiles."""
    scale = reading(name).scale
    values = result[name] / scale
    width = round_step(max(float(values.max()), 1e-9), _BINS)
    edges = width * np.arange(int(float(values.max()) / width) + 2)
    counts, _ = np.histogram(values, bins=edges)
    found = result.summary()[name]
    marks = tuple(
        Mark(quantile.value / scale, f"{words} {value(name, quantile.value, quantile.error)}")
        for words, quantile in (("5%:", found.p05), ("median:", found.p50), ("95%:", found.p95))
    )
    nothing = float((result["shares_issued"] == 0.0).mean())
    none = f" Nothing is drawn in {100 * nothing:.0f}% of the scenarios." if nothing else ""
    unit = "%" if reading(name).suffix == "%" else "$M"
    label = measure_of(name, result.case)
    return Chart(
        name, "histogram", f"{label}, {'%' if unit == '%' else '$ millions'}: distribution over the scenarios",
        alt=f"{label}: {listed([mark.label for mark in marks])}.{none}",
        categories=tuple(float(m) for m in (edges[:-1] + edges[1:]) / 2.0), edges=tuple(float(e) for e in edges),
        series=(Series("scenarios", tuple(100.0 * float(c) / values.size for c in counts), colour=MIDDLE),),
        unit="%", y_title="% of scenarios", marks=marks,
        x_title=f"{label.lower()}, {'%' if unit == '%' else '$ millions'}; the number below a column is its lower end",
    )  # fmt: skip


def important_dates(result: Result) -> list[tuple[date, str]]:
    """Maturities of notes and first dates of conditions inside the simulated span, in order."""
    case = result.case
    begin: defaultdict[date, list[str]] = defaultdict(list)
    for condition in case.conditions:
        if condition.after is not None:
            begin[condition.after].append(shortened(condition.name, 30))
    due: defaultdict[date, list[str]] = defaultdict(list)
    for note in case.notes:
        amount, name = brief("raised", note.principal, 0.0), shortened(note.name, 30)
        due[note.maturity].append(f"{name} due, {amount}")
        if note.extended_maturity is not None:
            due[note.extended_maturity].append(f"{name} due if extended, {amount}")
    found = []
    for when in sorted({*due, *begin}):
        words = [f"later draws require {listed(begin[when])}"] if when in begin else []
        day = f"{short_day(when)}: "
        found.append((when, day + fitted([*due.get(when, []), *words], _MOST_EVENTS - len(day))))
    return [(when, words) for when, words in found if case.valuation_date < when < case.horizon]
