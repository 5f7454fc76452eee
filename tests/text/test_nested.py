"""JSON of any depth ends in an answer or an error, whatever recursion limit the process has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sim.text.nested import MOST_DEPTH, read_json

ROOT = Path(__file__).resolve().parents[2]
READ = """
import sys
sys.setrecursionlimit(int(sys.argv[1]))
from sim.cli import main
raise SystemExit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    "document",
    [{}, [[1, {"a": [2.5]}]], {"a]": "[[[", 'b"': '\\"[{', "c\n": "\u4e2d["}, [[]] * 500, {"x": ["[" * 1000, "\\"]},
     "[" * 1000, [["]"], '"', ["["] * 300]],
)  # fmt: skip
def test_a_document_is_read_as_json_reads_it(document):
    for how in ({}, {"indent": 1}, {"ensure_ascii": False}):
        assert read_json(json.dumps(document, **how)) == document


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a]":', "}]")])
def test_depth_is_limited(start, end):
    per = start.count("[") + start.count("{")
    fits = MOST_DEPTH // per
    assert read_json(start * fits + "1" + end * fits) is not None
    with pytest.raises(RecursionError, match="nested more than 100 levels deep"):
        read_json(start * (fits + 1) + "1" + end * (fits + 1))


@pytest.mark.parametrize("text", ["", "[", "]", "]]]][", '"[', '{"a": "', "[1,]", '"\\'])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(text)


@pytest.mark.parametrize("limit", [1_000, 1_000_000])
@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "[" * 200_000 + "]" * 200_000])
def test_a_deep_file_ends_no_process(tmp_path, limit, text):
    (tmp_path / "deep.json").write_text(text)
    for words in (["rerun", "deep.json"], ["replay", "valence-2002", "--history", "deep.json"]):
        command = [sys.executable, "-c", READ, str(limit), *words]
        ran = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
        assert ran.stderr.startswith("deep.json: ")
