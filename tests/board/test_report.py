"""The pack in a folder: complete or not at all, fixed names, numbers of the pack; and the command."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import pytest

import sim
from sim.board import report
from sim.board.charts.data import Source
from sim.board.deck.deck import write_deck
from sim.board.report import DOCUMENTS, FIGURES, NUMBERS, check_folder, write_report
from sim.board.story.story import story
from sim.board.workbook.workbook import write_workbook
from sim.cli import main
from sim.results.files import ResultError
from tests.board.test_story import pack_of


@pytest.fixture(scope="module")
def valence():
    return pack_of("valence")


@pytest.fixture
def quick(monkeypatch):
    """A report with stand-ins for the documents and no figures."""
    monkeypatch.setattr(report, "_write_document", lambda function, pack, chapters, path: path.write_text("x"))
    monkeypatch.setattr(report, "figures", lambda pack, chapters, source: iter(()))


# ------------------------------------------------------------------------------------------------------ the folder


def test_files_have_fixed_names(valence, tmp_path):
    told = []
    files = write_report(valence, tmp_path / "new" / "pack", lambda done, of: told.append((done, of)))
    names = {str(file.relative_to(tmp_path / "new" / "pack")) for file in files}
    assert {*DOCUMENTS, *NUMBERS} <= names
    figures = {name for name in names if name.startswith(FIGURES)}
    assert {
        f"{FIGURES}/{name}.{kind}" for name in ("cash_fan", "waterfall", "tornado") for kind in ("png", "svg")
    } <= figures
    assert all(file.stat().st_size > 500 for file in files)
    assert sum(file.stat().st_size for file in files) < 10e6
    assert [of for _, of in told] == [len(files)] * len(told)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == len(files)
    assert sorted(os.listdir(tmp_path / "new" / "pack")) == sorted([*DOCUMENTS, *NUMBERS, FIGURES])


def test_the_numbers_are_the_packs(valence, tmp_path, quick):
    write_report(valence, tmp_path)
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8")) == valence.to_dict()
    assert sim.load_result(tmp_path / "run.npz") == valence.result


def test_a_run_of_many_paths_is_stored_as_its_summary(valence, tmp_path, quick, monkeypatch):
    monkeypatch.setattr(report, "MOST_STORED", 100)
    write_report(valence, tmp_path)
    stored = sim.load_result(tmp_path / "run.npz")
    assert stored.sketch is not None
    assert stored.summary()["raised"].mean == pytest.approx(valence.result.summary()["raised"].mean, rel=1e-12)
    assert stored.paths == valence.result.paths


def test_the_same_pack_gives_the_same_figures(valence, tmp_path):
    for name in ("a", "b"):
        draw = dict(report.figures(valence, story(valence), Source.of(valence.result.run)))["waterfall"]
        report.save_figures(draw, {kind: tmp_path / f"{name}.{kind}" for kind in ("png", "svg")})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


WRITE_PACK = """
import sys, time
from sim.board import report
from sim.board.report import write_report
from tests.board.test_story import pack_of
offset = float(sys.argv[2])
real, local = time.time, time.localtime
time.time = lambda: real() + offset
time.localtime = lambda seconds=None: local(time.time() if seconds is None else seconds)
figures = report.figures
report.figures = lambda *given: list(figures(*given))[:3]
write_report(pack_of("valence"), sys.argv[1])
"""


@pytest.mark.parametrize("clock", [0.0, 4.5e9])
def test_documents_are_written_at_any_time_of_the_clock(clock, valence, tmp_path, monkeypatch):
    pack = valence
    chapters = story(pack)
    for name, write in (("deck.pptx", write_deck), ("workbook.xlsx", write_workbook)):
        write(pack, chapters, tmp_path / name)
    monkeypatch.setattr(time, "time", lambda: clock)
    for name, write in (("deck.pptx", write_deck), ("workbook.xlsx", write_workbook)):
        write(pack, chapters, tmp_path / f"{clock}{name}")
        assert (tmp_path / f"{clock}{name}").read_bytes() == (tmp_path / name).read_bytes()


def test_a_pack_has_the_same_bytes_at_any_time_and_place(tmp_path):
    runs = [("one", "1", "UTC", "0"), ("another/place", "2", "Asia/Tokyo", "40000000")]
    for folder, hashes, zone, offset in runs:
        (tmp_path / folder).mkdir(parents=True)
        mine = os.environ | {"PYTHONHASHSEED": hashes, "TZ": zone, "PYTHONPATH": os.getcwd(), "LC_ALL": "C.UTF-8"}
        command = [sys.executable, "-c", WRITE_PACK, "pack", offset]
        subprocess.run(command, cwd=tmp_path / folder, env=mine, check=True)
    one, other = (tmp_path / folder / "pack" for folder, *_ in runs)
    names = sorted(str(file.relative_to(one)) for file in one.rglob("*.*"))
    assert len(names) == 3 + 2 + 6
    for name in names:
        if name not in NUMBERS:  # which say how long the computation took
            assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_other_files_are_left_alone(valence, tmp_path, quick):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "result.json").write_text("old", encoding="utf-8")
    write_report(valence, tmp_path, force=True)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "result.json").read_text(encoding="utf-8") != "old"


@pytest.mark.parametrize("when", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupt_leaves_the_folder_unchanged(valence, tmp_path, quick, when, error):
    def stop(done, of):
        if done == when:
            raise error

    there = tmp_path / "there"
    there.mkdir()
    (there / "result.json").write_text("old", encoding="utf-8")
    for folder in (tmp_path / "new", there):
        with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else ResultError):
            write_report(valence, folder, stop, force=True)
    assert not (tmp_path / "new").exists()
    assert os.listdir(there) == ["result.json"]
    assert (there / "result.json").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", [*DOCUMENTS, *NUMBERS])
def test_an_earlier_pack_is_replaced_only_with_force(valence, tmp_path, quick, name):
    (tmp_path / name).write_text("old", encoding="utf-8")
    with pytest.raises(ResultError, match=rf"{name} of an earlier pack \(use --force to replace it\)$"):
        write_report(valence, tmp_path)
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "old"
    write_report(valence, tmp_path, force=True)


def test_figures_of_others_are_replaced_only_with_force(valence, tmp_path, quick, monkeypatch):
    monkeypatch.setattr(report, "figures", lambda *given: iter([("cash_fan", lambda ax: ax.plot([1, 2]))]))
    (tmp_path / FIGURES).mkdir()
    (tmp_path / FIGURES / "cash_fan.svg").write_text("mine", encoding="utf-8")
    (tmp_path / FIGURES / "my own.svg").write_text("mine", encoding="utf-8")
    with pytest.raises(ResultError, match=r"it has figures/cash_fan.svg of an earlier pack \(use --force"):
        write_report(valence, tmp_path)
    assert (tmp_path / FIGURES / "cash_fan.svg").read_text(encoding="utf-8") == "mine"
    write_report(valence, tmp_path, force=True)
    assert (tmp_path / FIGURES / "cash_fan.svg").read_text(encoding="utf-8") != "mine"
    assert (tmp_path / FIGURES / "my own.svg").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["valence", "2026", "no line"])
def test_the_names_of_figures_are_known_before_the_analyses(name):
    pack = pack_of(name)
    made = {name for name, _ in report.figures(pack, story(pack), Source.of(pack.result.run))}
    assert "outlook" in made
    assert made <= set(report.FIGURE_NAMES)


def test_folders_that_cannot_be_written_are_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    taken = tmp_path / "taken"
    (taken / "deck.pptx").mkdir(parents=True)
    figures = tmp_path / "figures-is-a-file"
    figures.mkdir()
    (figures / FIGURES).write_text("", encoding="utf-8")
    for folder in (file, file / "below", taken, figures, tmp_path / ("x" * 300), "", " ", "nul\0"):
        with pytest.raises(ResultError) as caught:
            check_folder(folder)
        assert "\n" not in str(caught.value)
        assert "cannot be written" in str(caught.value)
    check_folder(tmp_path)
    check_folder(tmp_path / "a" / "b" / "c")


# ------------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def gathered(monkeypatch, valence, quick):
    """The command, with a ready pack."""
    asked = []

    def gather(case, paths=None, seed=None, *, sampler, antithetic, workers=None, progress=None):
        asked.append((case.title, paths, seed, sampler, antithetic, workers))
        progress(500, 1000)
        return valence

    monkeypatch.setattr("sim.analysis.pack.gather", gather)
    return asked


def test_the_command_lists_its_files(gathered, tmp_path, capsys):
    summary, run = tmp_path / "summary.json", tmp_path / "run.npz"
    also = ["--antithetic", "--json", str(summary), "--save", str(run)]
    assert main(["report", "valence-2002", "--out", str(tmp_path / "x"), "--paths", "1e3", "--seed", "5", *also]) == 0
    assert gathered == [(sim.load_case("valence-2002").title, 1000, 5, "philox", True, None)]
    assert json.loads(summary.read_text())["measures"] == sim.load_result(run).summary().to_dict()["measures"]
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'x'}: {', '.join([*DOCUMENTS, *NUMBERS])} and")
    assert said.count("\n") == 1
    assert main(["report", "valence-2002", "--out", str(tmp_path / "x"), "--force"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "valence-2002"],
        ["report", "valence-2002", "--out", "{file}"],
        ["report", "valence-2002", "--out", "{file}/below"],
        ["report", "no-such-case", "--out", "{folder}"],
        ["report", "valence-2002", "--out", "{folder}", "--set", "price.volatility=-1"],
        ["report", "valence-2002", "--out", "{folder}", "--paths", "many"],
        ["report", "{folder}/result.json", "--out", "{folder}"],
        ["report", "valence-2002", "--out", "{old}"],
    ],
)
def test_unusable_input_is_refused_first(gathered, tmp_path, tmp_path_factory, capsys, arguments):
    from contextlib import suppress

    (tmp_path / "file").write_text("", encoding="utf-8")
    old = tmp_path_factory.mktemp("old")
    (old / "deck.pptx").write_text("old", encoding="utf-8")
    status = 2
    with suppress(SystemExit):
        status = main([a.format(file=tmp_path / "file", folder=tmp_path, old=old) for a in arguments])
    assert status == 2
    assert gathered == []
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["file"]
    assert (old / "deck.pptx").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("few", [["--paths", "0"], ["--paths", "1"], ["--paths", "2", "--antithetic"]])
def test_too_few_paths_are_refused(few, tmp_path, capsys):
    assert main(["report", "valence-2002", "--out", str(tmp_path / "x"), *few]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"--paths = {few[1]}: must be a whole number from ")
    assert not (tmp_path / "x").exists()


SLOW = """
import sys, time
import sim.analysis.pack, sim.board.report
from pathlib import Path
from types import SimpleNamespace
from sim.board.story.story import story
from sim.board.workbook.workbook import write_workbook
from sim.cli import main

def write(path):
    path.write_text("half of it", encoding="utf-8")
    print("writing", flush=True)
    time.sleep(60)

sim.analysis.pack.gather = lambda *case, progress, **options: pack
sim.board.report.story = lambda pack: ()
pack = SimpleNamespace(result=sim.simulate("valence-2002", paths=16))
sim.board.report._jobs = lambda *given: [("result.json", lambda path: path.write_text("x")), ("run.npz", write)]
sim.board.report.figures = lambda *given: ()
sys.argv = ["fundrisk", "report", "valence-2002", "--out", sys.argv[1]]
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupt_while_writing_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", SLOW, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        _, said = process.communicate(timeout=30)
        took = time.monotonic() - sent
    assert process.returncode == 130
    assert said.endswith("fundrisk: interrupted; nothing was written\n")
    assert not (tmp_path / "out").exists()
    assert took < 0.5


def test_the_command_starts_without_the_heavy_libraries():
    code = (
        "import sys\nfrom sim.cli import main\n"
        "status = main(['report', 'no-such-case', '--out', 'x'])\n"
        "print(status, *({'pptx', 'matplotlib', 'numba', 'scipy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["2"]


def test_a_run_without_paths_has_a_report_too(valence, tmp_path):
    flat = sim.simulate(valence.result.case, paths=512, seed=7, keep_paths=False)
    files = write_report(dataclasses.replace(valence, result=flat), tmp_path)
    assert sim.load_result(tmp_path / "run.npz") == flat
    assert (tmp_path / "deck.pptx") in files
