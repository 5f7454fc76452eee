"""What the line pays: where the commitment goes, what each clause costs, and what the capital costs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from sim.board.charts.canvas import MIDDLE
from sim.board.charts.data import COLOURS, NEUTRAL, Chart, Mark, Series, Table, round_step
from sim.board.story.chapter import Card, Chapter
from sim.board.story.words import (
    bare,
    brief,
    change,
    few,
    frequency,
    plus_minus,
    shortened,
    spoken,
    value,
)

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.distribution import Distribution
    from sim.results.estimates import Estimate
    from sim.results.summary import Summary

_MILLION = 1e6
_MOST_STEPS = 7  # of the waterfall, the smaller ones together
_MOST_REASONS = 5  # told apart by quarter
_MOST_CLAUSES = 9  # in a chart or a table
_BINS = 30


def commitment(pack: Pack) -> Chapter | None:
    """The waterfall from commitment to capital raised, and what bound the draws of each quarter."""
    result = pack.result
    summary = result.summary()
    fall, raised = summary.waterfall, summary["raised"]
    if not fall.commitment:
        return None
    steps = [("cut by third parties", fall.cut), *fall.unraised.items()]
    ranked = sorted((step for step in steps if step[1] > 0.0), key=lambda step: -step[1])
    if len(ranked) > _MOST_STEPS:
        rest = sum(amount for _, amount in ranked[_MOST_STEPS - 1 :])
        ranked = [*ranked[: _MOST_STEPS - 1], ("other reasons", rest)]
    names = ("committed", *(reason_words(name) for name, _ in ranked), "raised")
    amounts = (fall.commitment, *(amount for _, amount in ranked), fall.raised)
    labels = (
        brief("raised", amounts[0], 0.0),
        *(brief("raised", amount, raised.mcse) for amount in amounts[1:]),
    )
    said = ", ".join(f"{name} {label}" for name, label in zip(names, labels, strict=True))
    waterfall = Chart(
        "waterfall", "waterfall", "Mean of the futures, $ millions", alt=f"From commitment to capital: {said}.",
        categories=names, unit="$M", decimals=1,
        series=(Series("amount", tuple(amount / _MILLION for amount in amounts), labels=labels),),
    )  # fmt: skip
    charts = (waterfall, *filter(None, [_binding_chart(summary)]))
    biggest = f"; {labels[1]} is not paid because {_because(ranked[0][0])}" if ranked else ""
    return Chapter(
        key="commitment",
        headline=f"Of {labels[0]} committed the line pays {labels[-1]} on average{biggest}",
        charts=charts,
        sure=f"Mean raised {plus_minus('raised', raised.estimate)}; {_tails(raised, fall.commitment)}.",
        compared=f"The commitment, {labels[0]}; in the middle future the line pays "
        f"{brief('raised', raised.p50.value, raised.p50.error)}.",
        change=_waiver_words(pack),
        source="What each purchase date fell short of its opportunity, shared out by the reason that bound it",
        notes="Cash-out as a reason means that the money had run out before the purchase date came.",
    )


def clauses(pack: Pack) -> Chapter | None:
    """What each clause costs: its exact Shapley share of lifting them all, and lifting it alone."""
    costs = pack.clauses
    if costs is None or not costs.clauses:
        return None
    order = sorted(range(len(costs.clauses)), key=lambda i: -costs.shapley["raised"][i].value)[:_MOST_CLAUSES]
    shares = [costs.shapley["raised"][i] for i in order]
    names = tuple(_clause_name(costs.clauses[i].key) for i in order)
    scaled = Series(
        "share of lifting all clauses",
        tuple(e.value / _MILLION for e in shares),
        tuple(e.ci95[0] / _MILLION for e in shares),
        tuple(e.ci95[1] / _MILLION for e in shares),
        labels=tuple(change("raised", e, short=True) for e in shares),
    )
    said = ", ".join(f"{name} {label}" for name, label in zip(names, scaled.labels, strict=True))
    chart = Chart(
        "clauses", "bars", "Fair share of what lifting all would bring, $ millions", alt=f"Cost by clause: {said}.",
        categories=names, series=(scaled,), unit="$M", decimals=1,
    )  # fmt: skip
    rows = [
        (
            names[row],
            bare(change("raised", costs.alone["raised"][i], short=True)),
            bare(change("runway_months", costs.shapley["runway_months"][i], short=True)),
            bare(change("cash_out", costs.shapley["cash_out"][i], short=True)),
            bare(change("dilution", costs.shapley["dilution"][i], short=True)),
        )
        for row, i in enumerate(order)
    ]
    columns = ("clause", "alone, $M", "runway, months", "cash-out, points", "dilution, points")
    table = Chart(
        "clause_table",
        "table",
        "Capital if it alone is lifted; then its fair shares",
        alt="",
        table=Table("", columns, rows, (0,)),
    )
    return Chapter(
        key="clauses",
        headline=_costliest(names[0], shares[0], costs.shapley["runway_months"][order[0]]),
        charts=(chart, table),
        sure=f"Intervals on the bars are 95% ones, from {costs.paths:,} futures under common luck; "
        "the shares add up exactly on every future.",
        compared=f"All clauses lifted: {_gain(pack)}.",
        change="A clause that is lifted alone often brings less than its share, as the next one binds instead.",
        source="Exact Shapley shares over all combinations of clauses; lifting one alone in the table",
        notes="The share of a clause is what lifting it brings, averaged over all orders in which they can be lifted.",
    )


def _tails(raised: Distribution, commitment: float) -> str:
    """What the worst and the best of twenty futures get."""
    low, high = raised.p05, raised.p95
    if not high.value:
        return "at least nineteen futures in twenty get nothing"
    least = f"{brief('raised', low.value, low.error)} or less" if low.value else "nothing"
    most = f"{brief('raised', high.value, high.error)} or more" if high.value < commitment else "all of it"
    return f"one future in twenty gets {least}, one in twenty {most}"


def _costliest(name: str, raised: Estimate, runway: Estimate) -> str:
    """The clause that costs most, as a sentence."""
    if raised.value <= 2.0 * raised.error:
        return "Lifting a clause would bring no more capital that could be told from none"
    text = f"{_sentence(name)} costs most: {spoken('raised', raised)} of capital"
    if runway.value > 2.0 * runway.error:
        text += f" and {spoken('runway_months', runway)} of runway"
    return f"{text} on average"


def capital(pack: Pack) -> Chapter | None:
    """Dilution, effective price and the all-in cost of what was raised."""
    from sim.analysis.capital import cost_of_capital

    result = pack.result
    summary = result.summary()
    dilution, price, discount = (summary[name] for name in ("dilution", "effective_price", "effective_discount"))
    if not price.n:
        return None
    cost = cost_of_capital(result)
    cards = (
        Card(
            brief("dilution", dilution.p50.value, dilution.p50.error),
            "median dilution of the holders",
            f"mean {plus_minus('dilution', dilution.estimate)}",
        ),
        Card(
            brief("effective_price", price.p50.value, price.p50.error),
            "median price a share",
            f"half of the futures: {brief('effective_price', price.p25.value, price.p25.error)} to "
            f"{brief('effective_price', price.p75.value, price.p75.error)}",
        ),
        Card(
            spoken("effective_discount", cost.all_in),
            "all-in cost of the capital",
            f"discount {spoken('effective_discount', cost.discount)} and legal fees "
            f"{spoken('effective_discount', cost.legal)} of the shares' market value",
        ),
    )
    return Chapter(
        key="capital",
        headline=f"The capital costs {spoken('effective_discount', cost.all_in)} of the shares' market value and "
        f"dilutes the holders by {brief('dilution', dilution.mean, dilution.mcse)} on average",
        charts=tuple(filter(None, [_histogram(pack)])),
        cards=cards,
        sure=f"All-in cost {plus_minus('effective_discount', cost.all_in)}; mean dilution "
        f"{plus_minus('dilution', dilution.estimate)}.",
        compared=_placement_words(pack),
        change=f"The stock price: in one future in twenty the dilution is "
        f"{brief('dilution', dilution.p95.value, dilution.p95.error)} or more."
        if dilution.p95.value
        else "Whether the line pays at all: in at least nineteen of twenty futures it does not.",
        source="Discount to the close of the purchase date, plus legal fees, over the shares' market value",
        notes="Dilution counts new shares against opening shares plus new shares, up to the cash-out. The cost is "
        "that of all futures together, so each counts by what it raised; the futures' own discounts have a mean of "
        f"{brief('effective_discount', discount.mean, discount.mcse)}.",
    )


def reason_words(reason: str) -> str:
    """A reason that bound a draw, for people."""
    fixed = {
        "cash-out": "cash had run out before",
        "no purchase date": "no purchase date left",
        "period cap": "quarterly cap",
        "coverage": "coverage test",
        "authorized shares": "authorised shares",
    }
    if reason.startswith("condition: "):
        return shortened(reason.removeprefix("condition: "), 28)
    return fixed.get(reason, reason)


def _because(reason: str) -> str:
    """A reason as the end of a sentence."""
    fixed = {
        "cash-out": "the cash has run out before",
        "no purchase date": "no purchase date is left",
        "cut by third parties": "third parties' money lets the investor cut the line",
        "period cap": "of the quarterly cap",
        "coverage": "of the coverage test",
        "policy": "the company does not ask for it",
        "authorized shares": "the charter allows no more shares",
        "other reasons": "of other reasons",
    }
    return fixed.get(reason, f"of the condition {reason_words(reason)}" if ": " in reason else f"of the {reason}")


def _binding_chart(summary: Summary) -> Chart | None:
    """By quarter, the shares of the purchase dates that each reason bound."""
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
    series = tuple(
        Series(name, tuple(values), colour=colour) for (name, values), colour in zip(rows, colours, strict=False)
    )
    names = tuple(period.label for period in summary.periods)
    said = "; ".join(
        f"{label}: {reason_words(max(shares, key=shares.__getitem__))}"
        for label, shares in zip(names, by_period, strict=True)
        if shares
    )
    return Chart(
        "binding", "stacked", "What bound the draws, % of purchase dates",
        alt=f"Most often binding by quarter: {said}.", categories=names, series=series, unit="%",
    )  # fmt: skip


def _histogram(pack: Pack) -> Chart | None:
    """Dilution over the futures."""
    result = pack.result
    if result.sketch is not None:
        return None  # no path's dilution was kept
    values = result["dilution"] * 100.0
    width = round_step(max(float(values.max()), 1e-9), _BINS)
    edges = width * np.arange(int(float(values.max()) / width) + 2)
    counts, _ = np.histogram(values, bins=edges)
    dilution = result.summary()["dilution"]
    marks = tuple(
        Mark(100.0 * quantile.value, f"{words} {value('dilution', quantile.value, quantile.error)}")
        for words, quantile in (("5%:", dilution.p05), ("median:", dilution.p50), ("95%:", dilution.p95))
    )
    nothing = float((values == 0.0).mean())
    none = f" Nothing is drawn in {100 * nothing:.0f}% of them." if nothing else ""
    return Chart(
        "dilution", "histogram", "Futures by dilution, %",
        alt=f"Dilution of the holders: {few([mark.label for mark in marks])}.{none}",
        categories=tuple(float(m) for m in (edges[:-1] + edges[1:]) / 2.0), edges=tuple(float(e) for e in edges),
        series=(Series("futures", tuple(100.0 * float(c) / values.size for c in counts), colour=MIDDLE),),
        unit="%", y_title="% of futures", marks=marks,
        x_title="new shares in % of all shares; each column starts at its number",
    )  # fmt: skip


def _gain(pack: Pack) -> str:
    costs = pack.clauses
    assert costs is not None
    raised, runway = (
        f"{spoken(name, costs.signed[name])} becomes {spoken(name, costs.lifted[name])}"
        for name in ("raised", "runway_months")
    )
    return f"{raised} raised, {runway} of runway"


def _waiver_words(pack: Pack) -> str:
    variants = pack.variants
    if "every condition waived" not in variants.names:
        return "The line has no conditions that could be waived."
    i = variants.names.index("every condition waived")
    raised, runway = (change(n, variants.differences[n][i], short=True) for n in ("raised", "runway_months"))
    chance = frequency(variants.estimates["cash_out"][i], variants.paths)
    return f"Every condition waived: {raised} raised and {runway} of runway on average; {chance} futures run out."


def _placement_words(pack: Pack) -> str:
    third = pack.result.case.third_party
    listed = f"The line's price is {100 * pack.result.case.line.pricing.multiplier:g}% of the closes before the draw."
    if third is None or third.kind != "equity":
        return listed
    return f"{listed} A third party's placement: a discount of {100 * third.discount:g}%."


def _clause_name(key: str) -> str:
    fixed = {
        "reduction": "cut after third parties' money",
        "period cap": "quarterly cap",
        "coverage": "coverage test",
        "discount": "discount to the market",
        "authorized shares": "authorised shares",
    }
    return shortened(fixed.get(key, key.replace("condition: ", "")), 30)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
