"""Sheet Cap table: ownership after the line, as formulas of the shares held, issued and bought by third parties."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.cap_table import PERCENTS, bought_by_others, cap_table, held_by_investors
from sim.board.words import brief, capitalised, share_between, shortened, tail, the_line
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Cell, Number, level, unbounded
from sim.board.workbook.page import INPUT, Page

if TYPE_CHECKING:
    from sim.results.result import Result

#: Part of the opening shares that the holder of the example has; the reader types another one.
HOLDING = 0.10
_SHARES, _MILLIONS, _PART = "#,##0", '#,##0.00,,"M"', "0.0%"
#: Where the yellow cell starts from, of a run without paths and of one with them.
_START = ("the expected financings of third parties at the opening price", "the mean of the scenarios")
_COLUMNS = ["", "mean shares", "p05", "median", "p95", "expected shortfall, 5%"]


def draw(book: Book) -> None:
    case = book.result.case
    dilution, (often, most) = book.result.summary()["dilution"], tail(book.result, "dilution", 95)
    headline = (
        f"{capitalised(the_line(case, owner=True))} shares are {brief('dilution', dilution.mean, dilution.mcse)} of "
        f"opening shares plus their own on average; in {often} scenarios they are {most}"
    )
    if not dilution.p95.value:
        none = share_between(book.result, "dilution", 0.0, 0.0)
        headline = f"In {none} scenarios no shares are issued under {the_line(case)}"
    page = Page(book, "Cap table", book.headline("cap_table", headline), [46, *[17] * 5], one=True)
    _inputs(page, book.result)
    first = page.row + 2  # as a formula counts rows
    columns = [_column(book, letter, first, cell) for letter, cell in zip("BCDEF", _issued(book), strict=True)]
    names = (
        "Shares outstanding at the opening", f"Shares issued under {the_line(case)}", "Shares that third parties buy",
        "Shares after both", f"Dilution by {the_line(case, owner=True)} shares",
        "Part of the other opening holders together",
        "Part of the holder above, who buys none", "Authorised shares left after both",
    )  # fmt: skip
    rows: list[list[Cell]] = [[name, *(column[i] for column in columns)] for i, name in enumerate(names)]
    page.table(
        "", _COLUMNS, rows, tall=2,
        note=f"Quantiles over the scenarios. Dilution by {the_line(case, owner=True)} shares: these over opening "
        "shares plus these. In the column of mean shares it differs from the mean dilution, "
        f"{brief('dilution', dilution.mean, dilution.mcse)}, because a mean of ratios is not the ratio of the means. "
        f"The yellow cell starts from {_START[book.result.sketch is None]}; a column has as many of these shares as "
        "the charter still authorises. The parts are of the shares outstanding.",
    )  # fmt: skip
    _before_and_after(page, book)


def _before_and_after(page: Page, book: Book) -> None:
    """Shares of each holder before, and after at percentiles of the new shares."""
    found = cap_table(book.result)
    if found is None:
        return
    columns = [found.before, *(found.after[percent] for percent in PERCENTS)]
    rows: list[list[Cell]] = [
        [shortened(holder, 60), *(Number(column[i], _SHARES) for column in columns)]
        for i, holder in enumerate(found.holders)
    ]
    first = page.row + 3
    totals = (
        Number(sum(column), _SHARES, f"=SUM({letter}{first}:{letter}{first + len(rows) - 1})")
        for letter, column in zip("BCDE", columns, strict=True)
    )
    page.table(
        "Shares before and after, third parties' among them",
        ["holder", "before", "5th percentile", "median", "95th percentile"],
        rows,
        total=["all", *totals],
        note=f"Percentiles of all new shares; each column is the mean of the {found.scenarios:,} scenarios around its "
        "percentile.",
    )


def _inputs(page: Page, result: Result) -> None:
    """The opening, and two cells that the reader may change."""
    company = result.case.company
    opening = {
        "opening_shares": ("Shares outstanding", company.shares_outstanding),
        "investors_shares": ("Of these, held by the investors of the lines", round(held_by_investors(result.case))),
        "authorised_shares": ("Shares authorised", company.shares_authorized),
        "reserved_shares": ("Shares reserved", company.shares_reserved),
    }
    block = page.table("The opening", ["", "shares"], [[words, Number(n, _SHARES)] for words, n in opening.values()])
    for i, name in enumerate(opening):
        _name(page, block.first + i, name)
    typed = {
        "part_held": ("Part of the opening shares held (type your own)", Number(HOLDING, _PART), 1),
        "third_shares": ("Shares that third parties buy (type your own)", Number(_bought(result), _SHARES), 10**15),
    }
    block = page.table("A holder, and third parties", ["", ""], [[words, cell] for words, cell, _ in typed.values()])
    for i, (name, (words, cell, most)) in enumerate(typed.items()):
        row = block.first + i
        page.put(row, 1, cell, bg_color=INPUT, border=1, border_color="#c9a94f")
        page.sheet.data_validation(
            row, 1, row, 1,
            {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": most,
             "error_title": words.partition(" (")[0], "error_message": f"Must be a number from 0 to {most:g}."},
        )  # fmt: skip
        _name(page, row, name)


def _bought(result: Result) -> int:
    """Mean shares that third parties buy; without paths those of the expected financings at the opening price."""
    if result.sketch is None:
        return round(float(bought_by_others(result).mean()))
    case = result.case
    third = case.third_party
    if third is None or third.kind != "equity":
        return 0
    years = ((case.horizon - case.valuation_date).days + 1) / 365.25
    amount = third.annual_rate * years * third.median_amount * math.exp(third.log_sd**2 / 2.0)
    return round(amount / (case.price.initial * (1.0 - third.discount)))


def _issued(book: Book) -> list[Number | None]:
    """Shares issued under the line: mean, quantiles, expected shortfall."""
    issued = book.result.summary()["shares_issued"]
    pairs = [(issued.mean, issued.mcse), *((each.value, each.error) for each in (issued.p05, issued.p50, issued.p95))]
    return [level("shares_issued", *pair) for pair in [*pairs, (issued.worst5_mean, issued.worst5_se)]]


def _column(book: Book, letter: str, first: int, cell: Number | None) -> list[Cell]:
    """One column of formulas, with their values."""
    company, dilution = book.result.case.company, book.result.summary()["dilution"]
    opening, held = company.shares_outstanding, round(held_by_investors(book.result.case))
    new = float(cell.value) if cell is not None else 0.0
    room = max(company.shares_authorized - company.shares_reserved - opening - new, 0.0)
    third = min(_bought(book.result), room)
    after = opening + new + third
    left = max(company.shares_authorized - company.shares_reserved - after, 0.0)
    shown = level("dilution", dilution.p50.value, dilution.mcse)
    part = unbounded(shown.form) if shown is not None and shown.form != "0%" else _PART
    old_at, new_at, third_at, after_at = (f"{letter}{first + i}" for i in range(4))
    return [
        Number(opening, _SHARES, "=opening_shares"),
        cell,
        Number(third, _SHARES, f"=MIN(third_shares,MAX(authorised_shares-reserved_shares-{old_at}-{new_at},0))"),
        Number(after, _MILLIONS, f"={old_at}+{new_at}+{third_at}"),
        Number(new / (opening + new), part, f"={new_at}/({old_at}+{new_at})"),
        Number((opening - held) / after, part, f"={old_at}/{after_at}-investors_shares/{after_at}"),
        Number(HOLDING * opening / after, part, f"=part_held*{old_at}/{after_at}"),
        Number(left, _MILLIONS, f"=MAX(authorised_shares-reserved_shares-{after_at},0)"),
    ]


def _name(page: Page, row: int, name: str) -> None:
    page.book.file.define_name(name, f"={page.reference(row, 1)}")
