"""What cannot be told is dropped and the work goes on; signals end a command with their status and leave no draft."""

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sim.cli import main, meter, signals

ROOT = Path(__file__).resolve().parents[2]
RUN = ["run", "valence-2002", "--paths", "2000", "--seed", "7"]
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")


def shell(line: str, *words, **how) -> subprocess.CompletedProcess:
    """The command with redirections, in a shell; PIPESTATUS of the command is the shell's status."""
    command = ["bash", "-c", f'"$@" {line}; exit ${{PIPESTATUS[0]}}', "bash", sys.executable, "-m", "sim"]
    environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="") | how.pop("env", {})
    return subprocess.run([*command, *map(str, words)], env=environment, capture_output=True, text=True, check=False)


# --- standard error ---------------------------------------------------------------------------------------------------


@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", ["2>&-", "2>/dev/full", "2>&- <&-", "2>&1 | head -1", "2>&1 | true", "2> >(true)"])
def test_a_run_is_done_whatever_becomes_of_standard_error(tmp_path, line, unbuffered):
    made = tmp_path / "x.json"
    ran = shell(line, *RUN, "--json", made, env={"PYTHONUNBUFFERED": unbuffered})
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(made.read_text())["paths"] == 2000
    if "|" not in line:
        assert ran.stdout.startswith("Valence Technology")


@FULL
@pytest.mark.parametrize("line", ["2>&-", "2>/dev/full", "2>&1 | true", ">&- 2>&-"])
@pytest.mark.parametrize("words", [["check", "no-such-case"], ["nonsense"], ["run", "valence-2002", "--paths", "x"]])
def test_an_error_that_cannot_be_told_is_still_the_status(line, words):
    ran = shell(line, *words)
    assert (ran.returncode, ran.stderr) == (2, "")


def test_no_file_takes_the_number_of_a_closed_stream(tmp_path):
    """What C libraries print to descriptor 2 must not get into a file of results."""
    made = tmp_path / "x.json"
    assert shell(">&- 2>&- <&-", *RUN, "--json", made).returncode == 0
    assert json.loads(made.read_text())["paths"] == 2000
    script = (
        "import os\nfrom sim.cli.streams import prepared\nwith prepared(True):\n"
        "    number = os.open(os.devnull, 0)\n    print(number, file=open('fd', 'w'))"
    )
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    command = ["sh", "-c", '"$@" <&- >&- 2>&-', "sh", sys.executable, "-c", script]
    assert subprocess.run(command, env=environment, cwd=tmp_path, check=False).returncode == 0
    assert int((tmp_path / "fd").read_text()) > 2


@FULL
def test_standard_output_that_is_wanted_is_an_error():
    full = "standard output: cannot be written: No space left on device\n"
    for words in ([*RUN, "--json", "-"], ["--help"], ["run", "--help"], ["--version"], RUN):
        for unbuffered in ("", "1"):
            ran = shell(">/dev/full", *words, env={"PYTHONUNBUFFERED": unbuffered})
            assert (ran.returncode, ran.stderr) == (2, full), words
    for line in ("| true", "2>/dev/full | head -c 10"):  # who closes it has what he wants
        ran = shell(line, *RUN, "--json", "-")
        assert (ran.returncode, ran.stderr) == (0, ""), line
    assert shell("| true", "--help").returncode == 0


@pytest.mark.parametrize(("wanted", "status"), [("null", 0), ("accompanies a file", 0), ("alone", 2)])
def test_a_terminal_that_has_gone_ends_no_run(tmp_path, wanted, status):
    """As nohup leaves a process: SIGHUP is ignored, and writing to the terminal is an error (EIO)."""
    reader, writer = pty.openpty()
    made = tmp_path / "x.json"
    command = [sys.executable, "-m", "sim", *RUN[:2], "--paths", "3e6", *["--json", str(made)] * (wanted != "alone")]
    process = subprocess.Popen(
        command, stderr=writer, stdout=subprocess.DEVNULL if wanted == "null" else writer,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )  # fmt: skip
    os.close(writer)
    os.read(reader, 1)  # the first of the progress, or a notice
    os.close(reader)
    assert process.wait(timeout=120) == status
    assert wanted == "alone" or json.loads(made.read_text())["paths"] == 3_000_000


IN_A_PROGRAM = ["-c", "import sys; print('before'); from sim.cli import main; main(sys.argv[1:]); print('after')"]


def into_a_pipe_that_does_not_block(program, words, full=True, unbuffered="") -> tuple[subprocess.Popen, int]:
    """The command with such a pipe as its standard output, and the other end; full of 65536 bytes if so wanted."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    if full:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
    process = subprocess.Popen(
        [sys.executable, *program, *words], stdout=writer, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ, PYTHONPATH=str(ROOT), PYTHONUNBUFFERED=unbuffered),
    )  # fmt: skip
    os.close(writer)
    return process, reader


@pytest.mark.parametrize(  # what a program prints itself without a buffer, Python loses
    ("program", "unbuffered"),
    [(["-m", "sim"], ""), (["-m", "sim"], "1"), (IN_A_PROGRAM, "")],
    ids=["own", "own, unbuffered", "in a program"],
)
@pytest.mark.parametrize("words", [["model"], ["--version"], ["new", "-"], ["check", "valence-2002"]])
def test_a_pipe_that_does_not_block_loses_nothing(words, program, unbuffered):
    environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONUNBUFFERED=unbuffered)
    expected = subprocess.run([sys.executable, *program, *words], env=environment, capture_output=True, check=False)
    process, reader = into_a_pipe_that_does_not_block(program, words, unbuffered=unbuffered)
    got = bytearray()
    with pytest.raises(subprocess.TimeoutExpired):  # it waits
        process.wait(timeout=2)
    with open(reader, "rb", buffering=0) as pipe:
        while piece := pipe.read(5000):
            got += piece
    assert (process.wait(timeout=60), process.stderr.read()) == (0, "")
    assert got.lstrip(b"x") == expected.stdout


def test_a_reader_that_goes_or_ctrl_c_ends_the_wait():
    for end, status, said in (
        (lambda process, reader: os.close(reader), 0, ""),
        (
            lambda process, reader: process.send_signal(signal.SIGINT),
            130,
            "\nfundrisk: interrupted; nothing was written\n",
        ),
    ):
        for words in (["--version"], ["model"]):
            process, reader = into_a_pipe_that_does_not_block(["-m", "sim"], words)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=4)
            begun = time.monotonic()
            end(process, reader)
            assert process.wait(timeout=20) == status
            assert time.monotonic() - begun < 0.5
            assert process.stderr.read() == said


class Bare:
    """What some programs put in the place of a standard stream: it can be written to, and nothing else."""

    def __init__(self):
        self.said = []

    def write(self, text):
        self.said.append(text)


class Failing(Bare):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, *_):
        raise self.error

    flush = isatty = write


STREAMS = {
    "none": lambda: None,
    "bare": Bare,
    "closed": lambda: [stream := io.StringIO(), stream.close()][0],
    "gone": lambda: Failing(BrokenPipeError(32, "Broken pipe")),
    "no terminal": lambda: Failing(OSError(5, "Input/output error")),
    "detached": lambda: Failing(ValueError("underlying buffer has been detached")),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_any_object_may_stand_for_standard_error(monkeypatch, tmp_path, kind, capsys):
    stream = STREAMS[kind]()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(meter.Meter, "PATIENCE", 0.0)
    monkeypatch.setattr(meter, "compiling", lambda: True)
    assert main([*RUN, "--json", str(tmp_path / "x.json")]) == 0
    assert main(["check", "no-such-case"]) == 2
    assert sys.stderr is stream
    assert json.loads((tmp_path / "x.json").read_text())["paths"] == 2000


@pytest.mark.parametrize("kind", ["none", "bare", "closed"])
def test_any_object_may_stand_for_standard_output(monkeypatch, kind):
    stream = STREAMS[kind]()
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["cases"]) == (0 if kind == "bare" else 2)
    assert sys.stdout is stream
    if kind == "bare":
        assert "valence-2002" in "".join(stream.said)


def test_a_stream_keeps_how_it_treats_characters(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["cases"]) == 0
    assert stream.errors == "strict"


# --- signals ----------------------------------------------------------------------------------------------------------

# Runs the command with a write that waits in the middle of a draft.
IN_THE_MIDDLE = """
import sys, time
from sim.results import files
true_sync = files.os.fsync
def wait(descriptor):
    print("writing", flush=True)
    time.sleep(60)
files.os.fsync = wait
from sim.cli import main
raise SystemExit(main())
"""
SAID = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "terminal closed"}


@pytest.mark.parametrize("number", SAID)
@pytest.mark.parametrize("option", ["--json", "--save"])
def test_a_signal_in_the_middle_of_a_write_leaves_what_was_there(tmp_path, number, option):
    target = tmp_path / "x"
    target.write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-c", IN_THE_MIDDLE, *RUN, option, str(target)],
        env=dict(os.environ, PYTHONPATH=str(ROOT)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "writing\n"
    assert len(list(tmp_path.iterdir())) == 2
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert err.replace(f"{meter.COMPILING}\n", "") == f"\nfundrisk: {SAID[number]}; nothing was written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert target.read_text() == "old"


@pytest.mark.parametrize("number", SAID)
def test_a_signal_while_modules_are_imported_ends_at_once(number):
    script = (
        "import time\nfrom sim.cli.signals import SIGNALS\nSIGNALS.start()\nprint('on', flush=True)\ntime.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=dict(os.environ, PYTHONPATH=str(ROOT)), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "on\n"
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (128 + number, f"\nfundrisk: {SAID[number]}; nothing was written\n")


def test_a_handler_of_the_program_and_nohup_keep_their_signal():
    mine = lambda *_: None  # noqa: E731
    for handler in (mine, signal.SIG_IGN):
        before = signal.signal(signal.SIGTERM, handler)
        try:
            taken = signals.Signals()
            taken.start()
            assert signal.getsignal(signal.SIGTERM) is handler
            assert signal.getsignal(signal.SIGINT) == taken._raise
            taken.stop()
            assert signal.getsignal(signal.SIGINT) is not taken._raise
        finally:
            signal.signal(signal.SIGTERM, before)


def test_without_a_thread_a_signal_is_an_exception_from_the_beginning(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    taken = signals.Signals()
    taken.start()
    try:
        with pytest.raises(signals.Ended) as ended:
            signal.raise_signal(signal.SIGTERM)
        assert ended.value.number == signal.SIGTERM
    finally:
        taken.stop()
