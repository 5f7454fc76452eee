"""Sheet Survival: survival, hazard and causes by quarter, restricted means, liquidity at risk and the average price."""

from __future__ import annotations

import math

from sim.board.words import value
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Cell, Number, estimated, level
from sim.board.workbook.page import Page
from sim.results.estimates import Estimate
from sim.results.figures import causes_of
from sim.results.statistics import LiquidityAtRisk
from sim.results.summary import Summary
from sim.results.tail import TAIL_PERCENTS

_OF = ["95% low", "95% high"]


def draw(book: Book) -> None:
    title = book.headline("liquidity", "Survival and liquidity at risk")
    page = Page(book, "Survival", title, [24, *[11] * (9 + len(causes_of(book.result.case)))], one=True)
    summary = book.result.summary()
    found = summary.statistics
    _survival(page, summary)
    page.table(
        "Mean runway, restricted (RMST)",
        ["restricted to", "mean", PM, *_OF],
        [
            ["the horizon" if each.at_horizon else f"{each.months:g} months", *estimated("runway_months", each.mean)]
            for each in found.rmst
        ],
        note="The mean of the runway up to this time. At the horizon it is the mean runway of the measures.",
    )
    quantiles = [f"p{percent}" for percent in TAIL_PERCENTS]
    page.table(
        "Liquidity at risk",
        ["up to", "months", *quantiles, "expected shortfall, 5%", PM, *_OF],
        [_span(each) for each in found.liquidity_at_risk],
        tall=2,
        note="The largest amount by which cash falls below the minimum up to the date, if someone covered every "
        "shortage: with so much more cash at the opening, and the same draws, cash lasts in so many scenarios. "
        "Quantiles have their 95% confidence intervals in the comments of the cells.",
    )
    if not math.isnan(found.average_price.value):
        page.table(
            "Average price",
            ["", "$ a share", PM, *_OF],
            [["all raised / all shares issued", *estimated("effective_price", found.average_price)]],
            note="The ratio of the means. The mean of the scenarios' prices is on the sheet Summary.",
        )


def _survival(page: Page, summary: Summary) -> None:
    found = summary.statistics
    if not found.hazard:
        return
    rows: list[list[Cell]] = []
    for i, period in enumerate(summary.periods):
        chances = [summary.survival_by_period[i], found.hazard[i]]
        row: list[Cell] = [period.label, period.end]
        for chance in chances:
            row += estimated("cash_out", chance) if math.isfinite(chance.value) else [None] * 4
        row += [_level(each[i]) for each in found.incidence.values()]
        rows.append(row)
    columns = ["Quarter", "ends", "cash lasts", PM, *_OF, "hazard", PM, *_OF]
    page.table(
        "Survival, hazard, and cumulative incidence by cause",
        [*columns, *(f"out: {cause}" for cause in found.incidence)],
        rows,
        tall=2,
        note="Cash lasts: to the end of the quarter. Hazard: out in the quarter, of the scenarios whose cash lasts to "
        "its start. Causes: out by the end of the quarter, of all scenarios.",
    )


def _level(estimate: Estimate) -> Cell:
    return level("cash_out", estimate.value, estimate.error)


def _span(span: LiquidityAtRisk) -> list[Cell]:
    cells: list[Cell] = [span.end, Number(float(span.months), "0")]
    for found in span.tail.quantiles:
        cell = level("funding_gap", found.value, found.error)
        ends = [value("funding_gap", end, found.error).replace("-", "no bound") for end in found.ci95]
        cells.append(cell._replace(note=f"95% interval: {' to '.join(ends)}") if cell is not None else None)
    return [*cells, *estimated("funding_gap", span.tail.shortfall)]
