"""Stress cases, which are cases with changed inputs, and other policies for drawing the line of a case."""

from __future__ import annotations

from typing import Any

from sim.analysis.inputs import costs_times
from sim.terms import Case, CaseError
from sim.terms.schema import entry_keys

BASE_CASE = "base case"
TOGETHER = "all these changes together"

# Changes of the stress cases: severe for a year or two of a small company, but observed before.
PRICE, VOLATILITY, BURN, DELAY = 0.5, 1.25, 1.2, 365.0
# Parameters of the compared policies.
TARGET_MONTHS, PRICE_TRIGGER = 6.0, 1.25

_KINDS: dict[str, dict[str, Any]] = {
    "maximum": {"kind": "maximum"},
    "six months' runway": {"kind": "runway", "target_months": TARGET_MONTHS},
    "opportunistic": {"kind": "opportunistic", "target_months": TARGET_MONTHS, "price_trigger": PRICE_TRIGGER},
}
_CADENCES = {
    "every quarter": "quarter_end", "every month": "month_end", "every week": "weekly", "every session": "daily",
}  # fmt: skip
_SHOWN = 3  # cadences, the first ones, or the last ones for a case that draws every session


def scenarios_of(case: Case) -> tuple[dict[str, Case], tuple[str, ...]]:
    """The base case, each stress case, all changes together; and the reasons why some do not apply."""
    parts: dict[str, dict[str, Any]] = {
        "half the stock price": {"price.initial": case.price.initial * PRICE},
        "volatility 25% higher": {"price.volatility": (case.price.volatility or 0.0) * VOLATILITY},
        "burn 20% higher": costs_times(case, BURN),
    }
    missing = []
    if case.price.volatility is None:
        del parts["volatility 25% higher"]
        missing.append("the volatility is that of a file of closes")
    late = {}
    for i, milestone in enumerate(case.milestones):
        if not milestone.follows:  # a milestone that follows another one is delayed with it
            place = entry_keys("milestones", case.milestones)[i]
            late[f"{place}.median_days"] = milestone.median_days + DELAY
            late[f"{place}.p90_days"] = milestone.p90_days + DELAY
    if late:
        parts["a year's delay of the milestones"] = late
    else:
        missing.append("the case has no milestones")
    extended = [i for i, note in enumerate(case.notes) if note.extension_probability > 0]
    if extended:
        which = f"the {case.notes[extended[0]].name}" if len(extended) == 1 else "any note"
        called = {f"{entry_keys('notes', case.notes)[i]}.extension_probability": 0.0 for i in extended}
        parts[f"no extension of {which}"] = called
    else:
        missing.append("the case has no note that may be extended")
    found = {BASE_CASE: case}
    together: dict[str, Any] = {}
    for name, changes in parts.items():
        changed = _allowed(case, changes)
        if changed is not None:
            found[name] = changed
            together |= changes
        else:
            missing.append(f"{name} changes nothing or is beyond the values that a case may have")
    both = _allowed(case, together) if len(found) > 2 else None
    if both is not None:
        found[TOGETHER] = both
    return found, tuple(missing)


def policies_of(case: Case) -> dict[str, Case]:
    """The base case, and other cadences and requests without the one that it has itself."""
    found = {BASE_CASE: case}
    daily = any(purchase.policy and purchase.policy.cadence == "daily" for _, purchase, _ in case.purchases)
    cadences = list(_CADENCES.items())
    for asked, kind in _KINDS.items():
        for often, cadence in cadences[-_SHOWN:] if daily else cadences[:_SHOWN]:
            policy = kind | {"cadence": cadence}
            changed = _allowed(case, {"policy": policy})
            if changed is not None:
                found[f"{asked}, {often}"] = changed
    return found


def _allowed(case: Case, changes: dict[str, Any]) -> Case | None:
    """The case with the changes; None if they change nothing or are not allowed."""
    try:
        changed = case.replace({"ranges": None, **changes})
    except CaseError:
        return None
    return None if changed == case.replace({"ranges": None}) else changed
