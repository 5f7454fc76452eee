"""Checks of the change of CEO and the material adverse change, and of the line they close."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.calendar import sessions
from sim.verify import laws
from sim.verify.check import Check, chance, exact, mean_of
from sim.verify.samples import plain_case
from sim.verify.written import a_quarter, days_at_close, write_paths

CEO_RATE, ADVERSE_RATE, DURATION = 1.2, 0.9, 180
TABLES = {
    "ceo_change": {"annual_rate": CEO_RATE},
    "adverse_change": {"annual_rate": ADVERSE_RATE, "duration_days": DURATION},
}
CONDITIONS = {"ceo_change": "same_ceo", "adverse_change": "no_adverse_change"}
DATES = tuple(map(datetime.date.fromisoformat, ("2002-06-28", "2002-09-30", "2002-12-31", "2003-03-31")))
YEAR = "exponential, a year of 365.25 days"


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Some 20 checks: the times themselves, then the dates on which they close the line, then the stock's fall."""
    yield from _times(a_quarter(paths), seed)
    yield from _same_ceo(a_quarter(paths), seed)
    yield from _adverse(a_quarter(paths), seed)
    yield from _both(a_quarter(paths), seed)
    yield from _fall(paths, seed)
    yield from _boundaries()


def _case(*events: str, **changes: Any) -> sim.Case:
    """Draws at four quarter-ends, each of which an event can forbid."""
    return plain_case(
        {
            "horizon": "2003-03-31",
            "line.max_per_period": 1e6,
            "events": {name: TABLES[name] for name in events},
            "line.conditions": [{"name": CONDITIONS[name], "kind": CONDITIONS[name]} for name in events],
            **changes,
        }
    )


def _times(paths: int, seed: int) -> Iterator[Check]:
    written = write_paths(_case(*TABLES), paths, seed)
    ceo, adverse = written.ceo_change, written.adverse_change
    for days in (10, 90, 400):
        yield chance(
            f"CEO changed by day {days}", "how soon the CEO may leave", YEAR,
            laws.exponential_by(days, CEO_RATE), ceo <= days,
        )  # fmt: skip
    yield mean_of(
        "E[days to the CEO's change, at most 365]", "the mean time with the same CEO", "(1 - e^(-rate t)) / rate",
        laws.exponential_limited(365, CEO_RATE), np.minimum(ceo, 365),
    )  # fmt: skip
    yield mean_of("E[days to the adverse change]", "how often things go wrong", YEAR, 365.25 / ADVERSE_RATE, adverse)
    yield chance(
        "adverse change by day 180", "how soon things may go wrong", YEAR,
        laws.exponential_by(180, ADVERSE_RATE), adverse <= 180,
    )  # fmt: skip
    by = laws.exponential_by(100, CEO_RATE), laws.exponential_by(200, ADVERSE_RATE)
    yield chance(
        "CEO changed by day 100 and adverse change by 200", "the two do not depend on each other",
        "product of the chances", by[0] * by[1], (ceo <= 100) & (adverse <= 200),
    )  # fmt: skip
    means = 365.25 / CEO_RATE, 365.25 / ADVERSE_RATE
    yield mean_of(
        "correlation of the two times", "the two do not depend on each other", "independence",
        0, (ceo / means[0] - 1) * (adverse / means[1] - 1),
    )  # fmt: skip


def _same_ceo(paths: int, seed: int) -> Iterator[Check]:
    case = _case("ceo_change")
    opened = write_paths(case, paths, seed).open
    kept = [1 - laws.exponential_by(days_at_close(case, day), CEO_RATE) for day in DATES]
    for i in (0, 3):
        yield chance(
            f"same CEO on {DATES[i]}, so that the line is open", "clause (i): the line closes when the CEO goes",
            "e^(-rate t(d))", kept[i], opened[i],
        )  # fmt: skip
    yield exact(
        "paths whose line opens again after the CEO went", "clause (i) has no way back", "term sheet, clause (i)",
        0, int(np.count_nonzero(opened[1:] & ~opened[:-1])),
    )  # fmt: skip


def _adverse(paths: int, seed: int) -> Iterator[Check]:
    case = _case("adverse_change")
    opened = write_paths(case, paths, seed).open
    t = [days_at_close(case, day) for day in DATES]
    by = {day: laws.exponential_by(max(0, day), ADVERSE_RATE) for day in (*t, *(day - DURATION for day in t))}
    closed = [by[day] - by[day - DURATION] for day in t]
    for i in (0, 1, 3):
        yield chance(
            f"line closed by an adverse change on {DATES[i]}", "clause (vi): it fails for `duration_days`",
            f"P(t - {DURATION} < T <= t)", closed[i], ~opened[i],
        )  # fmt: skip
    # With t = 89, 183, 275: T <= 183 closes one of the first two dates, and T <= 95 or T > 275 leaves the third open.
    yield chance(
        f"closed on {DATES[0]} or {DATES[1]}, open on {DATES[2]}", "the line reopens when the stretch is over",
        f"P(T <= t3 - {DURATION})", by[t[2] - DURATION], (~opened[0] | ~opened[1]) & opened[2],
    )  # fmt: skip


def _both(paths: int, seed: int) -> Iterator[Check]:
    case = _case(*TABLES)
    t = days_at_close(case, DATES[2])
    calm = 1 - laws.exponential_by(t, ADVERSE_RATE) + laws.exponential_by(t - DURATION, ADVERSE_RATE)
    yield chance(
        f"line open on {DATES[2]} under both conditions", "all conditions must hold on a purchase date",
        "product of the chances", (1 - laws.exponential_by(t, CEO_RATE)) * calm, write_paths(case, paths, seed).open[2],
    )  # fmt: skip


def _fall(paths: int, seed: int) -> Iterator[Check]:
    """E[S] = S0 e^(mu t) (1 + jump P(T <= t(d)))."""
    amount, jump = 1e9, -0.4
    for day in (DATES[0], DATES[3]):
        case = _case(
            **{
                "price": {"model": "gbm", "initial": 2.0, "drift": 0.05, "volatility": 0.2},
                "events": {"ceo_change": {"annual_rate": CEO_RATE, "price_jump": jump}},
                "line.max_per_period": None,
                "policy": {"kind": "schedule", "dates": [day], "amounts": [amount]},
            }
        )
        years = len(sessions(case.valuation_date, day)) / 252
        known = 2.0 * math.exp(0.05 * years) * (1 + jump * laws.exponential_by(days_at_close(case, day), CEO_RATE))
        close = amount / sim.simulate(case, paths=paths, seed=seed)["shares_issued"]
        yield mean_of(
            f"E[close] of {day} where the stock falls with the CEO", "a change of CEO moves the stock from its day on",
            "S0 e^(mu t) (1 + jump P(T <= t))", known, close,
        )  # fmt: skip


def _boundaries() -> Iterator[Check]:
    """Times that fall on the close of a purchase date, and a moment later: [T, T + duration) and t(d) decide."""
    case = _case(*TABLES)
    t = days_at_close(case, DATES[1])
    history = {
        "closes": {day.isoformat(): 2.0 for day in DATES},
        "cash_used": dict.fromkeys(sim.trace(case, path=0, seed=1).history["cash_used"], 1e6),
    }
    later = math.nextafter(t, math.inf)
    for event, words, days, known in (
        ("ceo_change_days", "CEO changes at its close", t, 0),
        ("ceo_change_days", "CEO changes a moment later", later, 1),
        ("adverse_change_days", "adverse change at its close", t, 0),
        ("adverse_change_days", "adverse change ended at its close", t - DURATION, 1),
        ("adverse_change_days", "adverse change ends a moment later", t - DURATION + 1e-9, 0),
    ):
        ledger = sim.replay(case, {**history, event: days})
        yield exact(
            f"draws on a date: {words}", "what counts is the close of business of the purchase date",
            "model, sections 3 and 5", known, int(ledger["draws"][1]["amount"] > 0),
        )  # fmt: skip
