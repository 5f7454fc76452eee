"""The files of the project: versions agree, and the files that its documents name exist."""

import re
import shlex
from pathlib import Path

import pytest

import sim
from sim.cli import _parser

ROOT = Path(__file__).parents[1]
ROOMS = [path.parent.name for path in ROOT.glob("sim/*/__init__.py")]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("sim/docs/*.md")]


def text_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def test_versions_agree():
    version, released = re.search(r"^## ([\d.]+) \((.+)\)$", text_of("CHANGELOG.md"), re.MULTILINE).groups()
    assert version == sim.__version__
    assert f"\nversion: {version}\ndate-released: {released}\n" in text_of("CITATION.cff")


def missing(document: Path, text: str) -> list[str]:
    """Targets of links, and paths of this repository in backticks, that do not exist."""
    linked = re.findall(r"\]\((?!https://)([^)#]+)", text)
    named = re.findall(r"`((?:sim|tests|benchmarks|notebooks)/[\w/.-]+|[A-Z]+\.(?:md|cff))`", text)
    in_rooms = re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w/.-]*)`", text)
    lost = [name for name in linked if not (document.parent / name).exists()]
    lost += [name for name in named if not (ROOT / name).exists()]
    return lost + [name for name in in_rooms if not (ROOT / "sim" / name).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_files_that_exist(document):
    assert missing(document, document.read_text(encoding="utf-8")) == []


def test_a_missing_file_is_seen():
    text = "[a](README.md) [b](gone.md) [c](https://x.org/y.md) `sim/cli/` `sim/gone.py` `cli/run.py` `cli/gone.py`"
    assert missing(ROOT / "README.md", text) == ["gone.md", "sim/gone.py", "cli/gone.py"]


def test_cited_sections_of_the_model_exist():
    headings = set(re.findall(r"^##+ (?:\d+\. )?(.+)$", text_of("sim/docs/model.md"), re.MULTILINE))
    cited = {
        title
        for path in (ROOT / "sim").rglob("*.py")
        for titles in re.findall(r'[Ss]ections? ((?:"[^"]+"(?:,| and)? )+)of\s+sim/docs/model', path.read_text("utf-8"))
        for title in re.findall(r'"([^"]+)"', titles)
    }
    assert cited <= headings


def test_the_readme_shows_what_run_prints():
    shown = re.search(r"```text\n(.*?)```", text_of("README.md"), re.DOTALL)[1]
    assert str(sim.simulate("valence-2002").summary()).startswith(shown)


def test_commands_of_the_readme_are_accepted():
    commands = re.findall(r"`fundrisk ([^`]+)`", text_of("README.md"))
    assert len(commands) > 15
    for command in commands:
        _parser().parse_args(shlex.split(command))
