"""The model's document says what is there: functions that exist, commands that work, a register computed now."""

import re
from importlib import import_module
from importlib.resources import files

import pytest

from sim.analysis.register import register, remarks
from sim.cli import main
from sim.terms import Case, load_case

TEXT = files("sim").joinpath("docs", "model.md").read_text(encoding="utf-8")
SECTIONS = (
    "Purpose and limits of use", "Words", "Time", "What is random", "The ledger of one path", "Measures",
    "Estimates and their errors", "Random numbers", "Analyses", "Assumption register of valence-2002",
    "What is left out", "Validation", "To repeat a number",
)  # fmt: skip


def named(text):
    """Dotted names in backticks that begin with the package."""
    return sorted(set(re.findall(r"`(sim(?:\.\w+){2,})`", text)))


def gone(names):
    """Names that are no function, class or table of the library."""
    missing = []
    for name in names:
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            try:
                place = import_module(".".join(parts[:cut]))
            except ModuleNotFoundError:
                continue
            try:
                for part in parts[cut:]:
                    place = getattr(place, part)
            except AttributeError:
                missing.append(name)
            break
    return missing


def commands(text):
    return sorted(set(re.findall(r"(?:`|^ {4})fundrisk\s+(\w+)", text, re.MULTILINE)))


def unknown(names, capsys):
    found = []
    for name in names:
        with pytest.raises(SystemExit) as end:
            main([name, "--help"])
        found += [name] * (end.value.code != 0)
    capsys.readouterr()
    return found


def test_every_function_that_the_text_names_is_there():
    names = named(TEXT)
    assert len(names) > 50
    assert gone(names) == []


@pytest.mark.parametrize(
    "name", ["sim.kernels.market.gbm.finish_rows_of", "sim.results.measures.MEASURE", "sim.nothing.at_all"]
)
def test_a_name_that_is_gone_is_seen(name):
    assert gone(named(f"{TEXT} (`{name}`)")) == [name]


@pytest.mark.parametrize(
    "module",
    [
        "market.gbm",
        "burn",
        "events",
        "cash",
        "line.limits",
        "line.draw",
        "line.purchase_date",
        "line.coverage",
        "line.policy",
        "line.price",
        "line.settlement",
        "notes",
        "ledger",
        "random.variates",
        "random.philox",
        "random.elementary",
    ],
)
def test_every_stage_of_the_kernels_has_its_equation(module):
    assert any(name.startswith(f"sim.kernels.{module}.") for name in named(TEXT))


def test_the_sections_are_those_of_its_contents():
    assert re.findall(r"^## \d+\. (.*)$", TEXT, re.MULTILINE) == list(SECTIONS)
    assert [int(n) for n in re.findall(r"^## (\d+)\.", TEXT, re.MULTILINE)] == list(range(1, 14))


def test_every_command_that_the_text_names_is_there(capsys):
    names = commands(TEXT)
    assert {"model", "rerun", "verify", "sensitivity"} <= set(names)
    assert unknown(names, capsys) == []
    assert unknown(["conjure"], capsys) == ["conjure"]


def block(name):
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    return TEXT[TEXT.index(begin) + len(begin) : TEXT.index(end)].rstrip("\n")


def test_the_register_is_the_one_of_today():
    """Else write it anew: fundrisk model --register valence-2002."""
    assert block("register") == str(register("valence-2002"))


def test_the_register_has_every_assumption_of_the_file():
    case = load_case("valence-2002")
    text = files("sim").joinpath("cases/valence-2002.toml").read_text(encoding="utf-8")
    said = " ".join(block("register").split())
    assumed = [words.strip().split(".")[0] for words in re.findall(r"ASSUMPTION:?,?([^\n]{20,40})", text)]
    assert len(assumed) > 25
    lost = [words for words in assumed if " ".join(words.split()) not in said]
    assert [words for words in lost if not words.startswith("no document gives the figure")] == []
    assert len(list(remarks(case))) == 3


def test_a_register_without_a_file_has_no_words():
    case = Case.from_dict(load_case("valence-2002").to_dict())
    found = register(case, paths=200)
    assert (found.choices, found.remarks, found.legend) == ((), (), {})
    assert all(entry.words == "" for entry in found.varied)
    assert len(found.varied) > 30


def test_the_command_prints_the_text(capsys):
    assert main(["model"]) == 0
    assert capsys.readouterr().out == TEXT


def test_the_command_prints_a_register(capsys):
    assert main(["model", "--register", "valence-2002", "--paths", "200"]) == 0
    assert "`burn.monthly`" in capsys.readouterr().out
    assert main(["model", "--register", "valence-2002", "--paths", "0"]) == 2
    assert main(["model", "--register", "no-such-case"]) == 2
    assert capsys.readouterr().err.count("\n") == 2
