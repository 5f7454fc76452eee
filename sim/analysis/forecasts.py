"""Where actual figures lie in the distributions that a case had simulated of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim import calendar
from sim.analysis.facts import amount
from sim.analysis.recorded import Issue, issues
from sim.engine.trace import Trace, trace_paths
from sim.lowering.program import BLOCK
from sim.results.distribution import Distribution
from sim.terms import Case
from sim.terms.actuals import Actuals
from sim.terms.forecast import Forecast
from sim.text.tables import Table


class Asked(NamedTuple):
    """An actual figure, and the same figure of a path."""

    label: str
    unit: str
    value: float
    answer: Callable[[Trace, tuple[Issue, ...]], float]
    day: datetime.date


def forecasts_of(
    case: Case, actuals: Actuals, to: datetime.date, paths: int, seed: int, progress: Callable[[int, int], Any] | None
) -> list[Forecast]:
    """What the case had said of each actual, from `paths` traced paths."""
    asked = list(_asked(case, actuals, to))
    answers: list[list[float]] = [[] for _ in asked]
    for first in range(0, paths, BLOCK):
        n = min(BLOCK, paths - first)
        for told in trace_paths(case, first, n, seed):
            received = tuple(issues(told))
            for one, values in zip(asked, answers, strict=True):
                values.append(one.answer(told, received))
        if progress is not None:
            progress(first + n, paths)
    rows = [_forecast(case, one, np.array(values)) for one, values in zip(asked, answers, strict=True)]
    return [row for row in rows if row.equal < 1.0]  # what was certain and has come says nothing


def _forecast(case: Case, one: Asked, values: np.ndarray) -> Forecast:
    spread = Distribution.from_values(values)
    p05, p50, p95 = (float(f"{each.value:.6g}") for each in (spread.p05, spread.p50, spread.p95))
    return Forecast(
        made=case.valuation_date,
        date=one.day,
        label=one.label,
        unit=one.unit,
        value=float(one.value),
        percentile=round(float((values < one.value).mean()), 6),
        equal=round(float((values == one.value).mean()), 6),
        p05=p05,
        p50=p50,
        p95=p95,
    )


def _asked(case: Case, actuals: Actuals, to: datetime.date) -> Iterator[Asked]:
    """Cash, shares, the lines' draws, third parties' money, the last month's burn, milestones.

    A ledger has the cash of month-ends, and the burn of months that are simulated as a whole.
    """
    last, ended = to - calendar.ONE_DAY, to.replace(day=1) - calendar.ONE_DAY
    month, opening = ended.isoformat()[:7], case.company.shares_outstanding
    if last == ended:
        yield Asked("cash", "$", actuals.cash, lambda told, _: told.ledger.cash_month_end[month], last)
    yield Asked(
        "shares outstanding", "shares", actuals.shares_outstanding,
        lambda _, received: opening + sum(i.shares for i in received if i.date <= last), last,
    )  # fmt: skip
    for line in case.facilities:
        name = line.label
        drawn = sum(draw.amount for draw in actuals.draws if draw.line == line.name)
        said = "drawn" if len(case.facilities) == 1 else f"drawn, {name}"
        yield Asked(said, "$", drawn, lambda told, _, name=name: _drawn(told, name, last), last)  # type: ignore[misc]
    if case.third_party is not None and case.third_party.annual_rate:
        received_from = sum(row.amount for row in actuals.financings)
        yield Asked(
            "third parties' money", "$", received_from,
            lambda _, received: sum(i.amount for i in received if i.third_party and i.date <= last), last,
        )  # fmt: skip
    if actuals.cash_used is not None and ended.replace(day=1) >= case.valuation_date:
        yield Asked("cash used in the last month", "$", actuals.cash_used, lambda told, _: used_in(told, month), ended)
    reached = {row.name: row.date for row in actuals.milestones}
    span = float((to - case.valuation_date).days)
    for milestone in case.milestones:
        if milestone.achieved is None:
            day = reached.get(milestone.name)
            took = span if day is None else float((day - case.valuation_date).days + 1)
            yield Asked(f"days to {milestone.name}", "days", took, _days_to(milestone.name, span), last)


def used_in(told: Trace, month: str) -> float:
    """Cash that a path used in a month, as management had cut it; a history has it uncut."""
    plan, used = told.case.response, told.history.cash_used[month]
    since = cut_from(told, month)
    if plan is None or since is None or since > month:
        return used
    fixed = told.history.get("cash_fixed", {}).get(month, 0.0)
    return fixed + (used - fixed) * (1.0 - plan.cut)


def cut_from(told: Trace, month: str) -> str | None:
    """The month from which the burn of a path is cut, by what had been decided in `month`; None if there is no cut."""
    plan = told.case.response
    if plan is None:
        return None
    since = None if plan.cut_from is None else plan.cut_from.isoformat()[:7]
    for act in told.ledger["response"]:
        if act["month"] <= month:
            since = act["from"] if act["burn"] == "cut" else None
    return since


def _drawn(told: Trace, line: str, last: datetime.date) -> float:
    """What a line paid up to a day."""
    until = last.isoformat()
    draws = (draw for draw in told.ledger.draws if draw["line"] == line and draw["settled"] is not None)
    return sum(float(draw["amount"]) for draw in draws if draw["settled"] <= until)


def _days_to(name: str, span: float) -> Callable[[Trace, tuple[Issue, ...]], float]:
    """Days to a milestone, at most those that have passed."""
    return lambda told, _: min(told.history.achieved_days.get(name, span), span)


def forecast_table(forecasts: Sequence[Forecast]) -> Table:
    """Each forecast with what came of it: the share of its scenarios below the actual figure, and its quantiles."""
    rows = [
        (
            f"{row.date} {row.label}",
            _came(row),
            _share(row),
            *(amount(value, row.unit).removesuffix(f" {row.unit}") for value in (row.p05, row.p50, row.p95)),
        )
        for row in forecasts
    ]
    columns = ("", "actual", "scenarios below, %", "5%", "median", "95%")
    return Table("What came, and what had been said of it", columns, rows, note=SAME if _any_same(forecasts) else "")


def _came(row: Forecast) -> str:
    """The actual figure; days to what did not come are all that have passed."""
    if row.unit == "days" and row.value > (row.date - row.made).days:
        return f"not reached in {row.value:,.0f} days"
    return amount(row.value, row.unit)


SAME = "Of a range such as 4 to 100, the scenarios below and those at or below: many are at the very figure."


def _any_same(forecasts: Sequence[Forecast]) -> bool:
    return any(row.equal for row in forecasts)


def _share(row: Forecast) -> str:
    below = f"{100 * row.percentile:.0f}"
    return below if not row.equal else f"{below} to {100 * (row.percentile + row.equal):.0f}"
