"""A published number comes back from its own record: to the last bit, or the record says what differs."""

import json

import numpy as np
import pytest

import sim
from sim.cli import main
from sim.engine import rerun as repeat
from sim.results.files import ResultError, hash_of_arrays
from tests.proof.coverage import small_case

RUNS = {
    "philox": {"paths": 1_000},
    "antithetic": {"paths": 1_000, "antithetic": True},
    "sobol": {"paths": 320, "sampler": "sobol"},
    "shard": {"paths": 300, "first_path": 16_384},
    "no paths kept": {"paths": 20_000, "keep_paths": False},
}


@pytest.fixture(params=RUNS)
def run(request):
    return sim.simulate(small_case(), seed=2**63 + 11, workers=1, **RUNS[request.param])


def written(result, folder):
    file = folder / "run.json"
    file.write_text(json.dumps(result.summary().to_dict(), allow_nan=False), encoding="utf-8")
    return file


def edited(file, change):
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.fixture
def record(tmp_path):
    return written(sim.simulate(small_case(), paths=500, seed=3), tmp_path)


def test_a_run_is_repeated_from_its_json(run, tmp_path):
    got = sim.rerun(written(run, tmp_path), workers=2)
    assert (got.same, got.same_paths, got.differences, got.rounded) == (True, True, (), 0)
    assert len(got.record.figures) > 150
    assert got.sha256 == run.sha256
    assert "to the last bit" in str(got)


def test_a_run_is_repeated_from_its_saved_paths(run, tmp_path):
    run.save(tmp_path / "run.npz")
    got = sim.rerun(tmp_path / "run.npz")
    assert (got.same, got.same_paths) == (True, True)


def test_a_reports_file_holds_its_run(record, tmp_path):
    report = tmp_path / "result.json"
    document = json.loads(record.read_text(encoding="utf-8"))
    report.write_text(json.dumps({"result": document, "manifest": document["manifest"]}), encoding="utf-8")
    assert sim.rerun(report).same


def test_the_hash_sees_a_bit_and_a_name():
    arrays = {"raised": np.array([1.0, 2.0]), "cause": np.array([0, 1], np.int8)}
    before = hash_of_arrays(arrays)
    assert before == hash_of_arrays(dict(reversed(arrays.items())))
    assert before == hash_of_arrays(arrays | {"raised": np.array([1.0, 2.0], ">f8")})
    other = [
        arrays | {"raised": np.array([1.0, np.nextafter(2.0, 3.0)])},
        arrays | {"raised": np.array([[1.0, 2.0]])},
        {"rised": arrays["raised"], "cause": arrays["cause"]},
        {"raised": arrays["raised"]},
    ]
    assert len({before, *map(hash_of_arrays, other)}) == 5


def test_kept_and_sketched_paths_have_hashes_of_their_own():
    kept, binned = (sim.simulate(small_case(), paths=500, seed=3, keep_paths=keep) for keep in (True, False))
    assert kept.sha256 != binned.sha256
    assert kept.sha256 == sim.simulate(small_case(), paths=500, seed=3, workers=1).sha256


def test_one_changed_path_is_seen(record, monkeypatch):
    honest = sim.Result.sha256.fget
    monkeypatch.setattr(sim.Result, "sha256", property(lambda self: honest(self).replace(honest(self)[0], "x")))
    got = sim.rerun(record)
    assert (got.same, got.same_paths, got.differences) == (False, False, ())
    assert "THE PATHS DIFFER" in str(got)


def test_an_edited_figure_is_named(record):
    def change(document):
        document["measures"]["raised"]["mean"] *= 1.000001
        document["cash_out"]["causes"]["operations"] = None

    got = sim.rerun(edited(record, change))
    assert (got.same, got.same_paths, len(got.differences)) == (False, True, 2)
    assert got.differences[0].startswith("measures.raised.mean: ")
    assert "2 of the figures DIFFER" in str(got)


@pytest.mark.parametrize(("name", "value"), [("seed", 4), ("paths", 5_000), ("sampler", "sobol"), ("case", "Another")])
def test_what_a_record_says_of_itself_is_compared_too(record, name, value):
    got = sim.rerun(edited(record, lambda document: document.update({name: value})))
    assert (got.same, len(got.differences)) == (False, 1)
    assert got.differences[0].startswith(f"{name}: {value!r} was written, ")


def test_a_version_that_is_not_the_manifests_is_a_difference(record):
    assert sim.rerun(edited(record, lambda document: document.update(version="0.0.9"))).differences == (
        f"version: '0.0.9' was written, {sim.__version__!r} is repeated",
    )


def test_figures_that_were_taken_out_are_differences(record):
    got = sim.rerun(edited(record, lambda document: document["measures"]["raised"].pop("p05")))
    assert not got.same
    assert got.differences[0].startswith("measures.raised.p05: 'absent' was written, ")


def test_a_reports_other_analyses_are_not_said_to_be_repeated(record, tmp_path):
    report = tmp_path / "result.json"
    report.write_text(json.dumps({"result": json.loads(record.read_text(encoding="utf-8"))}), encoding="utf-8")
    assert "other analyses of the report are not repeated" in str(sim.rerun(report))
    assert "not repeated" not in str(sim.rerun(record))


def test_the_last_digits_of_a_sum_are_rounding(record):
    def change(document):
        document["measures"]["raised"]["mean"] *= 1.0 + 1e-14

    got = sim.rerun(edited(record, change))
    assert (got.same, got.rounded, got.differences) == (True, 1, ())
    assert "but for rounding" in str(got)


def other_version(document):
    document["version"] = document["manifest"]["versions"]["fundrisk"] = "0.0.1"


@pytest.mark.parametrize(("encoding", "said"), [("cp1252", "not UTF-8: byte 0xf6"), ("utf-16-le", "looks like UTF-16")])
def test_a_run_in_another_encoding_is_said(encoding, said, tmp_path):
    (tmp_path / "run.json").write_bytes('{"title": "Größe"}'.encode(encoding))
    with pytest.raises(ResultError, match=rf"run\.json: .*{said}.*is needed$"):
        sim.rerun(tmp_path / "run.json")


UNUSABLE = {
    "another version": (other_version, "written by fundrisk 0.0.1"),
    "another case": (lambda d: d["manifest"]["case"]["company"].update(cash=1.0), "its hash differs"),
    "a damaged case": (lambda d: d["manifest"]["case"].pop("company"), "no case to repeat"),
    "no case": (lambda d: d["manifest"].pop("case"), "no case to repeat"),
    "no hash": (lambda d: d["manifest"].pop("results_sha256"), "no hash of the paths"),
    "a hash that is none": (lambda d: d["manifest"].update(results_sha256=5), "no hash of the paths"),
    "no seed": (lambda d: d["manifest"].pop("seed"), "lacks 'seed'"),
    "no versions": (lambda d: d["manifest"].pop("versions"), "lacks"),
    "no numbers": (lambda d: d.pop("measures"), "no run to repeat"),
    "nothing to compare": (lambda d: d.update(measures={}, cash_out={}, line={}), "no run to repeat"),
    "no manifest": (lambda d: d.update(manifest=3), "no run to repeat"),
    "many paths": (lambda d: d["manifest"].update(paths=10**13), "cannot be repeated: paths = "),
    "half a path": (lambda d: d["manifest"].update(paths=0.5), "cannot be repeated: paths = 0.5"),
    "a seed in words": (lambda d: d["manifest"].update(seed="7"), "cannot be repeated: seed = '7'"),
    "an unknown sampler": (lambda d: d["manifest"].update(sampler=["x"]), "cannot be repeated: sampler = "),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_repeated_is_one_line(name, record, capsys):
    change, message = UNUSABLE[name]
    assert main(["rerun", str(edited(record, change))]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith(str(record))
    assert said.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{}", b"[1]", b"\xff\xfe", b"{" * 100_000, b"not JSON"])
def test_a_file_of_something_else_is_one_line(content, tmp_path, capsys):
    file = tmp_path / "x.json"
    file.write_bytes(content)
    assert main(["rerun", str(file)]) == 2
    said = capsys.readouterr().err
    assert (said.count("\n"), said.startswith(str(file))) == (1, True)


def test_a_missing_file_is_one_line(tmp_path, capsys):
    assert main(["rerun", str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_commands_status_says_whether_the_run_is_the_same(record, capsys):
    assert main(["rerun", str(record)]) == 0
    assert main(["rerun", str(edited(record, other_version)), "--any-version"]) == 0
    assert main(["rerun", str(edited(record, lambda d: d["manifest"].update(seed=4))), "--any-version"]) == 1
    assert "figures DIFFER" in capsys.readouterr().out


def test_another_version_is_named_and_may_have_had_fewer_figures(record):
    def older(document):
        document["manifest"]["seed"] = 4
        document["manifest"]["versions"]["fundrisk"] = "0.1.0"
        document["measures"] = {"raised": document["measures"]["raised"]}

    found = sim.rerun(edited(record, older), any_version=True)
    assert f"Another version: fundrisk 0.1.0, now {sim.__version__}." in str(found)
    had = len(found.record.figures)
    assert len(found.differences) > had
    assert f"{len(found.differences)} of the figures DIFFER; the file has {had}:" in str(found)


def test_what_the_command_run_writes_can_be_repeated(tmp_path, capsys):
    names = [str(tmp_path / "run.json"), str(tmp_path / "run.npz")]
    assert main(["run", "valence-2002", "--paths", "400", "--json", names[0], "--save", names[1]]) == 0
    assert [main(["rerun", name]) for name in names] == [0, 0]
    capsys.readouterr()


def test_a_record_that_was_read_can_be_changed_and_repeated(record):
    read = repeat.read_record(record)
    assert sim.rerun(read).same
    assert not sim.rerun(read._replace(seed=4)).same


@pytest.mark.parametrize(("name", "value"), [("antithetic", {}), ("antithetic", 1), ("keep_paths", "no")])
def test_a_manifest_of_another_kind_is_refused(record, name, value):
    edited(record, lambda document: document["manifest"].update({name: value}))
    with pytest.raises(sim.ResultError, match=rf"run\.json: {name} = .*: must be true or false$"):
        sim.rerun(record)


def test_a_figure_too_large_for_a_float_is_a_difference(record):
    edited(record, lambda document: document["measures"]["raised"].update(mean=10**400))
    got = sim.rerun(record)
    assert not got.same
    assert got.differences[0].startswith("measures.raised.mean: 1000")


def test_a_register_of_no_case_is_refused_in_the_cases_own_words(capsys):
    assert main(["model", "--register", "valence-2003"]) == 2
    assert capsys.readouterr().err.startswith("valence-2003: not a shipped case and not a file. ")


@pytest.mark.parametrize(
    ("version", "said"), [("a\nb", r"written by fundrisk 'a\\nb'; this is"), (1, "names no version")]
)
def test_a_version_that_is_none_is_said_in_one_line(record, version, said):
    edited(record, lambda document: document["manifest"]["versions"].update(fundrisk=version))
    with pytest.raises(sim.ResultError, match=rf"run\.json: .*{said}") as caught:
        sim.rerun(record)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("versions", [["a"], None, 7, "0.7"])
def test_versions_that_are_no_table_are_said_in_one_line(record, versions):
    edited(record, lambda document: document["manifest"].update(versions=versions))
    with pytest.raises(sim.ResultError, match=r"run\.json: its manifest names no version of fundrisk$"):
        sim.rerun(record)
