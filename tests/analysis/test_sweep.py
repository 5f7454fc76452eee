"""Sweeps: the figures of a row, files that do not depend on how they were made, and what goes wrong on the way."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import numba
import numpy as np
import pytest

import sim
from sim.analysis import batches, swept_plan
from sim.analysis import row as rows_module
from sim.analysis.row import FIGURES
from sim.cli import main
from sim.engine.executors import ExecutorError
from sim.kernels.measures import add_up
from sim.lowering.lower import lower
from sim.results.files import ResultError
from sim.results.measures import MEASURES
from tests.support.other_cash import everything
from tests.support.valence import valence_2002

ROOT = Path(__file__).resolve().parents[2]
CASE = valence_2002()
AXES = {"price.volatility": [0.6, 0.9], "burn.monthly": [2e6, 2.5e6, 3e6]}
GRID = {"axes": AXES}
HOW = {"paths": 300, "seed": 7}


def swept(tmp_path, name="rows.csv", grid=GRID, **how) -> bytes:
    file = tmp_path / name
    sim.sweep(CASE, grid, file, **(HOW | how))
    return file.read_bytes()


# --- figures ---


@pytest.mark.parametrize("paths", [1, 300, 20_000])
def test_a_row_has_the_figures_of_its_run(paths):
    (row,) = sim.sweep(CASE, {"overrides": [{"price.volatility": 0.6}]}, paths=paths, seed=7).rows()
    summary = sim.simulate(CASE.replace({"price.volatility": 0.6}), paths=paths, seed=7).summary()
    for name in MEASURES:
        expected = (summary[name].mean, summary[name].mcse)
        got = (row[name], row[f"{name}_se"])
        assert got == tuple(None if number != number else number for number in expected), name
    out = summary.cash_out
    assert [row[f"cash_out{part}"] for part in ("", "_se", "_low", "_high")] == [out.value, out.se, *out.ci95]
    year = summary.cash_out_by_period[3]  # the valuation date is the first day of a fiscal year
    assert [row[f"cash_out_12m{part}"] for part in ("", "_se", "_low", "_high")] == [year.value, year.se, *year.ci95]
    assert (row["row"], row["case"], row["case_sha256"]) == (1, CASE.title, CASE.sha256)
    assert (row["paths"], row["seed"], row["price.volatility"], row["error"]) == (paths, 7, 0.6, None)


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_of_one_structure_have_the_surroundings_of_their_own(workers):
    """Flows, items, and what has been awaited of a milestone with a compensated move."""
    changes = {"price.jumps": "compensated", "milestones[licence].price_jump": 0.4, "horizon": "2003-12-31"}
    case = everything(changes | {"milestones[licence].elapsed_days": 20})
    rows = [
        {"flows[rent].amount": -4e5, "milestones[licence].elapsed_days": 200},
        {"flows[rent].amount": -0.5e5, "milestones[licence].elapsed_days": 5},
        {"burn.items[costs].monthly": 8e5, "flows[fee].delay_days": 90},
        {"company.interest_income_rate": 0.3, "notes[loan].accrued": 3e5},
    ]
    cases = [case, *map(case.replace, rows)]
    assert len({id(lower(each).structure) for each in cases}) == 1
    got = list(sim.sweep(case, {"overrides": rows}, paths=300, seed=7, workers=workers).rows())
    for row, changed in zip(got, cases[1:], strict=True):
        summary = sim.simulate(changed, paths=300, seed=7).summary()
        for name in MEASURES:
            assert row[name] == (None if summary[name].mean != summary[name].mean else summary[name].mean), name
    assert len({(row["raised"], row["ending_cash"]) for row in got}) == len(got)


@pytest.mark.parametrize(
    ("changes", "axes"),
    [
        (
            {"milestones[licence].elapsed_days": 30},
            {"milestones[licence].elapsed_days": [20, 60, 100, 200, 300, 400, 500, 600]},
        ),
        ({"price.jumps": "compensated"}, {"milestones[licence].probability": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]}),
        ({"burn.last_surprise": 0.1}, {"burn.last_surprise": [-0.4, 0.4]}),
    ],
    ids=["time that has passed", "compensated moves", "the month before"],
)
def test_rows_run_with_what_surrounds_their_own_case(changes, axes):
    """Rows that differ in numbers are run in the same arrays, one after another."""
    case = CASE.replace(changes)
    rows = list(sim.sweep(case, {"axes": axes}, paths=500, seed=7, workers=1).rows())
    assert rows[0]["runway_months"] != rows[1]["runway_months"]
    for row in rows:
        found = sim.simulate(case.replace({key: row[key] for key in axes}), paths=500, seed=7).summary()
        assert [row[name] for name in ("raised", "runway_months")] == [
            found[name].mean for name in ("raised", "runway_months")
        ]


def test_a_row_of_many_paths_is_summed_shard_by_shard(monkeypatch):
    (whole,) = sim.sweep(CASE, {"overrides": [{}]}, paths=50_000, seed=7).rows()
    monkeypatch.setattr(rows_module, "KEPT", 16_384)
    (parts,) = sim.sweep(CASE, {"overrides": [{}]}, paths=50_000, seed=7).rows()
    assert [parts[name] for name in FIGURES] == pytest.approx([whole[name] for name in FIGURES], rel=1e-12)


def test_what_no_path_has_is_absent_in_a_row_of_any_size(monkeypatch):
    nothing = {"overrides": [{"line.end": "2002-04-02"}]}  # before the first purchase date
    for kept in (rows_module.KEPT, 16_384):
        monkeypatch.setattr(rows_module, "KEPT", kept)
        (row,) = sim.sweep(CASE, nothing, paths=20_000, seed=7).rows()
        assert (row["raised"], row["raised_se"], row["effective_price"], row["effective_price_se"]) == (
            0,
            0,
            None,
            None,
        )


@pytest.mark.parametrize("case", [sim.load_case("redwire-2022"), everything()], ids=["lines", "surroundings"])
def test_rows_of_cases_of_all_kinds_have_the_figures_of_their_runs(case):
    (row,) = sim.sweep(case, {"overrides": [{}]}, paths=1037, seed=7).rows()
    summary = sim.simulate(case, paths=1037, seed=7).summary()
    for name in MEASURES:
        expected = (summary[name].mean, summary[name].mcse)
        assert (row[name], row[f"{name}_se"]) == tuple(None if x != x else x for x in expected), name


@pytest.mark.parametrize("paths", [*range(1, 20), 127, 128, 129, 136, 257, 1000, 16_385, 20_000])
def test_sums_have_the_bits_of_numpy(paths):
    """Of numbers that are far from one another, and of those among them that are there."""
    rng = np.random.default_rng(paths)
    values, room, sums = rng.normal(size=paths) * 10.0 ** rng.integers(-9, 9, paths), np.empty(paths), np.empty(3)
    for given in (values, np.where(rng.random(paths) < 0.3, np.nan, values)):
        there = given[~np.isnan(given)]
        added(sums, given.copy(), room)
        mean = there.sum() / there.size if there.size else np.nan
        squares = ((there - mean) ** 2).sum() if there.size else 0.0
        assert sums.tolist() == pytest.approx([there.size, mean, squares], rel=0, abs=0, nan_ok=True)


@numba.njit
def added(sums, values, room):
    add_up(sums, values, room)


def test_a_case_of_half_a_year_has_no_figures_of_a_year():
    short = CASE.replace({"horizon": "2002-09-30"})
    (row,) = sim.sweep({"short": short}, {"overrides": [{}]}, paths=100).rows()
    assert (row["case"], row["cash_out_12m"], row["cash_out_12m_high"]) == ("short", None, None)
    assert row["cash_out"] is not None


def test_paths_and_seed_are_the_rows_own_unless_given():
    grid = {"overrides": [{"simulation.seed": 1, "simulation.paths": 40}, {"simulation.paths": 50}]}
    found = list(sim.sweep(CASE, grid).rows())
    assert [(row["paths"], row["seed"]) for row in found] == [(40, 1), (50, CASE.simulation.seed)]
    given = list(sim.sweep(CASE, grid, paths=60, seed=2).rows())
    assert [(row["paths"], row["seed"]) for row in given] == [(60, 2)] * 2


def test_several_cases_come_one_after_the_other():
    cases = {"a": CASE, "b": CASE.replace({"price.initial": 1.0})}
    found = list(sim.sweep(cases, {"axes": {"price.drift": [0, 0.1]}}, paths=100).rows())
    assert [(row["row"], row["case"], row["price.drift"]) for row in found] == [
        (1, "a", 0), (2, "a", 0.1), (3, "b", 0), (4, "b", 0.1),
    ]  # fmt: skip
    assert len({row["sweep"] for row in found}) == 1
    assert [row["case_sha256"] for row in found[1:3]] == [case.sha256 for case in cases.values()]


def test_overrides_of_all_kinds_have_their_columns():
    grid = {"overrides": [{"policy.cadence": "daily"}, {"line.coverage.percent": [100, 50]}, {"third_party": None}]}
    found = list(sim.sweep(CASE, grid, paths=50).rows())
    assert [row["policy.cadence"] for row in found] == ["daily", None, None]
    assert [row["line.coverage.percent"] for row in found] == [None, "[100, 50]", None]
    assert [row["third_party"] for row in found] == [None, None, "null"]


# --- files that do not depend on how they were made ---


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> bytes:
    return swept(tmp_path_factory.mktemp("reference"), workers=1)


def test_workers_and_executors_write_the_same_bytes(tmp_path, reference):
    assert swept(tmp_path, "threads.csv", workers=3) == reference
    with ThreadPoolExecutor(2) as pool:
        assert swept(tmp_path, "pool.csv", executor=pool) == reference
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert swept(tmp_path, "processes.csv", executor=pool) == reference
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv"] * 3


def test_rows_that_take_all_threads_have_the_same_bits(tmp_path, reference, monkeypatch):
    monkeypatch.setattr(batches, "SMALL", 100)
    assert swept(tmp_path, "alone.csv", workers=2) == reference


def test_a_cluster_writes_the_same_bytes(tmp_path, capsys):
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    grid = tmp_path / "grid.toml"
    grid.write_text("\n".join(["[axes]", *(f'"{key}" = {values}' for key, values in AXES.items())]))
    with distributed.LocalCluster(**options, host="127.0.0.1", silence_logs=50) as cluster:
        command = ["sweep", "valence-2002", "--grid", str(grid), "--paths", "300", "--seed", "7"]
        assert main([*command, "--out", str(tmp_path / "c.csv"), "--scheduler", cluster.scheduler_address]) == 0
        assert main([*command, "--out", str(tmp_path / "m.csv")]) == 0
    assert capsys.readouterr().err == ""
    assert (tmp_path / "c.csv").read_bytes() == (tmp_path / "m.csv").read_bytes()


def test_parquet_and_csv_have_the_same_rows(tmp_path, reference):
    parquet = pytest.importorskip("pyarrow.parquet")
    swept(tmp_path)
    once, again = (swept(tmp_path, name) for name in ("a.parquet", "b.parquet"))
    assert once == again
    found = sim.sweep(CASE, GRID, tmp_path / "a.parquet", **HOW)
    assert list(found.rows()) == list(sim.sweep(CASE, GRID, tmp_path / "rows.csv", **HOW).rows())
    assert found.new == 0
    assert found.to_pandas()["raised"].tolist() == [row["raised"] for row in found.rows()]
    assert parquet.read_table(tmp_path / "a.parquet").num_rows == 6


# --- interrupted ---


def stop_after(rows: int):
    """A progress that interrupts the sweep once so many rows are done."""

    def progress(done, of):
        if done >= rows:
            raise KeyboardInterrupt

    return progress


def test_an_interrupted_sweep_goes_on_where_it_ended(tmp_path, reference, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, workers=1, progress=stop_after(3))
    journal = tmp_path / "rows.csv.partial"
    done = len(journal.read_text().splitlines()) - 1
    assert 3 <= done < 6
    with journal.open("ab") as file:
        file.write(b"5\t[300, 7, 1.0")  # killed while it was writing a row
    ran = []
    honest = rows_module.summed
    monkeypatch.setattr(rows_module, "summed", lambda *given: ran.append(given[1].paths) or honest(*given))
    found = sim.sweep(CASE, GRID, tmp_path / "rows.csv", **HOW)
    assert (found.new, ran) == (6 - done, [1, *[300] * (6 - done)])  # one path compiles the kernels
    assert (tmp_path / "rows.csv").read_bytes() == reference
    assert not journal.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_a_file_may_do_no_more_than_its_journal(tmp_path, mode):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, workers=1, progress=stop_after(3))
    before = os.umask(0o022)
    try:
        (tmp_path / "rows.csv.partial").chmod(mode)
        sim.sweep(CASE, GRID, tmp_path / "rows.csv", **HOW)
    finally:
        os.umask(before)
    assert (tmp_path / "rows.csv").stat().st_mode & 0o777 == mode


COMMAND = [sys.executable, "-m", "sim", "sweep", "valence-2002", "--paths", "20000", "--seed", "7", "--workers", "2"]


def started(tmp_path, name: str) -> subprocess.Popen:
    grid = tmp_path / "grid.toml"
    volatilities = [0.5 + i / 1000 for i in range(1000)]
    grid.write_text(f'[axes]\n"price.volatility" = {volatilities}\n')
    command = [*COMMAND, "--grid", str(grid), "--out", str(tmp_path / name)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, **pipes)


def wait_for_rows(journal: Path, rows: int) -> None:
    until = time.monotonic() + 100
    while not journal.exists() or journal.read_bytes().count(b"\n") <= rows:
        assert time.monotonic() < until, "no rows were written"
        time.sleep(0.02)


def test_a_killed_sweep_keeps_its_rows_and_its_lock_dies(tmp_path):
    journal = tmp_path / "k.csv.partial"
    process = started(tmp_path, "k.csv")
    wait_for_rows(journal, 5)
    second = started(tmp_path, "k.csv")
    said = second.communicate(timeout=100)[1]
    busy = f"{tmp_path / 'k.csv'}: another sweep is writing this file: wait for it, or use another file\n"
    assert (second.returncode, said) == (2, busy)
    process.kill()
    process.communicate()
    before = journal.read_bytes()
    third = started(tmp_path, "k.csv")
    wait_for_rows(journal, before.count(b"\n") + 3)
    at = time.monotonic()
    third.send_signal(signal.SIGINT)
    said = third.communicate(timeout=100)[1]
    assert time.monotonic() - at < 5.0  # half a second on a machine that is idle
    assert third.returncode == 130
    assert said == "\nfundrisk: interrupted; rows that are done are kept: the same command goes on with the others\n"
    after = journal.read_bytes()
    whole = before[: before.rindex(b"\n") + 1]
    assert after.startswith(whole)
    numbers = [line.partition(b"\t")[0] for line in after.splitlines()[1:]]
    assert len(numbers) == len(set(numbers))


# --- files of others, full disks ---


def test_a_file_of_another_sweep_is_refused_with_the_reason(tmp_path):
    swept(tmp_path)
    for how, reason in (
        ({"seed": 8}, "seed = 7, and 8 in this sweep"),
        ({"paths": 301}, "paths = 300, and 301 in this sweep"),
        ({"seed": None}, "seed = 7, and each case's in this sweep"),
        ({"grid": {"axes": AXES | {"burn.monthly": [1e6]}}}, "grid = "),
    ):
        with pytest.raises(ResultError, match=f"rows.csv: is the file of another sweep: {reason}"):
            swept(tmp_path, **how)
    with pytest.raises(ResultError, match="is not a file of this sweep: must be removed"):
        swept(tmp_path, grid={"axes": {"price.drift": [0]}})
    with pytest.raises(ResultError, match="cases = "):
        sim.sweep({CASE.title: CASE.replace({"price.initial": 2})}, GRID, tmp_path / "rows.csv", **HOW)
    assert sim.sweep(CASE, GRID, tmp_path / "rows.csv", **HOW).new == 0


def test_a_file_that_lost_rows_is_refused(tmp_path):
    whole = swept(tmp_path)
    (tmp_path / "rows.csv").write_bytes(b"".join(whole.splitlines(keepends=True)[:4]))
    with pytest.raises(ResultError, match=r"rows\.csv: has 3 rows; must have 6: must be removed"):
        swept(tmp_path)


def test_a_journal_that_outlived_its_file_is_removed(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, progress=stop_after(1))
    journal = (tmp_path / "rows.csv.partial").read_bytes()
    whole = swept(tmp_path)
    (tmp_path / "rows.csv.partial").write_bytes(journal)
    assert swept(tmp_path) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_journal_of_another_sweep_is_refused_with_the_reason(tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, progress=stop_after(1))
    with pytest.raises(
        ResultError, match=r"rows\.csv\.partial: has the rows of another sweep: seed = 7, and 8 in this"
    ):
        swept(tmp_path, seed=8)
    mine = swept_plan.versions_that_matter()
    monkeypatch.setattr(swept_plan, "versions_that_matter", lambda: mine | {"fundrisk": "9.9"})
    with pytest.raises(ResultError, match=f"another sweep: fundrisk = {mine['fundrisk']}, and 9.9 in this sweep"):
        swept(tmp_path)


@pytest.mark.parametrize("data", [b"\n", b"a,b\n1,2\n", b"\xff" * 300, b"row,sweep\n"])
def test_a_file_of_something_else_is_left_alone(tmp_path, data):
    for name in ("rows.csv", "other.csv.partial"):
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ResultError, match=r"rows\.csv: (is not a file of this sweep|cannot be read)"):
        swept(tmp_path)
    with pytest.raises(ResultError, match=r"other\.csv\.partial: is not the journal of a sweep"):
        swept(tmp_path, "other.csv")
    assert (tmp_path / "other.csv.partial").read_bytes() == data
    assert (tmp_path / "rows.csv").read_bytes() == data


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("made", [("rows",), ("rows", "rows.partial"), ("link",)], ids=" and ".join)
def test_an_empty_file_is_a_new_one(tmp_path, reference, ending, made):
    """As `touch` and `mktemp` make it, here for its owner alone."""
    if ending == "parquet":
        pytest.importorskip("pyarrow.parquet")
    for kind in made:
        name = kind.replace("rows", f"rows.{ending}").replace("link", f"file.{ending}")
        (tmp_path / name).touch(mode=0o600)
    if made == ("link",):
        (tmp_path / f"rows.{ending}").symlink_to(tmp_path / f"file.{ending}")
    file, modes = tmp_path / f"rows.{ending}", set()
    journal = tmp_path / f"{file.resolve().name}.partial"
    found = sim.sweep(CASE, GRID, file, **HOW, progress=lambda *_: modes.add(journal.stat().st_mode & 0o777))
    assert (found.new, len(list(found.rows()))) == (6, 6)
    assert ending != "csv" or file.read_bytes() == reference
    assert os.name == "nt" or ({file.stat().st_mode & 0o777} | modes) == {0o600}
    assert not journal.exists()
    assert sim.sweep(CASE, GRID, file, **HOW).new == 0


def test_a_file_that_a_spreadsheet_saved_again_is_the_sweeps(tmp_path, reference):
    (tmp_path / "rows.csv").write_bytes(b"\xef\xbb\xbf" + reference.replace(b"\n", b"\r\n"))
    assert sim.sweep(CASE, GRID, tmp_path / "rows.csv", **HOW).new == 0


def test_a_damaged_journal_is_said(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, progress=stop_after(2))
    journal = tmp_path / "rows.csv.partial"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + b"\0" * 20 + b"\n" + b"".join(lines[1:]))
    with pytest.raises(ResultError, match=rf"partial: damaged at byte {len(lines[0])}: must be removed"):
        swept(tmp_path)


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("rows.txt", "rows.txt: must be the name of a file that ends in .csv or .parquet"),
        ("no/rows.csv", "no/rows.csv: cannot be written: there is no folder"),
        ("folder.csv", "folder.csv: cannot be written: not a regular file"),
        ("full.csv", "full.csv: cannot be written: not a regular file"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_before_any_work(tmp_path, out, said):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "full.csv").symlink_to("/dev/full")
    with pytest.raises(ResultError, match=said.replace(".", r"\.")):
        swept(tmp_path, out)


def test_a_full_disk_is_said_and_the_rows_are_kept(tmp_path, reference):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        with pytest.raises(ResultError) as raised:
            swept(disk)
        why = "cannot be written: No space left on device; rows that are done are kept: run the same sweep again"
        assert str(raised.value) in (f"{disk}/rows.csv.partial: {why}", f"{disk}/rows.csv: {why}")
        done = (disk / "rows.csv.partial").read_bytes().count(b"\n") - 1
        assert done >= 1
        subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
        assert sim.sweep(CASE, GRID, disk / "rows.csv", **HOW).new == 6 - done
        assert (disk / "rows.csv").read_bytes() == reference
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path, monkeypatch):
    values = [60, 7, *[1.5] * len(FIGURES), ""]
    monkeypatch.setattr(rows_module, "_variant", lambda case, number, *_: rows_module.RowDone(number, values))

    def peak(rows: int) -> int:
        grid = {"axes": {"price.volatility": [1.0] * 100, "burn.monthly": [1.0] * (rows // 100)}}
        tracemalloc.start()
        assert len(sim.sweep(CASE, grid, tmp_path / f"{rows}.csv", paths=60, seed=7, workers=2)) == rows
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)  # imports and compiles
    assert peak(10_000) - peak(1_000) < 2_000_000  # the rows themselves take seven times as much


# --- rows and workers that fail ---


def test_a_row_that_fails_says_why_and_the_others_go_on(tmp_path, capsys):
    grid = tmp_path / "grid.toml"
    grid.write_text('[axes]\n"price.volatility" = [0.6, -1]\n')
    command = ["sweep", "valence-2002", "--grid", str(grid), "--out", str(tmp_path / "f.csv"), "--paths", "50"]
    for new in (2, 0):  # and says it again when there is nothing left to run
        assert main(command) == 1
        out, err = capsys.readouterr()
        assert out == f"2 rows in {tmp_path / 'f.csv'}, {new} of them new\n"
        assert err == "fundrisk sweep: row 2: valence-2002: price.volatility = -1: must be a number from 0 to 10\n"
    with (tmp_path / "f.csv").open(newline="") as file:
        good, bad = csv.DictReader(file)
    assert (good["error"], bad["error"]) == ("", "price.volatility = -1: must be a number from 0 to 10")
    assert [bad[name] for name in FIGURES] == [""] * len(FIGURES)


def test_a_fault_in_one_row_does_not_end_the_sweep(monkeypatch):
    honest = rows_module.summed

    def faulty(check, variant, *on):
        if variant.case.price.volatility == 0.9:
            raise ZeroDivisionError("division by zero")
        return honest(check, variant, *on)

    monkeypatch.setattr(rows_module, "summed", faulty)
    found = sim.sweep(CASE, GRID, **HOW)
    assert (len(found), found.failed) == (6, 3)
    assert found.failures[0] == (4, CASE.title, "ZeroDivisionError: division by zero")


class Forgetful(Executor):
    """Loses the first two calls that it is given."""

    def __init__(self):
        self.calls = 0

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.calls += 1
        if self.calls <= 2:
            future.set_exception(CancelledError())
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_rows_that_lost_their_workers_are_run_by_the_next_call(tmp_path, reference, monkeypatch):
    def out_of_memory(check, variant, *on):
        if variant.case.price.volatility == 0.9 and variant.case.burn.monthly == 2e6:
            raise MemoryError("no memory")
        return honest(check, variant, *on)

    honest = rows_module.summed
    with monkeypatch.context() as patched:
        patched.setattr(rows_module, "summed", out_of_memory)
        said = (
            "^sweep: 1 rows could not be run, the first of them row 4: MemoryError: no memory; rows that are done are"
        )
        with pytest.raises(ExecutorError, match=said):
            swept(tmp_path)
    assert (tmp_path / "rows.csv.partial").read_bytes().count(b"\n") == 6
    assert swept(tmp_path, executor=Forgetful()) == reference


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", ""])
def test_a_scheduler_that_is_not_there_is_said_within_ten_seconds(address, tmp_path, capsys):
    pytest.importorskip("distributed")
    grid = tmp_path / "grid.toml"
    grid.write_text(json.dumps({}))
    at = time.monotonic()
    command = ["sweep", "valence-2002", "--grid", str(grid), "--out", str(tmp_path / "x.csv")]
    assert main([*command, "--scheduler", address]) == 2
    assert time.monotonic() - at < 10
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"scheduler = {address or '(empty)'}: must be the address of a running Dask scheduler")
    assert main([*command, "--scheduler", address, "--workers", "2"]) == 2
    assert capsys.readouterr().err.startswith("--workers = 2: must be left out with --scheduler")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_is_no_scheduler_is_said_within_ten_seconds(answer, tmp_path, capsys):
    pytest.importorskip("distributed")
    (tmp_path / "grid.toml").write_text('[axes]\n"price.drift" = [0]\n')
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with suppress(OSError):
                while True:
                    accepted.append(server.accept()[0])
                    accepted[-1].sendall(answer)

        accepted = []
        threading.Thread(target=serve, daemon=True).start()
        address, at = f"tcp://127.0.0.1:{server.getsockname()[1]}", time.monotonic()
        command = ["sweep", "valence-2002", "--grid", str(tmp_path / "grid.toml"), "--out", str(tmp_path / "x.csv")]
        assert main([*command, "--scheduler", address]) == 2
        assert time.monotonic() - at < 10
        assert accepted
    (line,) = capsys.readouterr().err.splitlines()
    why = "what answers there is no Dask scheduler" if answer else "Timed out"
    wanted = "must be the address of a running Dask scheduler, such as tcp://10.0.0.5:8786"
    assert line.startswith(f"scheduler = {address}: {wanted}: {why}")


def test_sizes_that_cannot_be_used_are_said():
    for how, line in (({"paths": 0}, "paths = 0"), ({"seed": -1}, "seed = -1"), ({"workers": 0}, "workers = 0")):
        with pytest.raises(ValueError, match=f"^{line}: must be a whole number from"):
            sim.sweep(CASE, GRID, **how)
    with pytest.raises(ValueError, match=r"^sweep: there must be at least one case$"):
        sim.sweep([], GRID)
    with pytest.raises(sim.CaseError, match=r"^grid = \[1\]: must be a table, or the path of a TOML file$"):
        sim.sweep(CASE, [1])
    with pytest.raises(ValueError, match=r"^out = 3: must be the path of a file$"):
        sim.sweep(CASE, GRID, 3)
