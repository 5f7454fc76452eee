"""The pack in a folder: whole or not at all, under fixed names, with the numbers of the pack; and the command."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import sim
from sim.analysis.capital import cost_of_capital, ratio
from sim.board import report
from sim.board.report import DOCUMENTS, FIGURES, NUMBERS, check_folder, write_report
from sim.cli import main
from sim.results.files import ResultError
from sim.terms.sources import CHANGED, comments, sources
from tests.board.test_story import pack_of


@pytest.fixture(scope="module")
def valence():
    return pack_of("valence")


@pytest.fixture
def quick(monkeypatch):
    """A report of the numbers alone."""
    monkeypatch.setattr(report, "DOCUMENTS", {})
    monkeypatch.setattr(report, "figures", lambda pack, story: iter(()))


# ------------------------------------------------------------------------------------------------------ the folder


def test_a_report_has_its_files_under_fixed_names(valence, tmp_path):
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
    assert told == [(n, len(files)) for n in range(1, len(files) + 1)]
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
        jobs = dict(report._jobs(valence, report_story(valence)))
        for kind in ("png", "svg"):
            jobs[f"{FIGURES}/waterfall.{kind}"](tmp_path / f"{name}.{kind}")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def report_story(pack):
    from sim.board.story.story import story

    return story(pack)


def test_what_else_is_in_the_folder_stays(valence, tmp_path, quick):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "result.json").write_text("old", encoding="utf-8")
    write_report(valence, tmp_path)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "result.json").read_text(encoding="utf-8") != "old"


@pytest.mark.parametrize("when", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_report_that_is_interrupted_leaves_what_was_there(valence, tmp_path, quick, when, error):
    def stop(done, of):
        if done == when:
            raise error

    there = tmp_path / "there"
    there.mkdir()
    (there / "result.json").write_text("old", encoding="utf-8")
    for folder in (tmp_path / "new", there):
        with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else ResultError):
            write_report(valence, folder, stop)
    assert not (tmp_path / "new").exists()
    assert os.listdir(there) == ["result.json"]
    assert (there / "result.json").read_text(encoding="utf-8") == "old"


def test_folders_that_cannot_be_written_are_refused_in_one_line(tmp_path):
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
    """The command, with a pack that is there already."""
    asked = []

    def gather(case, paths=None, seed=None, *, sampler, antithetic, workers=None, progress=None):
        asked.append((case.title, paths, seed, sampler, antithetic, workers))
        progress(500, 1000)
        return valence

    monkeypatch.setattr("sim.analysis.pack.gather", gather)
    return asked


def test_the_command_says_what_it_wrote(gathered, tmp_path, capsys):
    summary, run = tmp_path / "summary.json", tmp_path / "run.npz"
    also = ["--antithetic", "--json", str(summary), "--save", str(run)]
    assert main(["report", "valence-2002", "--out", str(tmp_path / "x"), "--paths", "1e3", "--seed", "5", *also]) == 0
    assert gathered == [(sim.load_case("valence-2002").title, 1000, 5, "philox", True, None)]
    assert json.loads(summary.read_text())["measures"] == sim.load_result(run).summary().to_dict()["measures"]
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'x'}: result.json, run.npz")
    assert said.count("\n") == 1


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
    ],
)
def test_what_cannot_be_used_is_refused_before_any_work(gathered, tmp_path, capsys, arguments):
    from contextlib import suppress

    (tmp_path / "file").write_text("", encoding="utf-8")
    status = 2
    with suppress(SystemExit):
        status = main([a.format(file=tmp_path / "file", folder=tmp_path) for a in arguments])
    assert status == 2
    assert gathered == []
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("few", [["--paths", "0"], ["--paths", "1"], ["--paths", "2", "--antithetic"]])
def test_too_few_paths_are_refused(few, tmp_path, capsys):
    assert main(["report", "valence-2002", "--out", str(tmp_path / "x"), *few]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"--paths = {few[1]}: must be a whole number from ")
    assert not (tmp_path / "x").exists()


SLOW = """
import sys, time
import sim.analysis.pack, sim.board.report, sim.board.story.story
from pathlib import Path
from sim.cli import main

def write(path):
    path.write_text("half of it", encoding="utf-8")
    print("writing", flush=True)
    time.sleep(60)

sim.analysis.pack.gather = lambda *case, progress, **options: None
sim.board.story.story.story = lambda pack: ()
sim.board.report._jobs = lambda pack, story: [("result.json", lambda path: path.write_text("x")), ("run.npz", write)]
sys.argv = ["fundrisk", "report", "valence-2002", "--out", sys.argv[1]]
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupt_while_files_are_written_ends_at_once_and_leaves_nothing(tmp_path):
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


# ------------------------------------------------------------------------------------------ where figures come from


TEXT = """
# [X] is no legend here
#   [TS]  the term sheet
title = "a # in quotes"  # beside

[company]  # about it
# above
# in two lines
cash = 1
minimum_cash = 2
shares = 3   # own

bare = 4

[[notes]]  # first
name = "Note [a]"
principal = 5  # so much

[[steps]]
factor = 0.5  # unnamed
"""


def test_comments_stand_beside_their_keys():
    assert comments(TEXT) == {
        "title": "beside",
        "company": "about it",
        "company.cash": "above in two lines",
        "company.minimum_cash": "above in two lines",
        "company.shares": "own",
        "notes[Note [a]]": "first",
        "notes[Note [a]].principal": "so much",
        "steps[0].factor": "unnamed",
    }


def test_the_shipped_case_says_where_its_figures_come_from():
    case = sim.load_case("valence-2002")
    beside, legend = sources(case)
    assert beside["company.cash"].startswith("[Q3] Balance sheet")
    assert "ASSUMPTION" in beside["price.volatility"]
    assert {"TS", "Q3", "NOTE", "PR"} <= set(legend)


def test_a_changed_figure_does_not_carry_the_files_words():
    beside, _ = sources(sim.load_case("valence-2002").replace({"price.volatility": 0.5}))
    assert beside["price.volatility"] == CHANGED
    assert beside["price.initial"] != CHANGED


def test_a_case_from_no_file_has_no_sources():
    assert sources(sim.Case.from_dict(sim.load_case("valence-2002").to_dict())) == ({}, {})


# ------------------------------------------------------------------------------------------ the cost of the capital


def test_the_cost_of_the_capital_is_a_ratio_of_sums(valence):
    result, cost = valence.result, cost_of_capital(valence.result)
    market = (result["raised"] + result["discount_cost"]).sum()
    legal = (result["draws"] * 25_000.0).sum()
    assert cost.discount.value == pytest.approx(result["discount_cost"].sum() / market, rel=1e-12)
    assert cost.all_in.value == pytest.approx((result["discount_cost"].sum() + legal) / market, rel=1e-12)
    assert cost.all_in.value == pytest.approx(cost.discount.value + cost.legal.value, rel=1e-12)
    assert 0.0 < cost.all_in.se < 0.01


def covered(error_times):
    """How often intervals of a ratio of known value hold it, of 400, with the error multiplied."""
    random = np.random.default_rng(11)
    below = random.exponential(1.0, (400, 300))
    above = 0.3 * below + 0.2 * below * random.standard_normal((400, 300))
    hits = 0
    for a, b in zip(above, below, strict=True):
        estimate = ratio(a, b, None)
        hits += abs(estimate.value - 0.3) <= 1.96 * error_times * estimate.se
    return hits


def test_the_error_of_a_ratio_is_honest():
    spread = np.sqrt(400 * 0.95 * 0.05)
    assert abs(covered(1.0) - 380) < 4 * spread
    assert abs(covered(0.7) - 380) > 4 * spread


def test_the_cost_is_the_same_without_the_paths(valence):
    flat = sim.simulate(valence.result.case, paths=512, seed=7, keep_paths=False)
    got, expected = cost_of_capital(flat), cost_of_capital(valence.result)
    assert got.all_in.value == pytest.approx(expected.all_in.value, rel=1e-12)
    assert np.isnan(got.all_in.se)


def test_a_run_without_paths_has_a_report_too(valence, tmp_path):
    flat = sim.simulate(valence.result.case, paths=512, seed=7, keep_paths=False)
    files = write_report(dataclasses.replace(valence, result=flat), tmp_path)
    assert sim.load_result(tmp_path / "run.npz") == flat
    assert (tmp_path / "deck.pptx") in files


def test_no_shares_no_cost():
    nothing = ratio(np.zeros(5), np.zeros(5), None)
    assert np.isnan(nothing.value)
