"""An outlook, as data and as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.analysis.paired import estimate_dict
from sim.analysis.paired_text import changes, intervals, levels
from sim.analysis.warning import EarlyWarning
from sim.results.estimates import Estimate
from sim.results.summary import jsonable, manifest
from sim.results.value import HashableValue
from sim.terms import Case
from sim.text.dates import long_date
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

#: What the probability means.
NOTE = (
    "A risk figure of this model, not an accounting conclusion: whether there is substantial doubt (ASC 205-40-50) or "
    "material uncertainty (IAS 1.25-26) is for management to judge, from all that is known on the day of issue. The "
    "period is one year from that day under ASC, and at least twelve months from the end of the reporting period under "
    "IAS 1.26."
)


@dataclass(frozen=True, eq=False, repr=False)
class Outlook(HashableValue, Readable):
    """Twelve months from the opening of `issued` to the close of `until`, cut at the horizon where that comes first.

    `names` are "line off", "as signed" and, where the line has conditions, "every condition waived". `shortfall` is the
    probability that cash falls below the minimum by `until`, of all paths: those out of cash before `issued` count, and
    `already` says how many they are. `differences` are paired, to as signed. `gap` is the mean over all paths of the
    largest shortfall ($) up to `gap_until`, the end of the fiscal quarter in which the window ends. `warning` is the
    early warning of the case as signed, if it was asked for.
    """

    case: Case
    issued: date
    until: date
    cut: bool
    gap_until: date
    names: tuple[str, ...]
    shortfall: tuple[Estimate, ...]
    already: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    gap: tuple[Estimate, ...]
    paths: int
    seed: int
    note: str = NOTE
    warning: EarlyWarning | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        tables = {name: getattr(self, name) for name in ("shortfall", "already", "differences", "gap")}
        document = {
            "issued": self.issued,
            "until": self.until,
            "cut_at_horizon": self.cut,
            "gap_until": self.gap_until,
            "paths": self.paths,
            "seed": self.seed,
            "variants": [
                {"name": name} | {table: estimate_dict(row[i]) for table, row in tables.items()}
                for i, name in enumerate(self.names)
            ],
            "note": self.note,
            **({"warning": self.warning.to_dict()} if self.warning else {}),
            "manifest": manifest(self.case, self.paths, self.seed, "philox"),
        }
        return jsonable(document)

    def _blocks(self) -> Blocks:
        return outlook_blocks(self)

    def _in_brief(self) -> str:
        span = f"{long_date(self.issued)} to {long_date(self.until)}"
        return f"{self.case.title}, {span}, {self.paths:,} paths"


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
    warned = [outlook.warning.table()] if outlook.warning else []
    return [head, Table(heading, ("", *columns), rows, (0,), f"{note}."), *warned, outlook.note]
