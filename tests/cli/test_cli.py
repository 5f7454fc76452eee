"""The command `fundrisk`: what it prints and writes, its errors, and how it stops."""

import contextlib
import io
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

import sim
from sim.cli import COMMANDS, main, meter
from sim.cli.arguments import whole
from sim.cli.files import Unusable
from tests.proof.inputs import toml
from tests.support.hostile import hostile_document

ROOT = Path(__file__).resolve().parents[2]


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def no_notice(monkeypatch):
    """The first run may compile; the notice that says so is tested on its own."""
    monkeypatch.setattr(meter.Meter, "PATIENCE", 600.0)


def fundrisk(*words) -> Ran:
    """The command, in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with warnings.catch_warnings(), contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        try:
            status = main([str(word) for word in words])
        except SystemExit as left:
            status = int(left.code or 0)
    out, err = [(stream.flush(), stream.buffer.getvalue().decode())[1] for stream in streams]
    return Ran(status, out, err)


def started(*words, **how) -> subprocess.Popen:
    """The command, as a process of its own."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="") | how.pop("env", {})
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | how
    return subprocess.Popen([sys.executable, "-m", "sim", *map(str, words)], env=environment, **how)


@pytest.fixture
def case_file(tmp_path):
    """A case of six months that is not a shipped one."""
    doc = hostile_document(1) | {"title": "mine", "horizon": "2002-09-30", "simulation": {"paths": 64, "seed": 5}}
    path = tmp_path / "mine.toml"
    path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in doc.items()), encoding="utf-8")
    return path


@pytest.fixture
def history_file(tmp_path, case_file):
    path = tmp_path / "path.json"
    assert fundrisk("trace", case_file, "--path", 3, "--json", path).status == 0
    return path


# --- what each command does ------------------------------------------------------------------------------------------


def test_every_command_has_help():
    names = [command.__name__.rpartition(".")[2] for command in COMMANDS]
    assert re.findall(r"^    (\w+)", fundrisk("--help").out, re.MULTILINE) == names
    for name in names:
        ran = fundrisk(name, "--help")
        assert (ran.status, ran.err) == (0, "")
        assert ran.out.startswith(f"usage: fundrisk {name}")


def test_version_and_shipped_cases_are_printed():
    assert fundrisk("--version") == (0, f"fundrisk {sim.__version__}\n", "")
    listed = "".join(f"{name:<20}  {title}\n" for name, title in sim.terms.shipped_cases())
    assert fundrisk("cases") == (0, listed, "")


def test_check_prints_the_terms_with_overrides():
    case = sim.load_case("valence-2002").replace({"line.commitment": 31e6})
    ran = fundrisk("check", "valence-2002", "--set", "line.commitment=31_000_000")
    assert ran == (0, sim.terms.describe(case) + "\n", "")


def test_run_prints_and_writes(case_file, tmp_path):
    to, kept = tmp_path / "summary.json", tmp_path / "run.npz"
    ran = fundrisk("run", case_file, "--paths", 128, "--seed", 7, "--workers", 2, "--json", to, "--save", kept)
    expected = sim.simulate(sim.load_case(case_file), paths=128, seed=7)
    assert ran == (0, f"{expected.summary()}\n", "")
    assert sim.load_result(kept) == expected
    written = json.loads(to.read_text(encoding="utf-8"))
    assert written["measures"] == json.loads(json.dumps(expected.summary().to_dict()))["measures"]
    assert (written["paths"], written["seed"], written["case"]) == (128, 7, "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml", "run.npz", "summary.json"]


@pytest.mark.parametrize(
    ("options", "how"),
    [
        ("", {"paths": 64, "seed": 5}),  # the case's own
        ("--seed 0 --paths 1e2", {"paths": 100, "seed": 0}),
        ("--antithetic", {"antithetic": True}),
        ("--sampler sobol", {"sampler": "sobol"}),
        ("--set price.volatility=0.2 --set line.minimum_draw=1e5", {}),
    ],
)
def test_run_agrees_with_the_library(case_file, options, how):
    ran = fundrisk("run", case_file, "--json", "-", *options.split())
    assert (ran.status, ran.err) == (0, "")
    case = sim.load_case(case_file)
    if "--set" in options:
        case = case.replace({"price.volatility": 0.2, "line.minimum_draw": 1e5})
    got, expected = json.loads(ran.out), json.loads(json.dumps(sim.simulate(case, **how).summary().to_dict()))
    assert got.pop("elapsed_s") > 0
    del expected["elapsed_s"]
    assert got == expected


def test_one_path_is_no_plural(case_file):
    for seed in range(20):
        out = " ".join(fundrisk("run", case_file, "--paths", 1, "--seed", seed).out.split())
        assert "1 path, seed" in out
        assert "1 paths" not in out


def test_a_long_run_keeps_no_paths(monkeypatch, case_file):
    monkeypatch.setattr("sim.engine.simulate.MOST_KEPT", 50)
    assert "2,048" in fundrisk("run", case_file).out  # says that quantiles come from bins
    assert "2,048" not in fundrisk("run", case_file, "--paths", 50).out


def test_trace_and_replay_agree(case_file, history_file, tmp_path):
    traced = json.loads(history_file.read_text(encoding="utf-8"))
    expected = sim.trace(sim.load_case(case_file), 3, 5)
    assert traced["ledger"] == json.loads(json.dumps(expected.ledger))
    assert (traced["path"], traced["seed"]) == (3, 5)
    ran = fundrisk("replay", case_file, "--history", history_file, "--json", "-")
    assert (ran.status, ran.err, json.loads(ran.out)) == (0, "", traced["ledger"])
    alone, to = tmp_path / "alone.json", tmp_path / "ledger.json"
    alone.write_text(json.dumps(traced["history"]), encoding="utf-8")
    ran = fundrisk("replay", case_file, "--history", alone, "--json", to)
    assert json.loads(to.read_text(encoding="utf-8")) == traced["ledger"]
    assert ran.out.startswith(f"mine\nReplay of {alone}\n\n")
    assert fundrisk("trace", case_file, "--path", 3, "--seed", 5).out.startswith("mine\nPath 3 of seed 5\n\n")
    assert json.loads(fundrisk("trace", case_file, "--path", 3, "--json", "-").out) == traced


# --- errors -----------------------------------------------------------------------------------------------------------

WRONG_LINES = [
    ("run valence-2002 --paths 0", "--paths = 0: must be a whole number from 1 to 1000000000000"),
    ("run valence-2002 --paths ''", "--paths = (empty): must be a whole number, such as 5000 or 1e6"),
    ("run valence-2002 --seed -1", "--seed = -1: must be a whole number from 0 to 18446744073709551615"),
    ("run valence-2002 --seed 'x\n'", "--seed = x\\n: must be a whole number, such as 5000 or 1e6"),
    ("run valence-2002 --workers 0", "--workers = 0: must be a whole number from 1 to 4096"),
    ("run valence-2002 --sampler sobol --paths 17", "--paths = 17: must be a multiple of 16 with the sampler sobol"),
    ("run valence-2002 --antithetic --paths 17", "--paths = 17: must be even with antithetic pairs"),
    ("run valence-2002 --antithetic --sampler sobol --paths 16",
     "--antithetic = True: must be left out with the sampler sobol"),
    ("run valence-2002 --save -", "--save = -: must be the name of a file"),
    ("run valence-2002 --paths 1e12 --save x.npz",
     "--paths = 1000000000000: too many to keep in memory: leave out --save"),
    ("run valence-2002 --sampler random",
     "fundrisk run: argument --sampler: invalid choice: 'random' (choose from philox, sobol) (try --help)"),
    ("trace valence-2002", "fundrisk trace: the following arguments are required: --path (try --help)"),
    ("trace valence-2002 --path -1", "--path = -1: must be a whole number from 0 to 9223372036854775807"),
    ("replay valence-2002", "fundrisk replay: the following arguments are required: --history (try --help)"),
    ("check valence-2003", "valence-2003: not a shipped case and not a file. Did you mean valence-2002? "
     "(`fundrisk cases` lists the shipped cases.)"),
    ("check valence-2002 --no-such", "fundrisk: unrecognized arguments: --no-such (try --help)"),
    ("check valence-2002 --set x", "--set: x: must be KEY=VALUE, such as price.volatility=0.8"),
    ("check valence-2002 --set price.volatility=11", "--set: price.volatility = 11: must be a number from 0 to 10"),
    ("check valence-2002 --set price.volatilty=1",
     "--set: price.volatilty = 1: unknown key. Did you mean price.volatility?"),
    ("run valence-2002 --json no-such-folder/x.json",
     "no-such-folder/x.json: cannot be written: there is no folder no-such-folder"),
    ("run valence-2002 --json ''", "(empty): cannot be written: must be the name of a file"),
    ("run valence-2002 --json .", ".: cannot be written: must be the name of a file"),
    ("run valence-2002 --json 'a\x00b'", "a\\x00b: cannot be written: embedded null byte"),
    ("run valence-2002 --json x --save ./x", "./x: cannot be written: it is another output of the same command"),
    ("replay valence-2002 --history 'a\nb'", "a\\nb: cannot be read: No such file or directory"),
    ("compare valence-2002 --variant price.drfit=0", 
     "--variant: price.drfit = 0: unknown key. Did you mean price.drift?"),
    ("compare valence-2002 --variant x price.drift=[", "--variant: price.drift = [: must be a TOML value, such as 0.8, "
     "true, word or [1, 2]"),
    ("compare valence-2002 --variant x price.drift=99", "--variant: price.drift = 99: must be a number from -10 to 10"),
    ("compare valence-2002 --variant x price.drift=0 price.drift=1", "--variant: price.drift = 1: must be given once"),
    ("compare valence-2002 --variant price.drift=0 --set price.drift=99", "--set: price.drift = 99: must be a number "
     "from -10 to 10"),
    ("compare valence-2002 --variant notes[0].margin=0 'notes[Baccarat note].margin=1'",
     "--variant: notes[Baccarat note].margin = 1: must be given once; notes[0].margin is the same key"),
    ("run valence-2002 --set 'notes[0.margin=1'", "--set: notes[0.margin = 1: must be a key whose brackets are closed, "
     "such as notes[NAME].principal"),
    ("run valence-2002 --set 'notes[\"Baccarat note\"].margin=1'",
     "--set: notes[\"Baccarat note\"].margin = 1: there is no notes[\"Baccarat note\"]; must be without quotes and "
     "blanks around the name: notes[Baccarat note]"),
    ("compare valence-2002 --variant 'a\nb'", "--variant a\\nb: must have at least one KEY=VALUE after the name"),
    ("compare valence-2002 --variant 'a\nb' price.drift=0 --variant 'a\nb' price.drift=1",
     "compare: a\\nb: must not be named twice"),
    ("replay valence-2002 --history .", ".: cannot be read: Is a directory"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "line"), WRONG_LINES)
def test_an_unusable_command_prints_one_line(monkeypatch, tmp_path, words, line):
    monkeypatch.chdir(tmp_path)
    status, out, err = fundrisk(*shlex.split(words))
    err = err.replace("'philox', 'sobol'", "philox, sobol")  # as later versions of Python print choices
    assert (status, out, err) == (2, "", f"{line}\n")
    assert list(tmp_path.iterdir()) == []


def test_each_problem_of_a_file_has_a_line(case_file):
    text = case_file.read_text(encoding="utf-8").replace('"volatility" = 0.8', '"volatility" = "high"')
    case_file.write_text(text.replace("2002-09-30", "2002-09-29"))
    for words in ("check", "run", "trace --path=1", "replay --history=x"):
        command, *options = words.split()
        assert fundrisk(command, case_file, *options) == (
            2,
            "",
            f'{case_file}: price.volatility = "high": must be a number from 0 to 10\n'
            f"{case_file}: horizon = 2002-09-29: must be the last day of a month\n",
        )


def test_invalid_toml_is_reported_with_its_place(case_file):
    case_file.write_text("schema = 1\ntitle = \n")
    assert fundrisk("check", case_file).err == f"{case_file}: line 2, column 9: not valid TOML: Invalid value\n"


WRONG_HISTORIES = [
    ('{"ceo_change_days": -1}', "ceo_change_days = -1: must be days from the opening of the valuation date"),
    ('{"closes": null, "waived": [null]}', "waived = null: must be one of "),
    ('{"cash_used": {"2002-04": true}}', "cash_used.2002-04 = true: must be dollars, at most 1e100 either way"),
    ('{"cash_used": {"2002-04": NaN}}', "cash_used.2002-04 = nan: must be dollars, at most 1e100 either way"),
    ('{"a": 1, "a": 2}', "'a' stands twice in one object: each key must stand once"),
    ('{"a\\nb": 1}', "a\\nb = 1: unknown key; must be one of closes, "),
    ("[1]", "history = [1]: must be a JSON object with the keys closes, "),
    ("null", "history = null: must be a JSON object with the keys closes, "),
    ("{", "must be JSON: "),
    ("[" * 100_000, "must be a JSON object; this one is nested too deeply"),
    ("1" * 5000, "must be JSON: "),
    ('{"history": 5}', "history = 5: must be a JSON object with the keys closes, "),
    ('{"history": {}, "closes": {}}', '"closes": must not stand beside history; allowed are'),
    ('{"closes": {"garbage": 2.0}}', "closes.garbage = 2.0: its key must be a date, such as 2002-06-21"),
    ('{"closes": {"2002-06-29": -5}}', "closes.2002-06-29 = -5: must be a close above 0, in dollars a share"),
    ('{"cash_used": {"1999-13": 1}}', "cash_used.1999-13 = 1: its key must be a month, such as 2002-06"),
    ('{"cash_used": {"1999-01": "zzz"}}', 'cash_used.1999-01 = "zzz": must be dollars, at most 1e100 either way'),
    ('{"achieved_days": []}', "achieved_days = []: must be an object"),
    ("{}", "closes.2002-06-28: missing; must be a close above 0, in dollars a share"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), WRONG_HISTORIES, ids=[text[:20] for text, _ in WRONG_HISTORIES])
def test_each_problem_of_a_history_has_a_line(case_file, tmp_path, text, line):
    history = tmp_path / "history.json"
    history.write_text(text)
    ran = fundrisk("replay", case_file, "--history", history)
    assert (ran.status, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert all(said.startswith(f"{history}: ") and said.isprintable() for said in lines)
    assert any(said.startswith(f"{history}: {line}") for said in lines), ran.err
    assert len(set(lines)) == len(lines)


def test_an_output_never_overwrites_an_input(case_file, history_file, tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(case_file)
    before = case_file.read_bytes(), history_file.read_bytes()
    for words in (
        ("run", case_file, "--json", case_file),
        ("run", case_file, "--save", case_file),
        ("run", case_file, "--json", link),
        ("run", link, "--json", tmp_path / "." / "mine.toml"),
        ("trace", case_file, "--path", 1, "--json", case_file),
        ("replay", case_file, "--history", history_file, "--json", history_file),
        ("replay", case_file, "--history", history_file, "--json", case_file),
    ):
        ran = fundrisk(*words)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.endswith(": cannot be written: it is an input of the same command\n")
    assert (case_file.read_bytes(), history_file.read_bytes()) == before


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="this system keeps no files among its devices")
def test_files_among_devices_are_protected_too(case_file):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        moved = Path(folder) / "case.toml"
        moved.write_bytes(case_file.read_bytes())
        ran = fundrisk("trace", moved, "--path", 1, "--json", moved)
        assert (ran.status, ran.err) == (2, f"{moved}: cannot be written: it is an input of the same command\n")
        assert moved.read_bytes() == case_file.read_bytes()
    assert fundrisk("trace", case_file, "--path", 1, "--json", "/dev/null").status == 0


def test_whole_numbers_are_exact_or_refused():
    read = whole("--paths")
    assert [read(text) for text in ("1e6", "1.5E3", "12e+2", " 7 ", "1_000")] == [10**6, 1500, 1200, 7, 1000]
    assert read("1e23") == 10**23  # not 99999999999999991611392
    for text in ("1.5", "1e-3", "1.55e1", "1e999", "e6", "1e6 paths", "9" * 5000):
        with pytest.raises(Unusable, match=r"must be a whole number, such as 5000 or 1e6$"):
            read(text)


# --- how it stops, and its streams ------------------------------------------------------------------------------------


def interrupted_run(tmp_path: Path) -> tuple[float, float, int, str]:
    """A long run on a terminal, interrupted when it shows progress.

    Returns the seconds to its end by the clock, and of the processors it used; its status; what it said.
    """
    reader, writer = pty.openpty()
    to = tmp_path / "x.json"
    process = started("run", "valence-2002", "--paths", "1e9", "--json", to, stderr=writer, stdout=subprocess.DEVNULL)
    os.close(writer)
    said = ""
    while "%" not in said:
        said += os.read(reader, 1000).decode()
    ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    process.send_signal(signal.SIGINT)
    before = time.monotonic()
    _, status, used = os.wait4(process.pid, 0)
    clock = time.monotonic() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    with contextlib.suppress(OSError):  # the end of a terminal is an error
        while more := os.read(reader, 1000).decode():
            said += more
    os.close(reader)
    processor = used.ru_utime + used.ru_stime - sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return clock, processor, process.returncode, said


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc to see what a process uses")
def test_an_interrupted_run_writes_nothing(tmp_path):
    clock, processor, status, said = interrupted_run(tmp_path)
    assert status == 130
    assert said.replace("\r\n", "\n").endswith("\nfundrisk: interrupted; nothing was written\n")
    assert re.search(r"\d% of 1,000,000,000 paths, \d+ s", said)
    assert list(tmp_path.iterdir()) == []
    assert processor < 0.5  # what others use of the machine is not counted
    assert clock < 5.0


def test_an_interrupt_while_compiling_ends_at_once(tmp_path):
    cache, to = tmp_path / "cache", tmp_path / "x.json"
    process = started("run", "valence-2002", "--json", to, env={"NUMBA_CACHE_DIR": str(cache)})
    assert process.stderr.readline() == f"{meter.COMPILING}\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "\nfundrisk: interrupted; nothing was written\n")
    assert not to.exists()


@pytest.mark.parametrize(
    ("misses", "signatures", "noticed"),
    [
        (1, [], True),  # being compiled
        (1, ["compiled"], False),
        (0, [], False),  # a slow start: the case is read, or code is loaded from the disk
        (0, ["loaded"], False),
    ],
)
def test_only_a_compilation_is_announced(monkeypatch, capsys, misses, signatures, noticed):
    kernel = SimpleNamespace(stats=SimpleNamespace(cache_misses=Counter(misses * "x")), signatures=signatures)
    monkeypatch.setitem(sys.modules, "sim.kernels.block", SimpleNamespace(simulate_chunk=kernel, BLOCK=128))
    monkeypatch.setattr(meter.Meter, "PATIENCE", 0.01)
    monkeypatch.setattr(meter.Meter, "POLL", 0.01)
    with meter.Meter():
        time.sleep(0.2)
    assert capsys.readouterr() == ("", f"{meter.COMPILING}\n" if noticed else "")


def test_other_signals_are_no_interrupt():
    script = """
import os, signal, sys
from sim.cli.signals import SIGNALS
signal.signal(signal.SIGUSR1, lambda *_: None)
SIGNALS.start()
os.kill(os.getpid(), signal.SIGUSR1)
import time; time.sleep(0.2)
print("alive", flush=True)
os.kill(os.getpid(), signal.SIGINT)
time.sleep(5)
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (130, "alive\n")


def test_a_closed_pipe_is_no_error():
    process = started("check", "valence-2002")
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=20) == 0


def shell(line: str, *words) -> subprocess.CompletedProcess:
    """The command with redirections, in a shell."""
    command = ["sh", "-c", f'"$@" {line}', "sh", sys.executable, "-m", "sim", *map(str, words)]
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_a_full_output_is_reported():
    full = "cannot be written: No space left on device\n"
    ran = shell("", "run", "valence-2002", "--paths", 16, "--json", "/dev/full")
    assert (ran.returncode, ran.stderr) == (2, f"/dev/full: {full}")
    ran = shell("> /dev/full", "check", "valence-2002")
    assert (ran.returncode, ran.stderr) == (2, f"standard output: {full}")
    assert shell("2> /dev/full", "check", "no-such-case").returncode == 2


CLOSED = "standard output: cannot be written: it is closed\n"


@pytest.mark.parametrize(
    "words",
    [
        "cases", "check valence-2002", "keys line", "keys --json-schema", "model", "new -", "--help", "run --help",
        "--version",
        "run valence-2002 --paths 16", "run valence-2002 --paths 16 --json -", "trace valence-2002 --path 3 --json -",
        "clauses valence-2002 --paths 1e12", "compare valence-2002 --variants --paths 1e12",
        "sensitivity valence-2002 --paths 1e12", "outlook valence-2002 --paths 1e12",
        "solve valence-2002 --for cash --paths 1e12", "verify --json -",
    ],
)  # fmt: skip
def test_a_closed_output_that_is_wanted_is_an_error(words):
    ran = shell(">&-", *words.split())
    assert (ran.returncode, ran.stderr) == (2, CLOSED)


def test_a_closed_output_beside_a_file_is_none(tmp_path):
    for words, made in (
        (f"run valence-2002 --paths 16 --json {tmp_path}/a.json", "a.json"),
        (f"run valence-2002 --paths 16 --save {tmp_path}/a.npz", "a.npz"),
        (f"new {tmp_path}/new.toml", "new.toml"),
    ):
        ran = shell(">&-", *words.split())
        assert (ran.returncode, ran.stderr) == (0, ""), words
        assert (tmp_path / made).exists()
    ran = shell(">&-", *f"run valence-2002 --paths 16 --save {tmp_path}/b.npz --json -".split())
    assert (ran.returncode, ran.stderr) == (2, CLOSED)


def test_a_closed_standard_error_is_none():
    assert shell("2>&-", "check", "no-such-case").returncode == 2
    assert shell("2>&-", "cases").returncode == 0
    assert shell(">&- 2>&-", "cases").returncode == 2


def test_characters_the_terminal_lacks_are_escaped(case_file):
    text = case_file.read_text(encoding="utf-8").replace('"mine"', '"电池"')
    case_file.write_text(text, encoding="utf-8")
    process = started("run", case_file, "--paths", 16, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("\\u7535\\u6c60\n")


@pytest.mark.parametrize("draws", ["0", "1", "-5", "100001", "1e9"])
def test_draws_are_checked_before_the_run(draws, capsys):
    assert main(["run", "valence-2002", "--paths", "1000000000", f"--uncertain={draws}"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said == [f"--uncertain = {int(float(draws))}: must be a whole number from 2 to 100000"]
