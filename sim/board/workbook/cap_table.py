"""Sheet Cap table: whose the company is after the line, as formulas of shares held and issued."""

from __future__ import annotations

from sim.board.story.words import brief
from sim.board.workbook.book import INPUT, Book, Page
from sim.board.workbook.cells import Cell, Number, level

#: Part of the opening shares that the holder of the example has; the reader types his own.
HOLDING = 0.10
_SHARES, _MILLIONS, _PART = "#,##0", '#,##0.00,,"M"', "0.0%"
_LETTERS = "BCDEF"


def draw(book: Book) -> None:
    result = book.result
    company, issued, dilution = result.case.company, result.summary()["shares_issued"], result.summary()["dilution"]
    headline = (
        f"Of the shares after the line, {brief('dilution', dilution.mean, dilution.mcse)} are new on average, "
        f"{brief('dilution', dilution.p95.value, dilution.p95.error)} or more in one future in twenty"
    )
    if not dilution.p95.value:
        headline = "In at least nineteen futures of twenty the line issues no share"
    page = book.page("Cap table", headline, [46, *[17] * 5], one=True)
    opening, authorised, reserved = company.shares_outstanding, company.shares_authorized, company.shares_reserved
    page.table(
        "The opening",
        ["", "shares"],
        [
            ["Shares outstanding", Number(opening, _SHARES)],
            ["Shares authorised", Number(authorised, _SHARES)],
            ["Shares reserved", Number(reserved, _SHARES)],
        ],
    )
    _name(book, page, page.row - 4, "opening_shares")
    _name(book, page, page.row - 3, "authorised_shares")
    _name(book, page, page.row - 2, "reserved_shares")
    page.table(
        "A holder", ["", "of the opening"], [["Part held at the opening (type your own)", Number(HOLDING, _PART)]]
    )
    held = page.row - 2
    page.put(held, 1, Number(HOLDING, _PART), bg_color=INPUT, border=1, border_color="#c9a94f")
    page.sheet.data_validation(
        held, 1, held, 1,
        {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1,
         "error_title": "Part held", "error_message": "A part between 0% and 100%."},
    )  # fmt: skip
    _name(book, page, held, "part_held")
    sets = [*(level("shares_issued", each.value, each.error) for each in (issued.p05, issued.p50, issued.p95))]
    sets += [level("shares_issued", issued.worst5_mean, issued.worst5_se)]
    sets = [level("shares_issued", issued.mean, issued.mcse), *sets]
    columns = ["After the line", "mean shares", "p05", "median", "p95", "mean of worst 5%"]
    first = page.row + 2  # as a formula counts rows
    part = _part_form(book)
    lines: list[list[Cell]] = [
        ["Shares outstanding at the opening"],
        ["Shares issued under the line"],
        ["Shares after the line"],
        ["Part of the new shares"],
        ["Part of the opening holders together"],
        ["Part of the holder above, who buys none"],
        ["Authorised shares left"],
    ]
    for letter, cell in zip(_LETTERS, sets, strict=True):
        new = float(cell.value) if cell is not None else 0.0
        after, left = opening + new, max(authorised - reserved - opening - new, 0.0)
        old_at, new_at, after_at = (f"{letter}{first + i}" for i in range(3))
        whole = f"=MAX(authorised_shares-reserved_shares-{after_at},0)"
        column = (
            Number(opening, _SHARES, "=opening_shares"),
            cell,
            Number(after, _MILLIONS, f"={old_at}+{new_at}"),
            Number(new / after, part, f"={new_at}/{after_at}"),
            Number(opening / after, part, f"={old_at}/{after_at}"),
            Number(HOLDING * opening / after, part, f"=part_held*{old_at}/{after_at}"),
            Number(left, _MILLIONS, whole),
        )
        for line, found in zip(lines, column, strict=True):
            line.append(found)
    page.table(
        "",
        columns,
        lines,
        note="Quantiles over the futures. The part of the new shares in a quantile's column is that quantile of the "
        f"dilution; in the column of mean shares it is not quite the mean dilution, which is "
        f"{brief('dilution', dilution.mean, dilution.mcse)}, as a mean of ratios is no ratio of means. Shares that "
        "third parties buy are not counted here; the simulation counts them against the authorised shares.",
    )


def _part_form(book: Book) -> str:
    cell = level("dilution", book.result.summary()["dilution"].p50.value, book.result.summary()["dilution"].mcse)
    return cell.form if cell is not None and cell.form != "0%" else _PART


def _name(book: Book, page: Page, row: int, name: str) -> None:
    book.file.define_name(name, f"={page.reference(row, 1)}")
