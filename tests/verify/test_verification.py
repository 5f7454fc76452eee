"""`fundrisk verify`: the verdict of one check, the table as text and JSON, the command and its page."""

import html
import json
import math
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim import verify as verification
from sim.board.page.validation import validation_page
from sim.cli import main
from sim.verify import MODULES, verify
from sim.verify.check import About, Check, probability_of_false_alarm
from sim.verify.table import figures
from tests.proof.planted import PROGRAM_FAULTS

PATHS, SEED = 40_000, 20020401
ABOUT = About("p", "s")

# ------------------------------------------------------------------------------------------------------ one check


def check(estimate: float, se: float = 1.0, within: float = 0.0) -> Check:
    return Check("name", "protects", "source", 10.0, estimate, se, within)


@pytest.mark.parametrize(
    ("one", "z", "passed"),
    [
        (check(14.0), 4.0, True),
        (check(6.0), -4.0, True),
        (check(14.000001), 4.000001, False),
        (check(math.nan), math.nan, False),
        (check(10.0, math.nan), math.nan, False),
        (check(10.0, math.inf), 0.0, False),
        (check(10.0, -1.0), 0.0, False),
        (check(10.0, 0.0), 0.0, True),
        (check(math.nextafter(10.0, 11), 0.0), math.inf, False),
        (check(10.5, 0.0, 0.5), 0.0, True),
        (check(9.4, 0.0, 0.5), -math.inf, False),
        (check(math.nan, 0.0, 0.5), math.nan, False),
        (check(10.0, 0.0, math.nan), math.inf, False),
    ],
)
def test_the_verdict(one, z, passed):
    assert one.passed is passed
    assert one.z == pytest.approx(z, abs=1e-12, nan_ok=True)


def test_the_ways_to_make_a_check():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    made = ABOUT.mean("n", 3, values)
    assert (made.known, made.estimate, made.exact) == (3.0, 4.0, False)
    assert made.se == pytest.approx(stats.sem(values), rel=1e-15)
    made = ABOUT.share("n", 0.2, np.array([True] * 3 + [False] * 7))
    assert (made.estimate, made.se) == (0.3, math.sqrt(0.2 * 0.8 / 10))
    made = ABOUT.quantile("n", 25, 2.0, values)
    assert (made.known, made.estimate) == (0.25, 0.5)
    assert ABOUT.exact("n", 3, 3).passed
    assert not ABOUT.mean("n", 3, np.array([3.0])).passed  # one value has no spread to judge by
    assert not ABOUT.share("n", 0.5, np.array([])).passed


def test_a_chi_square_follows_its_distribution():
    for freedom in (45, 255):
        for z in (-3.5, 3.5):
            edge = stats.chi2.isf(stats.norm.sf(z), freedom)
            assert ABOUT.chi_square("n", edge, freedom).z == pytest.approx(z, abs=0.1)


def test_the_chance_of_a_false_alarm():
    assert probability_of_false_alarm(1) == pytest.approx(2 * stats.norm.sf(4), rel=1e-12)
    assert probability_of_false_alarm(100) == pytest.approx(0.0063, abs=0.0001)


# ------------------------------------------------------------------------------------------------------ the table


@pytest.fixture
def few(monkeypatch):
    """Two modules of the table, so that it is made in a moment."""
    monkeypatch.setattr(verification, "MODULES", {name: MODULES[name] for name in ("windows", "intervals")})


class Awkward:
    """A module with a name that HTML would swallow, one failure, and numbers that JSON has no word for."""

    @staticmethod
    def checks(paths, seed):
        yield About("p < q", "s & t").exact('1 < 2 & "so" </td><script>', 1.0, 2.0)
        yield Check("nowhere", "p", "s", 1.0, math.nan, math.nan)
        yield ABOUT.mean("plain", 0.5, np.linspace(0, 1, 101))


@pytest.fixture
def bad(monkeypatch):
    monkeypatch.setitem(sys.modules, "sim.verify.awkward", Awkward)
    monkeypatch.setattr(verification, "MODULES", {"awkward": "Awkward <things>"})


def test_the_table_of_every_module_names_every_module():
    folder = Path(verification.__file__).parent
    written = {path.stem for path in folder.glob("*.py") if "\ndef checks(" in path.read_text(encoding="utf-8")}
    assert written == set(MODULES)


def test_the_texts_count_the_checks_of_today():
    modules = [import_module(f"sim.verify.{name}") for name in MODULES]
    checks = [one for module in modules for one in module.checks(verification.LEAST_PATHS, SEED)]
    every, certain = len(checks), sum(one.exact for one in checks)
    root = Path(sim.__file__).parent
    read_me = (root.parent / "README.md").read_text(encoding="utf-8")
    assert f"{every} figures" in read_me
    assert f"{certain} must be equal" in read_me
    assert f"{every} known answers" in read_me
    model = (root / "docs" / "model.md").read_text(encoding="utf-8")
    assert f"{every} checks: {certain} exact, {every - certain} within 4 standard errors" in model


def test_a_table(few):
    calls = []
    table = verify(PATHS, SEED, progress=lambda *done: calls.append(done))
    assert calls == [(0, 2), (1, 2)]
    assert table.passed
    assert table.failed == ()
    assert [group.title for group in table.groups] == ["Pricing windows", "Errors and intervals"]
    text, document = str(table), table.to_dict()
    assert max(map(len, text.splitlines())) <= 100
    for one in table.checks:
        known, estimate, *_ = map(re.escape, figures(one))
        assert re.search(rf"  {known}  +{estimate}  ", text)  # no two numbers touch
        assert all(word in text for word in one.name.split())
        assert f"{one.protects} [{one.source}]" in " ".join(text.split())
    assert f"All {len(table.checks)} checks passed." in text
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["passed"] is True
    assert document["failed"] == []
    assert [row["name"] for row in document["checks"]] == [one.name for one in table.checks]
    assert {"group", "name", "protects", "source", "known", "estimate", "se", "within", "z", "passed"} == set(
        document["checks"][0]
    )
    assert document["manifest"]["seed"] == SEED
    assert document["manifest"]["versions"]["fundrisk"] == sim.__version__
    random = sum(not one.exact for one in table.checks)
    assert document["false_alarm"] == pytest.approx(1 - (1 - 2 * stats.norm.sf(4)) ** random)
    assert sum(count for _, _, count, _ in table.distances()) == random
    assert sum(mean for *_, mean in table.distances()) == pytest.approx(random * (1 - 2 * stats.norm.sf(4)))


def test_the_seed_decides_the_table(few):
    one, same, other = (verify(PATHS, seed).to_dict()["checks"] for seed in (SEED, SEED, 0))
    assert one == same != other


@pytest.mark.parametrize(("paths", "seed"), [(19_999, 1), (0, 1), (True, 1), (1e5, 1), (PATHS, -1), (PATHS, 2**64)])
def test_paths_and_seeds_out_of_range(paths, seed):
    with pytest.raises(ValueError, match=r"^(paths|seed) = .*: must be a whole number from"):
        verify(paths, seed)


def test_a_table_without_checks_does_not_pass(monkeypatch):
    monkeypatch.setattr(verification, "MODULES", {})
    assert not verify(PATHS, SEED).passed


def test_a_failing_table_says_so(bad):
    table = verify(PATHS, SEED)
    assert not table.passed
    assert [one.name for one in table.failed] == ['1 < 2 & "so" </td><script>', "nowhere"]
    assert "2 of 3 checks FAILED." in str(table)
    rows = table.to_dict()["checks"]
    assert [row["passed"] for row in rows] == [False, False, True]
    assert rows[0]["z"] is None
    assert rows[1]["estimate"] is None


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (Check("", "", "", 2.5, 2.49917, 0.00034, 0.0), ("2.50000", "2.49917", "0.00034", "-2.44")),
        (Check("", "", "", 620_760.4, 620_380.2, 290.0, 0.0), ("620,760", "620,380", "290", "-1.31")),
        (ABOUT.exact("", 4_409_560, 4_409_560), ("4,409,560", "4,409,560", "exact", "")),
        (ABOUT.exact("", 1.0, math.nextafter(1.0, 2)), ("1.0", "1.0000000000000002", "exact", "")),
        (ABOUT.exact("", 750_246.58, 750_246.5753, within=0.005), ("750,246.580", "750,246.575", "<= 5e-03", "")),
    ],
)
def test_figures_have_the_digits_that_their_errors_allow(one, shown):
    assert figures(one) == shown


# ------------------------------------------------------------------------------------------------------ the command


def test_the_command(few, capsys, tmp_path):
    page, document = tmp_path / "v.html", tmp_path / "v.json"
    status = main(["verify", "--paths", "20000", "--seed", "0", "--html", str(page), "--json", str(document)])
    out = capsys.readouterr().out
    assert (status, out.splitlines()[0]) == (0, "Pricing windows")
    told = json.loads(document.read_text(encoding="utf-8"))
    assert told["manifest"]["seed"] == 0
    assert told["manifest"]["paths"] == 20_000
    assert main(["verify", "--paths", "20000", "--seed", "0", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"] == told["checks"]
    text = page.read_text(encoding="utf-8")
    assert all(html.escape(row["name"]) in text for row in told["checks"])


def test_a_failing_check_is_status_1(bad, capsys):
    assert main(["verify"]) == 1
    assert "FAILED: nowhere: p" in capsys.readouterr().out


def test_a_fault_of_the_program_is_status_1(few, capsys, monkeypatch):
    next(fault for fault in PROGRAM_FAULTS["windows"] if fault.name == "no discount").plant(monkeypatch)
    assert main(["verify", "--paths", "40000"]) == 1
    assert "checks FAILED." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--paths", "10"], "--paths = 10: must be a whole number from 20000 to 10000000"),
        (["--seed", "-1"], "--seed = -1: must be a whole number from 0 to 18446744073709551615"),
        (["--html", "-"], "--html = -: must be the name of a file"),
        (["--html", "nowhere/v.html"], "nowhere/v.html: cannot be written: there is no folder nowhere"),
    ],
)
def test_what_the_command_cannot_use(options, line, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["verify", *options]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", line + "\n")


def test_an_interrupt_stops_it_and_writes_nothing(tmp_path):
    """Ctrl-C some seconds into it, wherever that is."""
    page = tmp_path / "v.html"
    command = [sys.executable, "-m", "sim", "verify", "--paths", "10000000", "--html", str(page)]
    root = Path(sim.__file__).resolve().parent.parent
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(4.0)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        took = time.monotonic() - asked
    assert (process.returncode, out, b"Traceback" in err) == (130, b"", False)
    assert took < 0.5
    assert not page.exists()


class Reader(HTMLParser):
    """What a browser would fetch or run, and what stands open at the end."""

    def __init__(self):
        super().__init__()
        self.fetched, self.open, self.rows, self.text = [], [], 0, ""

    def handle_starttag(self, tag, attributes):
        self.fetched += [value for name, value in attributes if name in ("src", "href", "action") or "url(" in value]
        self.fetched += [tag] * (tag in ("script", "link", "iframe", "object"))
        self.rows += tag == "tr"
        if tag not in ("meta", "col", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("meta", "col", "rect", "line"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("kind", ["few", "bad"])
def test_the_page_is_whole_and_needs_no_network(kind, request):
    request.getfixturevalue(kind)
    table = verify(PATHS, SEED)
    page = validation_page(table)
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert (reader.fetched, reader.open) == ([], [])
    assert "url(" not in page
    assert "@import" not in page
    assert "http" not in page
    for one in table.checks:
        assert all(words in reader.text for words in (one.name, one.protects, one.source, *figures(one)))
    assert table.sentence in reader.text
    assert str(table.seed) in reader.text
    assert ("FAIL" in reader.text) is not table.passed
