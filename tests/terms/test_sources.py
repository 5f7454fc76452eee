"""What stands beside a case's figures in its file: each comment goes to the key it is about."""

import copy
import os
import pickle
import tomllib
from random import Random

import pytest

import sim
from sim.terms.files import SHIPPED
from sim.terms.overrides import overridden
from sim.terms.sources import CHANGED, changes, comment_on, comments, legend, paragraphs, sources
from sim.terms.toml_text import Entry, entries
from tests.proof.inputs import mutated, toml_file
from tests.support.valence import valence_2002
from tests.twin.random_cases import random_case

TEXT = """# The case as a whole.

title = "a # is no comment here"   # what it is called
plain = 1

[company]   # the company's own
# two lines
# about cash
cash = 1
debt = 2
loan = 3   # the loan's own

alone = 4

# the first note
[[notes]]
name = "first"   # its name
# of the first
principal = 1
[notes.sweep]   # its sweep
prepay_above = 2   # above this

[[notes]]
principal = 2

[[notes]]
name = 'third'
principal = 3   # of the third
[company.deep]
x = 'its # no comment' # but this is
"""


def test_each_comment_goes_to_its_key():
    assert comments(TEXT) == {
        "title": "what it is called",  # an empty line ends what stands above it
        "company": "the company's own",
        "company.cash": "two lines about cash",  # and the key after it has none
        "company.loan": "the loan's own",
        "notes[first]": "the first note",
        "notes[first].name": "its name",
        "notes[first].principal": "of the first",
        "notes[first].sweep": "its sweep",
        "notes[first].sweep.prepay_above": "above this",
        "notes[third].principal": "of the third",
        "company.deep.x": "but this is",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[rows]]\nx = 1  # a\n[[rows]]\nx = 2  # b\n[[other]]\nx = 3  # c\n",
         {"rows[0].x": "a", "rows[1].x": "b", "other[0].x": "c"}),
        # dotted and quoted keys and headings
        ("company.cash = 1 # c\ncompany . debt = 2 # d\n", {"company.cash": "c", "company.debt": "d"}),
        ('"company"."cash" = 1 # c\n\'line\'.x = 2 # d\n', {"company.cash": "c", "line.x": "d"}),
        ('"c\\u006fmpany".cash = 1 # c\n', {"company.cash": "c"}),
        ('["company"] # t\ncash = 1 # c\n[ line . "pricing" ] # p\nx = 2 # x\n',
         {"company": "t", "company.cash": "c", "line.pricing": "p", "line.pricing.x": "x"}),
        ('[ranges]\n"burn.monthly" = [1, 2] # r\n', {"ranges.burn.monthly": "r"}),
        ("[[a]]\nname = 'x'\n[[a.b]]\ny = 1 # one\n[[a.b]]\ny = 2 # two\n[[a]]\n[[a.b]]\ny = 3 # three\n",
         {"a[x].b[0].y": "one", "a[x].b[1].y": "two", "a[1].b[0].y": "three"}),
        ("[[notes]]\nname = \"Note [A].x\"\np = 1 # n\n", {"notes[Note [A].x].p": "n"}),
        # what ends a line for some, but not in TOML
        ("a = 1 # one\u2028[b]\nc = 2 # two\n", {"a": "one\u2028[b]", "c": "two"}),
        ("a = '\u2028' # one\u0085[[b]]\nc = 2 # two\n", {"a": "one\u0085[[b]]", "c": "two"}),
        ("a = \"x\u2029# no\" # yes\n", {"a": "yes"}),
        # strings that look like comments, keys and headings
        ('a = """\n[b] # no\nc = 1 # no\n""" # yes\nd = 2 # d\n', {"a": "yes", "d": "d"}),
        ("a = '''\n\"\"\"# no''' # yes\n", {"a": "yes"}),
        ('a = """x\\"" # in""""" # yes\n', {"a": "yes"}),
        ('a = "\\\\" # yes\nb = "\\"# no" # b\n', {"a": "yes", "b": "b"}),
        ("a = ''''x'''' # yes\n", {"a": "yes"}),
        # lists over lines, inline tables
        ("a = [ # all\n  1, # one\n  2,\n] # end\nb = 3 # b\n", {"a": "end all one", "b": "b"}),
        ("a = [\n  1, # one\n  # two\n  2\n]\n", {"a": "one two"}),
        ("r = [\n  {d = 1, x.y = 2}, # first\n  # second\n  {d = '}'},\n  {name = 'n'} # third\n]\n",
         {"r[0]": "first", "r[1]": "second", "r[n]": "third"}),
        ("# above\nr = [\n  {a = [1, 2]}, {b = 1}, # of the second\n]\n", {"r": "above", "r[1]": "of the second"}),
        ("a = {b = 1, c = {d = 2}} # t\n", {"a": "t"}),
        ("a = 1#tight\nb=2 #\n", {"a": "tight"}),
        ("# above\n\na = 1\n", {}),
        ("# one\n#\n# two\na = 1\nb = 2\n", {"a": "one two"}),
        ("a = 1 # last, without a newline", {"a": "last, without a newline"}),
    ],
)  # fmt: skip
def test_comments_of_every_form(text, expected):
    tomllib.loads(text)
    assert comments(text) == expected
    assert comments(text.replace("\n", "\r\n").replace("\r\n", "\n")) == expected


def flat(doc, where=()):
    """The keys of every value of a document; those of lists of tables are under the list."""
    for key, value in doc.items():
        if isinstance(value, dict) and value:
            yield from flat(value, (*where, key))
        elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            for row in value:
                yield from flat(row, (*where, key))
        else:
            yield (*where, key)


def test_the_keys_found_are_those_of_the_parser():
    """Random case files with odd texts: the scan and `tomllib` agree on which keys stand at the beginnings of lines."""
    compared = 0
    for number in range(150):
        rng = Random(number)
        text = toml_file(rng, mutated(rng, random_case(rng))).decode("utf-8", "replace")
        try:
            document = tomllib.loads(text)
        except (ValueError, RecursionError):
            continue
        table, read = (), []
        for entry in entries(text):
            if not isinstance(entry, Entry) or entry.kind == "in":
                continue
            parts = tuple(tomllib.loads(f"k = {part}")["k"] if part[0] in "\"'" else part for part in entry.parts)
            table, key = (table, (*table, *parts)) if entry.kind == "=" else (parts, None)
            read += [key] if key else []
        found = document
        for key in read:
            found = document
            for part in key:
                found = found[part]
        assert (
            len(read)
            == len(set(read))
            == sum(
                len(value) if isinstance(value, dict) and (key,) not in read else 1 for key, value in document.items()
            )
        )
        compared += 1
    assert compared > 60


def test_paragraphs_apart_are_remarks_and_explain_tags():
    text = "# One\n# two.\n#\n# Three.\n\na = 1\n# beside b\nb = '''\n\n# no\n\n'''\n# last"
    assert list(paragraphs(text)) == ["One two.", "Three.", "last"]
    tags = "# Sources:\n#   [A]  document, of May\n#\t\t[B] other\n# [C] none\nx = '#   [D]  no'\n"
    assert list(legend(tags)) == [("A", "document, of May"), ("B", "other")]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("notes[a].p", "own"), ("notes[a].q", "entry"), ("notes[b].q", "list"), ("notes[Note [A] 2.5].q", "list"),
        ("notes", "list"), ("notesx", ""), ("other.x", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_comment_of_the_innermost_table_holds(key, expected):
    assert comment_on({"notes": "list", "notes[a]": "entry", "notes[a].p": "own"}, key) == expected


def test_a_changed_value_carries_no_words_of_the_files():
    case = valence_2002()
    before, after = sources(case), sources(case.replace({"company.cash": 1.0, "notes[Baccarat note].principal": 1e6}))
    assert {key for key in after.beside if after.beside[key] == CHANGED} == {
        "company.cash", "notes[Baccarat note].principal"
    }  # fmt: skip
    # A value outside of its range loses the range, and its comment goes with it.
    same = before.beside.keys() - {"company.cash", "notes[Baccarat note].principal", "ranges.company.cash"}
    assert all(after.beside[key] == before.beside[key] for key in same)
    assert CHANGED not in before.beside.values()
    assert len(before.beside) > 30
    assert before.legend


def test_what_a_case_no_longer_has_is_not_quoted():
    case = valence_2002()
    after = sources(case.replace({"notes[0]": None, "third_party": None})).beside
    assert not any(key.startswith(("notes[", "third_party")) for key in after)
    assert "company.cash" in after


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["company.cash=1005200000"],  # outside of its range, which goes with it
        ["policy.cadence=weekly", "notes[Baccarat note].principal=5e6", "price.volatility=0.951"],
        ["horizon=2004-01-31", "line.coverage.percent=[50, 50]", "third_party.reduction_probability="],
        ["title=\"a 'b' <c>\"", "price.impact=none", "response={cover_months=4, cut=0.3, delay_months=1}"],
    ],
)
def test_changes_make_the_case_from_its_file(texts):
    case = overridden(valence_2002(), texts)
    found = changes(case)
    assert found is not None
    assert bool(found) == bool(texts)
    assert overridden(valence_2002(), found) == case


def test_other_changes_are_not_told_as_single_values():
    assert changes(sim.Case.from_dict(valence_2002().to_dict())) is None
    assert changes(valence_2002().replace({"third_party": None, "variants": None})) is None


# --- a case keeps what it quotes -------------------------------------------------------------------------------------


@pytest.fixture
def told(tmp_path, monkeypatch):
    """A case loaded by a relative path, and the folder of another file of the same name."""
    text = valence_2002().text
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "mine.toml"
        file.write_text(text.replace("[TS] names no smallest draw", f"from {name}"), encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    return sim.load_case("mine.toml"), tmp_path


def move(folder):
    os.chdir(folder / "there")


def edit(folder):
    file = folder / "here" / "mine.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("from here", "later"), encoding="utf-8")


def remove(folder):
    (folder / "here" / "mine.toml").unlink()


def replace_by_a_folder(folder):
    remove(folder)
    (folder / "here" / "mine.toml").mkdir()


def break_it(folder):
    (folder / "here" / "mine.toml").write_bytes(b"\xff[")


@pytest.mark.parametrize("happens", [move, edit, remove, replace_by_a_folder, break_it])
def test_a_case_quotes_the_text_that_was_read(told, happens):
    case, folder = told
    before = sources(case)
    happens(folder)
    assert sources(case) == before
    assert before.beside["line.minimum_draw"] == "from here"


def test_copies_keep_the_text(told):
    case, folder = told
    remove(folder)
    others = (pickle.loads(pickle.dumps(case)), copy.copy(case), copy.deepcopy(case), case.replace({"price.drift": 0}))
    for other in others:
        assert other == case
        assert sources(other).beside["line.minimum_draw"] == "from here"
    result = sim.simulate(case, paths=16)
    assert sources(result.case).beside["line.minimum_draw"] == "from here"
    assert sources(sim.terms.Case.from_dict(case.to_dict())) == ({}, {})
    assert case.text not in repr(case)


def test_a_case_keeps_the_closes_that_it_names(tmp_path, monkeypatch):
    (tmp_path / "c.csv").write_text("Date,Close\n2002-03-27,3.0\n2002-03-28,3.1\n")
    text = (SHIPPED / "valence-2002.toml").read_text().replace("[price]\n", '[price]\ncloses = "c.csv"  # said\n', 1)
    (tmp_path / "case.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    case = sim.load_case("case.toml")
    (tmp_path / "c.csv").unlink()
    found = sources(case).beside
    assert found["price.closes"] == "said"
    assert len(found) > 20
    assert sources(case.replace({"price.drift": 0.1})).beside == found | {"price.drift": CHANGED}
    assert sources(case.replace({"price.closes": [3.0]})).beside["price.closes"] == CHANGED


def test_comments_in_lists_go_with_other_comments():
    text = """
# above
amounts = [
    1,  # one
    2,  # two
]   # beside
[[notes]]
name = "a"
steps = [
    { date = 1, factor = 2 },  # first
    { date = 2, factor = 3 }
    # after the last one
]
"""
    found = comments(text)
    assert found["amounts"] == "beside one two"
    assert found["notes[a].steps[0]"] == "first"
    assert found["notes[a].steps"] == "after the last one"
    assert "notes[a].steps[1]" not in found
