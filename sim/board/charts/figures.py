"""Four figures: cash over time, cash-out by quarter, and how capital raised and dilution spread.

Each takes `ax=None` (axes to draw on; by default a new figure's) and returns the Axes. Money is in millions of dollars.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.board.charts.canvas import DARK, GREY, INK, LIGHT, MIDDLE, axes_for, axis_labels, footer, headline, marks
from sim.results.estimates import Estimate
from sim.results.measures import DAYS_PER_MONTH, MEASURES
from sim.results.summary_text import answer, odds, paths
from sim.text.dates import long_date as day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.results.result import Result

_MILLION = 1e6
#: Dark, middling and light, and hatched where two of them could be mistaken for each other.
_CAUSE_STYLE: dict[str, dict[str, Any]] = {
    "operations": {"facecolor": "#08306b", "hatch": ""},
    "principal": {"facecolor": "#c46a00", "hatch": "//"},
    "interest": {"facecolor": "#f4f4f4", "hatch": "xx"},
}
_BINS = 40
_MOST_NUMBERS = 12  # bars that still have room for a number above them


def cash_fan(result: Result, ax: Axes | None = None) -> Axes:
    """Cash at month ends: the median and the bands that hold half and nine tenths of the paths, shortfalls bridged."""
    from matplotlib import dates as mdates

    ax, fan, case = axes_for(ax), result.fan(), result.case
    minimum = case.company.minimum_cash
    if not fan.paths:
        raise ValueError("cash_fan: this result kept no paths' cash over time; run it with paths kept")
    x = mdates.date2num(fan.dates)
    ax.fill_between(x, fan.p05 / _MILLION, fan.p95 / _MILLION, color=LIGHT, linewidth=0, label="5% to 95% of paths")
    ax.fill_between(x, fan.p25 / _MILLION, fan.p75 / _MILLION, color=MIDDLE, linewidth=0, label="25% to 75%")
    ax.plot(x, fan.p50 / _MILLION, color=DARK, linewidth=2.2, label="median")
    ax.axhline(minimum / _MILLION, color=INK, linewidth=1.2, linestyle="--", label="minimum cash")
    ax.set_xlim(x[0], x[-1])
    _month_ticks(ax, mdates, len(x))
    axis_labels(ax, "", "cash, $ millions")
    ax.legend(loc="lower left", fontsize=8.5, framealpha=0.9, edgecolor="none")
    headline(ax, _fan_sentence(result))
    footer(ax, result, f"Bands of {fan.paths:,} paths; shortfalls are shown as if bridged")
    marks(ax, [(float(mdates.date2num(when)), words) for when, words in _dates_that_matter(result)])
    return ax


def cash_out_by_quarter(result: Result, ax: Axes | None = None) -> Axes:
    """Probability of being out of cash by the end of each fiscal quarter, stacked by cause, with Wilson intervals."""
    from matplotlib.ticker import PercentFormatter

    ax, summary = axes_for(ax), result.summary()
    chances = summary.cash_out_by_period
    x = np.arange(len(chances))
    below = np.zeros(len(chances))
    for cause, style in _CAUSE_STYLE.items():
        shares = summary.causes_by_period[cause]
        if shares.any():
            ax.bar(x, shares, bottom=below, width=0.7, edgecolor=INK, linewidth=0.6, label=cause, **style)
            below = below + shares
    value = np.array([chance.value for chance in chances])
    low, high = np.array([chance.ci95 for chance in chances]).T
    # Rounding may leave an end of an interval a hair on the wrong side of a share of 0 or 1.
    reach = np.maximum([value - low, high - value], 0.0)
    ax.errorbar(x, value, yerr=reach, fmt="none", ecolor=GREY, elinewidth=1.6, capsize=4, label="95% interval")
    if len(x) <= _MOST_NUMBERS:
        for place, chance, top in zip(x, chances, high, strict=True):
            words = chance.as_percent().partition("%")[0] + "%"
            ax.annotate(words, (place, top), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=9)
    every = 1 if len(x) <= _MOST_NUMBERS else -(-len(x) // (_MOST_NUMBERS // 2))
    names = [f"{period.label}\n{_short_day(period.end)}" for period in summary.periods]
    ax.set_xticks(x[::every], names[::every], fontsize=8.5)
    ax.set_ylim(0, min(max(high.max() * 1.18, 0.01), 1.1))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis_labels(ax, "", "paths out of cash by the quarter's end")
    ax.legend(loc="upper left", fontsize=8.5, framealpha=0.9, edgecolor="none", title="cause")
    headline(ax, odds(summary))
    footer(ax, result)
    return ax


def raised_distribution(result: Result, ax: Axes | None = None) -> Axes:
    """How much the line pays, over the paths."""
    return _distribution(result, "raised", answer(result.summary())[1], "raised under the line, $ millions", ax)


def dilution_distribution(result: Result, ax: Axes | None = None) -> Axes:
    """How much the opening holders are diluted, over the paths."""
    words = "new shares in % of all shares"
    return _distribution(result, "dilution", _dilution_sentence(result), words, ax)


def _distribution(result: Result, name: str, sentence: str, words: str, ax: Axes | None) -> Axes:
    """A histogram in shares of the paths, with the quantiles that the summary gives."""
    from matplotlib.ticker import PercentFormatter

    ax, measure, distribution = axes_for(ax), MEASURES[name], result.summary()[name]
    values = result[name] / measure.reading.scale
    ax.hist(
        values, bins=_BINS, weights=np.full(values.size, 1.0 / values.size), color=MIDDLE, edgecolor="white",
        linewidth=0.5,
    )  # fmt: skip
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis_labels(ax, words, "share of paths")
    headline(ax, sentence)
    footer(ax, result, _nothing(values))
    places = [
        (quantile.value / measure.reading.scale, f"{label} {measure.format(quantile.value, quantile.error)}")
        for label, quantile in (("5%:", distribution.p05), ("median:", distribution.p50), ("95%:", distribution.p95))
    ]
    marks(ax, _merged(places), color=DARK, linestyle="--", linewidth=1.2, zorder=3)
    return ax


def _fan_sentence(result: Result) -> str:
    """When half of the paths have run out; not where the median crosses the minimum, since that is of bridged paths."""
    summary, case = result.summary(), result.case
    chance, end = summary.cash_out, day(case.horizon)
    if chance.value < 0.5:
        low, high = chance.ci95
        lasting = Estimate(1.0 - chance.value, chance.se, (1.0 - high, 1.0 - low))
        whole = f"all of the {paths(summary)}" if chance.value == 0.0 else f"{lasting.as_percent()} of the paths"
        return f"Cash lasts to {end} in {whole}"
    # The median runway in days; a moment t lies on the day whose close is the first at or after it.
    days = math.ceil(round(summary["runway_months"].p50.value * DAYS_PER_MONTH, 6))
    _, month, year = day(case.valuation_date + timedelta(max(days - 1, 0))).split()
    return f"Half of the paths run out of cash by the end of {month} {year}, {chance.as_percent()} by {end}"


def _dilution_sentence(result: Result) -> str:
    return answer(result.summary())[2].replace("That dilutes the holders", "The line dilutes the holders")


def _nothing(values: np.ndarray) -> str:
    """A note on the paths whose value is 0, which a bar shows together with small ones."""
    share = float((values == 0.0).mean())
    return f"Nothing is drawn in {share:.1%} of the paths" if share else ""


def _merged(places: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """One label where several marks stand on the same place."""
    labels: defaultdict[float, list[str]] = defaultdict(list)
    for x, words in places:
        labels[x].append(words)
    return [(x, "; ".join(words)) for x, words in labels.items()]


def _dates_that_matter(result: Result) -> list[tuple[date, str]]:
    """Notes falling due and conditions beginning inside the simulated span."""
    case = result.case
    first, last = case.valuation_date, case.horizon
    begin: defaultdict[date, list[str]] = defaultdict(list)
    for condition in case.line.conditions:
        if condition.after is not None:
            begin[condition.after].append(condition.name)
    found = [(when, f"after {_short_day(when)}: draws need {', '.join(names)}") for when, names in begin.items()]
    for note in case.notes:
        amount = MEASURES["raised"].format(note.principal, 0.0)
        found.append((note.maturity, f"{_short_day(note.maturity)}: {note.name} due, {amount}"))
        if note.extended_maturity is not None:
            words = f"{_short_day(note.extended_maturity)}: {note.name} due if extended, {amount}"
            found.append((note.extended_maturity, words))
    return [(when, words) for when, words in sorted(found) if first < when < last]


def _month_ticks(ax: Axes, mdates: Any, months: int) -> None:
    every = next((step for step in (1, 2, 3, 6) if months / step <= 12), 12)
    ax.xaxis.set_major_locator(mdates.MonthLocator(bymonth=range(1, 13, every)))
    if months > 12 * 14:
        ax.xaxis.set_major_locator(mdates.YearLocator(5 if months > 12 * 40 else 2))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%b\n%Y"))


def _short_day(when: date) -> str:
    """`30 Aug 2002`."""
    number, month, year = day(when).split()
    return f"{number} {month[:3]} {year}"
