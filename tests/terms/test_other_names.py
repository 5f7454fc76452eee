"""Names that refer to an entry find it whatever form their accented letters have."""

import json
import unicodedata

import pytest

import sim
from sim.terms.actuals import Actuals
from sim.terms.other_names import NameOf
from sim.terms.problems import CaseError
from sim.terms.schema import Rows, Table, Values, keys
from tests.support.other_cash import REACHED, everything

FORMS = ("NFC", "NFD")
ACCENTED = {
    "licence": "Zul\u00e4ssung", "second": "\ud55c\uad6d", "permit": "\u00c5ngstr\u00f6m [B]", "regular": "s\u00e9rie",
    "loan": "pr\u00eat", "main": "\u1eccl\u00e1",
}  # fmt: skip
REFERRING = ("milestone", "follows", "vote", "purchase", "line", "condition")
MULTIPLE = {"name": "extra", "multiple_of": {"purchase": "regular", "times": 2.0}}
SALES = {"from": "2002-05-01", "to": "2002-05-31", "line": "main", "amount": 1e5, "source": "a report"}
WAIVER = {"date": "2002-06-28", "condition": "permit", "source": "a report"}
AFTER = {"name": "second", "probability": 0.5, "median_days": 100, "p90_days": 300, "follows": "licence"}


def document() -> dict:
    """A case with a reference of every kind."""
    case = everything(
        {
            "milestones": [REACHED, AFTER],
            "line.conditions": [{"name": "permit", "kind": "milestone", "milestone": "licence"}],
            "line.registrations": [{"shares": 10**6, "milestone": "second"}],
            "line.exchange_cap": {"shares": 10**6, "vote": "licence"},
            "line.purchases": [{"name": "regular"}, MULTIPLE],
            "record": {"waivers": [WAIVER], "sales": [SALES | {"line": ""}]},
        }
    )
    made = case.to_dict()
    made["lines"] = [made.pop("line") | {"name": "main"}]
    made["record"]["sales"] = [SALES]
    text = json.dumps(made)
    for word, accented in ACCENTED.items():
        text = text.replace(f'"{word}"', json.dumps(accented))
    return json.loads(text)


def spelled(value, form: str, refer: str, word: str = ""):
    """A document with its names in one form of Unicode, and what refers to them in another."""
    if isinstance(value, dict):
        return {name: spelled(item, form, refer, name) for name, item in value.items()}
    if isinstance(value, list):
        return [spelled(item, form, refer, word) for item in value]
    if not isinstance(value, str):
        return value
    return unicodedata.normalize(refer if word in REFERRING else form, value)


def references(of: type, where: str = "") -> list[str]:
    """The keys of a class of terms, at any depth, that are references."""
    found = []
    for word, known in keys(of).items():
        rule = known.rule.of if isinstance(known.rule, Values) else known.rule
        if isinstance(rule, Table | Rows):
            found += references(rule.of, f"{where}{word}.")
        found += [f"{where}{word}"] * isinstance(rule, NameOf)
    return found


def words_in(value, where: str = "") -> set[str]:
    """The keys of a document that have a value, without the numbers of entries."""
    if isinstance(value, dict):
        return {found for word, item in value.items() for found in words_in(item, f"{where}.{word}" if where else word)}
    if isinstance(value, list):
        return {found for item in value for found in words_in(item, where)}
    return {where} if value != "" else set()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("refer", FORMS)
def test_references_have_the_spelling_of_the_name(form, refer):
    made = sim.Case.from_dict(spelled(document(), form, refer))
    assert made.to_dict() == sim.Case.from_dict(spelled(document(), form, form)).to_dict()
    assert sim.Case(**{word: getattr(made, word) for word in keys(sim.Case)}) == made
    changed = made.replace({"flows[fee].milestone": unicodedata.normalize(refer, ACCENTED["second"])})
    assert changed.flows[1].milestone == made.milestones[1].name


def test_every_reference_of_a_case_is_tested():
    missing = {word for word in references(sim.Case) if word.startswith("lines.") or not word.startswith("line.")}
    missing -= words_in(document())
    assert missing <= {"lines.multiple_of.purchase"}  # where it is refused


def test_a_name_that_looks_otherwise_is_still_none():
    made = spelled(document(), "NFC", "NFD")
    made["flows"][1]["milestone"] = "Zulassung"
    made["lines"][0]["conditions"][0]["after"] = "never"  # what cannot be read hides no reference
    with pytest.raises(CaseError) as error:
        sim.Case.from_dict(made)
    assert [line.split(" = ")[0].split(": ")[1] for line in error.value.problems] == [
        f"lines[{ACCENTED['main']}].conditions[{ACCENTED['permit']}].after",
        "flows[fee].milestone",
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("told", FORMS)
def test_actuals_find_names_in_either_form(form, told):
    case = sim.Case.from_dict(spelled(document(), form, form))

    def rolled(told: str) -> sim.Case:
        name = {word: unicodedata.normalize(told, accented) for word, accented in ACCENTED.items()}
        actuals = {
            "cash": 9e6, "shares_outstanding": 2 * 10**6, "closes": [["2002-06-28", 2.4]],
            "draws": [{"date": "2002-05-31", "line": name["main"], "amount": 1e5, "shares": 50_000}],
            "holdings": [{"line": name["main"], "shares": 1000}],
            "milestones": [{"name": name["licence"], "date": "2002-06-03"}],
            "notes": [{"name": name["loan"], "principal": 1.5e6}],
            "waived": [name["permit"]],
        }  # fmt: skip
        return sim.roll_forward(case, actuals, "2002-07-01", paths=16)

    made = rolled(told)
    assert made == rolled(form)
    assert made.milestones[0].achieved.isoformat() == "2002-06-03"
    assert made.notes[0].principal == 1.5e6
    assert made.conditions[0].waiver_probability == 1.0
    assert (made.lines[0].used.amount, made.lines[0].used.holdings) == (1e5, 1000)


@pytest.mark.parametrize("told", FORMS)
def test_a_condition_of_two_lines_is_waived_in_both(told):
    made = spelled(document(), "NFC", "NFC")
    del made["record"]
    made["lines"].append(spelled(made["lines"][0], "NFD", "NFC") | {"name": "second line"})
    actuals = {"cash": 9e6, "shares_outstanding": 2 * 10**6, "closes": [["2002-06-28", 2.4]]}
    waived = {"waived": [unicodedata.normalize(told, ACCENTED["permit"])]}
    rolled = sim.roll_forward(sim.Case.from_dict(made), actuals | waived, "2002-07-01", paths=16)
    assert [condition.waiver_probability for condition in rolled.conditions] == [1.0, 1.0]


def test_actuals_that_contradict_each_other_are_refused_in_either_form():
    one, other = (unicodedata.normalize(form, ACCENTED["permit"]) for form in FORMS)
    with pytest.raises(CaseError, match=r"not_waived = .*: must not be in waived as well"):
        Actuals(cash=1.0, shares_outstanding=1, closes=[["2002-06-28", 2.4]], waived=[one], not_waived=[other])


def test_a_rolled_file_keeps_what_it_says(tmp_path):
    """The text is rewritten: names and references stay as they were written."""
    tomlkit = pytest.importorskip("tomlkit")
    file = tmp_path / "case.toml"
    file.write_text(tomlkit.dumps(spelled(document(), "NFC", "NFD")), encoding="utf-8")
    actuals = {"cash": 9e6, "shares_outstanding": 2 * 10**6, "closes": [["2002-06-28", 2.4]]}
    made = sim.roll_forward(str(file), actuals, "2002-07-01", paths=16)
    assert unicodedata.normalize("NFD", ACCENTED["second"]) in made.text
    file.write_text(made.text, encoding="utf-8")
    assert sim.load_case(str(file)) == made
    assert made.milestones[1].follows == made.milestones[0].name == unicodedata.normalize("NFC", ACCENTED["licence"])
