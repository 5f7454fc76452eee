"""What surrounds the lines of a case, as numbers: `world_tables`, None where a case uses none of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np

from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.people import PeopleRows, uses_people
from sim.lowering.variates import Variates
from sim.terms import Case, Milestone
from sim.text.exact import FIFTY_DIGITS, normal_cdf

NORMAL_SCORE_90 = 1.2815515655446004
BELOW_ONE = 1.0 - 2.0**-53


def world_tables(
    case: Case, milestones: Sequence[Milestone], other: w.OtherCash, people: PeopleRows, variates: Variates
) -> w.WorldTables | None:
    """The mechanisms that a case uses; `milestones` in the order of the program's rows."""
    past, compensated = _past(case, milestones), int(case.price.jumps == "compensated")
    known = past.milestones["achieved"].any() or past.milestones["elapsed"].any()
    happened = min(past.ceo_change, past.adverse_change) < r.NEVER
    cash = len(other.flows) > 0 or len(other.items) > 0 or other.income_rate > 0.0
    if not (compensated or known or happened or cash or uses_people(case)):
        return None
    return w.WorldTables(other=other, people=people.tables(case, variates), compensated=compensated, past=past)


def _past(case: Case, milestones: Sequence[Milestone]) -> w.Past:
    """What has happened before the opening."""
    rows = [(int(m.achieved is not None), min(float(behind(m)), BELOW_ONE), float(m.elapsed_days)) for m in milestones]
    ceo, adverse = (_since(case, event) for event in (case.events.ceo_change, case.events.adverse_change))
    return w.Past(np.array(rows, w.PAST).view(np.recarray), ceo, adverse)


def _since(case: Case, event: Any) -> float:
    """Days from the opening to an event that has happened, at most 0; NEVER for one that has not."""
    if event is None or event.happened is None:
        return r.NEVER
    return float((event.happened - case.valuation_date).days)


@lru_cache(maxsize=4096)
def behind(milestone: Milestone) -> Decimal:
    """The probability that the time of a milestone, if it comes, is at most its `elapsed_days`."""
    if not milestone.elapsed_days or milestone.p90_days <= milestone.median_days:  # as in a shape, which is no case
        return Decimal(0)
    with localcontext(FIFTY_DIGITS):
        elapsed, median, late = (
            Decimal(days).ln() for days in (milestone.elapsed_days, milestone.median_days, milestone.p90_days)
        )
        return normal_cdf((elapsed - median) / (late - median) * Decimal.from_float(NORMAL_SCORE_90))


def still_reached(milestone: Milestone) -> float:
    """The probability that a milestone is reached, given that it has not been in its `elapsed_days`.

    p (1 - F) / (1 - p F), F being `behind`.
    """
    if not milestone.elapsed_days:
        return milestone.probability
    with localcontext(FIFTY_DIGITS):
        p, passed = Decimal(milestone.probability), behind(milestone)
        return float(p * (1 - passed) / (1 - p * passed)) if p * passed < 1 else 0.0
