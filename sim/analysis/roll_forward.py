"""`roll_forward`: a case carried to a later valuation date with what has happened since."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sim.analysis.forecasts import forecasts_of
from sim.terms import Case, CaseError, load_case
from sim.terms.actuals import Actuals, Told, load_actuals
from sim.terms.case import known_names
from sim.terms.closes import with_closes
from sim.terms.forecast import Forecast
from sim.terms.options import seed_of
from sim.terms.other_names import as_spelled
from sim.terms.problems import check_whole, raise_if, show
from sim.terms.ranges import iso_date
from sim.terms.rewriting import rewritten
from sim.terms.rolling import Roll, day_problems, roll_problems
from sim.terms.schema import values_of
from sim.terms.toml_text import parsed

#: Paths are traced one by one, hence fewer than elsewhere; percentiles are accurate to about one point.
PATHS = 4096


def roll_forward(
    case: Case | str,
    actuals: Actuals | Told | Mapping[str, Any] | str | os.PathLike[str],
    to: datetime.date | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    progress: Callable[[int, int], Any] | None = None,
) -> Case:
    """Carry a case forward to a later valuation date.

    What is known becomes actual: cash, shares, closes, draws, milestones, events, waivers and notes. A milestone that
    has not come is simulated conditional on the days that it has been awaited, the burn starts from the last month's,
    and windows that reach back use the closes. An insider's limit is less what he has lent; rates and waivers that
    follow the price are those of the same price in dollars. Terms, models and the horizon stay. A cut of management
    that is in force goes on. What the old case had said of the actuals is added to `forecasts`.

    Parameters
    ----------
    case : Case or str
        A case, the name of a shipped case, or the path of a case file.
    actuals : mapping or path
        What happened since the case's valuation date: the keys of `sim.terms.actuals.Actuals`, or a TOML file of them.
        Cash (dollars) and shares are those at the opening of `to`.
    to : date or str
        The new valuation date, a day before the horizon.
    paths, seed : int, optional
        Of the simulation that scores the old case; at most 4,096 paths unless given, and the case's seed.
    progress : callable, optional
        Called as progress(done, total) with the paths.

    Returns
    -------
    Case
        Its `text` is the old file with the changed keys and a comment beside each of them; `form.written(text)` are the
        bytes of a file that is written as the old one.

    Raises
    ------
    CaseError
        If the case or the actuals cannot be used, with a line for each problem.

    Examples
    --------
    >>> actuals = {"cash": 9e6, "shares_outstanding": 47e6, "closes": [["2002-06-28", 2.1]]}
    >>> sim.roll_forward("valence-2002", actuals, to="2002-07-01", paths=256).valuation_date
    datetime.date(2002, 7, 1)
    """
    case = load_case(case)
    known, name = load_actuals(actuals)
    day = iso_date(to) if isinstance(to, str) else to
    if not isinstance(day, datetime.date) or isinstance(day, datetime.datetime):
        raise CaseError([f"to = {show(to)}: must be a date, such as 2002-07-01"])
    raise_if(list(day_problems(case, day)), "roll")
    known = as_spelled(Actuals, known, known_names(values_of(case)))
    raise_if(list(roll_problems(case, known, day)), name)
    paths = check_whole("paths", min(case.simulation.paths, PATHS) if paths is None else paths, 1, 10**6)
    roll = Roll(case, known, day)
    made = carried(case, roll, forecasts_of(case, known, day, paths, seed_of(case, seed), progress), name)
    text = rewritten(text_of(case), roll.changes, roll.notes, case, made)
    document = parsed(text)
    quoted = case.quoted if isinstance(document["price"].get("closes"), str) else None
    document = with_closes(document, quoted)
    made = Case.from_dict(document, source=case.source, text=text, blame=name)
    return replace(made, quoted=quoted, form=case.form)


def carried(case: Case, roll: Roll, scored: list[Forecast], blame: str = "roll") -> Case:
    """The case with the changes of a roll-forward, still with the old one's text; `scored` are added to them."""
    roll.changes["forecasts"] = [values_of(row) for row in (*case.forecasts, *scored)]
    made = case.replace(roll.changes, blame=blame).with_fitting_variants(case)
    if made.ranges is None:
        return made
    ranges = {key: row for key, row in made.ranges.document.items() if key not in roll.changes}
    return made.replace({"ranges": ranges or None})


def text_of(case: Case) -> str:
    """The text of a case's file; where the case is not what its file says, its canonical document as TOML."""
    import tomlkit

    try:
        stored = Case.from_dict(with_closes(parsed(case.text), case.quoted))
    except (CaseError, ValueError):
        stored = None
    return case.text if stored == case else tomlkit.dumps(case.to_dict())
