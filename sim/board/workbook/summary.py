"""Sheet Summary: the answer, the measures with their errors, and the variants of the line."""

from __future__ import annotations

from sim.analysis.paired import MEASURED
from sim.board.story.variants import compared_words, owed_words
from sim.board.words import value, variant_name
from sim.board.workbook.book import Book
from sim.board.workbook.cells import PM, Cell, Number, censored, column, estimated, level
from sim.board.workbook.page import Page
from sim.board.workbook.told import answers
from sim.results.distribution import Distribution
from sim.results.estimates import QUANTILE_PERCENTS, Quantile
from sim.results.measures import CENSORED_MARK, COUNT, HEADLINE, MEASURES
from sim.results.summary_text import BINNED
from sim.terms import Case


def draw(book: Book) -> None:
    page = Page(book, "Summary", book.headline("answer", "The answer"), [31, 16, 18, 18, *[10.5] * 7], one=True)
    chapter = book.chapters.get("answer")
    if chapter is not None:
        for card in chapter.cards:
            page.words(f"{card.value} {card.label}: {card.detail}.", bold=False, size=11)
        page.skip()
        answers(page, chapter)
        page.skip()
    summary = book.result.summary()
    chance = summary.cash_out
    for chart in chapter.charts if chapter is not None else ():
        if chart.table is not None:
            page.table(chart.title, chart.table.columns, chart.table.rows, tall=2)
    page.table(
        f"Out of cash by the horizon, {book.result.case.horizon:%Y-%m-%d}",
        ["", "probability", PM, "95% low", "95% high"],
        [["Probability by the horizon", *estimated("cash_out", chance)]],
        note=f"{PM} is the standard error of the simulation. It does not include uncertainty in the inputs.",
    )
    quantiles = [f"p{percent:02d}" for percent in QUANTILE_PERCENTS]
    page.table(
        "Measures",
        ["", "mean", PM, "95% low", "95% high", *quantiles, "expected shortfall, 5%"],
        [_measure(name, summary[name], book.result.case) for name in HEADLINE if name in summary],
        tall=3,
        note=" ".join([_NOTE] + [BINNED] * summary.binned),
    )
    found = book.pack.variants
    columns = [column(name, book.result.case) for name in MEASURED]
    runs = [{key: row[i] for key, row in found.estimates.items()} for i in range(len(found.names))]
    page.table(
        f"{compared_words(book.pack)}: means with common random numbers",
        ["", *columns],
        [
            [
                variant_name(name, book.result.case),
                *(estimated(each, run[each])[0] for each in MEASURED),
            ]
            for name, run in zip(found.names, runs, strict=True)
        ],
        note=f"Differences with their intervals are on the sheet Variants. {owed_words(book.pack)}".strip(),
        tall=2,
    )  # fmt: skip


_NOTE = (
    "p05 to p95 are quantiles over the scenarios, with 95% confidence intervals in the comments of the cells. "
    "Expected shortfall, 5%, also called CVaR, is the mean of the least favourable 5%. In the runway, a scenario "
    f"without a cash-out counts with the full period, marked {CENSORED_MARK}. Scenarios that draw nothing have no price"
    " and no discount. Total dilution, unlike the dilution before it, is that of all shares "
    "issued, of survivors in the scenarios whose cash lasts. Retained ownership is 0 where it does not."
)


def _measure(name: str, found: Distribution, case: Case) -> list[Cell]:
    worst = level(name, found.worst5_mean, found.worst5_se)
    quantiles = [_quantile(name, each) for each in found.quantiles]
    bounds = [found.is_censored(percent) for percent in QUANTILE_PERCENTS]
    return [
        column(name, case),
        *estimated(name, found.estimate),
        *(_marked(cell, bound) for cell, bound in zip(quantiles, bounds, strict=True)),
        _marked(worst, found.all_censored),
    ]


def _marked(cell: Cell, bound: bool) -> Cell:
    return censored(cell) if bound and isinstance(cell, Number) else cell


def _quantile(name: str, found: Quantile) -> Number | None:
    """A quantile, with its interval in the comment of the cell."""
    whole = MEASURES[name].reading is COUNT  # quantiles of counts have no decimals
    uncertain = 1.0 if whole else found.error
    cell = level(name, found.value, uncertain)
    if cell is None:
        return None
    low, high = (value(name, end, uncertain).replace("-", "no bound") for end in found.ci95)
    return cell._replace(note=f"95% interval: {low} to {high}")
