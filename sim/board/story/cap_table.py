"""Slide: who holds the shares before and after the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.cap_table import HOLDERS, PERCENTS, RESERVED, CapTable
from sim.analysis.cap_table import cap_table as cap_table_of
from sim.board.charts.data import Chart
from sim.board.story.chapter import Chapter
from sim.board.story.parts import table
from sim.board.words import brief, capitalised, day, plus_minus, shortened, the_line

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.terms import Case

_COLUMNS = (
    "holder", "before", "part", "5th percentile", "part", "median", "part", "95th percentile", "part",
)  # fmt: skip


def cap_table(pack: Pack) -> Chapter | None:
    """Shares and parts of each holder; nothing for a run that kept no paths or issues no shares."""
    result = pack.result
    found = cap_table_of(result)
    if found is None or all(after == found.before for after in found.after.values()):
        return None
    total = result.summary()["total_dilution"]
    company, opening = result.case.company, sum(found.before)
    left = company.shares_authorized - sum(found.after[95])
    return Chapter(
        key="cap_table",
        headline=_headline(_part(found, 50), _part(found, 95)),
        charts=(_table(found),),
        sure=f"Each column is the mean of the {found.scenarios:,} scenarios around its percentile. Dilution by "
        f"{the_line(result.case, owner=True)} shares{_others(result.case)}: median "
        f"{brief('total_dilution', total.p50.value, total.p50.error)}, mean "
        f"{plus_minus('total_dilution', total.estimate)}.",
        compared=f"Before: {_shares(opening)} shares, those reserved among them. The charter authorises "
        f"{_shares(float(company.shares_authorized))}; at the 95th percentile "
        f"{_shares(left) if left >= 5e3 else 'none'} are left.",
        change="A lower stock price: the same amount is then more shares.",
        source=f"Shares issued up to the cash-out or {day(result.case.horizon)}, the scenarios in the order of their "
        "new shares",
        notes="The parts are of all shares, the reserved ones among them. Investors are counted with all shares that "
        "they bought, whether or not they have sold them since.",
    )


def _others(case: Case) -> str:
    """Whose shares dilute beside those of the line."""
    return " and those of third parties" if case.third_party is not None and case.third_party.kind == "equity" else ""


def _headline(median: str, late: str) -> str:
    """What the holders keep, which is the same in half of all scenarios where the shares that may be issued run out."""
    if median == late:
        return f"In half of all scenarios or more the holders keep {median} of all shares, and no less in 95 of 100"
    return f"The holders keep {median} of all shares at the median of the new shares, and {late} at the 95th percentile"


def _table(found: CapTable) -> Chart:
    columns = [found.before, *(found.after[percent] for percent in PERCENTS)]
    rows = []
    for i, holder in enumerate(found.holders):
        if any(column[i] for column in columns) or holder == RESERVED:
            cells = [text for column in columns for text in (_shares(column[i]), _share_of(column, i))]
            rows.append((capitalised(shortened(holder, 40)), *cells))
    totals = [text for column in columns for text in (_shares(sum(column)), "100%")]
    return table("cap_table", "Shares in millions, and parts of all", _COLUMNS, [*rows, ("All", *totals)], (0,))


def _part(found: CapTable, percent: int) -> str:
    return _share_of(found.after[percent], found.holders.index(HOLDERS))


def _share_of(column: tuple[float, ...], i: int) -> str:
    """Of all shares of a column."""
    share = 100.0 * column[i] / sum(column)
    return "<0.1%" if 0.0 < share < 0.05 else f"{share:.1f}%" if share else "-"


def _shares(number: float) -> str:
    """In millions, `45.55M`."""
    return "<0.01M" if 0.0 < number < 5e3 else f"{number / 1e6:,.2f}M" if number else "-"
