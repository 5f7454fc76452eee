"""Milestones, financing by third parties and notes in plain words."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator

from sim.terms.case import Case
from sim.terms.events import Milestone
from sim.terms.notes import Note
from sim.text.dates import long_date
from sim.text.numbers import money, percent


def milestones(case: Case) -> Iterator[str]:
    if not case.milestones:
        yield "None."
    for milestone in case.milestones:
        if milestone.achieved is not None:
            yield f"- {milestone.name}: reached on {long_date(milestone.achieved)}."
            continue
        jump = milestone.price_jump
        move = f" The stock price then moves by {'+' * (jump > 0)}{percent(jump)}." if jump else ""
        yield f"- {milestone.name}: {_reached(case, milestone)}.{move}"


def _reached(case: Case, milestone: Milestone) -> str:
    if milestone.elapsed_days:
        return _conditional(milestone)
    certain = milestone.probability == 1
    chance = "sure to be reached" if certain else f"{percent(milestone.probability)} probability of being reached"
    then = "The" if certain and not milestone.follows else "If it is reached, the"
    if milestone.follows:
        return (
            f"{chance}, if {milestone.follows} is reached. {then} median time after {milestone.follows} "
            f"is {milestone.median_days:g} days; with probability 90% it is at most {milestone.p90_days:g} days"
        )
    median, late = (_on(case, days) for days in (milestone.median_days, milestone.p90_days))
    return f"{chance}. {then} median date is {median}; with probability 90% it is {late} or earlier"


def _conditional(milestone: Milestone) -> str:
    """Of a milestone of whose time a part has passed, the figures at the beginning of that time."""
    return (
        f"not reached in the {milestone.elapsed_days:g} days before the opening. At their beginning the probability of "
        f"its being reached was {percent(milestone.probability)}, the median time {milestone.median_days:g} days and, "
        f"with probability 90%, at most {milestone.p90_days:g} days; what is simulated is conditional on these days"
    )


def _on(case: Case, days: float) -> str:
    """The date of a time in days from the opening."""
    return long_date(case.valuation_date + datetime.timedelta(days=math.ceil(days) - 1))


def third_party(case: Case) -> Iterator[str]:
    third = case.third_party
    if third is None or not third.annual_rate:
        yield "No financing by third parties."
        return
    discounted = f"{percent(third.discount)} below the close" if third.discount else "the close"
    how = f"by selling shares at {discounted}" if third.kind == "equity" else "as debt, without shares"
    often = "once a year" if third.annual_rate == 1 else f"{third.annual_rate:g} times a year"
    yield (
        f"The company raises money from third parties {often} on average, "
        f"{money(third.median_amount)} each time (median), {how}."
    )
    if third.price_sensitivity:
        yield (
            "A month's rate is multiplied by the last month-end's close over the opening price to the power of "
            f"{third.price_sensitivity:g}, at most by 10."
        )
    if third.reduction_probability:
        investors = " and ".join(dict.fromkeys(line.party for line in case.facilities))
        what = {
            "commitment": "the remaining commitment by the same amount",
            "period": "what can still be drawn in the running period by the same amount, the commitment not at all",
        }[third.reduces]
        yield f"With probability {percent(third.reduction_probability)}, {investors} then reduces {what}."


def notes(case: Case) -> Iterator[str]:
    if not case.notes:
        yield "None."
    for note in case.notes:
        due = f"{money(note.principal)} due {long_date(note.maturity)}."
        yield f"- {note.name}: {due}{_advance(note)}{_extension(note)} {_interest(note)}"
        if note.sweep:
            yield (
                f"- {note.name}, at each month's end: cash above {money(note.sweep.prepay_above)} prepays the note. "
                f"If cash is below {money(note.sweep.reborrow_below)}, prepaid principal is borrowed again, until "
                f"{long_date(note.maturity)}."
            )


def _advance(note: Note) -> str:
    """When the principal comes in, of a note that is not drawn at the opening."""
    advance = note.advance
    if advance is None:
        return ""
    if advance.date is not None:
        return f" The money comes in on {long_date(advance.date)}, and interest starts then."
    after = f"{advance.delay_days:g} days after" if advance.delay_days else "when"
    return f" The money comes in {after} {advance.milestone} is reached, if that is before it is due."


def _extension(note: Note) -> str:
    if note.extended_maturity is None or not note.extension_probability:
        return ""
    chance = percent(note.extension_probability)
    return f" With probability {chance} it is extended to {long_date(note.extended_maturity)}."


def _interest(note: Note) -> str:
    if note.rate == 0 and not note.accrued:
        return "It bears no interest."
    cap = "" if note.rate_cap is None else f", capped at {percent(note.rate_cap)}"
    paid = "when the principal is repaid"
    if note.interest_days:
        days = (datetime.date.fromisoformat(f"2000-{day}") for day in note.interest_days)
        paid = (
            f"every {' and '.join(long_date(day).rpartition(' ')[0] for day in days)} and when the principal is repaid"
        )
    how = f"paid {paid}"
    if note.interest == "accrue":
        how = f"added to it {paid.removesuffix(' and when the principal is repaid')} and paid with it"
    since = f" Interest has been paid to {long_date(note.last_interest_date)}." if note.last_interest_date else ""
    if note.accrued is not None:
        since = f" At the opening {money(note.accrued)} of interest is owed."
    if note.advance is not None:
        since = ""
    parts = f": base rate {percent(note.base_rate)} plus margin {percent(note.margin)}" * (note.margin != 0)
    whole = f"{money(note.principal * note.rate)} a year on the whole principal"
    return f"Interest is {percent(note.rate)} a year{parts}{cap}. That is {whole}, {how}.{since}"
