"""The history and the ledger of a single path, and the ledger of a given history.

Both are computed by the kernels that simulate runs, so a trace, its replay and the path of a run agree to the last bit.
"""

from __future__ import annotations

import copy
import datetime
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import Plan, lower
from sim.terms import Case, CaseError, load_case
from sim.terms.problems import MISSING, check_whole, problem_line
from sim.terms.ranges import iso_date

#: Of the dollars, closes and days of a history. Sampled ones may be far beyond what a case may say; these are further.
MOST_DOLLARS, LEAST_CLOSE, MOST_CLOSE, MOST_DAYS = 1e100, 1e-290, 1e290, sys.float_info.max
CLOSE, DOLLARS = "a close above 0, in dollars a share, from 1e-290 to 1e290", "dollars, at most 1e100 either way"


class HistoryError(CaseError):
    """A history that cannot be replayed. `problems` holds one line each: `FILE: KEY = VALUE: must be ...`."""


class Record(dict):
    """A dictionary in the shape of its JSON, whose keys are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self)}") from None

    def to_dict(self) -> dict[str, Any]:
        """A plain copy, ready for JSON."""
        return copy.deepcopy(dict(self))


class History(Record):
    """Everything random in one path: closes, cash used, event days, waivers."""


class Ledger(Record):
    """One path's draws, month-end cash, payments, cash-out and totals, in dollars."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The history and the ledger of one simulated path."""

    case: Case
    path: int
    seed: int
    history: History
    ledger: Ledger

    def to_dict(self) -> dict[str, Any]:
        """The path as JSON: `history` and `ledger`, and where they come from."""
        from sim import __version__

        return {
            "case": self.case.title,
            "path": self.path,
            "seed": self.seed,
            "version": __version__,
            "history": self.history.to_dict(),
            "ledger": self.ledger.to_dict(),
        }


def trace(case: Case | str, path: int, seed: int | None = None) -> Trace:
    """Simulate one path and record its history and its ledger.

    Parameters
    ----------
    case : Case or str
        A case, the name of a shipped case, or the path of a case file.
    path : int
        Number of the path, from 0.
    seed : int, optional
        From 0 to 2^64 - 1. Default: as in the case's [simulation].

    Returns
    -------
    Trace
        With `history` (closes, cash used, events) and `ledger` (draws, payments on notes, month-end cash in dollars,
        cash-out): the same to the last bit as that path of a run with the sampler philox.

    Raises
    ------
    CaseError, ValueError
        If the case or a number cannot be used.

    Examples
    --------
    >>> trace = sim.trace("valence-2002", path=17, seed=7)
    >>> sim.replay("valence-2002", trace.history) == trace.ledger
    True
    """
    return trace_paths(case, path, 1, seed)[0]


def trace_paths(case: Case | str, first_path: int, paths: int, seed: int | None = None) -> list[Trace]:
    """`trace` for up to `sim.lowering.program.BLOCK` consecutive paths at once."""
    case = load_case(case)
    first_path = check_whole("path", first_path, 0, 2**63 - 1)
    paths = check_whole("paths", paths, 1, r.BLOCK)
    seed = check_whole("seed", case.simulation.seed if seed is None else seed, 0, 2**64 - 1)
    plan = lower(case)
    workspace = Workspace(plan, paths, recorded=paths, draws=True)
    run_chunk(workspace, plan.program, r.Span(np.uint64(first_path), paths, 0, np.uint64(seed), 0))
    return [
        Trace(
            case,
            first_path + i,
            seed,
            _read_history(case, plan, workspace.histories, i),
            _read_ledger(case, workspace, i),
        )
        for i in range(paths)
    ]


def replay(case: Case | str, history: Mapping[str, Any], source: str = "history") -> Ledger:
    """Compute the ledger of a given history.

    Parameters
    ----------
    case : Case or str
        A case, the name of a shipped case, or the path of a case file.
    history : mapping
        As `Trace.history`: closes in dollars a share, cash used in dollars by month, days of events, names waived and
        extended, third-party financings. Closes are final: no moves of the stock are applied to them. Closes and months
        that the ledger does not need may be left out; an event that is left out does not happen.
    source : str
        Name of the history in error messages.

    Returns
    -------
    Ledger

    Raises
    ------
    CaseError
        If the case cannot be used.
    HistoryError
        If the history cannot be used; it lists every problem.

    Examples
    --------
    >>> history = sim.trace("valence-2002", path=17).history
    >>> sim.replay("valence-2002", history)["raised"]  # doctest: +SKIP
    """
    from sim.kernels.block import replay_block

    case = load_case(case)
    plan = lower(case)
    workspace = Workspace(plan, 1, recorded=1, draws=True)
    _Reader(case, plan, source).read(history, workspace.histories)
    program = plan.program._replace(price=plan.program.price._replace(impact=0))
    replay_block(program, workspace.arrays(), 1)
    return _read_ledger(case, workspace, 0)


def _read_history(case: Case, plan: Plan, h: r.Histories, i: int) -> History:
    """Column i of a block's histories, as a `History`."""

    def days(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    achieved = {name: float(h.achieved[m, i]) for m, name in enumerate(plan.milestones)}
    return History(
        closes={day.isoformat(): float(h.closes[j, i]) for j, day in enumerate(plan.day_dates) if day},
        cash_used={month: float(h.cash_used[k, i]) for k, month in enumerate(plan.months)},
        achieved_days={m.name: achieved[m.name] for m in case.milestones if math.isfinite(achieved[m.name])},
        ceo_change_days=days(h.ceo_change[0, i]),
        adverse_change_days=days(h.adverse_change[0, i]),
        waived=[c.name for j, c in enumerate(case.line.conditions) if h.waived[j, i]],
        extended=[note.name for j, note in enumerate(case.notes) if h.extended[j, i]],
        third_party=[
            {"month": month, "amount": float(h.financing_amount[j]), "reduces_line": bool(h.financing_reduces[j])}
            for k, month in enumerate(plan.months)
            for j in range(h.financings_until[k], h.financings_until[k + 1])
            if h.financing_path[j] == i
        ],
    )


def _read_ledger(case: Case, workspace: Workspace, i: int) -> Ledger:
    """Path i of a block, from the recording and the output, as a `Ledger`."""
    plan, recording = workspace.plan, workspace.recording
    out = dict(zip(r.OUTPUTS, map(float, workspace.out[:, i]), strict=False))
    draws = []
    for p, day in enumerate(plan.purchase_dates):
        fields = {name: float(getattr(recording, name)[p, i]) for name in r.DRAW_FIELDS}
        said = {
            "request": fields["request"] if math.isfinite(fields["request"]) else None,
            "shares": int(fields["shares"]),
            "binding": plan.reasons[int(fields["binding"])],
        }
        draws.append({"date": day.isoformat(), **fields, **said})
    return Ledger(
        draws=draws,
        payments=_payments(case, plan, recording, i),
        cash_month_end=dict(zip(plan.months, map(float, recording.cash_month_end[:, i]), strict=True)),
        cash_out=_cash_out(case, out["cash_out_days"], out["cause"]),
        raised=out["raised"],
        shares_issued=int(out["shares_issued"]),
        discount_cost=out["discount_cost"],
        funding_gap=out["funding_gap"],
        ending_cash=out["ending_cash"],
    )


def _payments(case: Case, plan: Plan, recording: r.Recording, i: int) -> list[dict[str, Any]]:
    """What was paid on the notes, in the order of dates and notes; principal below zero was borrowed again."""
    payments = []
    for stop in plan.program.stops:
        day = case.valuation_date + datetime.timedelta(days=int(stop["t"]) - 1)
        for a in range(stop["first_action"], stop["last_action"]):
            interest, principal = float(recording.interest[a, i]), float(recording.principal[a, i])
            if interest or principal:
                note = case.notes[plan.program.actions["note"][a]].name
                payments.append({"date": day.isoformat(), "note": note, "interest": interest, "principal": principal})
    return payments


def _cash_out(case: Case, days: float, cause: float) -> dict[str, Any] | None:
    if not math.isfinite(days):
        return None
    date = case.valuation_date + datetime.timedelta(days=max(0, math.ceil(days) - 1))
    return {"days": days, "date": date.isoformat(), "cause": r.CAUSES[int(cause) - 1]}


class _Reader:
    """Reads a history into the arrays of a block, and lists every problem."""

    KEYS = (
        "closes", "cash_used", "achieved_days", "ceo_change_days", "adverse_change_days", "waived", "extended",
        "third_party",
    )  # fmt: skip

    def __init__(self, case: Case, plan: Plan, source: str) -> None:
        self.case, self.plan, self.source = case, plan, source
        self.problems: list[str] = []

    def read(self, history: Mapping[str, Any], h: r.Histories) -> None:
        """Fill every column of `h`. HistoryError if anything is wrong."""
        if not isinstance(history, Mapping):
            self.say("history", history, "must be a JSON object with the keys " + ", ".join(self.KEYS))
            raise HistoryError(self.problems)
        for key in history:
            if key not in self.KEYS:
                self.say(str(key), history[key], "unknown key; must be one of " + ", ".join(self.KEYS))
        self.read_events(history, h)
        self.read_third_party(history.get("third_party"), h)
        self.read_closes(self.table(history, "closes"), h)
        self.read_cash_used(self.table(history, "cash_used"), h)
        if self.problems:
            raise HistoryError(self.problems)

    def say(self, key: str, value: Any, allowed: str) -> None:
        self.problems.append(problem_line(self.source, (key, value, allowed)))

    def missing(self, key: str, allowed: str) -> None:
        self.problems.append(problem_line(self.source, (key, MISSING, allowed)))

    def number(self, key: str, value: Any, least: float, most: float, allowed: str) -> float | None:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        self.say(key, value, f"must be {allowed}")
        return None

    def table(self, history: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        table = history.get(key)
        if table is None:
            return {}
        if not isinstance(table, Mapping):
            self.say(key, table, "must be an object")
            return {}
        return table

    def names(self, history: Mapping[str, Any], key: str, known: list[str]) -> list[str]:
        names = history.get(key)
        if names is None:
            return []
        if not isinstance(names, (list, tuple)):
            self.say(key, names, "must be a list of names")
            return []
        for name in names:
            if name not in known:
                self.say(
                    key, name, f"must be one of {', '.join(known)}" if known else "must be absent: the case has none"
                )
        return [name for name in names if name in known]

    def read_events(self, history: Mapping[str, Any], h: r.Histories) -> None:
        achieved = self.table(history, "achieved_days")
        for i, name in enumerate(self.plan.milestones):
            h.achieved[i] = self.days(f"achieved_days.{name}", achieved.get(name))
        for name, value in achieved.items():
            if name not in self.plan.milestones:
                self.say(f"achieved_days.{name}", value, "must be absent: the case has no such milestone")
        h.ceo_change[0] = self.days("ceo_change_days", history.get("ceo_change_days"))
        h.adverse_change[0] = self.days("adverse_change_days", history.get("adverse_change_days"))
        conditions = self.case.line.conditions
        adverse = any(condition.kind == "no_adverse_change" for condition in conditions)
        if history.get("adverse_change_days") is not None and adverse and not self.case.events.adverse_change:
            self.say(
                "adverse_change_days", history["adverse_change_days"],
                "must be null, as the case has no events.adverse_change to say how long it lasts",
            )  # fmt: skip
        waived = self.names(history, "waived", [condition.name for condition in conditions])
        for i, condition in enumerate(conditions):
            h.waived[i] = float(condition.name in waived)
        extendable = [note.name for note in self.case.notes if note.extended_maturity]
        extended = self.names(history, "extended", extendable)
        for i, note in enumerate(self.case.notes):
            h.extended[i] = float(note.name in extended)

    def days(self, key: str, value: Any) -> float:
        if value is None:
            return r.NEVER
        allowed = "days from the opening of the valuation date, at least 0, or null"
        number = self.number(key, value, 0.0, MOST_DAYS, allowed)
        return r.NEVER if number is None else number

    def read_third_party(self, rows: Any, h: r.Histories) -> None:
        if rows is None:
            rows = []
        if not isinstance(rows, (list, tuple)):
            self.say("third_party", rows, "must be a list of objects with month, amount and reduces_line")
            rows = []
        financings: dict[int, tuple[float, float]] = {}
        for i, row in enumerate(rows):
            where = f"third_party[{i}]"
            if not isinstance(row, Mapping) or set(row) - {"month", "amount", "reduces_line"} or "month" not in row:
                self.say(where, row, "must be an object with month, amount and reduces_line")
                continue
            if self.case.third_party is None:
                self.say(where, row["month"], "must be absent, as the case has no third_party table")
                continue
            month = row["month"]
            if month not in self.plan.months or self.plan.months.index(month) in financings:
                first, last = self.plan.months[0], self.plan.months[-1]
                self.say(f"{where}.month", month, f"must be a month from {first} to {last}, each once")
                continue
            k = self.plan.months.index(month)
            amount = self.number(f"{where}.amount", row.get("amount"), 0.0, MOST_DOLLARS, "dollars, from 0 to 1e100")
            reduces = row.get("reduces_line", False)
            if not isinstance(reduces, bool):
                self.say(f"{where}.reduces_line", reduces, "must be true or false")
            financings[k] = (amount or 0.0, float(reduces is True))
        for number, k in enumerate(sorted(financings)):  # of path 0 only
            h.financings_until[k + 1 :] = number + 1
            h.financing_path[number] = 0
            h.financing_amount[number], h.financing_reduces[number] = financings[k]

    def read_closes(self, closes: Mapping[str, Any], h: r.Histories) -> None:
        """Closes of the days that the ledger needs; the opening's are the initial price."""
        program = self.plan.program
        h.closes[:] = np.nan
        h.ready[:] = 1
        wanted = set(program.purchases["row"].tolist())
        for purchase in program.purchases:
            wanted.update(range(purchase["first_row"], purchase["first_row"] + program.opening.window))
        if self.case.third_party is not None and self.case.third_party.kind == "equity":
            for stop in program.stops:
                if (
                    stop["third_party_row"] >= 0
                    and h.financings_until[stop["month"]] < h.financings_until[stop["month"] + 1]
                ):
                    wanted.add(int(stop["third_party_row"]))
        used = {self.plan.day_dates[row] for row in wanted}
        for key, close in closes.items():
            day = iso_date(key)
            if day is None:
                self.say(f"closes.{key}", close, "its key must be a date, such as 2002-06-21")
            elif day not in used:
                self.number(f"closes.{key}", close, LEAST_CLOSE, MOST_CLOSE, CLOSE)
        for row in sorted(wanted):
            day = self.plan.day_dates[row]
            if day is None:
                h.closes[row] = program.price.initial
                continue
            key = day.isoformat()
            if key not in closes:
                self.missing(f"closes.{key}", f"must be {CLOSE}")
                continue
            h.closes[row] = self.number(f"closes.{key}", closes[key], LEAST_CLOSE, MOST_CLOSE, CLOSE) or np.nan

    def read_cash_used(self, cash_used: Mapping[str, Any], h: r.Histories) -> None:
        """Cash used of the simulated months; months outside count at their expected figure."""
        for k, level in enumerate(self.plan.program.months["level"]):
            if k >= len(self.plan.months):
                h.cash_used[k] = level
                continue
            month = self.plan.months[k]
            if month not in cash_used:
                self.missing(f"cash_used.{month}", "must be the cash used in operations in the month, in dollars")
                continue
            number = self.number(f"cash_used.{month}", cash_used[month], -MOST_DOLLARS, MOST_DOLLARS, DOLLARS)
            h.cash_used[k] = 0.0 if number is None else number
        for month, used in cash_used.items():
            if iso_date(f"{month}-01") is None:
                self.say(f"cash_used.{month}", used, "its key must be a month, such as 2002-06")
            elif month not in self.plan.months:
                self.number(f"cash_used.{month}", used, -MOST_DOLLARS, MOST_DOLLARS, DOLLARS)
