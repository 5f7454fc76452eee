"""Ready variants of a case: the line off, every condition waived, each of its clauses lifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.text.dates import long_date
from sim.text.numbers import money, percent

if TYPE_CHECKING:
    from sim.terms import Case

SIGNED, LINE_OFF, WAIVED = "as signed", "line off", "every condition waived"


@dataclass(frozen=True)
class Clause:
    """One clause of a line. `lifted` are the overrides that lift it, as `Case.replace` takes them.

    `key` is a short name such as "coverage" or "condition: licence"; `words` says what it asks for; `clause` is its
    number in the documents where the case says it, else "".
    """

    key: str
    words: str
    lifted: Mapping[str, object]
    clause: str = ""


def clauses_of(case: Case) -> tuple[Clause, ...]:
    """The clauses that hold the line back, in the order in which a draw meets them; none that cannot bind.

    Lifted, the shares are sold at the full average, a condition is always waived, the investor never cuts the line for
    third-party financing, and a limit or a fee is gone. The commitment and the term are the line itself, and stay; so
    does the window of the price. The charter's authorised shares are no clause of the line, but hold it back as one.
    """
    return tuple(_clauses(case))


def _clauses(case: Case) -> Iterator[Clause]:
    from sim.terms.ranges import MOST_MONEY

    line, party = case.line, case.third_party
    if line.pricing.multiplier < 1:
        words = f"shares are sold at {percent(line.pricing.multiplier)} of the price of the window"
        yield Clause("discount", words, {"line.pricing.multiplier": 1.0})
    if line.pricing.floor:
        words = f"no draw at a price below ${line.pricing.floor:,g}"
        yield Clause("floor price", words, {"line.pricing.floor": None})
    for i, condition in enumerate(line.conditions):
        if condition.waiver_probability < 1:
            since = f", asked for after {long_date(condition.after)}" if condition.after else ""
            what = _WHAT[condition.kind].format(condition.milestone)
            words = f"no draw unless {what}{since}"
            yield Clause(f"condition: {condition.name}", words, waiving(case, i))
    if party is not None and party.annual_rate > 0 and party.reduction_probability > 0:
        words = "the investor may cut the line by what a third party invests"
        yield Clause("reduction", words, {"third_party.reduction_probability": 0.0})
    if line.max_per_period is not None:
        words = f"at most {money(line.max_per_period)} a fiscal quarter"
        yield Clause("period cap", words, {"line.max_per_period": None})
    if line.coverage is not None:
        shares = ", ".join(f"{each:g}" for each in line.coverage.percent)
        words = f"draws at most {shares}% of the cash used in operations"
        yield Clause("coverage", words, {"line.coverage": None})
    words = f"the charter authorises {case.company.shares_authorized:,} shares"
    yield Clause("authorized shares", words, {"company.shares_authorized": int(MOST_MONEY)})
    if line.minimum_draw > 0:
        yield Clause("minimum draw", f"no draw below {money(line.minimum_draw)}", {"line.minimum_draw": 0.0})
    if line.legal_cost_per_draw > 0:
        words = f"the company pays {money(line.legal_cost_per_draw)} of legal fees for each draw"
        yield Clause("legal fees", words, {"line.legal_cost_per_draw": 0.0})


_WHAT = {
    "milestone": "{} is reached",
    "same_ceo": "the chief executive is the same",
    "no_adverse_change": "there is no material adverse change",
}


def waiving(case: Case, i: int) -> dict[str, object]:
    """What waives condition i."""
    return {f"{entry('line.conditions', case.line.conditions, i)}.waiver_probability": 1.0}


def entry(where: str, rows: Sequence[Any], i: int) -> str:
    """The key of entry i of a list of tables: by its number, or its name where another one is called by that number."""
    named = [row.name for row in rows]
    return f"{where}[{named[i] if str(i) in named else i}]"


def variants(case: Case | str) -> dict[str, Case]:
    """The case "as signed", with the "line off", with "every condition waived" (if it has any), and "without KEY" for
    each of its clauses.

    Off is a commitment of 0: nothing is ever drawn. Raises CaseError.
    """
    from sim.terms import load_case

    case = load_case(case)
    found = main_variants(case)
    for clause in clauses_of(case):
        found[f"without {clause.key}"] = case.replace(clause.lifted)
    return found


def main_variants(case: Case) -> dict[str, Case]:
    """The first of `variants`: the line as signed, off, and with every condition waived."""
    found = {SIGNED: case, LINE_OFF: case.replace({"line.commitment": 0.0})}
    if case.line.conditions:
        every = [waiving(case, i) for i in range(len(case.line.conditions))]
        found[WAIVED] = case.replace({key: value for changes in every for key, value in changes.items()})
    return found
