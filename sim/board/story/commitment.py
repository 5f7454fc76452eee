"""Slide: where the commitment goes, and which limit fixed the amounts of the draws of each quarter."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from sim.analysis.variants import WAIVED
from sim.board.charts.data import COLOURS, NEUTRAL, Chart, Series
from sim.board.story.chapter import Chapter
from sim.board.story.cover import committed_words
from sim.board.words import (
    BOUNDS,
    aligned,
    brief,
    capitalised,
    exactly,
    frequency,
    in_words,
    moved,
    plus_minus,
    share_between,
    shortened,
    tail,
)  # fmt: skip
from sim.results.estimates import Estimate
from sim.text.numbers import is_zero

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result
    from sim.results.summary import Summary

_MILLION = 1e6
_MOST_STEPS = 7  # of the waterfall; smaller ones are added up
_MOST_REASONS = 5  # shown by quarter; others are added up
#: A reason as the name of a bar, and as the end of a sentence with "because".
_REASONS = {
    "cash-out": ("out of cash", "the company is already out of cash"),
    "no purchase date": ("no purchase date left", "no purchase date is left"),
    "reduction": ("reduction for third-party financing", "of the reduction for third-party financing"),
    "period cap": ("quarterly cap", "of the quarterly cap"),
    "coverage": ("coverage limit", "of the coverage limit"),
    "policy": ("not requested by the company", "the company does not request it"),
    "registered shares": ("registered shares", "too few shares are registered"),
    "authorized shares": ("authorised shares", "the charter allows no more shares"),
    "other reasons": ("other reasons", "of other reasons"),
}


def commitment(pack: Pack) -> Chapter | None:
    """The waterfall from commitment to capital raised, and the limits by quarter; nothing where the line is off."""
    result = pack.result
    summary = result.summary()
    raised = summary["raised"]
    if not summary.waterfall.commitment:
        return _without_commitment(pack) if raised.mean else None
    steps = _steps(summary)
    fall = waterfall_chart(summary)
    labels = fall.series[0].labels
    because = f"; {labels[1]} is not raised because {_because(steps[0][0])}" if steps else ""
    return Chapter(
        key="commitment",
        headline=f"Of {committed_words(result.case)}, the company raises {in_words(labels[-1])} on average{because}",
        charts=(fall, *filter(None, [_binding_chart(summary)])),
        sure=f"Mean raised {plus_minus('raised', raised.estimate)}. "
        f"{_tails(pack.result, summary.waterfall.commitment)}.",
        compared=f"{capitalised(committed_words(result.case))}; the median amount raised is "
        f"{brief('raised', raised.p50.value, raised.p50.error)}.",
        change=_waivers(pack),
        source="Undrawn amounts at each purchase date, attributed to the limit that fixed the amount of the draw",
        notes="Out of cash: the company was already out of cash on the purchase date.",
    )


def _without_commitment(pack: Pack) -> Chapter | None:
    """The limits by quarter, of lines that are limited in shares alone."""
    summary = pack.result.summary()
    raised, binding = summary["raised"], _binding_chart(summary)
    if binding is None:
        return None
    most = max(binding.series, key=lambda series: sum(value or 0.0 for value in series.values)).name
    return Chapter(
        key="commitment",
        headline=f"The company raises {in_words(brief('raised', raised.mean, raised.mcse))} on average; the most "
        f'frequent limit is "{most}"',
        charts=(binding,),
        sure=f"Mean raised {plus_minus('raised', raised.estimate)}. {_tails(pack.result, math.inf)}.",
        compared="There is no commitment in dollars; the median amount raised is "
        f"{brief('raised', raised.p50.value, raised.p50.error)}.",
        change=_waivers(pack),
        source="The limit that fixed the amount of the draw on each purchase date",
        notes="Without a commitment in dollars there is no amount that is left unraised.",
    )


def reason_words(reason: str) -> str:
    """The name of a limit that fixed the amount of a draw: `coverage limit`."""
    if reason.startswith("condition: "):
        return shortened(reason.removeprefix("condition: "), 28)
    return _REASONS[reason][0] if reason in _REASONS else reason


def _because(reason: str) -> str:
    if reason in _REASONS:
        return _REASONS[reason][1]
    return f"of the condition {reason_words(reason)}" if ": " in reason else f"of the {reason}"


def _steps(summary: Summary) -> list[tuple[str, float]]:
    """Mean dollars that each reason kept from being raised, the largest first, without those that are shown as 0."""
    fall = summary.waterfall
    steps = [("reduction", fall.cut), *fall.unraised.items()]
    ranked = sorted((step for step in steps if step[1] > 0.0), key=lambda step: -step[1])
    if len(ranked) > _MOST_STEPS:
        shown, rest = ranked[: _MOST_STEPS - 1], ranked[_MOST_STEPS - 1 :]
        ranked = [*shown, ("other reasons", sum(amount for _, amount in rest))]
    labels = _labels(summary, ranked)
    return [step for step, label in zip(ranked, labels, strict=False) if not (is_zero(label) or label[0] in BOUNDS)]


def _labels(summary: Summary, steps: list[tuple[str, float]]) -> tuple[str, ...]:
    """What the steps and the capital raised are written as."""
    error, amounts = summary["raised"].mcse, (*(amount for _, amount in steps), summary.waterfall.raised)
    return aligned("raised", [Estimate(amount, error, (amount, amount)) for amount in amounts])


def waterfall_chart(summary: Summary) -> Chart:
    """From the commitment to the capital raised, of a run whose lines have a commitment in dollars."""
    steps = _steps(summary)
    fall = summary.waterfall
    names = ("committed", *(reason_words(name) for name, _ in steps), "raised")
    amounts = (fall.commitment, *(amount for _, amount in steps), fall.raised)
    labels = (exactly(amounts[0]), *_labels(summary, steps))
    said = ", ".join(f"{name} {label}" for name, label in zip(names, labels, strict=True))
    return Chart(
        "waterfall", "waterfall", "From the commitment to the capital raised, mean, $ millions",
        alt=f"From the commitment to the capital raised: {said}.", categories=names, unit="$M", decimals=1,
        series=(Series("amount", tuple(amount / _MILLION for amount in amounts), labels=labels),),
    )  # fmt: skip


def _binding_chart(summary: Summary) -> Chart | None:
    """Shares of the purchase dates of each quarter, by the limit that fixed the amount of the draw."""
    by_period = summary.binding_by_period
    total: defaultdict[str, float] = defaultdict(float)
    for shares in by_period:
        for reason, share in shares.items():
            total[reason] += share
    if not total:
        return None
    ranked = sorted(total, key=lambda reason: -total[reason])
    shown, rest = ranked[:_MOST_REASONS], ranked[_MOST_REASONS:]
    rows = [(reason_words(r), [100.0 * shares.get(r, 0.0) for shares in by_period]) for r in shown]
    if rest:
        rows.append(("other reasons", [100.0 * sum(shares.get(r, 0.0) for r in rest) for shares in by_period]))
    colours = (*COLOURS[:_MOST_REASONS], NEUTRAL)
    series = [Series(name, tuple(v), colour=colour) for (name, v), colour in zip(rows, colours, strict=False)]
    names = tuple(period.label for period in summary.periods)
    said = "; ".join(
        f"{label}: {reason_words(max(shares, key=shares.__getitem__))}"
        for label, shares in zip(names, by_period, strict=True)
        if shares
    )
    return Chart(
        "binding", "stacked", "The limit that fixed each draw, % of purchase dates before a cash-out",
        alt=f"The limit that most often fixed the amount of the draw, by quarter: {said}.", categories=names,
        series=tuple(series), unit="%", y_title="% of purchase dates",
    )  # fmt: skip


def _tails(result: Result, commitment: float) -> str:
    raised = result.summary()["raised"]
    if not raised.p95.value:
        return f"In {share_between(result, 'raised', 0.0, 0.0)} scenarios nothing is raised"
    (rarely, least), (often, most) = (tail(result, "raised", percent) for percent in (5, 95))
    if raised.p95.value >= 0.999 * commitment:
        most = "all of it"
        if raised.p05.value >= 0.999 * commitment:
            return f"In {often} scenarios all of it is raised"
    least = least if raised.p05.value else "nothing"
    return f"In {rarely} scenarios {least} is raised, in {often} {most}"


def _waivers(pack: Pack) -> str:
    variants, name = pack.variants, WAIVED
    if name not in variants.names:
        return "There are no conditions that could be waived."
    i = variants.names.index(name)
    raised, runway = (moved(m, variants.differences[m][i]) for m in ("raised", "runway_months"))
    out = frequency(variants.estimates["cash_out"][i], variants.paths)
    more = "no more is raised" if raised == "no change" else f"{raised} raised"
    return f"All conditions waived: {more}, {runway} of mean runway; {out} scenarios run out of cash."
