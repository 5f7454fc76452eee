"""The numbers and arrays of a case that the opponents use, computed without the library's lowering.

Only the rules that `valence-2002` uses are here; `read_facts` refuses a case with others. Rows of prices are the
sessions whose close the rules use: windows before purchase dates, purchase dates, and last sessions of months.
"""

import math
from datetime import date
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from sim.calendar import fiscal_quarter, month_end, month_number, sessions
from sim.terms import Case

SCORE_90 = NormalDist().inv_cdf(0.9)


class Facts(NamedTuple):
    """One case. Times `t` are days at the close; floats are float64, whole numbers int64."""

    # price: W counts in sessions; close = initial x exp(sigma W + growth n)
    initial: float
    sigma: float
    growth: float
    window: int
    multiplier: float
    row_t: np.ndarray
    row_session: np.ndarray  # n, from 1
    row_root: np.ndarray  # square root of the sessions since the row before
    month_rows: np.ndarray  # rows of month k: month_rows[k] ... month_rows[k + 1] - 1; the last is its last session
    month_sessions: np.ndarray
    # burn
    month_level: np.ndarray
    month_days: np.ndarray
    burn_sd: float
    persistence: float
    correlation: float
    # events
    milestone: np.ndarray  # (milestones, 4): probability, log median, log sd, log of 1 + jump
    follows: np.ndarray  # an earlier milestone, or -1
    loading: float
    ceo_mean_days: float
    ceo_log_jump: float
    adverse_mean_days: float
    adverse_days: float
    # conditions: milestone conditions by number, each from its own date on; then the two others' waivers
    condition_milestone: np.ndarray
    condition_after: np.ndarray  # t after which it applies
    condition_waiver: np.ndarray
    ceo_waiver: float
    adverse_waiver: float
    # third parties
    party_probability: float  # a month
    party_log_median: float
    party_log_sd: float
    party_price_factor: float
    party_reduction: float
    # line and company
    commitment: float
    cap: float
    legal_cost: float
    cash: float
    minimum: float
    outstanding: float
    headroom: float  # authorised less reserved
    # the note
    principal: float
    rate: float
    extension: float
    # purchase dates, the quarter's coverage, and the list of stops
    purchase_row: np.ndarray  # of the close; the window's rows are those before it
    purchase_period: np.ndarray
    purchase_phase: np.ndarray  # how many milestone conditions apply, in the order of their dates
    period_first_month: np.ndarray
    period_percent: np.ndarray
    stop_t: np.ndarray
    stop_month: np.ndarray
    stop_party: np.ndarray  # 1: last session of the month
    stop_purchase: np.ndarray  # number, or -1
    stop_interest: np.ndarray  # days of interest paid or due, or 0
    stop_maturity: np.ndarray  # 1: the original maturity
    stop_month_end: np.ndarray
    stop_period_end: np.ndarray
    horizon_t: float


def read_facts(case: Case) -> Facts:
    """The facts of a case with the rules of `valence-2002`; ValueError for others."""
    _refuse_other_rules(case)
    first, n_months = case.valuation_date, month_number(case.valuation_date, case.horizon) + 1
    year_end = case.company.fiscal_year_end_month
    days, purchases = sessions(first, case.horizon), case.purchase_dates
    number = {day: n for n, day in enumerate(days, start=1)}
    last_session = {month_number(first, day): day for day in days}
    rows = _rows(number, purchases, last_session.values(), case.line.pricing.window)
    row_of = {n: j for j, n in enumerate(rows)}
    month_of_row = [month_number(first, days[n - 1]) for n in rows]
    row_session = np.array(rows, float)
    quarters = [fiscal_quarter(month_end(first, k), year_end).ordinal for k in range(n_months)]
    period = {q: i for i, q in enumerate(dict.fromkeys(quarters))}
    percent = case.line.coverage.percent
    milestones, events, party = case.milestones, case.events, case.third_party
    names = [milestone.name for milestone in milestones]
    dated = sorted((c for c in case.line.conditions if c.kind == "milestone"), key=lambda c: c.after)
    waiver = {c.kind: c.waiver_probability for c in case.line.conditions}

    def t(day: date) -> float:
        return float((day - first).days + 1)

    return Facts(
        initial=float(case.price.initial),
        sigma=case.price.volatility * math.sqrt(1 / 252),
        growth=(case.price.drift - case.price.volatility**2 / 2) / 252,
        window=case.line.pricing.window,
        multiplier=case.line.pricing.multiplier,
        row_t=np.array([t(days[n - 1]) for n in rows]),
        row_session=row_session,
        row_root=np.sqrt(np.diff(row_session, prepend=0.0)),
        month_rows=np.searchsorted(month_of_row, np.arange(n_months + 1)),
        month_sessions=np.array([sum(month_number(first, d) == k for d in days) for k in range(n_months)], float),
        month_level=np.array([case.burn_level(k) for k in range(n_months)]),
        month_days=np.array([month_end(first, k).day for k in range(n_months)], float),
        burn_sd=case.burn.volatility,
        persistence=case.burn.persistence,
        correlation=case.burn.price_correlation,
        milestone=np.array(
            [
                (
                    m.probability,
                    math.log(m.median_days),
                    math.log(m.p90_days / m.median_days) / SCORE_90,
                    math.log1p(m.price_jump),
                )
                for m in milestones
            ]
        ).reshape(-1, 4),
        follows=np.array([names.index(m.follows) if m.follows else -1 for m in milestones], np.int64),
        loading=events.common_loading,
        ceo_mean_days=365.25 / events.ceo_change.annual_rate,
        ceo_log_jump=math.log1p(events.ceo_change.price_jump),
        adverse_mean_days=365.25 / events.adverse_change.annual_rate,
        adverse_days=events.adverse_change.duration_days,
        condition_milestone=np.array([names.index(c.milestone) for c in dated], np.int64),
        condition_after=np.array([t(c.after) for c in dated]),
        condition_waiver=np.array([c.waiver_probability for c in dated]),
        ceo_waiver=waiver["same_ceo"],
        adverse_waiver=waiver["no_adverse_change"],
        party_probability=-math.expm1(-party.annual_rate / 12),
        party_log_median=math.log(party.median_amount),
        party_log_sd=party.log_sd,
        party_price_factor=1 - party.discount,
        party_reduction=party.reduction_probability,
        commitment=float(case.line.commitment),
        cap=float(case.line.max_per_period),
        legal_cost=float(case.line.legal_cost_per_draw),
        cash=float(case.company.cash),
        minimum=float(case.company.minimum_cash),
        outstanding=float(case.company.shares_outstanding),
        headroom=float(case.company.shares_authorized - case.company.shares_reserved),
        principal=float(case.notes[0].principal),
        rate=min(case.notes[0].base_rate + case.notes[0].margin, case.notes[0].rate_cap),
        extension=case.notes[0].extension_probability,
        purchase_row=np.array([row_of[number[d]] for d in purchases], np.int64),
        purchase_period=np.array([period[quarters[month_number(first, d)]] for d in purchases], np.int64),
        purchase_phase=np.array([sum(d > c.after for c in dated) for d in purchases], np.int64),
        period_first_month=np.array([quarters.index(q) for q in period], np.int64),
        period_percent=np.array([percent[min(i, len(percent) - 1)] for i in range(len(period))], float),
        horizon_t=t(case.horizon),
        **_stops(case, purchases, last_session, quarters),
    )


def _rows(number: dict[date, int], purchases, month_ends, window: int) -> list[int]:
    """Numbers of the sessions that have a row, in order; windows may reach back before session 1."""
    wanted = {number[day] for day in month_ends}
    for day in purchases:
        wanted.update(range(max(1, number[day] - window), number[day] + 1))
    return sorted(wanted)


def _stops(case: Case, purchases, last_session: dict[int, date], quarters: list[int]) -> dict[str, np.ndarray]:
    """The dates with events, in order, and what happens on them."""
    first, note = case.valuation_date, case.notes[0]
    ends = {month_end(first, k): k for k in last_session}
    month, day_of_month = map(int, note.interest_date.split("-"))
    years = range(first.year, case.horizon.year + 1)
    interest = {date(y, month, day_of_month) for y in years} - {note.last_interest_date}
    interest = {day for day in interest if first <= day <= case.horizon}
    stops = sorted({*purchases, *last_session.values(), *ends, *interest, note.maturity})
    accrued_to, rows = note.last_interest_date, []
    for day in stops:
        k = month_number(first, day)
        pays = day in interest or day == note.maturity
        rows.append(
            {
                "t": float((day - first).days + 1),
                "month": k,
                "party": int(day == last_session[k]),
                "purchase": purchases.index(day) if day in purchases else -1,
                "interest": float((day - accrued_to).days) if pays else 0.0,
                "maturity": int(day == note.maturity),
                "month_end": int(day in ends),
                "period_end": int(day in ends and (k + 1 == len(quarters) or quarters[k + 1] != quarters[k])),
            }
        )
        accrued_to = day if day in interest else accrued_to
    return {f"stop_{key}": np.array([row[key] for row in rows]) for key in rows[0]}


def _refuse_other_rules(case: Case) -> None:
    line, pricing = case.line, case.line.pricing
    kinds = sorted(c.kind for c in line.conditions if c.kind != "milestone")
    first, last = case.valuation_date, case.horizon
    year_end = case.company.fiscal_year_end_month
    known = {
        "price": case.price.impact == "none" and case.price.volatility > 0,
        "line": (line.start, line.end, line.minimum_draw) == (first, last, 0) and line.max_per_period is not None,
        "pricing": (pricing.timing, pricing.statistic, pricing.floor) == ("before", "mean", None),
        "coverage": line.coverage is not None and line.coverage.basis == "quarter" and not line.coverage.carry_forward,
        "conditions": kinds == ["no_adverse_change", "same_ceo"]
        and all(c.after if c.kind == "milestone" else c.after is None for c in line.conditions),
        "events": case.events is not None and case.events.ceo_change and case.events.adverse_change,
        "third_party": case.third_party is not None and case.third_party.kind == "equity",
        "notes": len(case.notes) == 1 and _plain_note(case),
        "policy": case.policy.kind == "maximum",
        "span": fiscal_quarter(first, year_end).start == first and fiscal_quarter(last, year_end).end == last,
    }
    unknown = [rule for rule, fits in known.items() if not fits]
    if unknown:
        raise ValueError(f"the opponents do not know these rules of the case: {', '.join(unknown)}")


def _plain_note(case: Case) -> bool:
    note = case.notes[0]
    later = note.extended_maturity is not None and note.extended_maturity > case.horizon
    dated = bool(note.interest_date) and note.last_interest_date < case.valuation_date
    first_interest = date(case.valuation_date.year, *map(int, note.interest_date.split("-"))) if dated else None
    return bool(later and dated and note.maturity < first_interest and note.sweep is None and note.rate_cap is not None)
