"""The live controls: what a case has, what each changes, and what is refused."""

import pytest

import sim
from sim.live.controls import GROUPS, changed_case, changes_of, controls_of
from tests.support.valence import valence_2002

CASES = [name for name, _ in sim.shipped_cases()]


@pytest.fixture(scope="module")
def case():
    return valence_2002()


@pytest.fixture(scope="module")
def controls(case):
    return {control.key: control for control in controls_of(case)}


def after(case, controls, values):
    return changed_case(case, changes_of(case, tuple(controls.values()), values))


def test_the_shipped_case_has_its_ranges_and_main_terms(case, controls):
    assert set(case.ranges) <= set(controls)
    main = {
        "line.commitment", "line.pricing.multiplier", "line.max_per_period", "waivers", "clause: coverage",
        "policy.cadence", "policy.kind", "burn.monthly", "company.cash", "price.volatility", "third_party",
    }  # fmt: skip
    assert main <= set(controls)
    assert {control.label for control in controls.values()} >= {
        "Commitment",
        "Discount",
        "Quarterly cap",
        "Monthly burn",
    }
    assert controls["price.volatility"].words[controls["price.volatility"].place] == "95% a year"
    assert [controls[f"clause: condition: {each.name}"].label.lower() for each in case.conditions] == [
        each.name.lower() for each in case.conditions
    ]


@pytest.mark.parametrize("name", CASES)
def test_every_end_of_every_control_is_a_case_or_a_line(name):
    case = sim.load_case(name)
    controls = controls_of(case)
    assert len({control.key for control in controls}) == len(controls) > 8
    assert [GROUPS.index(each.group) for each in controls] == sorted(GROUPS.index(each.group) for each in controls)
    for control in controls:
        assert changes_of(case, controls, {control.key: control.base}) == {}
        assert list(control.values) == sorted(control.values) or control.kind != "slider"
        assert len(control.words) == len(control.values) > 1
        assert control.label[0].isupper() or not control.label[0].isalpha()
        for value in (control.values[0], control.values[-1]):
            changed, problems = None, ["live: "]
            try:
                changed = changed_case(case, changes_of(case, controls, {control.key: value}))
            except sim.CaseError as error:
                problems = error.problems
            assert changed is None or (changed == case) == (value == control.base)
            assert all(line.startswith("live: ") for line in problems)


def test_a_value_of_the_case_changes_no_bit(case, controls):
    moved = after(case, controls, {"line.pricing.multiplier": 0.2})
    assert moved.line.pricing.multiplier == 0.8
    assert after(case, controls, {key: control.base for key, control in controls.items()}) is case


def test_controls_of_one_key_do_not_disagree(case, controls):
    values = {
        "waivers": 1.0,
        "clause: condition: licence": False,
        "line.max_per_period": 1e6,
        "clause: period cap": False,
    }
    moved = after(case, controls, values)
    assert moved.line.max_per_period is None
    assert {each.waiver_probability for each in moved.conditions} == {1.0}


def test_a_table_that_is_off_takes_its_numbers_along(case, controls):
    assert after(case, controls, {"third_party": False, "third_party.annual_rate": 0.8}).third_party is None
    assert after(case, controls, {"third_party.annual_rate": 0.8}).third_party.annual_rate == 0.8


def test_a_kind_of_policy_has_what_it_needs(case, controls):
    assert after(case, controls, {"policy.kind": "runway"}).policy.target_months == 6.0
    moved = after(case, controls, {"policy.target_months": 9.0, "policy.kind": "opportunistic"}).policy
    assert (moved.target_months, moved.price_trigger) == (9.0, 1.25)


def test_listed_dates_give_way_to_a_cadence():
    case = valence_2002().replace({"policy.cadence": "dates", "policy.dates": ["2002-06-21", "2002-09-20"]})
    controls = {control.key: control for control in controls_of(case)}
    assert controls["policy.cadence"].base == "dates"
    assert len(after(case, controls, {"policy.cadence": "month_end"}).purchase_dates) == 24


def test_variants_of_the_case_can_be_chosen(case):
    case = case.replace({"variants": {"less burn": {"burn.monthly": 1e6}}})
    controls = {control.key: control for control in controls_of(case)}
    assert controls["variant"].values == ("as in the case", "less burn")
    assert after(case, controls, {"variant": "less burn"}).burn.monthly == 1e6
    assert after(case, controls, {"variant": "less burn", "burn.monthly": 2e6}).burn.monthly == 2e6


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("price.volatility", float("nan"), "must be a number from 0.475 to 1.9"),
        ("price.volatility", float("inf"), "must be a number from"),
        ("price.volatility", 5, "must be a number from"),
        ("price.volatility", -0.1, "must be a number from"),
        ("price.volatility", "0.8", "must be a number from"),
        ("price.volatility", True, "must be a number from"),
        ("price.volatility", None, "must be a number from"),
        ("price.volatility", 10**400, "must be a number from"),
        ("policy.cadence", "hourly", 'must be one of "quarter_end"'),
        ("policy.cadence", ["weekly"], "must be one of"),
        ("clause: coverage", 0, "must be one of false, true"),
        ("burn.steps[0].factor", 1.0, "must be the key of a control"),
        ("x\n" * 300, 1.0, "must be the key of a control"),
    ],
)
def test_other_values_are_refused_in_one_line(case, controls, key, value, said):
    with pytest.raises(sim.CaseError) as caught:
        after(case, controls, {key: value})
    (line,) = caught.value.problems
    assert said in line
    assert "\n" not in line
    assert len(line) < 500
