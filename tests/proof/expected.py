"""What must hold of an answer, whatever was asked: finite figures, identities of every path, the same after saving.

Everything raises AssertionError with a sentence.
"""

from __future__ import annotations

import json
import math
import tempfile
import unicodedata
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import sim
from sim.engine.trace import trace_paths
from sim.terms import Case, describe
from tests.support.accounts import accounts

ROUNDING = 2.0**-52
ROUNDINGS_OF_A_PATH = 4_000  # of half a last place each, in a ledger of a thousand stops; as in test_identities
DAYS_A_MONTH = 30.4375
#: Measures that a path may lack, and what it lacks then.
ABSENT = {"effective_price": "shares_issued", "effective_discount": "raised"}


def must(holds: Any, words: str) -> None:
    if not holds:
        raise AssertionError(words)


def one_line(text: str) -> bool:
    """Whether a text neither ends nor reorders a line; what is assigned depends on the tables of the running Python."""
    kinds = {"Cc", "Cs", "Co", "Zl", "Zp"}
    return not any(
        unicodedata.category(c) in kinds or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in text
    )


def valid_case(case: Case, rng: Random, depth: float = 0.1) -> int:
    """A valid case can be described, written, read again and simulated. `depth`: how often the dear checks are made.

    Returns how many paths were simulated and kept to all identities.
    """
    doc = case.to_dict()
    again = Case.from_dict(json.loads(json.dumps(doc, allow_nan=False)))
    must(again == case and again.sha256 == case.sha256, "a case is another one after a round trip through JSON")
    must(all(map(one_line, describe(case).split("\n"))), "a description with control characters")
    seed = rng.randrange(2**64)
    run = sim.simulate(case, paths=32, seed=seed, workers=1)
    runs = [run]
    must(str(run.summary()).isprintable() or "\n" in str(run.summary()), "a summary that cannot be printed")
    if rng.random() < depth:
        runs.append(sim.simulate(case, paths=32, seed=seed, workers=1, antithetic=True))
        flat = sim.simulate(case, paths=32, seed=seed, workers=1, keep_paths=False)
        answer(flat.summary().to_dict(), case)
        for result in (run, flat):
            saved(result)
    if rng.random() < depth:
        traced(case, seed)
    if rng.random() < depth / 5:  # scrambles take a fifth of a second
        runs.append(sim.simulate(case, paths=32, seed=seed, workers=1, sampler="sobol"))
    for one in runs:
        identities(one)
        answer(one.summary().to_dict(), case)
    return sum(one.paths for one in runs)


def identities(run: sim.Result) -> None:
    """What every path keeps to (model, sections 5 and 6)."""
    case, line = run.case, run.case.line
    raised, by_period = run["raised"], run.by_period["raised"]
    out = np.isfinite(run["cash_out_days"])
    horizon = ((case.horizon - case.valuation_date).days + 1) / DAYS_A_MONTH
    for name in sim.results.measures.MEASURES:
        values = run[name]
        if name in ABSENT:
            values = values[run[ABSENT[name]] > 0]
        if name == "surviving_dilution":
            values = values[~out]
        must(np.isfinite(values).all(), f"{name} is not finite on {(~np.isfinite(values)).sum()} paths")
    must((run["cash_out_days"] >= 0).all(), "a cash-out before the opening, or at no time")
    must((raised >= 0).all() and (raised <= line.commitment).all(), "raised is outside 0 to the commitment")
    must((by_period >= 0).all(), "a quarter raised less than nothing")
    if line.max_per_period is not None:
        must((by_period <= line.max_per_period).all(), "a quarter raised more than its cap")
    roundings = ROUNDING * (run["draws"] + by_period.shape[1])
    must((abs(by_period.sum(axis=1) - raised) <= roundings * raised).all(), "quarters do not add up to raised")
    must(((run["dilution"] >= 0) & (run["dilution"] < 1)).all(), "dilution is outside 0 to 1")
    must((run["runway_months"] <= horizon).all() and (run["runway_months"] >= 0).all(), "runway is outside the span")
    must((out == (run["cause"] > 0)).all(), "a cash-out without a cause, or a cause without one")
    must((run["funding_gap"] >= 0).all(), "a funding gap below zero")
    must((out | (run["ending_cash"] >= case.company.minimum_cash)).all(), "cash below the minimum and no cash-out")
    room = case.company.shares_authorized - case.company.shares_reserved - case.company.shares_outstanding
    must((run["shares_issued"] <= room).all(), "more shares than the charter has")


def answer(document: dict[str, Any], case: Case) -> None:
    """A run's JSON: no number that JSON cannot hold, order among quantiles, probabilities."""
    text = json.dumps(document, allow_nan=False)
    must(json.loads(text) == json.loads(json.dumps(json.loads(text))), "a summary that JSON changes")
    for name, row in document["measures"].items():
        ladder = [row[p] for p in ("p05", "p25", "p50", "p75", "p95") if row[p] is not None]
        must(ladder == sorted(ladder), f"quantiles of {name} in no order")
        must(row["sd"] is None or row["sd"] >= 0, f"{name} has a negative standard deviation")
        inside = row["mean"] is None or row["min"] is None if "min" in row else True
        must(inside or row["min"] <= row["mean"], f"the mean of {name} is below its smallest value")
    chances = [entry["probability"] for entry in document["cash_out"]["by_period"]]
    must(all(0 <= chance <= 1 for chance in chances), "a probability outside 0 to 1")
    must(chances == sorted(chances), "cash came back by a later quarter")


def saved(run: sim.Result) -> None:
    """A result is the same after saving and loading."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        run.save(path)
        again = sim.load_result(path)
        must(again == run, "a result is another one after saving")
        must(again.summary().to_dict() == run.summary().to_dict(), "a saved result has another summary")
        must([file.name for file in Path(folder).iterdir()] == ["run.npz"], "saving left something behind")


def traced(case: Case, seed: int) -> None:
    """One path's books balance, and its history gives its ledger again."""
    trace = trace_paths(case, 0, 2, seed)[1]
    history = json.loads(json.dumps(trace.history.to_dict(), allow_nan=False))
    must(sim.replay(case, history) == trace.ledger, "a trace's history has another ledger")
    ledger(json.loads(json.dumps(trace.ledger.to_dict(), allow_nan=False)), case)
    books = accounts(case, trace)
    months = trace.ledger["cash_month_end"]
    gap = max(abs(months[month] - books.cash_month_end[month]) for month in months)
    limit = ROUNDINGS_OF_A_PATH * ROUNDING * max(books.turnover, 1e-300)
    must(gap <= limit, f"the books are out of balance by {gap:.6g}, {limit:.3g} allowed")


def ledger(document: dict[str, Any], case: Case) -> None:
    """A ledger's JSON: finite, no draw beyond what was asked, nothing raised beyond the commitment."""
    json.dumps(document, allow_nan=False)
    for name in ("raised", "shares_issued", "discount_cost", "funding_gap", "ending_cash"):
        must(math.isfinite(document[name]), f"{name} = {document[name]}")
    must(0 <= document["raised"] <= case.line.commitment, "raised is outside 0 to the commitment")
    must(document["funding_gap"] >= 0, "a funding gap below zero")
    room = case.company.shares_authorized - case.company.shares_reserved - case.company.shares_outstanding
    must(0 <= document["shares_issued"] <= room, "more shares than the charter has")
    for draw in document["draws"]:
        must(draw["amount"] >= 0 and draw["shares"] >= 0, "a draw below zero")
        must(draw["request"] is None or draw["amount"] <= draw["request"], "a draw beyond what was asked for")
