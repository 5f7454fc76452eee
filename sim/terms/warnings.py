"""What a case may say and yet hardly means: percent for fractions, millions for dollars."""

from __future__ import annotations

from collections.abc import Iterator

from sim.terms.case import Case
from sim.terms.problems import number_text

HIGHEST_RATE = 1.0  # a year; 100% of interest, growth or drift
HIGHEST_VOLATILITY = 3.0  # a year
LEAST_DOLLARS = 10_000.0  # of what companies count in millions


def doubts(case: Case) -> Iterator[str]:
    """A line for each value that looks like a slip of the pen. None of them is an error."""
    coverage = case.line.coverage
    if coverage is not None and 0 < max(coverage.percent) <= 1:
        stated = ", ".join(map(number_text, coverage.percent))
        yield f"- line.coverage.percent = [{stated}] is in percent: 100 is all of the cash used, 1 a hundredth."
    for note in case.notes:
        for name in ("base_rate", "margin", "rate_cap"):
            rate = getattr(note, name)
            if rate is not None and rate > HIGHEST_RATE:
                yield _fraction(f"notes[{note.name}].{name}", rate)
    for key, rate in (("price.drift", case.price.drift), ("burn.growth", case.burn.growth)):
        if abs(rate) > HIGHEST_RATE:
            yield _fraction(key, rate)
    if case.price.volatility > HIGHEST_VOLATILITY:
        yield _fraction("price.volatility", case.price.volatility)
    for key, dollars in (
        ("company.cash", case.company.cash),
        ("burn.monthly", case.burn.monthly),
        ("line.commitment", case.line.commitment),
        ("line.max_per_period", case.line.max_per_period or 0.0),
    ):
        if 0 < abs(dollars) < LEAST_DOLLARS:
            yield f"- {key} = {number_text(dollars)} is in dollars, not in thousands or millions."


def _fraction(key: str, rate: float) -> str:
    return f"- {key} = {number_text(rate)} is a fraction a year: {100 * rate:,.0f}%."
