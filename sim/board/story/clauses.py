"""Slide: what each clause of the line costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.data import Chart
from sim.board.story.chapter import Chapter
from sim.board.story.parts import INTERVALS, bars, estimated, table
from sim.board.words import aligned, bare, capitalised, own_scenarios, plus_minus, shortened, spoken

if TYPE_CHECKING:
    from sim.analysis.clause_costs import ClauseCosts
    from sim.analysis.pack import Pack
    from sim.results.estimates import Estimate

_MOST_CLAUSES = 9
_NAMES = {
    "reduction": "cut for third-party money",
    "period cap": "quarterly cap",
    "coverage": "coverage test",
    "discount": "discount to the market",
    "authorized shares": "authorised shares",
}
#: What a sentence says is removed, where that is not the name of the bar.
_REMOVED = {"authorized shares": "limit on authorised shares"}


def clauses(pack: Pack) -> Chapter | None:
    """Shapley value of each clause as bars, and removing it alone in a table; nothing for a line without clauses."""
    costs = pack.clauses
    if costs is None or not costs.clauses:
        return None
    order = sorted(range(len(costs.clauses)), key=lambda i: -costs.shapley["raised"][i].value)[:_MOST_CLAUSES]
    names = [clause_name(costs.clauses[i].key) for i in order]
    shares = [costs.shapley["raised"][i] for i in order]
    title = "Shapley value of each clause, $ millions" + own_scenarios(costs.paths, pack.result)
    series = estimated("Shapley value", "raised", shares, signed=True)
    return Chapter(
        key="clauses",
        headline=_costliest(costs.clauses[order[0]].key, shares[0], costs.shapley["runway_months"][order[0]]),
        charts=(
            bars("clauses", title, names, series, "$M"),
            _table(costs, order, names),
        ),
        sure=f"{capitalised(INTERVALS)}, from {costs.paths:,} scenarios with common random numbers. The Shapley "
        "values sum to the effect of removing all clauses." + _fewer(pack),
        compared=_removed(costs),
        change="Removing one clause often changes less than its Shapley value, because another limit then binds.",
        source="Effect of removing one clause; Shapley values over all combinations of clauses",
        notes="The Shapley value of a clause is the effect of removing it, averaged over all orders of removal.",
    )


def clause_name(key: str) -> str:
    """The name of a clause: `coverage test`."""
    return shortened(_NAMES.get(key, key.replace("condition: ", "")), 30)


def _table(costs: ClauseCosts, order: list[int], names: list[str]) -> Chart:
    columns = {
        "alone: raised, $M": ("raised", costs.alone),
        "runway, months": ("runway_months", costs.shapley),
        "cash-out, points": ("cash_out", costs.shapley),
        "line's dilution, points": ("dilution", costs.shapley),
    }
    cells = [
        [bare(text) for text in aligned(measure, [found[measure][i] for i in order], signed=True)]
        for measure, found in columns.values()
    ]
    rows = list(zip(names, *cells, strict=True))
    title = "Removed alone; Shapley values of other measures"
    return table("clause_table", title, ("clause", *columns), rows, (0,))


def _costliest(key: str, raised: Estimate, runway: Estimate) -> str:
    if raised.value <= 2.0 * raised.error:
        return "Removing clauses would raise no more capital, within the sampling error"
    name = clause_name(key)
    what = f"condition {name}" if key.startswith("condition: ") else _REMOVED.get(key, name)
    text = f"Removing the {what} would add most: {spoken('raised', raised)} of capital"
    if runway.value > 2.0 * runway.error:
        text += f" and {spoken('runway_months', runway)} of runway"
    return f"{text} (Shapley value)"


def _removed(costs: ClauseCosts) -> str:
    raised, runway = (
        f"{plus_minus(name, costs.signed[name])} becomes {plus_minus(name, costs.lifted[name])}"
        for name in ("raised", "runway_months")
    )
    return f"All clauses removed: mean raised {raised}; mean runway {runway}."


def _fewer(pack: Pack) -> str:
    """Why a mean differs from that of the first slide."""
    assert pack.clauses is not None
    if pack.clauses.paths == pack.result.paths:
        return ""
    return f" Other slides use {pack.result.paths:,} scenarios."
