"""The technical milestones, the conditions that wait for them, and waivers."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.terms import Case
from sim.verify import laws, moves
from sim.verify.check import About, Check
from sim.verify.samples import plain_case
from sim.verify.written import a_quarter, days_at_close, write_paths

LOADING = 0.6
ROWS: dict[str, dict[str, Any]] = {
    "cell": {"probability": 0.7, "median_days": 100, "p90_days": 250},
    "pack": {"probability": 0.9, "median_days": 60, "p90_days": 90},
    "plant": {"probability": 0.5, "median_days": 30, "p90_days": 80, "follows": "cell"},
}
MODEL = "model, section 4"
LAW = {name: (row["median_days"], laws.log_sd(row["median_days"], row["p90_days"])) for name, row in ROWS.items()}
FIRST, SECOND = datetime.date(2002, 6, 28), datetime.date(2002, 9, 30)  # quarters' last sessions
WAIVED = 0.3


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Conditions are tested through whole ledgers: a date that draws nothing was blocked."""
    yield from _times(a_quarter(paths), seed)
    yield from _conditions(a_quarter(paths), seed)
    yield from _waivers(a_quarter(paths), seed)
    yield _jumps(paths, seed)
    yield from moves.checks(paths, seed)
    yield from _boundary()


def _times(paths: int, seed: int) -> Iterator[Check]:
    rows = [{"name": name, **row} for name, row in ROWS.items()]
    case = plain_case({"horizon": "2002-06-30", "milestones": rows, "events.common_loading": LOADING})
    days = dict(zip(ROWS, write_paths(case, paths, seed).achieved, strict=True))
    reached = {name: np.isfinite(row) for name, row in days.items()}
    own = np.where(reached["plant"], days["plant"] - np.where(reached["cell"], days["cell"], 0.0), math.inf)
    cell, pack, plant = days["cell"][reached["cell"]], days["pack"][reached["pack"]], own[reached["plant"]]
    both = reached["cell"] & reached["pack"]
    about = About("the probability that a milestone is ever reached", MODEL)
    yield about.share("milestone reached", 0.7, reached["cell"])
    about = About("each milestone has a probability of its own", "0.7 x 0.9")
    yield about.share("two milestones reached", 0.63, both)
    for name, sample in (("cell", cell), ("pack", pack)):
        (median, sd), p90 = LAW[name], ROWS[name]["p90_days"]
        about = About("when a milestone is reached", MODEL)
        yield about.quantile(f"median days of '{name}'", 50, median, sample)
        about = About("when a late milestone is reached", MODEL)
        yield about.quantile(f"90% point of '{name}'", 90, p90, sample)
        about = About("when an early milestone is reached", "lognormal: median^2 / p90")
        yield about.quantile(f"10% point of '{name}'", 10, median**2 / p90, sample)
        about = About("the mean time of a milestone", "lognormal: m e^(s^2/2)")
        yield about.mean(f"E[days] of '{name}'", laws.lognormal_mean(median, sd), sample)
    score = {name: np.log(sample / LAW[name][0]) / LAW[name][1] for name, sample in days.items()}
    about = About("the shared technology factor", "one-factor model: loading^2 = 0.36")
    yield about.mean("correlation of two milestones' scores", LOADING**2, (score["cell"] * score["pack"])[both])
    about = About("milestones are early or late together", "Sheppard (1899): 1/4 + asin(0.36) / (2 pi)")
    known, early = 0.25 + math.asin(LOADING**2) / (2 * math.pi), (score["cell"] <= 0) & (score["pack"] <= 0)
    yield about.share("two milestones before their medians", known, early[both])
    before = np.count_nonzero(reached["plant"] & ~(days["plant"] > days["cell"]))
    about = About("`follows`: none is reached before the one it follows", MODEL)
    yield about.exact("followers reached without their leader", 0, before)
    about = About("`follows`: only if its leader is", "0.7 x 0.5")
    yield about.share("follower reached", 0.35, reached["plant"])
    about = About("`follows`: its clock starts at its leader", MODEL)
    yield about.quantile("follower's median, from its leader's day", 50, 30, plant)
    about = About(
        "`follows`: the days of leader and follower add up", "sum of two correlated lognormals, by quadrature"
    )
    for day in (100, 200):
        known = 0.35 * laws.sum_by(day, LAW["cell"], LAW["plant"], LOADING**2)
        yield about.share(f"follower reached by day {day}", known, days["plant"] <= day)


def _one_condition(after: datetime.date | None = None) -> Case:
    """One milestone in the way of two quarter-ends' draws."""
    condition = {"name": "cell works", "kind": "milestone", "milestone": "cell", "waiver_probability": WAIVED}
    return plain_case(
        {
            "horizon": "2002-09-30",
            "milestones": [{"name": "cell", **ROWS["cell"]}],
            "line.conditions": [condition | ({"after": after} if after else {})],
            "line.max_per_period": 1e6,
        }
    )


def _conditions(paths: int, seed: int) -> Iterator[Check]:
    case = _one_condition()
    opened = write_paths(case, paths, seed).open
    by = [0.7 * laws.lognormal_by(days_at_close(case, day), *LAW["cell"]) for day in (FIRST, SECOND)]
    kept = 1 - WAIVED
    about = About(
        "a condition holds once its milestone is reached by t(d), or if it is waived", "1 - (1 - w)(1 - p F(t))"
    )
    for day, was_open, reached in zip((FIRST, SECOND), opened, by, strict=True):
        yield about.share(f"line open on {day}", 1 - kept * (1 - reached), was_open)
    about = About("a condition that is late is not lost", "(1 - w) p (F(t2) - F(t1))")
    yield about.share("line reopened between the two dates", kept * (by[1] - by[0]), ~opened[0] & opened[1])
    about = About("a waiver is one flag for a path, not one for a date", "(1 - w)(1 - p F(t2))")
    yield about.share("line closed on both dates", kept * (1 - by[1]), ~opened[0] & ~opened[1])
    opened = write_paths(_one_condition(after=FIRST), paths, seed).open
    about = About("a condition applies to dates after its day `after`", "term sheet, clause (ii)")
    yield about.exact("draws on the day `after` itself, share of paths", 1, opened[0].mean())
    about = About("a condition applies once its day `after` is past", "1 - (1 - w)(1 - p F(t))")
    yield about.share("line open on the next date", 1 - kept * (1 - by[1]), opened[1])


def _waivers(paths: int, seed: int) -> Iterator[Check]:
    """Two conditions that nothing else can meet: a milestone that is never reached."""
    conditions = [
        {"name": name, "kind": "milestone", "milestone": "never", "waiver_probability": waived}
        for name, waived in (("one", 0.6), ("other", 0.3))
    ]
    never = {"name": "never", "probability": 0, "median_days": 1, "p90_days": 2}
    case = plain_case({"horizon": "2002-06-30", "milestones": [never], "line.conditions": conditions})
    written = write_paths(case, paths, seed)
    about = About("how often the investor waives", "waiver_probability")
    yield about.share("condition waived", 0.6, written.waived[0])
    about = About("each condition has a waiver of its own, and all must hold", "0.6 x 0.3")
    yield about.share("line open by two waivers", 0.18, written.open[0])


def _jumps(paths: int, seed: int) -> Check:
    """E[S] = S0 E[product of (1 + jump) of the milestones reached by t(d)]; a draw of a fixed amount shows S."""
    amount, jumps, day = 1e9, {"cell": 0.5, "plant": -0.3}, datetime.date(2002, 9, 30)
    rows = [{"name": name, **ROWS[name], "price_jump": jump} for name, jump in jumps.items()]
    case = plain_case(
        {
            "price": {"model": "gbm", "initial": 2.0, "volatility": 0.2},
            "milestones": rows,
            "policy": {"kind": "schedule", "dates": [day], "amounts": [amount]},
        }
    )
    t = days_at_close(case, day)
    cell, plant = 0.7 * laws.lognormal_by(t, *LAW["cell"]), 0.35 * laws.sum_by(t, LAW["cell"], LAW["plant"])
    expected = 2.0 * ((1 - cell) + (cell - plant) * 1.5 + plant * 1.5 * 0.7)
    close = amount / sim.simulate(case, paths=paths, seed=seed)["shares_issued"]
    about = About(
        "a milestone moves the stock from its day on", "S0 (1 - F1 + (F1 - F2)(1 + j1) + F2 (1 + j1)(1 + j2))"
    )
    return about.mean("E[close] after two milestones' jumps", expected, close)


def _boundary() -> Iterator[Check]:
    """A milestone reached at the close of the purchase date, and one reached a moment later."""
    case = _one_condition()
    t = days_at_close(case, FIRST)
    history = {
        "closes": {day.isoformat(): 2.0 for day in (FIRST, SECOND)},
        "cash_used": {f"2002-{month:02}": 1e6 for month in range(4, 10)},
    }
    about = About("a milestone counts if its time is at most t(d)", "model, section 5")
    for words, days, waived, known in (
        ("at its close", t, [], 1),
        ("a moment after it", math.nextafter(t, math.inf), [], 0),
        ("never, but waived", None, ["cell works"], 1),
    ):
        ledger = sim.replay(case, {**history, "achieved_days": {"cell": days}, "waived": waived})
        name = f"draws on a date: milestone reached {words}"
        yield about.exact(name, known, int(ledger["draws"][0]["amount"] > 0))
