"""The change of CEO and the material adverse change, and the line that they close."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.calendar import sessions
from sim.verify import laws
from sim.verify.check import About, Check
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
    """The times themselves, then the dates on which they close the line, then the stock's fall."""
    yield from _times(a_quarter(paths), seed)
    yield from _same_ceo(a_quarter(paths), seed)
    yield from _adverse(a_quarter(paths), seed)
    yield _both(a_quarter(paths), seed)
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
    about = About("how soon the CEO may leave", YEAR)
    for days in (10, 90, 400):
        yield about.share(f"CEO changed by day {days}", laws.exponential_by(days, CEO_RATE), ceo <= days)
    about = About("the mean time with the same CEO", "(1 - e^(-rate t)) / rate")
    known, name = laws.exponential_limited(365, CEO_RATE), "E[days to the CEO's change, at most 365]"
    yield about.mean(name, known, np.minimum(ceo, 365))
    about = About("how often an adverse change occurs", YEAR)
    yield about.mean("E[days to the adverse change]", 365.25 / ADVERSE_RATE, adverse)
    about = About("how soon an adverse change may occur", YEAR)
    yield about.share("adverse change by day 180", laws.exponential_by(180, ADVERSE_RATE), adverse <= 180)
    by = laws.exponential_by(100, CEO_RATE), laws.exponential_by(200, ADVERSE_RATE)
    about = About("the two do not depend on each other", "product of the probabilities")
    both = (ceo <= 100) & (adverse <= 200)
    yield about.share("CEO changed by day 100 and adverse change by 200", by[0] * by[1], both)
    means = 365.25 / CEO_RATE, 365.25 / ADVERSE_RATE
    product = (ceo / means[0] - 1) * (adverse / means[1] - 1)
    yield about.mean("correlation of the two times", 0, product, source="independence")


def _same_ceo(paths: int, seed: int) -> Iterator[Check]:
    case = _case("ceo_change")
    opened = write_paths(case, paths, seed).open
    about = About("clause (i): the line closes when the CEO leaves", "e^(-rate t(d))")
    for i in (0, 3):
        kept = 1 - laws.exponential_by(days_at_close(case, DATES[i]), CEO_RATE)
        yield about.share(f"same CEO on {DATES[i]}, so that the line is open", kept, opened[i])
    again = np.count_nonzero(opened[1:] & ~opened[:-1])
    about = About("clause (i) has no way back", "term sheet, clause (i)")
    yield about.exact("paths whose line opens again after the CEO went", 0, again)


def _adverse(paths: int, seed: int) -> Iterator[Check]:
    case = _case("adverse_change")
    opened = write_paths(case, paths, seed).open
    t = [days_at_close(case, day) for day in DATES]
    by = {day: laws.exponential_by(max(0, day), ADVERSE_RATE) for day in (*t, *(day - DURATION for day in t))}
    closed = [by[day] - by[day - DURATION] for day in t]
    about = About("clause (vi): it fails for `duration_days`", f"P(t - {DURATION} < T <= t)")
    for i in (0, 1, 3):
        yield about.share(f"line closed by an adverse change on {DATES[i]}", closed[i], ~opened[i])
    # With t = 89, 183, 275: T <= 183 closes one of the first two dates, and T <= 95 or T > 275 leaves the third open.
    reopened = (~opened[0] | ~opened[1]) & opened[2]
    about = About("the line reopens when the adverse change is over", f"P(T <= t3 - {DURATION})")
    yield about.share(f"closed on {DATES[0]} or {DATES[1]}, open on {DATES[2]}", by[t[2] - DURATION], reopened)


def _both(paths: int, seed: int) -> Check:
    case = _case(*TABLES)
    t = days_at_close(case, DATES[2])
    calm = 1 - laws.exponential_by(t, ADVERSE_RATE) + laws.exponential_by(t - DURATION, ADVERSE_RATE)
    known, opened = (1 - laws.exponential_by(t, CEO_RATE)) * calm, write_paths(case, paths, seed).open[2]
    about = About("all conditions must hold on a purchase date", "product of the probabilities")
    return about.share(f"line open on {DATES[2]} under both conditions", known, opened)


def _fall(paths: int, seed: int) -> Iterator[Check]:
    """E[S] = S0 e^(mu t) (1 + jump P(T <= t(d)))."""
    amount, jump = 1e9, -0.4
    about = About("a change of CEO moves the stock from its day on", "S0 e^(mu t) (1 + jump P(T <= t))")
    for day in (DATES[0], DATES[3]):
        changes = {
            "price": {"model": "gbm", "initial": 2.0, "drift": 0.05, "volatility": 0.2},
            "events": {"ceo_change": {"annual_rate": CEO_RATE, "price_jump": jump}},
            "line.max_per_period": None,
            "policy": {"kind": "schedule", "dates": [day], "amounts": [amount]},
        }
        case = _case(**changes)
        years = len(sessions(case.valuation_date, day)) / 252
        known = 2.0 * math.exp(0.05 * years) * (1 + jump * laws.exponential_by(days_at_close(case, day), CEO_RATE))
        close = amount / sim.simulate(case, paths=paths, seed=seed)["shares_issued"]
        yield about.mean(f"E[close] of {day} where the stock falls with the CEO", known, close)


def _boundaries() -> Iterator[Check]:
    """Times that fall on the close of a purchase date, and a moment later: [T, T + duration) and t(d) decide."""
    case = _case(*TABLES)
    t = days_at_close(case, DATES[1])
    history = {
        "closes": {day.isoformat(): 2.0 for day in DATES},
        "cash_used": dict.fromkeys(sim.trace(case, path=0, seed=1).history["cash_used"], 1e6),
    }
    about = About("what counts is the close of business of the purchase date", "model, sections 3 and 5")
    for event, words, days, known in (
        ("ceo_change_days", "CEO changes at its close", t, 0),
        ("ceo_change_days", "CEO changes a moment later", math.nextafter(t, math.inf), 1),
        ("adverse_change_days", "adverse change at its close", t, 0),
        ("adverse_change_days", "adverse change ended at its close", t - DURATION, 1),
        ("adverse_change_days", "adverse change ends a moment later", t - DURATION + 1e-9, 0),
    ):
        ledger = sim.replay(case, {**history, event: days})
        yield about.exact(f"draws on a date: {words}", known, int(ledger["draws"][1]["amount"] > 0))
