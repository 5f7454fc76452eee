"""`cap_table`: who holds the shares at the opening, and after what is issued up to the cash-out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.results.summary import jsonable
from sim.results.value import Value
from sim.text.frozen import in_brief

if TYPE_CHECKING:
    from sim.results.result import Result
    from sim.terms import Case

PERCENTS = (5, 50, 95)
#: Part of the scenarios around a percentile whose mean is taken: one scenario alone has a split of its own.
AROUND = 0.02


@dataclass(frozen=True, eq=False)
class CapTable(Value):
    """Shares by holder: `before` at the opening, `after[percent]` around a percentile of all shares after the issues.

    Each row of a table is one of `holders`; the shares of a column add up to all shares, the reserved ones among them.
    `scenarios` is how many each column is the mean of.
    """

    holders: tuple[str, ...]
    before: tuple[float, ...]
    after: dict[int, tuple[float, ...]]
    scenarios: int

    __repr__ = in_brief

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        document: dict[str, Any] = jsonable(asdict(self))
        return document


#: Names of the holders that are no investor of a line.
HOLDERS, OTHERS, RESERVED = "holders at the opening", "third parties", "reserved"
_MOST_INVESTORS = 3
_TOGETHER = "investors of the lines"


def cap_table(result: Result) -> CapTable | None:
    """Shares of the holders, the investors, third parties and those reserved, before and after the line.

    The scenarios are ordered by all the shares that they issue up to the cash-out. At the 5th, the 50th and the 95th
    percentile the table has the means of the 2% of the scenarios around it, so that its rows add up.

    Parameters
    ----------
    result : Result

    Returns
    -------
    CapTable or None
        None for a run that kept no paths.

    Examples
    --------
    >>> table = cap_table(sim.simulate("valence-2002", paths=1000))
    >>> table.holders[0], table.before[0]
    ('holders at the opening', 45552310.0)
    """
    if result.sketch is not None:
        return None
    case, company = result.case, result.case.company
    investors = _issued(result)
    held = _held(case, tuple(investors))
    others = bought_by_others(result)
    opening = float(company.shares_outstanding) - held_by_investors(case)
    order = np.argsort(sum(investors.values(), start=others), kind="stable")
    size = max(round(AROUND * result.paths), 1)

    def around(percent: int) -> tuple[float, ...]:
        first = min(max(round(percent / 100.0 * result.paths - size / 2.0), 0), result.paths - size)
        near = order[first : first + size]
        bought = [float(issued[near].mean()) + held[name] for name, issued in investors.items()]
        return (opening, *bought, float(others[near].mean()), float(company.shares_reserved))

    return CapTable(
        (HOLDERS, *investors, OTHERS, RESERVED),
        (opening, *held.values(), 0.0, float(company.shares_reserved)),
        {percent: around(percent) for percent in PERCENTS},
        size,
    )


def bought_by_others(result: Result) -> np.ndarray:
    """Shares that third parties buy up to the cash-out (paths,), of a run that kept its paths."""
    bought: np.ndarray = result.paths_or_sketch().get("other_shares", np.zeros((0, result.paths))).sum(axis=0)
    return bought


def held_by_investors(case: Case) -> float:
    """Shares outstanding at the opening that the investors of the lines hold."""
    return sum(float(line.used.holdings) for line in case.facilities if line.used is not None)


def _issued(result: Result) -> dict[str, np.ndarray]:
    """Shares issued to each investor (paths,), those of his lines together; all together where there are many."""
    case, found = result.case, dict[str, np.ndarray]()
    if len({line.investor for line in case.facilities}) > _MOST_INVESTORS:
        return {_TOGETHER: result["shares_issued"]}
    for line in case.facilities:
        issued = result.by_line[line.label]["shares_issued"]
        found[line.investor] = found.get(line.investor, 0.0) + issued
    return found


def _held(case: Case, names: tuple[str, ...]) -> dict[str, float]:
    """Shares that each investor holds at the opening."""
    held = dict.fromkeys(names, 0.0)
    for line in case.facilities:
        name = line.investor if line.investor in held else _TOGETHER
        if name in held and line.used is not None:
            held[name] += float(line.used.holdings)
    return held
