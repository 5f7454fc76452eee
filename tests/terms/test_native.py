"""Values of NumPy, pandas, decimal and fractions in a case are Python's own; what is no such value is refused."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import sim
from tests.support.valence import valence_2002

NOTE = "notes[Baccarat note]"
WAIVER = "line.conditions[same CEO].waiver_probability"


@pytest.fixture(scope="module")
def case():
    return valence_2002()


def value_of(case, key):
    from sim.terms.overrides import find

    return find(case, key)[1]


NUMBERS = [
    np.float64(0.5), np.float32(0.5), np.float16(0.5), np.longdouble(0.5), np.array(0.5), np.array([0.5])[0],
    pd.Series([0.5])[0], Decimal("0.5"), Fraction(1, 2),
]  # fmt: skip
WHOLES = [np.int64(7), np.int8(7), np.uint16(7), np.array(7), pd.Series([7])[0], Fraction(7)]
FLAGS = [np.bool_(True), np.array(True), np.float64(1.0) == 1.0, pd.Series([True])[0]]
DAYS = [
    np.datetime64("2002-04-01"), np.datetime64("2002-04-01T00:00:00", "ns"), pd.Timestamp("2002-04-01"),
    pd.Timestamp("2002-04-01").to_numpy(), np.str_("2002-04-01"),
    pd.date_range("2002-04-01", periods=1)[0], datetime.datetime(2002, 4, 1),
    pd.Timestamp("2002-04-01").to_pydatetime(),    datetime.datetime.fromisoformat("2002-04-01T00:00"),
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("key", ["price.volatility", WAIVER, "third_party.discount"])
def test_a_number_of_any_library(case, key, number):
    made = case.replace({key: number})
    assert value_of(made, key) == 0.5
    assert type(value_of(made, key)) is float
    assert made == case.replace({key: 0.5})
    assert made.sha256 == case.replace({key: 0.5}).sha256


@pytest.mark.parametrize("number", WHOLES[:-1], ids=repr)
@pytest.mark.parametrize("key", ["simulation.seed", "line.pricing.window", "simulation.paths"])
def test_a_whole_number_of_any_library(case, key, number):
    made = case.replace({key: number})
    assert value_of(made, key) == 7
    assert type(value_of(made, key)) is int


@pytest.mark.parametrize("number", [np.float32(2**25), np.float64(2**25), Decimal(2**25), np.float32(2**25).item()])
def test_whole_shares_as_floats(case, number):
    assert case.replace({"company.shares_outstanding": number}).company.shares_outstanding == 2**25


@pytest.mark.parametrize("flag", FLAGS, ids=repr)
@pytest.mark.parametrize("key", ["line.registered", "line.coverage.carry_forward"])
def test_a_flag_of_any_library(case, key, flag):
    assert value_of(case.replace({key: flag}), key) is True


@pytest.mark.parametrize("day", DAYS, ids=repr)
def test_a_day_of_any_library(case, day):
    made = case.replace({"line.start": day})
    assert type(made.line.start) is datetime.date
    assert made == case.replace({"line.start": datetime.date(2002, 4, 1)})
    result = sim.simulate(case, paths=4)
    later = day if not isinstance(day, str) else "2002-04-01"
    assert result.probability_of_cash_out(by=later) == result.probability_of_cash_out(by="2002-04-01")


@pytest.mark.parametrize("text", [np.str_("A & B"), np.array("A & B"), pd.Series(["A & B"])[0]])
def test_a_text_of_any_library(case, text):
    made = case.replace({"title": text})
    assert type(made.title) is str
    assert made.title == "A & B"


@pytest.mark.parametrize("rows", [np.array([90.0, 60.0]), pd.Series([90, 60]), (90, 60), np.array([90, 60], np.int8)])
def test_a_list_of_any_library(case, rows):
    assert case.replace({"line.coverage.percent": rows}).line.coverage.percent == (90.0, 60.0)
    assert case.replace({"ranges": {"price.volatility": rows[::-1] / 100 if hasattr(rows, "dtype") else [0.6, 0.9]}})


def test_a_column_of_days(case):
    days = pd.to_datetime(["2002-06-28", "2002-09-30"])
    made = case.replace({"policy": {"kind": "maximum", "dates": days}})
    assert made.purchase_dates == (datetime.date(2002, 6, 28), datetime.date(2002, 9, 30))


MASKED = [np.ma.masked, np.ma.array(5.0, mask=True), np.ma.array(5, mask=True), np.ma.array([0.5], mask=[True])[0]]
ABSENT = [pd.NaT, pd.NA, np.datetime64("NaT"), np.float32("nan")]
OF_EACH_RULE = [
    "price.volatility", "simulation.seed", "line.registered", "line.start", "title", "price.model", "line", "notes",
    "line.coverage.percent", "line.coverage.percent[0]", "notes[0].interest_date", "ranges", "events.ceo_change",
]  # fmt: skip


@pytest.mark.parametrize("key", OF_EACH_RULE)
@pytest.mark.parametrize("value", [*MASKED, *ABSENT], ids=repr)
@pytest.mark.filterwarnings("error")
def test_an_absent_number_is_one_clear_error(case, key, value):
    with pytest.raises(sim.CaseError) as caught:
        case.replace({key: value})
    (line,) = caught.value.problems
    assert ": must be " in line
    assert "\n" not in line
    if any(value is masked for masked in MASKED):
        assert " = masked: " in line


def test_a_masked_element_of_a_list_is_refused(case):
    column = np.ma.array([100.0, 90.0], mask=[False, True])
    with pytest.raises(sim.CaseError, match=r"line.coverage.percent\[1\] = masked: must be a number"):
        case.replace({"line.coverage.percent": column})
    assert case.replace({"line.coverage.percent": np.ma.array([100.0, 90.0])})


@pytest.mark.parametrize("name", ["paths", "seed", "workers", "first_path", "sampler", "antithetic", "keep_paths"])
@pytest.mark.parametrize(
    "value", [*MASKED, *ABSENT, np.array([1, 2]), pd.Series([1, 2]), datetime.time(), {}], ids=repr
)
@pytest.mark.filterwarnings("error")
def test_options_of_a_run_are_checked(case, name, value):
    with pytest.raises(ValueError, match=rf"^{name} = .*: must be .*$") as caught:
        sim.simulate(case, **({"paths": 16} | {name: value}))
    assert "\n" not in str(caught.value)


REFUSED = {
    "price.volatility": [np.bool_(True), True, np.float32("nan"), np.inf, Decimal("NaN"), Decimal("sNaN"),
                         Decimal("Infinity"), np.complex128(1), pd.NaT, pd.NA, np.array([0.5]), np.timedelta64(1, "D"),
                         np.datetime64("2002-04-01"), "0.5", np.str_("0.5")],
    "simulation.seed": [np.float64(7), Decimal(7), np.bool_(True), np.datetime64("2002-04-01"), np.float32(7.5)],
    "line.registered": [1, np.int64(1), np.float32(1), "true", np.str_("true"), None.__class__],
    "line.start": [pd.Timestamp("2002-04-01 09:30"), pd.Timestamp("2002-04-01", tz="UTC"), pd.NaT, np.datetime64("NaT"),
                   datetime.datetime(2002, 4, 1, 0, 0, 0, 1), datetime.datetime(2002, 4, 1, tzinfo=datetime.UTC),
                   20020401,                   np.int64(20020401), np.str_("1 April 2002"), pd.Period("2002-04-01")],
    "title": [np.bytes_(b"A"), np.array(["A"]), 1, np.int64(1)],
    "line.coverage.percent": [np.array([[90.0]]), np.array(90.0), "90", {90.0}, pd.DataFrame([[90.0]])],
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in REFUSED.items() for value in values],
                         ids=repr)  # fmt: skip
def test_anything_else_is_refused_in_one_line(case, key, value):
    with pytest.raises(sim.CaseError) as caught:
        case.replace({key: value})
    (line,) = caught.value.problems
    assert line.startswith(f"replace: {key} = ")
    assert "\n" not in line


@pytest.mark.parametrize("target", [np.float32(0.5), Decimal("0.5"), Fraction(1, 2), np.array(0.5)])
def test_the_target_of_a_search(case, target):
    assert sim.solve(case, "cash", target, paths=32) == sim.solve(case, "cash", 0.5, paths=32)
