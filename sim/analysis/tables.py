"""Comparisons, clause costs and outlooks as tables for a terminal, at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sim.analysis.paired import MEASURED, SHOWN
from sim.results.estimates import Estimate
from sim.text.dates import long_date
from sim.text.numbers import rounded
from sim.text.tables import WIDTH, Table, table_text, wrapped

if TYPE_CHECKING:
    from sim.analysis.clauses import ClauseCosts
    from sim.analysis.compare import Comparison
    from sim.analysis.outlook import Outlook

WIDEST_NAME = 44


def level(name: str, estimate: Estimate) -> str:
    """A measure under a heading that says its unit, with no more digits than its error allows."""
    return SHOWN[name].format_bare(estimate.value, estimate.error)


def change(name: str, estimate: Estimate) -> str:
    """A difference and its 95% interval: `+1.23 (1.19 to 1.27)`; 0 where no path differs."""
    if estimate.value == 0.0 and estimate.se == 0.0:
        return "0"
    measure = SHOWN[name]
    digits = measure.decimals(estimate.error)
    value, low, high = (rounded(x / measure.reading.scale, digits) for x in (estimate.value, *estimate.ci95))
    sign = "+" if estimate.value > 0 and value.strip("0.,") else ""
    return f"{sign}{value} ({low} to {high})"


def in_tables(heading: str, names: Sequence[str], columns: Mapping[str, Sequence[str]], note: str = "") -> list[str]:
    """Tables that share their first column, the names, with as many of the other columns as fit beside it."""
    waiting, made = list(columns), []
    room = WIDTH - 2 - min(max(map(len, names)), WIDEST_NAME)
    while waiting:
        chosen: list[str] = []
        left = room
        while waiting:
            left -= 2 + max(map(len, [waiting[0], *columns[waiting[0]]]))
            if chosen and left < 0:
                break
            chosen.append(waiting.pop(0))
        rows = [(name, *(columns[column][i] for column in chosen)) for i, name in enumerate(names)]
        rows = [(_cut(row[0]), *row[1:]) for row in rows]
        made.append(table_text(Table(heading, ("", *chosen), rows, (0,), "" if waiting else note)))
    return made


def _cut(name: str) -> str:
    name = "".join(character if character.isprintable() else " " for character in name)
    return name if len(name) <= WIDEST_NAME else name[: WIDEST_NAME - 3].rstrip() + "..."


def comparison_text(comparison: Comparison) -> str:
    """Levels of every measure, then the differences from the base."""
    names, base = comparison.names, comparison.names[0]
    pairs = ", antithetic pairs" if comparison.antithetic else ""
    head = f"{comparison.cases[0].title}\n{comparison.paths:,} paths each, seed {comparison.seed}, {comparison.sampler}"
    blocks = [wrapped(f"{head}{pairs}, the same luck for all")]
    columns = {_SHORT.get(m, SHOWN[m].column): [level(m, e) for e in comparison.estimates[m]] for m in MEASURED}
    blocks += in_tables("Means and probabilities", names, columns)
    if len(names) > 1:
        changes = {SHOWN[m].column: [change(m, e) for e in comparison.differences[m][1:]] for m in MEASURED}
        blocks += in_tables(f"Difference from {base}, path by path (95% interval)", names[1:], changes)
    return "\n\n".join([*blocks, *(wrapped(note) for note in comparison.notes)])


_SHORT = {"shares_issued": "Shares, M", "funding_gap": "Gap, $M", "runway_months": "Runway, mo."}


def share(name: str, estimate: Estimate) -> str:
    """A gain and its standard error: `+1.23 +- 0.02`; 0 where no path differs."""
    if estimate.value == 0.0 and estimate.se == 0.0:
        return "0"
    scale = SHOWN[name].reading.scale
    low, high = estimate.ci95
    text = str(Estimate(estimate.value / scale, estimate.se / scale, (low / scale, high / scale)))
    return f"+{text}" if estimate.value > 0 and text.partition(" ")[0].strip("0.,") else text


def clauses_text(costs: ClauseCosts) -> str:
    """As signed and with every clause lifted; each clause's share of the difference, and what it does alone."""
    head = f"{costs.case.title}\n{costs.paths:,} paths, seed {costs.seed}, {2 ** len(costs.clauses):,} sets of clauses"
    measures = ("raised", "runway_months", "cash_out", "dilution")
    sides = {"as signed": costs.signed, "every clause lifted": costs.lifted}
    columns = {SHOWN[m].column: [level(m, side[m]) for side in sides.values()] for m in measures}
    order = sorted(range(len(costs.clauses)), key=lambda i: -costs.shapley["raised"][i].value)
    names = [*(costs.clauses[i].key for i in order), "all of them"]
    fair = {m: [*(costs.shapley[m][i] for i in order), costs.together[m]] for m in measures}
    shares = {SHOWN[m].column: [share(m, each) for each in row] for m, row in fair.items()}
    alone = {SHOWN[m].column: [share(m, costs.alone[m][i]) for i in order] for m in measures}
    return "\n\n".join(
        [
            wrapped(f"{head}, the same luck for all"),
            *in_tables("Means and probabilities", list(sides), columns),
            *in_tables("What each clause costs: its Shapley share of lifting them all", names, shares),
            *in_tables("What lifting one clause alone changes", names[:-1], alone),
            *(wrapped(note[0].upper() + note[1:] + ".") for note in costs.grouped),
        ]
    )


def outlook_text(outlook: Outlook) -> str:
    """The window, each variant's probability of a shortfall, and what the figure is not."""
    cut = ", where the simulation ends" if outlook.cut else ""
    head = (
        f"{outlook.case.title}\n{outlook.paths:,} paths, seed {outlook.seed}, the same luck for all\n"
        f"Accounts issued on {long_date(outlook.issued)}; outlook to the close of {long_date(outlook.until)}{cut}"
    )
    columns = {"Shortfall, %": [level("cash_out", each) for each in outlook.shortfall]}
    columns["95% interval"] = [_interval("cash_out", each) for each in outlook.shortfall]
    columns["against as signed (95% interval)"] = [change("cash_out", each) for each in outlook.differences]
    if outlook.issued > outlook.case.valuation_date:
        columns["already out, %"] = [level("cash_out", each) for each in outlook.already]
    columns["Gap, $M"] = [level("funding_gap", each) for each in outlook.gap]
    note = f"Gap: mean of the paths' largest shortfall up to {long_date(outlook.gap_until)}, 0 where there is none."
    if outlook.issued > outlook.case.valuation_date:
        note = f"Paths already out of cash before {long_date(outlook.issued)} count as shortfalls. {note}"
    heading = "Probability that cash falls below the minimum by the end of the outlook"
    return "\n\n".join([wrapped(head), *in_tables(heading, outlook.names, columns, note), wrapped(outlook.note)])


def _interval(name: str, estimate: Estimate) -> str:
    digits = SHOWN[name].decimals(estimate.error)
    low, high = (rounded(x / SHOWN[name].reading.scale, digits) for x in estimate.ci95)
    return f"{low} to {high}"
