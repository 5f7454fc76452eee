"""What happens to a company as numbers: milestones, changes, third parties, and the conditions that ask for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from sim.calendar import sessions
from sim.lowering import model_records as m
from sim.lowering import program as r
from sim.lowering.variates import Variates, bernoulli, index_of
from sim.lowering.world import NORMAL_SCORE_90, still_reached
from sim.terms import Case, Milestone
from sim.text.exact import FIFTY_DIGITS, log

DAYS_IN_YEAR = 365.25


@lru_cache(maxsize=4096)
def _log_sd(median: float, p90: float) -> float:
    """Standard deviation of the log of a lognormal with this median and 90% point, correctly rounded."""
    stretch = FIFTY_DIGITS.subtract(
        FIFTY_DIGITS.ln(Decimal.from_float(p90)), FIFTY_DIGITS.ln(Decimal.from_float(median))
    )
    return float(FIFTY_DIGITS.divide(stretch, Decimal.from_float(NORMAL_SCORE_90)))


def in_order(milestones: Sequence[Milestone]) -> list[int]:
    """The places of milestones, in the order of the file, but each after the one that it follows."""
    ordered, waiting, names = list[int](), list(range(len(milestones))), {""}
    while waiting:
        ready = next(i for i in waiting if milestones[i].follows in names)
        waiting.remove(ready)
        ordered.append(ready)
        names.add(milestones[ready].name)
    return ordered


def milestone_rows(case: Case, ordered: list[Milestone], variates: Variates) -> list[dict]:
    rows = []
    for milestone in ordered:
        log_median = log(milestone.median_days)
        rows.append(
            {
                "probability": still_reached(milestone),
                "log_median": log_median,
                "log_sd": _log_sd(milestone.median_days, milestone.p90_days),
                "follows": next((i for i, m in enumerate(ordered) if m.name == milestone.follows), -1),
                "reached_variate": variates.ask(r.MILESTONE, index_of(milestone.name), 0, r.UNIFORM),
                "own_variate": variates.ask(r.MILESTONE, index_of(milestone.name), 1, r.NORMAL),
            }
        )
    return rows


def jump_rows(case: Case, ordered: list[Milestone]) -> list[dict]:
    rows = [
        _jump(ordered.index(milestone), milestone.price_jump)
        for milestone in case.milestones
        if milestone.price_jump != 0 and milestone.achieved is None
    ]
    change = case.events.ceo_change if case.events else None
    if change is not None and change.price_jump != 0 and change.happened is None:
        rows.append(_jump(max(len(ordered), 1), change.price_jump))
    return rows


def _jump(event: int, move: float) -> dict:
    return {"event": event, "move": move, "factor": 1.0 + move}


def event_record(case: Case, variates: Variates) -> m.EventRecord:
    events = case.events
    loading = float(events.common_loading) if events else 0.0
    ceo, adverse = (
        event.annual_rate if event is not None and event.happened is None else 0.0
        for event in (events.ceo_change, events.adverse_change)
    )
    lasts = events.adverse_change.duration_days if events and events.adverse_change else 0.0
    row = -1
    if ceo > 0 or adverse > 0:
        row = variates.ask(r.EVENTS, 0, 0, r.UNIFORM)
        variates.ask(r.EVENTS, 0, 1, r.UNIFORM)
    return m.EventRecord(
        factor_variate=variates.ask(r.COMMON_FACTOR, 0, 0, r.NORMAL) if case.milestones else -1,
        loading=loading,
        own=math.sqrt(1.0 - loading * loading),
        variate=row,
        ceo_mean_days=DAYS_IN_YEAR / ceo if ceo > 0 else r.NEVER,
        adverse_mean_days=DAYS_IN_YEAR / adverse if adverse > 0 else r.NEVER,
        adverse_duration=r.NEVER if lasts is None else float(lasts),
    )


def third_party_record(case: Case, variates: Variates) -> m.ThirdPartyRecord:
    party = case.third_party
    if party is None:
        return m.ThirdPartyRecord(0.0, -1, 0.0, 0.0, 0.0, 0.0)
    rate, row = float(party.annual_rate), -1
    if rate > 0 and not party.price_sensitivity and sessions(case.valuation_date, case.horizon):
        row = variates.ask(r.THIRD_PARTY_ARRIVAL, 0, 0, r.UNIFORM)
        variates.ask(r.THIRD_PARTY_ARRIVAL, 0, 1, r.UNIFORM)
    return m.ThirdPartyRecord(
        months=12.0 / rate if rate > 0 else r.NEVER,
        variate=row,
        log_median=log(party.median_amount),
        log_sd=float(party.log_sd),
        price_factor=1.0 - party.discount if party.kind == "equity" else 0.0,
        reduction_probability=float(party.reduction_probability),
    )


def condition_rows(case: Case, ordered: list[Milestone], variates: Variates) -> list[dict]:
    names = [milestone.name for milestone in ordered]
    return [
        {
            "kind": r.CONDITION_KINDS.index(condition.kind),
            "milestone": names.index(condition.milestone) if condition.kind == "milestone" else -1,
            "probability": waived,
            "variate": bernoulli(variates, r.WAIVER, condition.name, waived),
        }
        for line in case.facilities
        for condition in line.conditions
        for waived in [0.0 if line.waivers and line.waivers.mode == "each_period" else condition.waiver_probability]
    ]
