"""`fundrisk new`: its templates, and the file that it writes or refuses to write."""

import re
import tomllib

import pytest

from sim.cli import main
from sim.cli.new import DEFAULT, KINDS, template
from sim.terms import Case, describe
from sim.terms.warnings import warnings_of


@pytest.mark.parametrize("kind", KINDS)
def test_template_is_valid_and_check_has_no_warning(kind):
    case = Case.from_dict(tomllib.loads(template(kind)))
    assert list(warnings_of(case)) == []
    assert "My Company, Inc.: the simulation starts on 1 January 2027" in describe(case)
    assert case.purchase_dates


@pytest.mark.parametrize("kind", KINDS)
def test_template_says_at_each_key_what_to_put_there(kind):
    lines = template(kind).splitlines()
    pairs = zip(["", *lines], lines, strict=False)
    silent = [line for above, line in pairs if re.match(r'"?[\w.]+"? = ', line) and "#" not in line + above[:1]]
    assert silent == []


def test_written_file_can_be_checked(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    assert main(["new", str(path)]) == 0
    assert capsys.readouterr() == (f"{path}: written; fill it in, then read `fundrisk check {path}`\n", "")
    assert path.read_text(encoding="utf-8") == template(DEFAULT)
    assert main(["check", str(path)]) == 0


def test_file_that_exists_is_not_overwritten(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text("mine", encoding="utf-8")
    assert main(["new", str(path), "--like", "put"]) == 2
    assert capsys.readouterr() == ("", f"{path}: exists already; must be the name of a new file\n")
    assert path.read_text(encoding="utf-8") == "mine"


def test_dash_writes_to_standard_output(capsys):
    assert main(["new", "-", "--like", "atm"]) == 0
    assert capsys.readouterr() == (template("atm"), "")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--like", "asspire"], f"--like = asspire: must be one of {', '.join(KINDS)}. Did you mean aspire?"),
        (["--like", ""], f"--like = (empty): must be one of {', '.join(KINDS)}"),
    ],
)
def test_unknown_kind_is_one_line_with_the_list(words, complaint, tmp_path, capsys):
    assert main(["new", str(tmp_path / "mine.toml"), *words]) == 2
    assert capsys.readouterr() == ("", f"{complaint}\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("none/mine.toml", "cannot be written: there is no folder {folder}/none"),
        ("", "cannot be written: must be the name of a file"),
    ],
)
def test_file_that_cannot_be_written_is_one_line(name, complaint, tmp_path, capsys):
    path = f"{tmp_path}/{name}"
    assert main(["new", path]) == 2
    assert capsys.readouterr().err == f"{path}: {complaint.format(folder=tmp_path)}\n"
