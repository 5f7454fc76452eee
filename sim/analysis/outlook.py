"""`outlook`: the probability of a cash shortfall within twelve months of the issue of the accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from sim.analysis.paired import NOTHING, Difference, Mean, Probability
from sim.analysis.runs import Counter, Sampling, shards
from sim.analysis.shortfall import Outlook
from sim.analysis.variants import LINE_OFF, SIGNED, main_variants
from sim.analysis.warning import early_warning
from sim.engine.chunks import FAN_PATHS
from sim.engine.simulate import simulate
from sim.results.summary import days_at_close, fiscal_periods
from sim.terms import Case, Line, Policy, load_case
from sim.terms.derived import dates_of
from sim.terms.options import day_of, seed_of
from sim.terms.problems import check_whole


def outlook(
    case: Case | str,
    issued: date | str | None = None,
    paths: int | None = None,
    seed: int | None = None,
    *,
    warning: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Outlook:
    """Probability of a cash shortfall within twelve months of the issue of the accounts.

    The window ends at the close of the day before the same date a year later, or at the horizon. Paths that are out of
    cash before the day of issue count as shortfalls. The line as signed, the line off and, where it has conditions, the
    line with every condition waived are simulated to the end of the fiscal quarter in which the window ends, so that
    funding gaps are those up to there; an earlier horizon does not change what happens before it.

    Parameters
    ----------
    case : Case or str
        The case, its file or the name of a shipped case.
    issued : date or str, optional
        The day of issue, a simulated day; the valuation date unless given.
    paths, seed : int, optional
        The case's unless given.
    warning : bool
        Add the early warning of the case as signed: the probability of a cash-out within six months by the months of
        cover at a month's end, of the first paths (at most 16,384), simulated to the horizon.
    workers : int, optional
        Threads; as many as there are cores unless given.
    progress : callable, optional
        Called as progress(done, total) with the paths of all variants together.

    Returns
    -------
    Outlook

    Raises
    ------
    CaseError, ValueError
        For a case and for options that cannot be used.

    Examples
    --------
    >>> sim.outlook("valence-2002", issued="2002-07-01", paths=1000)
    <Outlook: Valence Technology and the Berg & Berg equity line, 2002, 1 July 2002 to 30 June 2003, 1,000 paths>
    """
    case = load_case(case)
    issued = day_of(case, "issued", issued, case.valuation_date)
    until, gap_until, cut = _window(case, issued)
    paths = check_whole("paths", case.simulation.paths if paths is None else paths, 1, 10**12)
    seed = seed_of(case, seed)
    found = main_variants(shortened(case, gap_until))
    others = [name for name in found if name not in (SIGNED, LINE_OFF)]
    cases = {name: found[name] for name in (SIGNED, LINE_OFF, *others)}  # as signed first: the others' base
    before, end = days_at_close(case, issued) - 1, days_at_close(case, until)
    sums = {name: (Probability(None), Probability(None), Difference(None), Mean(None)) for name in cases}
    signed = np.empty(0, bool)
    how, counter = Sampling(seed, workers=workers), Counter(progress, paths * len(cases))
    for i, columns in shards(list(cases.values()), paths, how, counter):
        short = columns["cash_out_days"] <= end
        signed = signed if i else short
        shortfall, already, difference, gap = sums[list(cases)[i]]
        shortfall.add(short)
        already.add(columns["cash_out_days"] <= before)
        difference.add(short.astype(float) - signed)
        gap.add(columns["funding_gap"])
    names = (LINE_OFF, SIGNED, *others)
    rows = [tuple(sums[name][k].estimate() for name in names) for k in range(4)]
    differences = tuple(NOTHING if name == SIGNED else rows[2][i] for i, name in enumerate(names))
    seen = early_warning(simulate(case, paths=min(paths, FAN_PATHS), seed=seed, workers=workers)) if warning else None
    return Outlook(
        case, issued, until, cut, gap_until, names, rows[0], rows[1], differences, rows[3], paths, seed, warning=seen
    )  # fmt: skip


def shortened(case: Case, horizon: date) -> Case:
    """The case with an earlier horizon, the end of a fiscal quarter: the same paths, as far as they go.

    Listed purchase dates beyond it go, and their amounts; a line that starts after it is off.
    """

    if horizon >= case.horizon:
        return case
    doc = case.to_dict() | {"horizon": horizon.isoformat()}
    tables = [doc["line"]] if case.line else doc["lines"]
    for line, table in zip(case.facilities, tables, strict=True):
        dates = [days for owner, _, days in case.purchases if owner is line]
        if line.start > horizon:
            table |= {"start": doc["valuation_date"], "commitment": 0.0}
        elif not any(day <= horizon for days in dates for day in days):
            table["commitment"] = 0.0
        for holder in (table, *table.get("purchases", ())):
            _shorten(holder, case, line, horizon)
    _shorten(doc, case, case.facilities[0], horizon)
    return case.with_document(doc)


def _shorten(holder: dict[str, Any], case: Case, line: Line, horizon: date) -> None:
    """Cut the policy of a case, a line or a kind of purchase, as it counts for the line, to an earlier horizon."""
    if "policy" not in holder:
        return
    policy = Policy(**holder["policy"])
    kept = [day for day in dates_of(case, line, policy) if day <= horizon]
    if not kept or line.start > horizon:
        holder["policy"] = {"kind": "maximum", "cadence": "quarter_end"}
        return
    if policy.dates:
        holder["policy"]["dates"] = [day.isoformat() for day in kept]
    if policy.kind == "schedule":
        holder["policy"]["amounts"] = holder["policy"]["amounts"][: len(kept)]


def _window(case: Case, issued: date) -> tuple[date, date, bool]:
    """The window's last day, the end of the fiscal quarter it lies in, and whether the horizon cuts the window."""
    try:
        anniversary = issued.replace(year=issued.year + 1)
    except ValueError:  # 29 February
        anniversary = date(issued.year + 1, 3, 1)
    last = anniversary - timedelta(days=1)
    until = min(last, case.horizon)
    gap_until = next(period.end for period in fiscal_periods(case) if period.end >= until)
    return until, gap_until, until < last
