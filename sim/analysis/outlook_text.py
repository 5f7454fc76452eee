"""An outlook as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.paired_text import changes, intervals, levels
from sim.text.dates import long_date
from sim.text.readable import Blocks
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.analysis.outlook import Outlook


def outlook_blocks(outlook: Outlook) -> Blocks:
    """The window, each variant's probability of a shortfall by its end, and the note on what the figure means."""
    cut = ", the end of the simulation" if outlook.cut else ""
    head = (
        f"{outlook.case.title}\n{outlook.paths:,} paths, seed {outlook.seed}, common random numbers\n"
        f"Accounts issued on {long_date(outlook.issued)}; outlook to the close of {long_date(outlook.until)}{cut}"
    )
    columns = {
        "Shortfall, %": levels("cash_out", outlook.shortfall),
        "95% interval": intervals("cash_out", outlook.shortfall),
        "Difference from as signed (95% interval)": changes("cash_out", outlook.differences),
        "Funding gap, $M": levels("funding_gap", outlook.gap),
    }
    note = "Shortfall and funding gap are of all paths. "
    if outlook.issued > outlook.case.valuation_date:
        columns["Out of cash before, %"] = levels("cash_out", outlook.already)
        note += f"Paths that run out of cash before {long_date(outlook.issued)} count as shortfalls. "
    note += (
        "Funding gap: mean of the largest amount by which cash falls below the minimum, 0 on paths without a shortfall"
    )
    if outlook.gap_until > outlook.until:
        note += (
            f", up to {long_date(outlook.gap_until)}, the end of the fiscal quarter in which the outlook ends, because "
            "it is computed for whole quarters"
        )
    heading = f"Probability that cash falls below the minimum by {long_date(outlook.until)}"
    rows = list(zip(outlook.names, *columns.values(), strict=True))
    return [head, Table(heading, ("", *columns), rows, (0,), f"{note}."), outlook.note]
