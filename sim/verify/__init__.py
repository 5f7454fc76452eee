"""The validation table: known answers beside the estimates of the program, computed when asked for.

Each module of this package has the checks of one part of the model: a function `checks(paths, seed)` that yields
them. Known answers are closed forms, sums and integrals from `closed_forms` and `laws`, published vectors, or
arithmetic written out beside the check; none comes from a run. All runs of one verification use one seed, so it can be
repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from sim.engine.trace import replay, trace
from sim.terms.problems import check_whole
from sim.verify.check import Check
from sim.verify.samples import one_draw
from sim.verify.table import Group, Verification

__all__ = ["MODULES", "PATHS", "SEED", "Check", "Verification", "verify"]

PATHS, SEED = 1_000_000, 20020401
LEAST_PATHS, MOST_PATHS = 20_000, 10_000_000

#: Modules of this package in the order of the table, and what each is about.
MODULES = {
    "generator": "Random numbers",
    "prices": "Stock price",
    "windows": "Pricing windows",
    "models": "Jumps, changing variance and resampled returns",
    "trading": "Low and VWAP of the day",
    "milestones": "Milestones, conditions and waivers, moves of the stock",
    "burn": "Cash used in operations",
    "events": "Change of CEO and adverse change",
    "financing": "Third-party financing",
    "notes": "Notes, to the cent",
    "cash": "Cash-out",
    "other_cash": "Other cash: flows, statements, interest income, tranches and the first month, by hand",
    "survival": "Survival, liquidity at risk, total dilution",
    "draws": "Draws: the whole engine against closed forms",
    "limits": "Draws: every limit by hand, without chance",
    "lines": "Lines of today: real purchases, every limit by hand, what windows cost",
    "people": "What people do: responses, loans, waivers and financings by the price",
    "ledger": "Ledger: sums by hand and accounts that balance",
    "intervals": "Errors and intervals",
}


def verify(paths: int = PATHS, seed: int = SEED, progress: Callable[[int, int], Any] | None = None) -> Verification:
    """Run every check and return the table; `.passed` tells whether all of them passed.

    Parameters
    ----------
    paths : int, from 20,000 to 10,000,000
        Paths of each simulation. Checks of single paths use a fraction of them.
    seed : int, from 0 to 2^64 - 1
        Seed of every simulation.
    progress : callable, optional
        Called as progress(modules done, modules), first when the kernels are compiled.

    Returns
    -------
    Verification
        The checks by group. `str` gives the table as text, `.to_dict()` as JSON has it.

    Raises
    ------
    ValueError
        If `paths` or `seed` is out of range.

    Examples
    --------
    >>> table = sim.verify.verify(paths=20_000)
    >>> table.passed
    True
    """
    paths = check_whole("paths", paths, LEAST_PATHS, MOST_PATHS)
    seed = check_whole("seed", seed, 0, 2**64 - 1)
    _compile(seed)
    made, started = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
    groups = []
    for done, (name, title) in enumerate(MODULES.items()):
        if progress is not None:
            progress(done, len(MODULES))
        module = import_module(f"{__name__}.{name}")
        groups.append(Group(title, tuple(module.checks(paths, seed))))
    return Verification(tuple(groups), paths, seed, made, time.perf_counter() - started)


def _compile(seed: int) -> None:
    """Simulate and replay one path of each kernel, so that none is left to compile: an interrupt would wait for it."""
    case = one_draw(1)
    replay(case, trace(case, 0, seed).history)
    trace(case.replace({"line.pricing.series": "vwap"}), 0, seed)
    trace(case.replace({"company.interest_income_rate": 0.01}), 0, seed)
    trace(case.replace({"price.jumps": "compensated"}), 0, seed)
