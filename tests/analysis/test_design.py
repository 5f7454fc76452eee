"""Grids of overrides: the three kinds, their order, and what is said of those that cannot be used."""

import numpy as np
import pytest
from scipy.stats import qmc

from sim.analysis.design import MOST_ROWS, design_of
from sim.terms import CaseError
from tests.support.valence import valence_2002

CASES = {"valence-2002": valence_2002()}
VOLATILITIES, BURNS = [0.6, 0.8, 1.0], [2e6, 3e6]


def problems(grid, cases=CASES) -> list[str]:
    with pytest.raises(CaseError) as raised:
        design_of(grid, cases)
    return raised.value.problems


def test_axes_give_every_combination_the_last_changing_fastest():
    design = design_of({"axes": {"price.volatility": VOLATILITIES, "burn.monthly": BURNS}}, CASES)
    assert design.combinations == 6
    expected = [{"price.volatility": v, "burn.monthly": b} for v in VOLATILITIES for b in BURNS]
    assert list(design) == list(design) == expected


def test_keys_may_be_quoted_or_nested(tmp_path):
    file = tmp_path / "grid.toml"
    file.write_text('[axes]\nprice.volatility = [0.6]\n"notes[Baccarat note].extension_probability" = [0, 1]\n')
    assert [row["notes[Baccarat note].extension_probability"] for row in design_of(str(file), CASES)] == [0, 1]
    listed = design_of({"overrides": [{"price": {"volatility": 0.6}}, {"third_party": None}]}, CASES)
    assert list(listed) == [{"price.volatility": 0.6}, {"third_party": None}]


def test_a_sobol_design_fills_the_ranges_whatever_its_size():
    ranges = {"price.volatility": {"low": 0.5, "high": 1.5}, "line.pricing.window": [1, 4], "price.drift": [0.1, 0.1]}
    points = [list(row.values()) for row in design_of({"sobol": {"points": 2048}, "ranges": ranges}, CASES)]
    expected = qmc.Sobol(3, bits=52, rng=np.random.default_rng(0)).random(2048)
    assert np.array_equal([row[0] for row in points], 0.5 + expected[:, 0])
    assert [sum(row[1] == window for row in points) for window in (1, 2, 3, 4)] == [512] * 4
    assert {(type(row[1]), row[2]) for row in points} == {(int, 0.1)}
    few = design_of({"sobol": {"points": 1500}, "ranges": ranges}, CASES)
    assert [list(row.values()) for row in few] == points[:1500]
    other = design_of({"sobol": {"points": 8, "seed": 1}, "ranges": ranges}, CASES)
    assert [list(row.values()) for row in other] != points[:8]


@pytest.mark.parametrize(
    ("grid", "line"),
    [
        ({}, "grid: must have exactly one of [axes], [ranges] with [sobol], [[overrides]]"),
        ({"axes": {}}, "grid: axes = {}: must be a table of at least one key of a case"),
        ({"axes": 3}, "grid: axes = 3: must be a table of at least one key of a case"),
        ({"axes": {"price.drift": []}}, 'grid: axes."price.drift" = []: must be a list of at least one value'),
        ({"axes": {"price.drfit": [0]}}, 'grid: axes."price.drfit" = [0]: unknown key. Did you mean price.drift?'),
        ({"axes": {"price.drift": [0]}, "overrides": [{}]}, "grid: must have exactly one of"),
        ({"axes": {"price.drift": [0]}, "axis": {}}, "grid: axis = {}: unknown key; must be one of"),
        ({"axes": {"notes[X].principal": [1]}}, 'grid: axes."notes[X].principal" = [1]: there is no notes[X]; must'),
        ({"overrides": []}, "grid: overrides = []: must be a list of at least one table of keys and values"),
        ({"overrides": [{}, {"price.drfit": 0}]}, 'grid: overrides[1]."price.drfit" = 0: unknown key. Did you mean'),
        ({"ranges": {"price.drift": [1, 0]}, "sobol": {"points": 4}}, 'grid: ranges."price.drift" = [1, 0]: must be'),
        ({"ranges": {"price.drift": [0, 1]}}, "grid: sobol.points: missing; must be a whole number from 1"),
        ({"ranges": {"line.pricing.window": [1, 2.5]}, "sobol": {"points": 4}}, 'grid: ranges."line.pricing.window" ='),
        ({"axes": {"price": {"drift": [0]}, "price.drift": [1]}}, 'grid: axes."price.drift" = [1]: must be given once'),
        *[
            (grid, f'grid: {kind}."{second}" = {value}: must be given once; {first} is the same key')
            for first, second in (
                ("notes[0].margin", "notes[Baccarat note].margin"),
                ("notes[Baccarat note].margin", "notes[0].margin"),
                ("line.conditions[1].waiver_probability", "line.conditions[265 Wh/l polymer].waiver_probability"),
                ("milestones[003].probability", "milestones[3].probability"),
            )
            for kind, value, grid in (
                ("axes", "[0.5]", {"axes": {first: [0.1], second: [0.5]}}),
                ("ranges", "[0, 0.5]", {"ranges": {first: [0, 0.5], second: [0, 0.5]}, "sobol": {"points": 4}}),
                ("overrides[0]", "0.5", {"overrides": [{first: 0.1, second: 0.5}]}),
                ("overrides[1]", "0.5", {"overrides": [{first: 0.1}, {second: 0.5}]}),
            )
        ],
    ],
)
def test_a_grid_that_cannot_be_used_is_said(grid, line):
    assert problems(grid)[0].startswith(line)


def test_too_many_rows_are_said_with_their_number():
    thousand = [i / 1000 for i in range(1000)]
    grid = {"axes": {"price.volatility": thousand, "price.drift": thousand, "burn.volatility": thousand}}
    line = "grid: axes: 1,000,000,000 combinations are 1,000,000,000 rows; must be at most 10,000,000"
    assert problems(grid) == [line]
    ranges = {"sobol": {"points": MOST_ROWS}, "ranges": {"price.drift": [0, 1]}}
    assert design_of(ranges, CASES).combinations == MOST_ROWS
    assert problems(ranges, {"a": CASES["valence-2002"], "b": CASES["valence-2002"]}) == [
        "grid: ranges: 10,000,000 combinations of 2 cases are 20,000,000 rows; must be at most 10,000,000"
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"[axes\n", "not valid TOML: Expected ']'"),
        (b"\x81abc", "line 1: not UTF-8"),
        (b"", "must have exactly one of"),
        (b"a." * 200 + b"a = 1", "line 1: a key of 201 parts"),
    ],
)
def test_a_file_that_is_no_grid_is_said(tmp_path, data, line):
    file = tmp_path / "grid.toml"
    file.write_bytes(data)
    assert problems(str(file))[0].startswith(f"{file}: {line}")
    none = str(tmp_path / "none.toml")
    assert problems(none) == [f"{none}: cannot be read: No such file or directory"]


def test_designs_that_differ_have_other_hashes():
    grids = [
        {"axes": {"price.drift": [0, 1]}},
        {"axes": {"price.drift": [1, 0]}},
        {"axes": {"price.drift": [0.0, 1.0]}},
        {"overrides": [{"price.drift": 0}, {"price.drift": 1}]},
        {"sobol": {"points": 2}, "ranges": {"price.drift": [0, 1]}},
        {"sobol": {"points": 2, "seed": 1}, "ranges": {"price.drift": [0, 1]}},
    ]
    assert len({design_of(grid, CASES).sha256 for grid in grids}) == len(grids)
    assert design_of(grids[0], CASES).sha256 == design_of(grids[0], CASES).sha256
