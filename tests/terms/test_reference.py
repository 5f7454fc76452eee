"""The key reference: rows, JSON Schema, the document case-file.md and the command `fundrisk keys`."""

import re
import tomllib
from pathlib import Path

import pytest

import sim.terms
from sim.cli import main
from sim.terms import Case, load_case
from sim.terms.reference import json_schema, key_rows, markdown
from sim.terms.warnings import warnings_of

DOCUMENT = (Path(sim.terms.__file__).parent.parent / "docs" / "case-file.md").read_text(encoding="utf-8")
EXAMPLE = tomllib.loads(re.search(r"```toml\n(schema.*?)```", DOCUMENT, re.DOTALL)[1])


def test_the_document_lists_the_keys_of_today():
    """`fundrisk keys --markdown` prints its second part."""
    assert DOCUMENT.partition("prints these tables.\n\n")[2] == markdown()


def test_the_example_of_the_document_is_a_case():
    case = Case.from_dict(EXAMPLE)
    assert not list(warnings_of(case))


def test_every_key_says_what_it_means():
    rows = list(key_rows())
    assert len(rows) == len({(row.table, row.key) for row in rows}) > 100
    for row in rows:
        assert row.meaning, row
        assert row.allowed, row
        assert not row.meaning.endswith("."), row
    by_key = {f"{row.table} {row.key}": row for row in rows}
    assert by_key["[line] max_per_period"][2:5] == ("$", "a number from 0 to 1e15", "none")
    assert by_key["[price] volatility"][2:5] == ("1/year", "a number from 0 to 10", "none")
    assert by_key["[price] drift"][2:5] == ("1/year", "a number from -10 to 10", "0")
    assert by_key["[line.pricing] timing"].default == '"before"'
    assert by_key["[line] conditions"].allowed == "list of tables [[line.conditions]]"


ANYTHING = {"description": "anything"}  # what JSON Schema allows where it says nothing


def complaints(value, schema, where="case"):
    """What is wrong with a document: the words of JSON Schema that `json_schema` uses."""
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
    if schema is ANYTHING:
        return
    if "anyOf" in schema:
        yield from [where] * all(any(complaints(value, form, where)) for form in schema["anyOf"])
        return
    if "enum" in schema and value not in schema["enum"]:
        yield where
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        yield where
        return
    if isinstance(value, dict):
        yield from (f"{where}.{word}" for word in schema.get("required", []) if word not in value)
        for word, item in value.items():
            below = schema.get("properties", {}).get(word, schema.get("additionalProperties", ANYTHING))
            yield from complaints(item, below, f"{where}.{word}") if below else [f"{where}.{word}"]
    if isinstance(value, list):
        yield from [where] * (not schema.get("minItems", 0) <= len(value) <= schema["maxItems"])
        for item in value:
            yield from complaints(item, schema["items"], where)
    if isinstance(value, str) and "enum" not in schema:
        yield from [where] * (not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 200))
        yield from [where] * (re.search(schema.get("pattern", ""), value) is None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        inside = (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and not value <= schema.get("exclusiveMinimum", -1e300)
            and not value >= schema.get("exclusiveMaximum", 1e300)
        )
        yield from [where] * (not inside)


@pytest.mark.parametrize("case", [load_case("valence-2002"), Case.from_dict(EXAMPLE)], ids=["shipped", "example"])
def test_cases_fit_the_schema(case):
    assert list(complaints(case.to_dict(), json_schema())) == []


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("company.cash", -1.0, "case.company.cash"),
        ("company.cash", "much", "case.company.cash"),
        ("company.chash", 1.0, "case.company.chash"),
        ("price.model", "cev", "case.price.model"),
        ("line.coverage.percent", [], "case.line.coverage.percent"),
        ("third_party.discount", 1.0, "case.third_party.discount"),
        ("burn.persistence", -1.0, "case.burn.persistence"),
        ("notes", [{"name": "x"}], "case.notes.principal"),
    ],
)
def test_the_schema_refuses_what_a_case_refuses(key, value, where):
    document = load_case("valence-2002").to_dict()
    *above, word = key.split(".")
    table = document
    for name in above:
        table = table[name]
    table[word] = value
    assert where in complaints(document, json_schema())


def test_the_schema_is_a_json_schema():
    validators = pytest.importorskip("jsonschema")
    validators.Draft202012Validator.check_schema(json_schema())
    validators.validate(load_case("valence-2002").to_dict(), json_schema())


def test_the_command(capsys):
    assert main(["keys", "line"]) == 0
    shown = capsys.readouterr().out
    assert re.findall(r"^\[.*", shown, re.MULTILINE) == [
        "[line]", "[line.used]", "[line.fees]", "[[line.fees.staged]]", "[line.coverage]", "[[line.conditions]]",
        "[line.waivers]", "[[line.blackouts]]", "[line.earnings_blackout]", "[[line.registrations]]",
        "[line.exchange_cap]", "[line.ownership]", "[[line.purchases]]", "[line.pricing]",
        "[[line.pricing.lesser_of]]", "[[line.tiers]]",
        "[line.volume_before]", "[line.volume_during]", "[line.multiple_of]",
    ]  # fmt: skip
    assert max(map(len, shown.splitlines())) <= 100
    assert main(["keys", "[[line.conditions]]"]) == 0
    assert capsys.readouterr().out.startswith("[[line.conditions]]\n")
    assert main(["keys", "--json-schema"]) == 0
    assert capsys.readouterr().out.startswith("{")
    assert main(["keys", "lin"]) == 2
    assert re.fullmatch(r"TABLE = lin: must be one of company, .*\. Did you mean line\?\n", capsys.readouterr().err)
    assert main(["keys", "x"]) == 2
    assert capsys.readouterr().err.endswith(", ranges, actuals\n")
    assert main(["keys", ""]) == 2
    assert main(["keys", "line", "--json-schema"]) == 2
    assert "must be left out" in capsys.readouterr().err


def test_what_may_stand_in_ranges(capsys):
    assert main(["keys", "ranges"]) == 0
    told = capsys.readouterr().out
    rows = {line.split()[0] for line in told.splitlines() if line.startswith("  ")}
    assert {"price.volatility", "company.cash", "line.pricing.multiplier", "milestones[NAME].probability"} <= rows
    assert not {"simulation.paths", "record.cash", "company.shares_outstanding", "line.end"} & rows
    assert '"waivers"' in told
