"""The history and the ledger of a single path, and the ledger of a given history.

Both are computed by the kernels that simulate runs, so a trace, its replay and the path of a run agree to the last bit.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.history import HistoryReader
from sim.engine.other_cash import OtherEntries, other_history
from sim.engine.people import people_history, people_ledger, waived_coverage
from sim.engine.trace_text import history_blocks, ledger_blocks, trace_blocks
from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import Plan, lower
from sim.results.summary import manifest
from sim.results.value import Frozen
from sim.terms import Case, load_case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole
from sim.text.frozen import FrozenDict, opened, sealed, whole
from sim.text.readable import html_of
from sim.text.version import __version__


class Record(Frozen, FrozenDict):
    """A dictionary in the shape of its JSON, whose keys can be read as attributes; `to_dict` gives one to change."""

    __slots__ = ()

    def __init__(self, document: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        dict.__init__(self, {word: sealed(each) for word, each in {**(document or {}), **more}.items()})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self)}") from None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with the keys {', '.join(self)}>"

    def to_dict(self) -> dict[str, Any]:
        """A plain copy, ready for JSON."""
        return dict(opened(self))


class History(Record):
    """Everything random in one path: closes, cash used, event days, waivers."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return html_of(history_blocks(self))


class Ledger(Record):
    """One path's draws, month-end cash, payments, cash-out and totals, in dollars."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return html_of(ledger_blocks(self))


@whole
@dataclass(frozen=True, slots=True)
class Trace:
    """The history and the ledger of one simulated path."""

    case: Case
    path: int
    seed: int
    history: History
    ledger: Ledger

    __hash__ = None  # type: ignore[assignment]

    def _repr_html_(self) -> str:
        return html_of(trace_blocks(self.case, self.ledger))

    def __repr__(self) -> str:
        out = self.ledger["cash_out"]
        return (
            f"<Trace of {self.case.title!r}: path {self.path}, seed {self.seed}, {len(self.ledger['draws'])} purchase "
            f"dates, {'no cash-out' if out is None else 'cash-out on ' + out['date']}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The path as JSON: `history` and `ledger`, and where they come from."""
        return {
            "case": self.case.title,
            "path": self.path,
            "seed": self.seed,
            "version": __version__,
            "history": self.history.to_dict(),
            "ledger": self.ledger.to_dict(),
            "manifest": manifest(self.case, 1, self.seed, "philox", first_path=self.path),
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
    seed = seed_of(case, seed)
    plan = lower(case)
    workspace = Workspace(plan, paths, recorded=paths, draws=True)
    run_chunk(workspace, plan.program, r.Span(np.uint64(first_path), paths, 0, np.uint64(seed)))
    looked_at = list(_looked_at(plan))
    return [
        Trace(
            case,
            first_path + i,
            seed,
            _read_history(case, workspace, looked_at, i),
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
    case = load_case(case)
    plan = lower(case)
    workspace = Workspace(plan, 1, recorded=1, draws=True)
    if workspace.world is not None:
        workspace.world = workspace.world._replace(people=workspace.world.people._replace(given=1))
    HistoryReader(case, plan, source, workspace.world).read(history, workspace.histories)
    program = plan.program._replace(price=plan.program.price._replace(impact=0))
    run_chunk(workspace, program, r.Span(np.uint64(0), 1, 0, np.uint64(0), given=1))
    return _read_ledger(case, workspace, 0)


def _looked_at(plan: Plan) -> Iterator[tuple[int, str, list[str]]]:
    """Row, date and series of each session whose low, VWAP or volume the case looks at, or whose close it needs."""
    rows = {series: frozenset(found) for series, found in plan.looked_at.items()}
    for j, day in enumerate(plan.day_dates):
        if day:
            yield j, day.isoformat(), [series for series, found in rows.items() if j in found]


def _read_history(case: Case, workspace: Workspace, looked_at: list[tuple[int, str, list[str]]], i: int) -> History:
    """Column i of a block's histories, as a `History`."""
    plan, h, world = workspace.plan, workspace.histories, workspace.world

    def days(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    listed, conditions = h.financings, [condition for line in case.facilities for condition in line.conditions]
    achieved = {name: float(h.achieved[m, i]) for m, name in enumerate(plan.milestones)}
    traded = {day: {name: float(getattr(h, name)[j, i]) for name in series} for j, day, series in looked_at if series}
    return History(
        closes={day: float(h.closes[j, i]) for j, day, _ in looked_at},
        cash_used={month: float(h.cash_used[k, i]) for k, month in enumerate(plan.months)},
        achieved_days={m.name: achieved[m.name] for m in case.milestones if math.isfinite(achieved[m.name])},
        ceo_change_days=days(h.ceo_change[0, i]),
        adverse_change_days=days(h.adverse_change[0, i]),
        waived=list(
            dict.fromkeys(
                [
                    *(c.name for j, c in enumerate(conditions) if h.waived[j, i]),
                    *waived_coverage(workspace, i),
                ]
            )
        ),
        extended=[note.name for j, note in enumerate(case.notes) if h.extended[j, i]],
        third_party=[
            {"month": month, "amount": float(listed.amount[j]), "reduces_line": bool(listed.reduces[j])}
            for k, month in enumerate(plan.months)
            if plan.month_sessions[k] > 0
            for j in listed.order[listed.until[k] : listed.until[k + 1]]
            if listed.path[j] == i
        ],
        **({"days": traded} if traded else {}),
        **other_history(case, plan.months, world, i),
        **people_history(case, workspace, i),
    )


def _read_ledger(case: Case, workspace: Workspace, i: int) -> Ledger:
    """Path i of a block, from the recording and the output, as a `Ledger`."""
    plan, recording = workspace.plan, workspace.recording
    out = {name: float(getattr(workspace.output, name)[i]) for name in r.OUTPUTS}
    draws = []
    for p, dates in enumerate(plan.draws):
        fields = {name: float(getattr(recording, name)[p, i]) for name in r.DRAW_FIELDS}
        drawn, settled = fields["amount"] > 0.0, dates.settled
        costs = float(recording.costs[p, i]) if plan.has_tables else case.facilities[0].legal_cost_per_draw * drawn
        said = {
            "request": fields["request"] if math.isfinite(fields["request"]) else None,
            "shares": int(fields["shares"]),
            "binding": plan.reasons[int(fields["binding"])],
            "line": dates.line,
            "purchase": dates.purchase,
            "settled": settled.isoformat() if drawn and settled else None,
            "fee_shares": int(recording.fee_shares[p, i]),
            "costs": costs,
        }
        draws.append({"date": dates.day.isoformat(), **fields, **said})
    other = OtherEntries(case, workspace.world, i)
    return Ledger(
        draws=draws,
        payments=other.with_advances(_payments(case, plan, recording, i)),
        cash_month_end=dict(zip(plan.months, map(float, recording.cash_month_end[:, i]), strict=True)),
        cash_out=_cash_out(case, out["cash_out_days"], out["cause"]),
        raised=out["raised"],
        shares_issued=int(out["shares_issued"]),
        discount_cost=out["discount_cost"],
        funding_gap=out["funding_gap"],
        ending_cash=out["ending_cash"],
        **other.entries(dict(zip(plan.months, map(float, recording.cash_month_end[:, i]), strict=True))),
        **people_ledger(case, workspace, i),
    )


def _payments(case: Case, plan: Plan, recording: r.Recording, i: int) -> list[dict[str, Any]]:
    """What was paid on the notes, in the order of dates and notes; principal below zero was borrowed again."""
    payments: list[dict[str, Any]] = []
    if not case.notes:
        return payments
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
