"""Quasi-random luck has the distribution of the generator's: turns are orthogonal, months independent, chunks go on."""

import math

import numpy as np
import pytest

import sim
from sim.engine import sobol as sampling
from sim.lowering import program as r
from sim.lowering.lower import lower
from tests.support.third_parties import financed, financings, furthest_from_independent_months
from tests.support.valence import valence_2002

LIMIT = 4.0  # standard errors
LENGTHS = [[22.0], [22.0, 20.0], [22.0, 22.0, 20.0, 22.0, 22.0, 20.0, 23.0], [1.0, 250.0, 3.0], [21.0] * 24]


def is_orthogonal(matrix: np.ndarray) -> bool:
    """Else its normals would not be independent, each of variance one."""
    return bool(np.abs(matrix @ matrix.T - np.eye(len(matrix))).max() < 1e-12)


# ------------------------------------------------------------------------------------------------------ the market


@pytest.mark.parametrize("lengths", LENGTHS, ids=len)
def test_a_bridge_is_orthogonal_and_decides_the_end_first(lengths):
    """W at the end is sqrt(T) times the first variable, and no other has a part in it."""
    turn = sampling.bridge(lengths)
    end = np.sqrt(lengths) @ turn
    assert is_orthogonal(turn)
    np.testing.assert_allclose(end, [math.sqrt(sum(lengths)), *[0.0] * (len(lengths) - 1)], atol=1e-12)


def test_the_second_variable_of_a_bridge_decides_the_middle():
    lengths = LENGTHS[2]
    steps = np.sqrt(lengths)[:, None] * sampling.bridge(lengths)
    middle = steps[: len(lengths) // 2].sum(axis=0)
    one, whole = sum(lengths[: len(lengths) // 2]), sum(lengths)
    expected = [one / math.sqrt(whole), math.sqrt(one * (whole - one) / whole)]
    np.testing.assert_allclose(middle, [*expected, *[0.0] * (len(lengths) - 2)], atol=1e-12)


def test_a_bridge_with_its_weights_the_wrong_way_round_is_seen():
    lengths = [1.0, 250.0, 3.0]
    wrong = sampling.bridge(lengths[::-1])
    assert np.abs(np.sqrt(lengths) @ wrong - np.sqrt(lengths) @ sampling.bridge(lengths)).max() > 0.1


# ------------------------------------------------------------------------------------------------------ the burn


def weighted_course(months: int, persistence: float) -> np.ndarray:
    """What each shock (column) adds to the cash used by each month (row), later months weighing less."""
    course = [
        [sum(persistence ** (j - shock) for j in range(shock, k + 1)) for shock in range(months)] for k in range(months)
    ]
    return np.array(course) * sampling.FADING ** np.arange(months)[:, None]


@pytest.mark.parametrize("persistence", [0.0, 0.5, -0.6, 0.95])
@pytest.mark.parametrize("months", [1, 2, 7, 24])
def test_components_are_orthogonal_and_each_explains_what_is_left(months, persistence):
    """Columns are eigenvectors of course' course, the largest eigenvalue first."""
    turn = sampling.principal_components(months, persistence)
    course = weighted_course(months, persistence) @ turn
    explained = course.T @ course
    assert is_orthogonal(turn)
    expected = np.linalg.eigvalsh(weighted_course(months, persistence).T @ weighted_course(months, persistence))[::-1]
    np.testing.assert_allclose(np.diag(explained), expected, rtol=1e-9, atol=1e-9 * expected[0])
    assert np.abs(explained - np.diag(np.diag(explained))).max() < 1e-9 * expected[0]


def test_rotations_that_leave_something_are_seen(monkeypatch):
    monkeypatch.setattr(sampling, "SWEEPS", 0)
    with pytest.raises(AssertionError):
        test_components_are_orthogonal_and_each_explains_what_is_left(7, 0.5)


# ------------------------------------------------------------------------------------------------------ third parties


@pytest.mark.parametrize("rate", [0.4, 3.6])
def test_months_of_third_parties_are_independent(rate):
    """As those of independent paths, or closer to it."""
    case, probability = financed(rate), -math.expm1(-rate / 12)
    source = sampling.SobolPoints(lower(case), 12)
    points = source.take(2**16)
    source.turn(points)
    came = financings(case, 2**16, 12, points=points) > 0
    assert furthest_from_independent_months(came, probability) < LIMIT
    assert furthest_from_independent_months(came, 0.9 * probability) > LIMIT  # a planted fault is seen
    # The first month's frequency is that of one dimension: each scrambling fills it evenly.
    assert came[0].sum() == pytest.approx(2**16 * probability, abs=16)


def test_the_first_terms_are_the_points_own():
    """Of a path's first financings; later ones take the generator's numbers."""
    case = financed(60.0)
    source = sampling.SobolPoints(lower(case), 3)
    points = source.take(256)
    other = r.Points(points.numbers.copy(), np.full_like(points.financings, 0.5))
    source.turn(points)
    source.turn(other)
    amounts, medians = (financings(case, 256, 3, points=of) for of in (points, other))
    number = np.where(amounts > 0, np.cumsum(amounts > 0, axis=0), 0)
    first = (number >= 1) & (number <= r.FINANCINGS)
    np.testing.assert_allclose(medians[first], 8e6, rtol=1e-12)
    assert (amounts[first] != medians[first]).all()
    np.testing.assert_array_equal(amounts[number > r.FINANCINGS], medians[number > r.FINANCINGS])


# ------------------------------------------------------------------------------------------------------ points and runs


def test_chunks_go_on_where_the_one_before_ends():
    plan = lower(valence_2002())
    whole = sampling.SobolPoints(plan, 7).take(480)
    parts = sampling.SobolPoints(plan, 7)
    for first, number in ((0, 160), (160, 32), (192, 288)):
        part = parts.take(number)
        np.testing.assert_array_equal(part.numbers, whole.numbers[:, first : first + number])
        np.testing.assert_array_equal(part.financings, whole.financings[:, first : first + number])


def test_no_point_is_taken_twice():
    points = sampling.SobolPoints(lower(valence_2002()), 7).take(1024)
    row = max(range(len(points.numbers)), key=lambda j: len(set(points.numbers[j])))
    assert len(set(points.numbers[row])) == 1024
    assert ((points.numbers > 0) & (points.numbers < 1)).all()


MEASURES = ("raised", "shares_issued", "runway_months", "ending_cash", "draws")


def furthest(case: sim.Case) -> float:
    """Standard errors between the means of quasi-random and of independent paths, at most over the measures."""
    quasi = sim.simulate(case, paths=2**15, seed=3, sampler="sobol")
    plain = sim.simulate(valence_2002(), paths=400_000, seed=4)
    z = []
    for name in MEASURES:
        one, other = quasi.summary()[name], plain.summary()[name]
        z.append((one.mean - other.mean) / math.hypot(one.mcse, other.mcse))
    return max(map(abs, z))


def test_quasi_random_means_are_those_of_independent_paths():
    case = valence_2002()
    assert furthest(case) < LIMIT
    assert furthest(case.replace({"third_party.annual_rate": 0.45})) > LIMIT  # a planted fault is seen
