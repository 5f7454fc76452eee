"""Keys changed in the text of a case: what is said of the others stays."""

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
