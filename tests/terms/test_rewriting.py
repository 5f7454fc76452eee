"""Keys changed in the text of a case: what is said of the others stays."""

import tomllib

import pytest

from sim.terms.rewriting import rewritten
from sim.terms.sources import comments

TEXT = "company = { cash = 1_000, shares_outstanding = 5 }  # co side\nprice = { initial = 1.0 }\n"


def test_a_key_of_an_inline_table_is_named_in_its_comment():
    changes = {"company.cash": 2e6, "price.initial": 2.0}
    text = rewritten(TEXT, changes, dict.fromkeys(changes, "actual of 2002-07-01"))
    assert comments(text) == {
        "company": "co side; cash: actual of 2002-07-01",
        "price": "initial: actual of 2002-07-01",
    }
    assert "company = { cash = 2_000_000, shares_outstanding = 5 }" in text


ACTUAL = "actual of 2002-07-01"
#: Lists of tables with comments beside and above their entries.
NOTES = {
    "after the comma": '[\n  { name = "A", principal = 1 }, # a\n  { name = "B", principal = 2 }, # b\n]',
    "before the comma": '[ { name = "A", principal = 1 } # a\n , { name = "B", principal = 2 } # b\n]',
    "none at the first": '[\n  { name = "A", principal = 1 },\n  { name = "B", principal = 2 } # b\n]',
    "above": '[\n  # over a\n  { name = "A", principal = 1 }, # a\n  # over b\n  { name = "B", principal = 2 } # b\n]',
    "dotted": '[\n  { name = "A", principal = 1, x.y = 2 }, # a\n  { x.z = [\n 1, # one\n ], name = "B" }, # b\n]',
}


@pytest.mark.parametrize("rows", NOTES.values(), ids=NOTES)
def test_a_comment_beside_an_entry_says_what_is_actual(rows):
    changes = {"notes[A].principal": 5.0, "notes[B].maturity": 6}
    text = rewritten(f"notes = {rows}\n", changes, dict.fromkeys(changes, ACTUAL))
    found = comments(text)
    assert f"principal: {ACTUAL}" in found["notes[A]"].split("a; ")
    assert found["notes[B]"].endswith(f"b; maturity: {ACTUAL}")
    later = rewritten(text, changes, dict.fromkeys(changes, "actual of 2002-10-01"))
    assert later == text.replace(ACTUAL, "actual of 2002-10-01")
    gone = rewritten(text, {"notes[A]": None}, {})
    assert list(comments(gone)) == ["notes[B]"]
    assert tomllib.loads(gone)["notes"] == tomllib.loads(text)["notes"][1:]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ('notes = [ { name = "A", principal = 1 }, { name = "B" } ] # b\n', "notes[A].principal", "[A].principal"),
        ('notes = [ { name = "A", principal = 1 }, { name = "B" }, # b\n]\n', "notes[A].principal", ""),
        ('line = { conditions = [\n { name = "A" }, # b\n] }\n', "line.conditions[A].after", "conditions[A].after"),
        ("line.coverage = { basis = 1 } # b\n", "line.coverage.basis", "basis"),
    ],
)
def test_a_comment_that_entries_share_names_the_key(text, name, said):
    new = rewritten(text, {name: 7}, {name: ACTUAL})
    assert f"# b; {said or name}: {ACTUAL}\n" in new
    assert list(parsed_values(tomllib.loads(new))).count(7) == 1


def parsed_values(part):
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield each
        yield from parsed_values(each)


@pytest.mark.parametrize(
    "text",
    [
        "[line]\n[line.used]\namount = 3 # old\nshares = 4\n",
        "line.used.amount = 3 # old\n",
        "[line]\nused.amount = 3 # old\nperiod = 1\n",
        "[line]\nused = { amount = 3 }  # old\n",
        "[line]  # old\nperiod = 1  # kept\n\n# about the rest\n[burn]\nmonthly = 1\n",
        "line.period = 1\n\n[burn]\nmonthly = 1\n",
        "[line.pricing]\nwindow = 3\n",
        "title = 'x'\n",
    ],
)
def test_a_table_is_set_in_every_spelling(text):
    before = tomllib.loads(text)
    new = rewritten(text, {"line.used": {"amount": 4.0}}, {"line.used": ACTUAL})
    assert tomllib.loads(new) == before | {"line": {**before.get("line", {}), "used": {"amount": 4}}}
    assert ACTUAL in new
    assert "amount = 3" not in new
    assert ("# about the rest\n[burn]" in new) is ("about" in text)


def test_keys_go_after_the_last_key_of_their_table():
    text = '[price]\nmodel = "gbm"  # m\n\n# of burn\n[burn]\nmonthly = 1  # b\n# last'
    new = rewritten(text, {"price.closes": [1.5], "burn.growth": 0.5}, {"price.closes": "c"})
    assert new == (
        '[price]\nmodel = "gbm"  # m\ncloses = [1.5]  # c\n\n# of burn\n[burn]\nmonthly = 1  # b\ngrowth = 0.5\n# last'
    )
