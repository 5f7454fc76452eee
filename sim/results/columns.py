"""The arrays of the paths of a run by name: the columns of the ledger, and the measures that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sim.lowering.line_records import LINE_OUTPUTS
from sim.lowering.schedule import issues_to_others
from sim.results import measures
from sim.results.measures import MEASURES
from sim.results.periods import days_at_close
from sim.results.views import lookup
from sim.terms import Case

#: What the paths of a run have one array (paths,) of.
NAMES = (*MEASURES, "cash_out_days", "cause", "censored")


class Columns(Mapping[str, np.ndarray]):
    """Arrays (paths,) of `NAMES`, each made from the columns of the ledger when it is asked for.

    Parameters
    ----------
    case : Case
    ledger : mapping of str to array
        As `columns` of `Result`, and "by_line" where the lines are in tables.
    """

    def __init__(self, case: Case, ledger: Mapping[str, np.ndarray]) -> None:
        self.case, self.ledger = case, ledger

    @property
    def paths(self) -> int:
        """Number of paths."""
        return len(self.ledger["raised"])

    def __getitem__(self, name: str) -> np.ndarray:
        """Raises KeyError, also for what a file of an earlier version lacks."""
        case, ledger = self.case, self.ledger
        outstanding = case.company.shares_outstanding
        if name in measures.OF_EVERYTHING:
            everything = ledger["shares_issued"]
            if issues_to_others(case):
                everything = everything + lookup(ledger, "other_shares").sum(axis=0)
            return measures.OF_EVERYTHING[name](everything, outstanding, ledger["cash_out_days"])
        if name == "dilution":
            return measures.dilution(ledger["shares_issued"], outstanding)
        if name == "effective_price":
            return measures.effective_price(ledger["raised"], ledger["shares_issued"])
        if name == "effective_discount":
            return measures.effective_discount(ledger["discount_cost"], ledger["raised"])
        if name == "runway_months":
            return measures.runway_months(ledger["cash_out_days"], days_at_close(case, case.horizon))
        if name == "censored":
            return np.isinf(ledger["cash_out_days"])
        if name == "costs":
            return self._costs()
        if name not in NAMES:
            raise KeyError(f"{name!r}: one of {', '.join(NAMES)}")
        return ledger[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def _costs(self) -> np.ndarray:
        """Legal costs and cash fees of each path."""
        if "by_line" in self.ledger:
            return costs_of_lines(self.ledger["by_line"])
        costs: np.ndarray = self.ledger["draws"] * float(self.case.facilities[0].legal_cost_per_draw)
        return costs


def costs_of_lines(by_line: np.ndarray) -> np.ndarray:
    """Legal costs and cash fees of all lines together, for each path. `by_line`: as `Books.columns`."""
    costs: np.ndarray = np.zeros(by_line.shape[1])
    for row in by_line[LINE_OUTPUTS.index("costs") :: len(LINE_OUTPUTS)]:
        costs = costs + row
    return costs
