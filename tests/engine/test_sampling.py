"""Quasi-random luck: the scrambles of one seed share nothing with those of another."""

import numpy as np
import pytest

import sim
from sim.engine import sobol as sampling
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.lowering.variates import Variates
from tests.support.valence import valence_2002

PATHS = 64


@pytest.fixture(autouse=True)
def nothing_kept():
    sampling.scrambled.cache_clear()
    yield
    sampling.scrambled.cache_clear()


def points(seed: int) -> np.ndarray:
    """Uniforms (dimensions, paths) of the headline case, the terms of financings among them."""
    taken = sampling.SobolPoints(lower(valence_2002()), seed).take(PATHS)
    return np.concatenate([taken.numbers, taken.financings])


def shared(first: int, second: int) -> int:
    """Scrambles of one seed whose first points stand, in all dimensions, among the other's."""
    starts = [{points(seed)[:, number].tobytes() for number in range(16)} for seed in (first, second)]
    return len(starts[0] & starts[1])


@pytest.mark.parametrize("other", [1, 3 << 32, 3 + (1 << 32), (1 << 64) - 1])
def test_seeds_share_no_scramble(other):
    assert shared(0, other) == 0


def test_a_shared_scramble_is_seen(monkeypatch):
    """Seed before number: scramble 0 of seed 3 x 2^32 would be scramble 3 of seed 0."""
    honest = np.random.default_rng
    monkeypatch.setattr(
        np.random, "default_rng", lambda words: honest(words[::-1] if isinstance(words, list) else words)
    )
    assert shared(0, 3 << 32) > 0


def test_each_scramble_fills_every_dimension_evenly():
    """A power of two of Sobol' points has one in each equal part, in every dimension."""
    plan, uniforms = lower(valence_2002()), points(7)
    rows = [*plan.rows_by_importance, *range(plan.variate_rows + plan.day_rows, len(uniforms))]
    used = uniforms[rows]
    assert (np.delete(uniforms, rows, axis=0) == 0.5).all()  # no number of a path
    for number in range(16):
        parts = np.sort(np.floor(used[:, number::16] * (PATHS // 16)), axis=1)
        assert (parts == np.arange(PATHS // 16)).all()
    assert len(used) > 100


def test_a_scrambling_that_is_kept_gives_the_same_points_again():
    case, other = (valence_2002().replace({"price.volatility": v}) for v in (0.95, 0.5))
    fresh = sim.simulate(case, paths=320, seed=7, sampler="sobol")
    sim.simulate(other, paths=640, seed=7, sampler="sobol")
    again = sim.simulate(case, paths=320, seed=7, sampler="sobol")
    assert sampling.scrambled.cache_info().misses == 1
    assert again == fresh
    assert sim.simulate(case, paths=320, seed=8, sampler="sobol") != fresh


def test_runs_side_by_side_do_not_take_each_others_points():
    """Chunks of two runs by turns, from one kept scrambling."""
    plan = lower(valence_2002())
    alone = sampling.SobolPoints(plan, 7)
    expected = [alone.take(160).numbers for _ in range(3)]
    one, another = sampling.SobolPoints(plan, 7), sampling.SobolPoints(plan, 7)
    for points in expected:
        np.testing.assert_array_equal(one.take(160).numbers, points)
        np.testing.assert_array_equal(another.take(160).numbers, points)


def test_the_variates_that_matter_most_comes_first():
    """Sobol' points are at their best in their first dimensions."""
    plan = lower(valence_2002())
    what = {}
    for call in plan.program.calls:
        for place, name in enumerate(("row_a", "second_a", "row_b", "second_b")):
            what[int(call[name])] = int(call["purpose"]), int(call["index"]), place
    days = sorted({plan.variate_rows + int(normal) for normal in plan.program.bridges["normal"]})
    what |= {row: (r.DAY_NORMAL, row, 0) for row in days}
    order = {what[row]: place for place, row in enumerate(plan.rows_by_importance)}
    # Each number that is used has its place.
    assert sorted(plan.rows_by_importance) == [*range(r.UNUSED_ROWS, plan.variate_rows), *days]

    def places(purpose: int) -> list[int]:
        """Of each month, or of each number."""
        return [place for (kind, *_), place in sorted(order.items()) if kind == purpose]

    market, burn, arrivals = map(places, (r.MONTH_END_NORMAL, r.BURN_NORMAL, r.THIRD_PARTY_ARRIVAL))
    assert len(market) == len(burn) == 24
    assert len(arrivals) == 2  # the first two waits; later ones take the generator's numbers
    assert len(places(r.DAY_NORMAL)) == len(days) > 20
    for before, after in ((burn, market), (market, burn[1:])):
        assert all(a < b for a, b in zip(before, after, strict=False))
    assert max(arrivals) < min(burn)
    assert places(r.EXTENSION) == [0]
    assert max(places(r.COMMON_FACTOR)) < min(places(r.WAIVER))
    assert max(places(r.WAIVER) + places(r.EVENTS)) < min(places(r.MILESTONE))
    assert min(places(r.DAY_NORMAL)) > max(market + burn)


def test_months_without_a_number_have_no_row():
    variates = Variates()
    rows = [variates.normal(r.BURN_NORMAL, k) for k in range(5)]
    assert variates.normals(r.BURN_NORMAL, 9) == tuple(rows)
