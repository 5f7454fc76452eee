"""What stands beside a case's figures in its file: each comment goes to the keys it is about."""

import sim
from sim.terms.sources import CHANGED, comments, sources

TEXT = """# The case as a whole.

title = "a # is no comment here"   # what it is called
plain = 1

[company]   # the company's own
# two keys
# in a row
cash = 1
debt = 2   # the debt's own

alone = 3

[[notes]]
name = "first"   # its name
# of the first
principal = 1

[[notes]]
principal = 2

[[notes]]
name = 'third'
principal = 3   # of the third
[company.deep]
x = 'it''s # no comment' # but this is
"""


def test_each_comment_goes_to_its_key():
    assert comments(TEXT) == {
        "title": "what it is called",  # an empty line ends what stands above it
        "company": "the company's own",
        "company.cash": "two keys in a row",
        "company.debt": "the debt's own",
        "notes[first].name": "its name",
        "notes[first].principal": "of the first",
        "notes[third].principal": "of the third",
        "company.deep.x": "but this is",
    }


def test_entries_without_a_name_go_by_number():
    text = "[[rows]]\nx = 1  # a\n[[rows]]\nx = 2  # b\n[[other]]\nx = 3  # c\n"
    assert comments(text) == {"rows[0].x": "a", "rows[1].x": "b", "other[0].x": "c"}


def test_a_changed_value_carries_no_words_of_the_files():
    case = sim.load_case("valence-2002")
    before, after = sources(case), sources(case.replace({"company.cash": 1.0, "notes[Baccarat note].principal": 1e6}))
    assert {key for key in after.beside if after.beside[key] == CHANGED} == {
        "company.cash", "notes[Baccarat note].principal"
    }  # fmt: skip
    same = before.beside.keys() - {"company.cash", "notes[Baccarat note].principal"}
    assert all(after.beside[key] == before.beside[key] for key in same)
    assert CHANGED not in before.beside.values()
    assert len(before.beside) > 30
    assert before.legend
