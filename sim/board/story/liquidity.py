"""Slide: how much more money would have been enough, by date."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.board.charts.data import COLOURS, Chart, Series
from sim.board.story.chapter import Chapter
from sim.board.story.parts import compared_variants, largest_swing
from sim.board.words import aligned, bare, brief, capitalised, day, listed, plus_minus, short_day
from sim.results.estimates import Estimate
from sim.results.statistics import LiquidityAtRisk

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.summary import Summary

_SPOKEN = (12, 24)  # months of the headline, of those of the chart


def liquidity(pack: Pack) -> Chapter | None:
    """The 95% quantile of the largest shortage up to each date, and the mean of the highest 5%; nothing without any."""
    summary = pack.result.summary()
    spans = summary.statistics.liquidity_at_risk
    if not any(span.tail.shortfall.value > 0.0 for span in spans):
        return None
    last = spans[-1]
    survivors = _survivors(summary)
    return Chapter(
        key="liquidity",
        headline=liquidity_sentence(summary),
        charts=(_columns(spans),),
        points=tuple(
            f"To {short_day(span.end)}: {money_at(span, 90)} in 90 of 100 scenarios, {money_at(span, 99)} in 99"
            for span in spans
        ),
        sure=f"To {day(last.end)}: 95% confidence interval {_interval(last)}; expected shortfall, 5%, "
        f"{plus_minus('funding_gap', last.tail.shortfall)}.",
        compared=compared_variants(pack) or survivors,
        change=largest_swing(pack) or survivors,
        source="Liquidity at risk: the largest amount by which cash falls below the minimum up to the date, if someone "
        "covered every shortage",
        notes="So much more cash at the opening, with the same draws, avoids a cash-out in so many scenarios. Expected "
        f"shortfall, 5%: the mean of the largest 5% of the shortages. {survivors}",
    )


def liquidity_sentence(summary: Summary) -> str:
    """How much more cash is enough in 95 of 100 scenarios, to two dates."""
    spans = summary.statistics.liquidity_at_risk
    told = [span for span in spans if span.months in _SPOKEN] or list(spans[-1:])
    needs = [f"to {short_day(span.end)} {_with(span)}" for span in told]
    condition = same_draws(summary) if any(span.quantile(95).value > 0.0 for span in told) else ""
    return capitalised(f"{condition}cash lasts in 95 of 100 scenarios {listed(needs)}")


def same_draws(summary: Summary) -> str:
    """What the liquidity at risk takes for granted, before a sentence on it; nothing where no scenario has a draw.

    With more cash a policy that looks at the cash requests less, and the money is then not enough.
    """
    return "with the same draws, " if summary["raised"].mean > 0.0 else ""


def _with(span: LiquidityAtRisk) -> str:
    return f"with {money_at(span, 95)} more" if span.quantile(95).value > 0.0 else "without more money"


def _survivors(summary: Summary) -> str:
    """The mean runway within 12 months, as restricted means are."""
    mean = summary.statistics.rmst[0]
    span = "the horizon" if mean.at_horizon else f"{mean.months:g} months"
    return f"Mean runway, restricted to {span}: {plus_minus('runway_months', mean.mean)}."


def money_at(span: LiquidityAtRisk, percent: int) -> str:
    """The quantile of the largest shortage, `$17.3M`."""
    found = span.quantile(percent)
    return brief("funding_gap", found.value, found.error)


def _interval(span: LiquidityAtRisk) -> str:
    found = span.quantile(95)
    ends = [brief("funding_gap", end, found.error) if math.isfinite(end) else "no bound" for end in found.ci95]
    return " to ".join(ends)


def _columns(spans: tuple[LiquidityAtRisk, ...]) -> Chart:
    names = tuple(short_day(span.end) for span in spans)
    quantiles = [Estimate(each.value, each.error, each.ci95) for each in (span.quantile(95) for span in spans)]
    series = (
        _series("95 of 100 scenarios need at most", quantiles, COLOURS[0]),
        _series("expected shortfall, 5%", [span.tail.shortfall for span in spans], COLOURS[2]),
    )
    said = ", ".join(f"{name} {label}" for name, label in zip(names, series[0].labels, strict=True))
    title = "Largest shortage of cash up to the date, $ millions"
    return Chart(
        "liquidity", "columns", title, alt=f"{title}; 95 of 100 scenarios need at most: {said}.", categories=names,
        series=series, unit="$M", y_title="$ millions", decimals=1,
    )  # fmt: skip


def _series(name: str, estimates: list[Estimate], colour: str) -> Series:
    def scaled(number: float) -> float | None:
        return number / 1e6 if math.isfinite(number) else None

    return Series(
        name, tuple(scaled(each.value) for each in estimates), tuple(scaled(each.ci95[0]) for each in estimates),
        tuple(scaled(each.ci95[1]) for each in estimates), colour=colour,
        labels=tuple(bare(label) for label in aligned("funding_gap", estimates)),
    )  # fmt: skip
