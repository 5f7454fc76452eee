"""Survival, causes and liquidity at risk of a run, as a sentence and as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.results.estimates import WORST_PERCENT, Estimate
from sim.results.figures import Figures
from sim.results.measures import MEASURES, with_interval
from sim.results.statistics import LiquidityAtRisk
from sim.results.tail import TAIL_PERCENTS
from sim.text.dates import long_date
from sim.text.numbers import rounded, shared_decimals, with_decimals
from sim.text.tables import Table

#: Months of the sentence, of those of the table; the horizon where it is earlier than all of them.
_SPOKEN = (12, 24)


def shortage(summary: Figures) -> str:
    """How much more cash would have been enough in 95 of 100 scenarios, by date."""
    spans = summary.statistics.liquidity_at_risk
    told = [span for span in spans if span.months in _SPOKEN] or list(spans[-1:])
    parts = [f"{_amount(span)} up to {long_date(span.end)}" for span in told]
    return f"In 95 of 100 scenarios the largest shortage of cash is at most {' and '.join(parts)}."


def _amount(span: LiquidityAtRisk) -> str:
    worst = span.quantile(95)
    if not worst.value:
        return "$0"
    coarse = 2.0 * 10.0 ** (math.floor(math.log10(worst.value)) - 2)  # three digits
    return MEASURES["funding_gap"].format(worst.value, max(worst.error, coarse))


def tables(summary: Figures) -> list[Table]:
    """Survival and hazard by quarter, mean survival times, and liquidity at risk."""
    survival = [_survival(summary)] if summary.statistics.hazard else []
    return [*survival, _restricted(summary), _liquidity(summary)]


def _survival(summary: Figures) -> Table:
    found = summary.statistics
    columns = {"cash lasts, %": _percents(summary.survival_by_period), "hazard, %": _percents(found.hazard)}
    columns["95% interval"] = [_interval(each) for each in found.hazard]
    columns |= {f"{cause}, %": _percents(chances) for cause, chances in found.incidence.items() if chances[-1].value}
    rows = list(zip((period.label for period in summary.periods), *columns.values(), strict=True))
    note = (
        "Cash lasts: to the end of the quarter. Hazard: cash-outs in the quarter, of the paths whose cash has lasted "
        "to its start. Causes: cash-outs by the end of the quarter, of all paths."
    )
    return Table("Survival, hazard and cumulative incidence by cause", ("Quarter", *columns), rows, (0,), note)


def _percents(estimates: Sequence[Estimate]) -> list[str]:
    values = [100 * each.value for each in estimates]
    decimals = shared_decimals(values, [100 * each.error for each in estimates], 4)
    return ["-" if math.isnan(value) else with_decimals(value, decimals) for value in values]


def _interval(estimate: Estimate) -> str:
    if not math.isfinite(estimate.value):
        return "-"
    decimals = shared_decimals([100 * estimate.value], [100 * estimate.error], 4)
    return " to ".join(rounded(100 * bound, decimals) for bound in estimate.ci95)


def _restricted(summary: Figures) -> Table:
    means = summary.statistics.rmst
    names = ["the horizon" if each.at_horizon else f"{each.months:g} months" for each in means]
    rows = [(name, *with_interval("runway_months", each.mean)) for name, each in zip(names, means, strict=True)]
    heading = "Mean runway, restricted (RMST), months"
    note = "The mean of the runway up to this time. At the horizon it is the mean runway of the measures."
    return Table(heading, ("restricted to", "mean", "+-", "95% interval"), rows, (0, 3), note)


def _liquidity(summary: Figures) -> Table:
    spans, gap = summary.statistics.liquidity_at_risk, MEASURES["funding_gap"]
    rows = []
    for span in spans:
        values, errors = [each.value for each in span.tail.quantiles], [each.error for each in span.tail.quantiles]
        bounds = " to ".join(gap.format_bare(end, span.quantile(95).error) for end in span.quantile(95).ci95)
        worst = gap.format_bare(span.tail.shortfall.value, _known(span.tail.shortfall.se))
        rows.append((f"{span.end:%Y-%m-%d}", *gap.aligned(values, errors), bounds, worst))
    quantiles = tuple(f"{percent}%" for percent in TAIL_PERCENTS)
    columns = ("up to", *quantiles, "95% interval of the 95%", f"expected shortfall, {WORST_PERCENT}%")
    note = (
        "The largest amount by which cash falls below the minimum up to the date, if someone covered every shortage: "
        "with so much more cash at the opening, and the same draws, so many scenarios have no cash-out."
    )
    absent = summary.absent and len(spans) == 1
    note += " The saved run has no other dates: an earlier version made it." * bool(absent)
    return Table("Liquidity at risk, $M", columns, rows, (0,), note)


def _known(error: float) -> float:
    return math.inf if math.isnan(error) else error
