"""Bad input: two thousand inputs that must end in an answer or in clear complaints; `tests.proof.fuzz` has more."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pytest

import sim
from sim.results.files import read_arrays, write_arrays
from sim.terms import Case, CaseError
from tests.proof import expected, fuzz, inputs
from tests.support import hostile
from tests.twin.random_cases import random_case

INPUTS, SEED = 2_000, 20020312
MOST_GROWTH = 400  # MiB, of the whole process


def repeated(made: fuzz.Bench, count: int) -> list[fuzz.Outcome]:
    return [fuzz.one(SEED, index, made) for index in range(count)]


def test_inputs_end_in_answers_or_clear_complaints():
    with fuzz.bench(depth=0.02) as made:
        before = fuzz.peak_memory()
        outcomes = repeated(made, INPUTS)
        grown = fuzz.peak_memory() - before
    wrong = [f"--only {SEED}:{found.index}  {found.kind}: {found.verdict}" for found in fuzz.failures(outcomes)]
    assert wrong == []
    assert {found.kind for found in outcomes} == {
        "case file", "broken file", "document", "override", "history", "result", "forged result", "command line",
        "record", "encoded file", "surroundings", "analysis",
    }  # fmt: skip
    for kind in ("case file", "document", "override", "history", "command line"):
        verdicts = [found.verdict for found in outcomes if found.kind == kind]
        assert min(verdicts.count(fuzz.VALID), verdicts.count(fuzz.REFUSED)) > len(verdicts) // 20, kind
    assert grown < MOST_GROWTH


@pytest.mark.parametrize(
    ("kind", "places", "faulty"),
    [
        # A rule that forgets its limits.
        (fuzz.a_document, ["sim.terms.ranges.Number.fits"], lambda self, x: True),
        # Complaints that run over several lines, or over pages.
        (
            fuzz.a_command_line,
            ["sim.cli.arguments.one_line", "sim.cli.files.one_line", "sim.terms.files.one_line"],
            lambda text, limit=60: text,
        ),
        # A seal that fits anything.
        (fuzz.a_result, ["sim.results.files._seal"], lambda file, length: (file.seek(-80, 2), file.read(80))[1]),
        (fuzz.a_command_line, ["sim.cli.run.check_outputs"], lambda *_: None),
        (fuzz.a_history, ["sim.engine.history.HistoryReader.number"], lambda self, key, value, *rule: value),
        (fuzz.a_forged_result, ["sim.results.histogram.Histogram.fill"], lambda self, bins, only, counts: None),
    ],
    ids=["limits", "lines", "seal", "outputs", "histories", "sketches"],
)
def test_a_planted_fault_is_found(monkeypatch, kind, places, faulty):
    with fuzz.bench(depth=0.0) as made:
        for place in places:
            monkeypatch.setattr(place, faulty)
        assert any(fuzz.failures([fuzz.one(SEED, index, made, kind)]) for index in range(300))


def test_inputs_depend_on_nothing_but_their_number():
    with fuzz.bench() as made:
        first = [found[:2] + found[3:] for found in repeated(made, 30)]
    with fuzz.bench() as made:
        again = [fuzz.one(SEED, index, made) for index in reversed(range(30))]
    assert [found[:2] + found[3:] for found in reversed(again)] == first


# --- saved results ---------------------------------------------------------------------------------------------------


def undetected(path: Path, others) -> list[int]:
    """Numbers of the damaged files that load all the same, or are refused without a clear word."""
    loaded = []
    path.touch()
    for number, data in enumerate(others):
        with path.open("r+b") as file:  # in place: a file emptied and written anew waits for the disk
            file.write(data)
            file.truncate()
        try:
            sim.load_result(path)
        except sim.ResultError as error:
            said = str(error)
            if said.startswith(f"{path}: ") and said.isprintable():
                continue
        loaded.append(number)
    return loaded


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "run.npz"
    case = random_case(Random(5)) | {"milestones": [], "notes": []}
    case["line"]["conditions"] = []
    sim.simulate(Case.from_dict(case), paths=1, seed=1).save(path)
    return path.read_bytes()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]


def test_every_flipped_byte_of_a_file_is_noticed(tmp_path, small_file):
    assert len(small_file) < 20_000
    assert undetected(tmp_path / "x.npz", (flipped(small_file, at) for at in range(len(small_file)))) == []
    assert undetected(tmp_path / "x.npz", [small_file]) == [0]


def test_every_truncation_of_a_saved_result_is_noticed(tmp_path, small_file):
    assert undetected(tmp_path / "x.npz", (small_file[:length] for length in range(0, len(small_file), 3))) == []
    assert undetected(tmp_path / "x.npz", (small_file[start:] for start in range(1, 200))) == []


def test_a_larger_result_notices_damage_anywhere(tmp_path):
    path = tmp_path / "run.npz"
    sim.simulate("valence-2002", paths=20_000, seed=1).save(path)
    data, rng = path.read_bytes(), Random(1)
    assert len(data) > 3 << 20
    spots = [rng.randrange(len(data)) for _ in range(300)]
    contents = range(data.rindex(b"PK\x01\x02"), len(data), 11)  # the archive's own list, at its end
    assert undetected(path, map(partial(flipped, data), [*spots, *contents])) == []
    assert undetected(path, (data[:spot] for spot in spots[:100])) == []


# --- hostile names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", range(0, len(hostile.HOSTILE), 3))
def test_hostile_names_give_answers_and_nothing_else(shift):
    assert expected.valid_case(hostile.hostile_case(shift), Random(shift), depth=0.0) == 32


def test_names_that_cannot_be_shown_are_refused():
    used = {json.dumps(hostile.hostile_document(shift)["title"]) for shift in range(len(hostile.HOSTILE))}
    assert len(used) == len(set(hostile.HOSTILE)) == len(hostile.HOSTILE)
    for text in hostile.REFUSED:
        for key in ("title", "company.name", "line.investor", "milestones[0].name", "notes[0].name"):
            with pytest.raises(CaseError) as caught:
                hostile.hostile_case().replace({key: text})
            assert all(map(expected.one_line, caught.value.problems))


def test_markup_in_names_is_escaped_in_html():
    marked = [shift for shift, text in enumerate(hostile.MARKUP) if "<" in text]
    assert len(marked) > 3
    for shift in marked:
        html = sim.simulate(hostile.hostile_case(shift), paths=32, seed=1).summary()._repr_html_()
        assert hostile.MARKUP[shift] not in html
        assert "<script" not in html
        assert "<img" not in html
    from html import escape

    assert escape(hostile.MARKUP[0]) in sim.simulate(hostile.hostile_case(0), paths=32).summary()._repr_html_()


def test_mutations_reach_every_kind_of_change():
    """An input that never changes anything would find nothing."""
    doc = hostile.hostile_document()
    mutants = [inputs.mutated(Random(number), doc) for number in range(200)]
    assert sum(mutant != doc for mutant in mutants) > 150
    assert doc == hostile.hostile_document()


# --- what the long run found -----------------------------------------------------------------------------------------


def test_a_tiny_cap_or_multiplier_can_be_described():
    case = hostile.hostile_case().replace({"line.max_per_period": 5e-324})
    assert "Limits: at most $" in sim.terms.describe(case)
    broke = case.replace({"burn.monthly": 0, "company.cash": 1, "company.minimum_cash": 2})
    assert "the opening cash lasts until 1 April 2002" in " ".join(sim.terms.describe(broke).split())
    with pytest.raises(CaseError, match=r"line\.pricing\.multiplier = 1e-300: must be a number from 1e-6 to 2$"):
        hostile.hostile_case().replace({"line.pricing.multiplier": 1e-300})


def saved_run(folder: Path, change: Callable[[dict], None]) -> Path:
    """A run's file whose header was changed, with a right seal."""
    path = folder / "run.npz"
    sim.simulate(hostile.hostile_case(), paths=16).save(path)
    arrays = read_arrays(path)
    header = json.loads(arrays["header"].tobytes())
    change(header)
    write_arrays(path, arrays | {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)})
    return path


@pytest.mark.parametrize("versions", [[], {}, {"fundrisk": 1}, None])
def test_a_manifest_without_a_version_is_refused(tmp_path, versions):
    def change(header):
        header["manifest"]["versions"] = versions

    path = saved_run(tmp_path, change)
    with pytest.raises(sim.ResultError, match=r"run\.npz: not a result that this version can read: "):
        sim.load_result(path)


FAR = {"horizon": "2031-12-31", "line.end": "2031-12-31", "company.cash": 1e15}


@pytest.mark.parametrize(
    "changes",
    [
        FAR | {"price.drift": 10, "price.initial": 1e9},
        FAR | {"price.drift": -10, "price.initial": 1e-6, "price.impact": "dilution"},
        FAR | {"price.volatility": 4},
        {"price.volatility": 10, "burn.volatility": 10},
        {"third_party.log_sd": 10, "third_party.median_amount": 1e15, "third_party.annual_rate": 1e4},
        {"events.adverse_change.annual_rate": 1e-300, "events.ceo_change.annual_rate": 5e-324},
    ],
    ids=["up", "down", "wide", "rough", "rich", "rare"],
)
def test_extreme_cases_have_finite_answers_and_replay(changes):
    assert expected.valid_case(hostile.hostile_case().replace(changes), Random(1), depth=0.9) > 32


def test_prices_that_no_float_holds_are_refused():
    case = hostile.hostile_case()
    for changes in (
        FAR | {"price.volatility": 6},  # closes would round to 0
        {f"milestones[{i}].price_jump": 100 for i in range(3)} | {"price.volatility": 10, "price.initial": 1e9} | FAR,
    ):
        with pytest.raises(CaseError, match=r"price\.volatility = .*: must keep prices"):
            case.replace(changes)
    with pytest.raises(CaseError) as caught:
        case.replace({"horizon": "1999-12-31"})
    assert "price" not in str(caught.value)


def test_reasons_that_are_no_names_are_refused(tmp_path):
    def change(header):
        header["reasons"][0] = []

    path = saved_run(tmp_path, change)
    with pytest.raises(sim.ResultError, match=r"run\.npz: not a result that this version can read: tallies: reasons"):
        sim.load_result(path)
