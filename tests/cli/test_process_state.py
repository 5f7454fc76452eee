"""What a process shares with others is as it was after every call, and changes no result."""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

import sim
from sim import cli
from sim.board.charts.figures import raised_distribution
from sim.board.charts.images import save_figure
from sim.cli import main
from sim.cli.environment import prepared_environment
from tests.proof.coverage import small_case
from tests.support.process_state import changed, process_state

ROOT = Path(__file__).resolve().parents[2]
SIZE = {"paths": 64, "seed": 3, "workers": 2}


def saved(folder: Path) -> Path:
    sim.simulate(small_case(), **SIZE).save(folder / "run.npz")
    return folder / "run.npz"


def through_a_file(folder: Path) -> object:
    return sim.load_result(saved(folder)).summary().to_dict()


def refused(name: str) -> None:
    with pytest.raises(sim.CaseError):
        sim.load_case(name)


CALLS = {
    "simulate": lambda folder: str(sim.simulate(small_case(), **SIZE).summary()),
    "simulate with sobol": lambda folder: sim.simulate(small_case(), paths=48, sampler="sobol", workers=2).summary(),
    "simulate without paths": lambda folder: sim.simulate(small_case(), keep_paths=False, **SIZE).summary(),
    "save and load": through_a_file,
    "html": lambda folder: sim.simulate(small_case(), **SIZE).summary()._repr_html_(),
    "rerun": lambda folder: str(sim.rerun(saved(folder))),
    "trace and replay": lambda folder: sim.replay(small_case(), sim.trace(small_case(), path=1).history),
    "compare": lambda folder: str(sim.compare(sim.variants(small_case()), **SIZE)),
    "clauses": lambda folder: str(sim.clauses(small_case(), **SIZE)),
    "outlook": lambda folder: str(sim.outlook(small_case(), **SIZE)),
    "a case that is none": lambda folder: refused("no-such-case"),
    "figure": lambda folder: save_figure(
        lambda ax: raised_distribution(sim.simulate(small_case(), **SIZE), ax=ax), folder / "f.svg", "svg"
    ),
}
COMMANDS = (
    "--help", "--version", "--nonsense", "cases", "check valence-2002", "check no-such-case", "keys line",
    "run valence-2002 --paths 64 --json x.json --save x.npz", "run valence-2002 --paths 48 --sampler sobol --json -",
    "run valence-2002 --paths 64 --json no/such/folder", "rerun x.npz", "trace valence-2002 --path 3 --json p.json",
    "replay valence-2002 --history p.json", "compare valence-2002 valence-2002 --paths 64",
    "outlook valence-2002 --paths 64", "backtest valence-2002 --paths 64", "clauses valence-2002 --paths 64", "model",
)  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_call_leaves_the_process_as_it_was(name, tmp_path):
    CALLS[name](tmp_path)  # imports what it uses; what third parties set then is theirs
    before = process_state()
    CALLS[name](tmp_path)
    assert changed(before) == {}


@pytest.mark.parametrize("order", ["first", "last"])
def test_commands_on_several_threads_restore_the_process(order, monkeypatch):
    """Whichever ends first: here each waits for its turn in the middle of the command."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict"))
    monkeypatch.setattr(sys, "stderr", None)
    inside, turns = threading.Barrier(4), [threading.Event() for _ in range(3)]
    numbers = iter(range(3))

    def wait(_):
        number = next(numbers)
        inside.wait(timeout=60)
        turns[number].wait(timeout=60)
        return 0

    monkeypatch.setattr(cli, "_status", wait)
    before = warnings.showwarning, sys.stdout, sys.stdout.errors, sys.stderr
    threads = [threading.Thread(target=main, args=([],)) for _ in turns]
    for thread in threads:
        thread.start()
    inside.wait(timeout=60)
    assert warnings.showwarning is not before[0]
    for turn in turns if order == "first" else reversed(turns):
        assert (sys.stdout.errors, sys.stderr is None) == ("backslashreplace", False)
        turn.set()
        while sum(thread.is_alive() for thread in threads) > sum(not turn.is_set() for turn in turns):
            time.sleep(0.001)
    assert (warnings.showwarning, sys.stdout, sys.stdout.errors, sys.stderr) == before


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_leaves_the_process_as_it_was(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for prepared in ("run valence-2002 --paths 64 --save x.npz", "trace valence-2002 --path 3 --json p.json", line):
        with contextlib.suppress(SystemExit):
            main(prepared.split())
    before = process_state()
    with contextlib.suppress(SystemExit):
        main(line.split())
    assert changed(before) == {}


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL, signal.default_int_handler, lambda *_: None])
def test_a_command_of_the_process_gives_its_signals_back(handler, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fundrisk", "run", "valence-2002", "--paths", "64"])
    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    originals = [signal.signal(number, handler) for number in ending]
    try:
        before = process_state()
        assert main() == 0
        assert changed(before) == {}
    finally:
        for number, original in zip(ending, originals, strict=True):
            signal.signal(number, original)


IMPORTS = "numpy", "scipy.special", "scipy.stats", "scipy.linalg", "scipy.optimize", "matplotlib", "pandas"
FIRST_CALLS = {
    "simulate": "sim.simulate(case, paths=64)",
    "sobol": "sim.simulate(case, paths=48, sampler='sobol')",
    "sensitivity": "sim.sensitivity(case, paths=32, indexed=1, samples=2, index_paths=16)",
    "sweep": "sim.sweep(case, {'ranges': {'price.drift': [0, 0.1]}, 'sobol': {'points': 2}}, paths=16)",
    "calibrate": "sim.calibrate([5.0 + (i * i % 7) / 10 for i in range(300)])",
}


@pytest.mark.parametrize("call", FIRST_CALLS.values(), ids=FIRST_CALLS)
def test_the_first_call_adds_no_filter_but_those_of_imports(call):
    """What NumPy and SciPy set when they are imported, they set for every program that imports them."""
    script = f"""
import importlib, warnings
for name in {IMPORTS}:
    importlib.import_module(name)
before = list(warnings.filters)
import sim
case = sim.load_case("valence-2002")
{call}
print([each for each in warnings.filters if each not in before], len(warnings.filters) - len(before))
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[] 0\n"


def test_quasi_random_runs_side_by_side_leave_the_filters(tmp_path):
    """Numbers of paths that are no power of two: SciPy would warn of them."""
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        inside = list(warnings.filters)
        runs = [
            threading.Thread(target=sim.simulate, args=(small_case(),), kwargs={"paths": 16 * n, "sampler": "sobol"})
            for n in range(3, 11)
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert warnings.filters == inside
    assert told == []
    assert warnings.filters == before


# --- settings of the process change no result -------------------------------------------------------------------------

RESULTS = """
import json, sys
import numpy, numba, scipy.stats.qmc, holidays, pandas, matplotlib.dates  # what they set at import is theirs
sys.path.insert(0, sys.argv[1])
from tests.support.process_state import make_hostile
from tests.proof.coverage import small_case
from tests.support.hostile import hostile_document
if sys.argv[2] == "hostile":
    make_hostile()
import sim
found = []
cases = [small_case(), sim.load_case("valence-2002")]
cases += [sim.Case.from_dict(hostile_document(number)) for number in range(3)]
for case in cases:
    for how in ({}, {"sampler": "sobol"}, {"antithetic": True}, {"keep_paths": False}):
        result = sim.simulate(case, paths=96, seed=5, workers=2, **how)
        document = result.summary().to_dict()
        del document["elapsed_s"]
        found += [document, result.summary()._repr_html_()[-500:], sim.terms.describe(case)]
        found += [] if result.sketch else [result[name].tolist() for name in ("raised", "dilution", "effective_price")]
    trace = sim.trace(case, path=3, seed=5)
    found += [trace.to_dict(), str(trace), str(sim.replay(case, trace.history) == trace.ledger)]
found += [sim.outlook(cases[1], paths=200).to_dict(), sim.compare(cases[:1] * 2, paths=200).to_dict()]
found += [sim.clauses(cases[0], paths=200).to_dict(), sim.sensitivity(cases[0], paths=8).to_dict()]
found += [sim.solve(cases[1], "commitment", paths=200).to_dict()]
for bad in ("9,400,000", "$5", "85%", "1.5 million", "abc"):
    try:
        sim.terms.overridden(cases[1], [f"company.cash={bad}"])
    except sim.CaseError as error:
        found.append(str(error))
text = json.dumps(found, sort_keys=True, default=str)
lines = json.dumps(json.loads(text), indent=0).splitlines()
print("\\n".join(line for line in lines if "elapsed" not in line))
"""


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    """A folder with the German locale, where the machine can make one; else an empty folder."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef"):
        command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
        subprocess.run(command, capture_output=True, check=False)
    return folder


def results(how: str, folder: Path, locales: Path) -> list[str]:
    command = [sys.executable, "-c", RESULTS, str(ROOT), how]
    environment = dict(os.environ, PYTHONPATH=str(ROOT), LOCPATH=str(locales))
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout.splitlines()


def test_settings_of_the_process_change_no_result(tmp_path, german):
    plain, hostile = results("plain", tmp_path, german), results("hostile", tmp_path, german)
    assert len(plain) > 5_000
    assert [pair for pair in zip(plain, hostile, strict=True) if pair[0] != pair[1]] == []
    assert list(tmp_path.iterdir()) == []


ENGLISH = """
import locale, sys
sys.path.insert(0, sys.argv[1])
locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
import datetime
assert f"{datetime.date(2002, 3, 1):%B}" == "März"  # the locale is in force
import sim
from matplotlib.figure import Figure
from sim.board.charts.figures import cash_fan
case = sim.load_case("valence-2002")
for month in (3, 10, 12):
    print(sim.terms.describe(case.replace({"company.fiscal_year_end_month": month})))
for path in range(12):
    print(sim.trace(case, path=path, seed=7))
ax = cash_fan(sim.simulate(case, paths=64), ax=Figure(figsize=(9, 5)).subplots())
ax.figure.draw_without_rendering()
print(*(label.get_text() for label in ax.get_xticklabels()))
print(*(text.get_text() for text in ax.texts))
"""


def test_dates_are_english_in_every_locale(german, tmp_path):
    environment = dict(os.environ, PYTHONPATH=str(ROOT), LOCPATH=str(german), MPLBACKEND="Agg")
    ran = subprocess.run(
        [sys.executable, "-c", ENGLISH, str(ROOT)], env=environment, capture_output=True, text=True, check=False
    )
    if "unsupported locale setting" in ran.stderr:
        pytest.skip("this machine cannot make a German locale")
    assert ran.returncode == 0, ran.stderr
    german_names = r"\b(Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|Mär|Okt|Dez)\b"
    assert re.findall(german_names, ran.stdout) == []
    for english in ("March", "October", "December", "Oct\n2002"):
        assert english in ran.stdout


def locale_names(source: str) -> list[str]:
    """Formats in which a locale has its own names: of months, of days, of whole dates and times."""
    return re.findall(r"%[-#^0]?[aAbBcpxXrhEO](?![\w(])", source)


def test_no_date_is_written_with_names_of_a_locale():
    found = {path.name: locale_names(path.read_text(encoding="utf-8")) for path in (ROOT / "sim").rglob("*.py")}
    assert {name: formats for name, formats in found.items() if formats} == {}
    assert locale_names('f"{day:%d %B %Y}"; DateFormatter("%b\\n%Y")') == ["%B", "%b"]


@pytest.mark.parametrize(
    "folders",
    [{"HOME": "here"}, {"HOME": ""}, {"HOME": "~"}, {"XDG_CACHE_HOME": "a/b", "XDG_CONFIG_HOME": "c"},
     {"HOME": None, "XDG_CACHE_HOME": ".", "XDG_CONFIG_HOME": ""}],
)  # fmt: skip
def test_folders_of_the_user_are_absolute_or_ignored(folders, monkeypatch, tmp_path):
    """Seen by the libraries that a command uses, and as before when it is over."""
    seen = {}
    monkeypatch.chdir(tmp_path)
    for name, value in folders.items():
        monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    with prepared_environment(True):
        seen = {name: os.environ.get(name) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
        assert os.environ["OPENBLAS_NUM_THREADS"] == before.get("OPENBLAS_NUM_THREADS", "1")
    assert all(os.path.isabs(value) for value in seen.values() if value is not None)
    assert dict(os.environ) == before
    with prepared_environment(False):
        assert dict(os.environ) == before


def test_a_figure_without_a_home_leaves_the_working_folder_empty(tmp_path):
    script = (
        "import sys\nfrom sim.cli.environment import prepared_environment\nwith prepared_environment(True):\n"
        "    import numba, matplotlib\n    print(matplotlib.get_configdir(), matplotlib.get_cachedir())"
    )
    environment = dict(os.environ, PYTHONPATH=str(ROOT), HOME="here", XDG_CONFIG_HOME="x", XDG_CACHE_HOME="~")
    environment.pop("MPLCONFIGDIR", None)
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert all(os.path.isabs(folder) for folder in ran.stdout.split())
    assert list(tmp_path.iterdir()) == []
