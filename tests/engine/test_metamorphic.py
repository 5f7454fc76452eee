"""How the answer must move when the question does: every relation on random cases, and with faults planted."""

import dataclasses
from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from sim.engine import simulate as engine
from sim.engine import trace as audit
from sim.lowering import program as r
from sim.lowering.lower import lower
from tests.support import relations_of_luck  # noqa: F401  (adds its relations)
from tests.support.relations import RELATIONS
from tests.twin.random_cases import random_case

CASES = 60


def outcomes(name: str) -> Iterator[bool]:
    """Of each case of which the relation says something, whether it holds."""
    for number in range(CASES):
        holds = RELATIONS[name](random_case(Random(5000 + number)))
        if holds is not None:
            yield bool(holds)


@pytest.mark.parametrize("name", RELATIONS)
def test_the_relation_holds(name):
    held = list(outcomes(name))
    assert len(held) >= 10
    assert all(held), f"{held.count(False)} of {len(held)} cases"


def test_there_are_enough_relations():
    assert len(RELATIONS) >= 25
    assert set(RELATIONS) == {name for name, _ in FAULTS}  # each has been seen to fail


# ------------------------------------------------------------------------- twins with a planted fault, which must fail


def replaced(plan, **parts):
    """A plan with records or arrays of its program changed."""
    return dataclasses.replace(plan, program=plan.program._replace(**parts))


def copy_of(array: np.ndarray, **fields) -> np.ndarray:
    array = array.copy()
    for name, values in fields.items():
        array[name] = values
    return array


def renumbered(plan, purpose: int):
    """Random streams numbered by their place in the case instead of by what they belong to."""
    calls = plan.program.calls.copy()
    rows = calls["purpose"] == purpose
    calls["index"][rows] = np.arange(rows.sum())
    return replaced(plan, calls=calls)


def a_day_goes_by_its_place_in_the_grid(plan, case):
    return renumbered(plan, r.DAY_NORMAL)


def a_waiver_goes_by_its_place_in_the_file(plan, case):
    return renumbered(plan, r.WAIVER)


def a_milestone_goes_by_its_place_in_the_file(plan, case):
    return renumbered(plan, r.MILESTONE)


def luck_of_the_notes_is_that_of_the_waivers(plan, case):
    calls = plan.program.calls.copy()
    calls["purpose"][calls["purpose"] == r.WAIVER] = r.EXTENSION
    first = calls["index"][calls["purpose"] == r.EXTENSION]
    calls["index"][calls["purpose"] == r.EXTENSION] = np.arange(len(first))
    return replaced(plan, calls=calls)


def drift_counts_from_the_horizon(plan, case):
    days = plan.program.days
    return replaced(plan, days=copy_of(days, drift=days["drift"] + 1e-3 * len(days)))


def a_legal_cost_in_fixed_dollars(plan, case):
    return replaced(plan, line=plan.program.line._replace(legal_cost=25_000.0))


def a_smallest_draw_in_fixed_dollars(plan, case):
    return replaced(plan, line=plan.program.line._replace(minimum_draw=1e6))


def a_price_per_share_in_fixed_dollars(plan, case):
    return replaced(plan, line=plan.program.line._replace(floor=1.0))


def no_burn_but_income(plan, case):
    months = plan.program.months
    return replaced(plan, months=copy_of(months, level=-months["level"]))


def nothing_is_waived(plan, case):
    conditions = plan.program.conditions
    return replaced(plan, conditions=copy_of(conditions, probability=0.0, luck=-1))


def conditions_apply_from_the_first_day(plan, case):
    return replaced(plan, applies=np.ones_like(plan.program.applies))


def the_last_condition_is_forgotten(plan, case):
    applies = plan.program.applies.copy()
    applies[:, len(case.line.conditions) - 1 :] = 0
    return replaced(plan, applies=applies)


def percentages_wrap_around(plan, case):
    purchases = plan.program.purchases
    if case.line.coverage is None or len(purchases) == 0:
        return plan
    percent = case.line.coverage.percent
    turned = [percent[int(p) % len(percent)] / 100 for p in purchases["period"]]
    return replaced(plan, purchases=copy_of(purchases, percent=turned))


def calendar_years_begin_the_quarters(plan, case):
    shift = case.company.fiscal_year_end_month // 3
    return replaced(plan, purchases=copy_of(plan.program.purchases, percent=0.25 * shift))


def no_cap_is_a_cap_of_nothing(plan, case):
    cap = plan.program.line.cap
    return replaced(plan, line=plan.program.line._replace(cap=0.0 if cap == r.NEVER else cap))


def a_rate_of_zero_is_taken_for_none_given(plan, case):
    if plan.program.third_party.probability > 0 or case.third_party is None:
        return plan
    party = plan.program.third_party._replace(probability=0.9)
    return replaced(plan, third_party=party, months=copy_of(plan.program.months, arrival_luck=0))


def a_charter_that_forgets_its_size(plan, case):
    opening = plan.program.opening
    return replaced(plan, opening=opening._replace(headroom=opening.outstanding + 1e5))


def more_cash_is_less(plan, case):
    opening = plan.program.opening
    return replaced(plan, opening=opening._replace(cash=opening.minimum + 1e12 / (1 + opening.cash)))


def legal_cost_comes_off_the_commitment(plan, case):
    line = plan.program.line
    return replaced(plan, line=line._replace(commitment=max(0.0, line.commitment - line.legal_cost)))


def the_opening_price_rises_with_impact(plan, case):
    price = plan.program.price
    return replaced(plan, price=price._replace(initial=price.initial * (1 + 0.01 * price.impact)))


def a_lower_multiplier_is_a_looser_cap(plan, case):
    line = plan.program.line
    return replaced(
        plan, line=line._replace(cap=line.cap / line.multiplier, commitment=line.commitment / line.multiplier)
    )


def a_lender_who_extends_asks_for_more(plan, case):
    months = plan.program.months
    more = 1 + 0.01 * max((note.extension_probability for note in case.notes), default=0)
    return replaced(plan, months=copy_of(months, level=months["level"] * more))


def luck_goes_by_the_length_of_the_title(plan, case):
    calls = plan.program.calls
    return replaced(plan, calls=copy_of(calls, index=calls["index"] + len(case.title)))


def a_listed_date_is_in_its_own_window(plan, case):
    if not case.policy.dates:
        return plan
    purchases = plan.program.purchases
    return replaced(plan, purchases=copy_of(purchases, first_row=purchases["row"] - plan.program.opening.window + 1))


def a_step_begins_with_its_month(plan, case):
    levels = plan.program.months["level"].copy()
    for step in case.burn.steps:
        k = (step.date.year - case.valuation_date.year) * 12 + step.date.month - case.valuation_date.month
        if step.date.day > 1 and 0 <= k < len(plan.months):
            levels[k] *= step.factor
    return replaced(plan, months=copy_of(plan.program.months, level=levels))


def an_extension_goes_by_its_place_in_the_file(plan, case):
    return renumbered(plan, r.EXTENSION)


def burn_takes_a_number_from_the_market(plan, case):
    """Without chance in the burn, all days move up by one."""
    calls = plan.program.calls.copy()
    calls["index"][calls["purpose"] == r.DAY_NORMAL] += plan.program.burn.sd == 0.0
    return replaced(plan, calls=calls)


def burn_grows_with_the_volatility_of_the_price(plan, case):
    burn = plan.program.burn
    return replaced(plan, burn=burn._replace(half_variance=burn.half_variance * (1 + plan.program.price.scale)))


FAULTS = [
    ("an extension changes the note alone", a_lender_who_extends_asks_for_more),
    ("names change nothing", luck_goes_by_the_length_of_the_title),
    ("listed dates are the cadence they list", a_listed_date_is_in_its_own_window),
    ("a step inside a month begins with the next", a_step_begins_with_its_month),
    ("an empty note changes nothing", an_extension_goes_by_its_place_in_the_file),
    ("burn without chance leaves market and events", burn_takes_a_number_from_the_market),
    ("a burn apart from the market does not feel it", burn_grows_with_the_volatility_of_the_price),
    ("conditions that are all waived are none", nothing_is_waived),
    ("a higher price never issues more shares for the same amounts", a_charter_that_forgets_its_size),
    ("the unit of money does not matter", a_legal_cost_in_fixed_dollars),
    ("the unit of money does not matter", a_smallest_draw_in_fixed_dollars),
    ("the unit of money does not matter to a replay", a_price_per_share_in_fixed_dollars),
    ("a company of twice the size has the same runway", a_smallest_draw_in_fixed_dollars),
    ("a split of the shares changes no dollar", a_price_per_share_in_fixed_dollars),
    ("a longer horizon leaves the earlier part to the bit", drift_counts_from_the_horizon),
    ("other days are looked at on the same market", a_day_goes_by_its_place_in_the_grid),
    ("a condition removed leaves all other luck", a_waiver_goes_by_its_place_in_the_file),
    ("a condition removed leaves all other luck", luck_of_the_notes_is_that_of_the_waivers),
    ("a milestone that nothing looks at changes nothing", a_milestone_goes_by_its_place_in_the_file),
    ("the order of milestones does not matter to their times", a_milestone_goes_by_its_place_in_the_file),
    ("a likelier waiver waives what was waived and more", nothing_is_waived),
    ("the order of conditions decides only which is named", the_last_condition_is_forgotten),
    ("a condition that cannot fail changes nothing", nothing_is_waived),
    ("a condition that cannot fail changes nothing", conditions_apply_from_the_first_day),
    ("a fiscal year moved by a quarter has the same quarters", calendar_years_begin_the_quarters),
    ("the last coverage percentage goes on", percentages_wrap_around),
    ("a cap of the whole commitment is no cap", no_cap_is_a_cap_of_nothing),
    ("third parties that never come are none", a_rate_of_zero_is_taken_for_none_given),
    ("more burn never lengthens a runway without a line", no_burn_but_income),
    ("more cash never shortens a runway whose draws ignore it", more_cash_is_less),
    ("a legal cost changes nothing but cash", legal_cost_comes_off_the_commitment),
    ("impact moves nothing before the first draw", the_opening_price_rises_with_impact),
    ("a tighter limit never raises more on a single date", a_lower_multiplier_is_a_looser_cap),
]


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_planted_fault_is_seen(monkeypatch, name, fault):
    for place in (audit, engine):
        monkeypatch.setattr(place, "lower", lambda case: fault(lower(case), case))
    assert not all(outcomes(name))
