"""Slide: what each clause of the line costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.clause_costs import TOO_MANY
from sim.board.charts.data import Chart
from sim.board.story.chapter import Chapter
from sim.board.story.parts import INTERVALS, bars, estimated, table
from sim.board.words import (
    aligned,
    bare,
    brief,
    capitalised,
    line_dilution,
    listed,
    own_scenarios,
    plus_minus,
    shortened,
    spoken,
)
from sim.text.numbers import is_zero

if TYPE_CHECKING:
    from sim.analysis.clause_costs import ClauseCosts
    from sim.analysis.pack import Pack
    from sim.results.estimates import Estimate

_MOST_CLAUSES = 9
_LEVELS = ("raised", "runway_months")  # of which a sentence says what they become
_TOGETHER = ("clauses: ", "conditions: ")  # the keys of clauses that are removed together
_NAMES = {
    "reduction": "reduction for third-party financing",
    "period cap": "quarterly cap",
    "coverage": "coverage limit",
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
    ranked = sorted(range(len(costs.clauses)), key=lambda i: -costs.shapley["raised"][i].value)
    order = [i for i in ranked if _tells(costs, i)][:_MOST_CLAUSES] or ranked[:1]
    names = [clause_name(costs.clauses[i].key) for i in order]
    shares = [costs.shapley["raised"][i] for i in order]
    title = "Shapley value of each clause, $M" + own_scenarios(costs.paths, pack.result)
    series = estimated("Shapley value", "raised", shares, signed=True)
    return Chapter(
        key="clauses",
        headline=_costliest(costs.clauses[order[0]].key, shares[0]),
        charts=(
            bars("clauses", title, names, series, "$M"),
            _table(costs, order, names),
        ),
        sure=f"{capitalised(INTERVALS)}, from {costs.paths:,} scenarios for every set of clauses. The Shapley "
        "values sum to the effect of removing all clauses." + _fewer(pack),
        compared=_removed(costs),
        change="Removing one clause alone can change less than its Shapley value, because another limit then fixes the "
        "amount of the draw.",
        source="Clauses are removed one after another, in every possible order. The average effect of each is its "
        "Shapley value.",
        notes=" ".join(
            [
                "In the column 'removed alone', one clause is removed and the others stay.",
                *[TOO_MANY] * bool(costs.grouped),
                *_told_together(costs),
                *["Other clauses are in the workbook."] * (len(order) < len(ranked)),
            ]
        ),
    )


def _tells(costs: ClauseCosts, i: int) -> bool:
    """Whether any effect of a clause is shown as more than 0."""
    effects = [("raised", costs.alone["raised"][i]), *((name, found[i]) for name, found in costs.shapley.items())]
    return not all(is_zero(bare(brief(name, each.value, each.error))) for name, each in effects)


def clause_name(key: str) -> str:
    """The name of a clause: `coverage limit`; of clauses that are removed together, the first and their number."""
    if key.startswith(_TOGETHER):
        first, *others = key.partition(": ")[2].split(", ")
        return f"{shortened(first, 28)} and {len(others)} more"
    return shortened(full_name(key), 36)


def full_name(key: str) -> str:
    """The name of a clause, or the names of those that are removed together, not shortened."""
    if key.startswith(_TOGETHER):
        return listed(key.partition(": ")[2].split(", "))
    return _NAMES.get(key, key.replace("condition: ", ""))


def _told_together(costs: ClauseCosts) -> list[str]:
    """All names of the clauses that are removed together, which the bars have no room for."""
    keys = [clause.key for clause in costs.clauses if clause.key.startswith(_TOGETHER)]
    return [f"{capitalised(clause_name(key))}: {full_name(key)} are removed together." for key in keys]


def _table(costs: ClauseCosts, order: list[int], names: list[str]) -> Chart:
    columns = {
        "raised, $M (removed alone)": ("raised", costs.alone),
        "runway, months (Shapley)": ("runway_months", costs.shapley),
        "cash-out, points (Shapley)": ("cash_out", costs.shapley),
        f"{line_dilution(costs.case)}, points (Shapley)": ("dilution", costs.shapley),
    }
    cells = [
        [bare(text) for text in aligned(measure, [found[measure][i] for i in order], signed=True)]
        for measure, found in columns.values()
    ]
    rows = list(zip(names, *cells, strict=True))
    title = "Effect of removing a clause on other measures"
    return table("clause_table", title, ("clause", *columns), rows, (0,))


def _costliest(key: str, raised: Estimate) -> str:
    if raised.value <= 2.0 * raised.error:
        return "Removing clauses would raise no more capital, within the sampling error"
    name = clause_name(key)
    if key not in _NAMES and not key.startswith("condition: "):
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}"
        return f"The clause {quoted} costs the most capital: {spoken('raised', raised)} (Shapley value)"
    what = f"condition {name}" if key.startswith("condition: ") else _REMOVED.get(key, name)
    return (
        f"The {what} costs the most capital: {spoken('raised', raised)}, averaged over all orders in which the clauses "
        "can be removed (Shapley value)"
    )


def _removed(costs: ClauseCosts) -> str:
    levels = ((plus_minus(name, costs.signed[name]), plus_minus(name, costs.lifted[name])) for name in _LEVELS)
    raised, runway = (f"stays {now}" if now == then else f"{now} becomes {then}" for now, then in levels)
    return f"All clauses removed: mean raised {raised}; mean runway {runway}."


def _fewer(pack: Pack) -> str:
    """Why a mean differs from that of the first slide."""
    assert pack.clauses is not None
    if pack.clauses.paths == pack.result.paths:
        return ""
    return f" Other slides use {pack.result.paths:,} scenarios."
