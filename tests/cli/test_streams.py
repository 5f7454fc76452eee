"""Cases, histories and runs from the standard input, pipes and files of every encoding."""

import codecs
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.cli import meter
from sim.terms.sources import sources
from tests.cli.test_cli import fundrisk
from tests.text.test_reading import ENCODINGS

ROOT = Path(__file__).resolve().parents[2]
T = sim.load_case("valence-2002").text
TWICE = "<stdin>: must be given once: the standard input can be read once\n"
MIB = "larger than 1048576 bytes; must be a case file of at most 1 MiB\n"


@pytest.fixture(autouse=True)
def no_notice(monkeypatch):
    monkeypatch.setattr(meter.Meter, "PATIENCE", 600.0)


def piped(words: str, text: str | bytes = T, **how) -> subprocess.CompletedProcess:
    """The command in a shell, `fundrisk` and all, with something on its standard input."""
    command = f'fundrisk() {{ "{sys.executable}" -m sim "$@"; }}; {words}'
    data = text.encode() if isinstance(text, str) else text
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    how = {"input": data} | how
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, env=environment, timeout=300, check=False, **how
    )


@pytest.fixture
def stdin(monkeypatch):
    """Put text on the standard input of this process."""

    def put(text: str | bytes):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(reader)
            try:
                with os.fdopen(writer, "wb") as file:
                    file.write(text.encode() if isinstance(text, str) else text)
            finally:
                os._exit(0)
        os.close(writer)
        monkeypatch.setattr(sys, "stdin", os.fdopen(reader, "r", encoding="utf-8"))

    return put


CASE_COMMANDS = [
    "check -", "run - --paths 64 --json -", "trace - --path 3", "compare - valence-2002 --paths 64",
    "compare valence-2002 - --paths 64", "clauses - --paths 16", "outlook - --paths 64", "backtest - --paths 16",
    "sensitivity - --paths 16 --indexed 0", "solve - --for cash --paths 64",
]  # fmt: skip


@pytest.mark.parametrize("words", CASE_COMMANDS)
def test_every_command_reads_a_case_from_the_standard_input(stdin, words):
    stdin(T)
    got = fundrisk(*words.split())
    assert (got.status, got.err) == (0, "")
    if words.startswith(("compare", "run")):
        assert ("<stdin>" in got.out) == words.startswith("compare")
        return
    other = fundrisk(*[word if word != "-" or i != 1 else "valence-2002" for i, word in enumerate(words.split())])
    assert got.out.replace("<stdin>", "valence-2002") == other.out


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("fundrisk check -", "<stdin>"),
        ("fundrisk check /dev/stdin", "/dev/stdin"),
        ("cat | fundrisk check -", "<stdin>"),
        ("fundrisk check <(cat)", "/dev/fd/"),
        ("fundrisk check <(cat) --set line.minimum_draw=5", "/dev/fd/"),
    ],
)
def test_streams_of_a_shell(words, name):
    ran = piped(words)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert name in ran.stdout.decode().split("SHA-256")[0]
    bad = piped(words, T.replace("volatility = 0.95", "volatility = 95"))
    assert bad.returncode == 2
    assert f"{name}" in bad.stderr.decode()
    assert ": price.volatility = 95: must be a number from 0 to 10" in bad.stderr.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "<stdin>: is empty\n"),
        ("#" * 50_000_000, f"<stdin>: {MIB}"),
        (b"\x89PNG\r\n\x1a\n", "<stdin>: line 1: not UTF-8: byte 0x89\n"),
        (b"\0" * 100, "<stdin>: line 1, column 1: not valid TOML: Invalid statement\n"),
        ("schema = 1\ntitle = \n", "<stdin>: line 2, column 9: not valid TOML: Invalid value\n"),
        ("a = 1".encode("utf-16-le"),
         "<stdin>: looks like UTF-16 without a byte order mark; must be UTF-8, or UTF-16 with one\n"),
    ],
    ids=["empty", "50 MB", "binary", "zeros", "broken", "wide"],
)  # fmt: skip
def test_streams_that_are_no_case(stdin, text, said):
    stdin(text)
    assert fundrisk("check", "-") == (2, "", said)
    stdin(text)
    assert fundrisk("run", "-", "--paths", 16) == (2, "", said)


def test_a_terminal_and_a_closed_input_are_refused():
    main, terminal = os.openpty()
    try:
        for words in ("fundrisk check -", "fundrisk check /dev/stdin"):
            ran = piped(words, input=None, stdin=terminal)
            name = words.rpartition(" ")[2].replace("-", "<stdin>") if words.endswith("-") else "/dev/stdin"
            assert (ran.returncode, ran.stdout) == (2, b"")
            assert ran.stderr.decode() == f"{name}: is a terminal; must be a file or a pipe\n"
    finally:
        os.close(main)
        os.close(terminal)
    ran = piped("fundrisk check - <&-")
    assert (ran.returncode, ran.stderr.decode()) == (2, "<stdin>: cannot be read: it is closed\n")
    ran = piped("fundrisk check - < /dev/null")
    assert (ran.returncode, ran.stderr.decode()) == (2, "<stdin>: is empty\n")


@pytest.mark.parametrize(
    "words",
    [
        "compare - -", "compare - /dev/stdin", "compare valence-2002 - /dev/fd/0", "replay - --history -",
        "replay /dev/stdin --history -", "replay - --history /dev/stdin",
    ],
)  # fmt: skip
def test_the_standard_input_is_read_once(stdin, words):
    stdin(T)
    assert fundrisk(*words.split()) == (2, "", TWICE)


def test_a_report_of_a_streamed_case_quotes_it(tmp_path, stdin):
    stdin(T.replace("[TS] names no smallest draw", "from the stream"))
    case = sim.load_case("-")
    assert (case.source, sim.load_case(case)) == ("<stdin>", case)
    assert sources(case).beside["line.minimum_draw"] == "from the stream"
    with pytest.raises(sim.CaseError) as caught:
        case.replace({"price.drift": 100}, blame=case.source)
    assert caught.value.problems == ["<stdin>: price.drift = 100: must be a number from -10 to 10"]


def test_a_run_of_a_streamed_case_is_repeated(tmp_path, stdin):
    stdin(T)
    to, kept = tmp_path / "run.json", tmp_path / "run.npz"
    assert fundrisk("run", "-", "--paths", 64, "--json", to, "--save", kept).status == 0
    for file in (to, kept):
        again = fundrisk("rerun", file)
        assert (again.status, again.err) == (0, "")
        assert "the same to the last bit" in again.out
    stdin(to.read_bytes())
    assert fundrisk("rerun", "-") == fundrisk("rerun", to)
    ran = piped(f"fundrisk rerun <(cat {to}) && fundrisk rerun /dev/stdin", to.read_bytes())
    assert (ran.returncode, ran.stderr) == (0, b"")
    stdin(b"")
    assert fundrisk("rerun", "-").err.startswith("<stdin>: is empty: a saved result (.npz), the JSON of a run, or ")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Files that `rerun` accepts: the JSON of a run, a run that keeps its paths, and one that does not."""
    folder = tmp_path_factory.mktemp("kept")
    sim.simulate("valence-2002", paths=256, seed=7).save(folder / "run.npz")
    sim.simulate("valence-2002", paths=256, seed=7).save(folder / "small.npz", compress=True)
    sim.simulate("valence-2002", paths=256, seed=7, keep_paths=False).save(folder / "thin.npz")
    (folder / "run.json").write_text(json.dumps(sim.simulate("valence-2002", paths=256).summary().to_dict()))
    return folder


@pytest.mark.parametrize("name", ["run.npz", "small.npz", "thin.npz", "run.json"])
def test_rerun_reads_every_stream_as_it_reads_a_file(kept, stdin, name):
    file = kept / name
    expected = fundrisk("rerun", file)
    assert (expected.status, expected.err) == (0, "")
    stdin(file.read_bytes())
    assert fundrisk("rerun", "-") == expected
    ways = f"rerun - < {file}", f"rerun /dev/stdin < {file}", f"rerun <(cat {file})"
    for ran in (piped(" && ".join(f"fundrisk {way}" for way in ways)), piped(f"cat {file} | fundrisk rerun /dev/fd/0")):
        assert (ran.returncode, ran.stderr) == (0, b"")
        assert set(ran.stdout.decode().split(expected.out)) == {""}
    if file.suffix == ".npz":
        stdin(file.read_bytes())
        assert sim.load_result("-") == sim.load_result(file)


def test_streams_that_are_no_run(kept, stdin):
    needed = "a saved result (.npz), the JSON of a run, or a report's result.json is needed\n"
    whole = (kept / "run.npz").read_bytes()
    for data, said in (
        (b"", f"<stdin>: is empty: {needed}"),
        (b"PK", "<stdin>: damaged, cut short, or not a saved result\n"),
        (whole[:-1], "<stdin>: damaged, cut short, or not a saved result\n"),
        (b"[1]", f"<stdin>: no run to repeat: {needed}"),
    ):
        stdin(data)
        assert fundrisk("rerun", "-")[:2] == (2, "")
        stdin(data)
        assert fundrisk("rerun", "-").err == said
    stdin(whole[1:])
    assert re.fullmatch(rf"<stdin>: line \d+: not UTF-8: byte 0x\w\w: {re.escape(needed)}", fundrisk("rerun", "-").err)
    for name, said in (("/dev/zero", "is a device; must be a file or a pipe"), ("/dev/null", "is empty")):
        assert fundrisk("rerun", name).err == f"{name}: {said}: {needed}"
        with pytest.raises(sim.ResultError, match=said):
            sim.load_result(name)


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_json_of_every_encoding_is_read(tmp_path, encode):
    """PowerShell's > writes UTF-16 with a byte order mark, and other editors on Windows UTF-8 with one."""
    to, history, case = tmp_path / "run.json", tmp_path / "path.json", tmp_path / "case.toml"
    for text in (T, T.replace("\n", "\r\n")):
        case.write_bytes(encode(text))
        assert fundrisk("trace", case, "--path", 2, "--json", history).status == 0
        expected = fundrisk("replay", case, "--history", history)
        assert expected.status == 0
        for document in (history, to):
            if document == to:
                assert fundrisk("run", case, "--paths", 64, "--json", to).status == 0
            plain = json.dumps(json.loads(document.read_text(encoding="utf-8")), indent=1)
            document.write_bytes(encode(plain.replace("\n", "\r\n")))
        assert fundrisk("replay", case, "--history", history) == expected
        ran = fundrisk("rerun", to)
        assert (ran.status, ran.err) == (0, "")
        assert "Every path is the same" in ran.out


def test_histories_from_the_standard_input(tmp_path, stdin):
    history = tmp_path / "path.json"
    assert fundrisk("trace", "valence-2002", "--path", 2, "--json", history).status == 0
    stdin(codecs.BOM_UTF8 + history.read_bytes())
    got = fundrisk("replay", "valence-2002", "--history", "-")
    expected = fundrisk("replay", "valence-2002", "--history", history)
    assert got.out.replace("<stdin>", str(history)) == expected.out
    for data, said in (
        (b"", "<stdin>: is empty; must be a JSON object of at most 64 MiB\n"),
        (b"[1", "<stdin>: must be JSON: "),
        (b"\xff\xff", "<stdin>: line 1: not UTF-8: byte 0xff; must be a JSON object of at most 64 MiB\n"),
        (b'{"closes": 1}', "<stdin>: closes = 1: must be an object\n"),
    ):
        stdin(data)
        ran = fundrisk("replay", "valence-2002", "--history", "-")
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith(said)


def test_a_file_of_that_name_is_read_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("-").write_text(T, encoding="utf-8")
    assert fundrisk("check", "./-").status == 0
    assert fundrisk("run", "./-", "--paths", 16, "--json", "./-").err == (
        "./-: cannot be written: it is an input of the same command\n"
    )
