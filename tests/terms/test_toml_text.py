"""Case files as text: what is counted as a dot of a key, and files of every encoding."""

import contextlib
import time

import pytest

from sim.terms import CaseError, load_case
from sim.terms.toml_text import MOST_PARTS, TooDeep, parsed
from tests.support.valence import valence_2002
from tests.text.test_reading import ENCODINGS

DOTS = "." * 500
PLENTY = {
    "comment": f"# {DOTS}\na = 1 # {DOTS}\n",
    "amounts": f"a = [{', '.join(['125000.50'] * 104)}]\n",
    "amounts over lines": f"a = [\n{', '.join(['125000.50'] * 104)},\n{', '.join(['1.5'] * 104)}]\n",
    "basic string": f'a = "{DOTS}"\n',
    "string with an escaped quote": f'a = "\\"{DOTS} = \\\\"\n',
    "literal string": f"a = '{DOTS} = \"{DOTS}'\n",
    "multi-line string": f'a = """\n{DOTS} = 1\n[{DOTS}]\n"{DOTS}"" = """\n',
    "multi-line literal": f"a = '''\n{DOTS} = 1\n\"\"\" ''{DOTS}'''\n",
    "quoted key": f'"{DOTS}" = 1\n\'{DOTS}y\'.x = 2\n["{DOTS}x"]\n',
    "times": f"a = [{', '.join(['1979-05-27T00:32:00.999'] * 120)}]\n",
    "inline tables": f"a = [{', '.join(['{b.c = 1.5, d = 2.5}'] * 120)}]\n",
    "many keys": "".join(f"a{i}.b.c = 1.5\n" for i in range(120)),
}
TOO_MANY = ".".join(["a"] * (MOST_PARTS + 1))
DEEP = {
    f"{TOO_MANY} = 1": 1,
    f"[{TOO_MANY}]": 1,
    f"x = 1\n[[{TOO_MANY}]]": 2,
    f"x = 1\ny = {{ b = 2, {TOO_MANY} = 1 }}": 2,
    f"x = [\n {{ b = 2 }},\n {{ {TOO_MANY} = 1 }}]": 3,
    f'x = """\n\n"""\n{TOO_MANY} = 1': 4,
    f"# {DOTS}\n{TOO_MANY.replace('.', ' . ')} = 1": 2,
    f'"{DOTS}"{TOO_MANY[1:]} = "{DOTS}"': 1,
}


@pytest.mark.parametrize("text", PLENTY.values(), ids=PLENTY)
def test_dots_outside_of_keys_are_not_counted(tmp_path, text):
    assert parsed(text)
    case = valence_2002()
    path = tmp_path / "mine.toml"
    path.write_text(f"{case.text}\n[extra]\n{text}", encoding="utf-8")
    with pytest.raises(CaseError) as caught:  # an unknown table is all that is wrong with it
        load_case(path)
    assert not any("deeply" in line or "parts" in line for line in caught.value.problems)


@pytest.mark.parametrize("text", DEEP, ids=[str(i) for i in range(len(DEEP))])
def test_keys_of_too_many_parts_are_refused_with_their_line(text):
    with pytest.raises(TooDeep) as caught:
        parsed(text)
    assert str(caught.value) == f"line {DEEP[text]}: a key of {MOST_PARTS + 1} parts; must have at most {MOST_PARTS}"


@pytest.mark.parametrize(
    "text",
    [
        "a." * 500_000, "a." * 500_000 + "b = 1", '"""\\' * 200_000, "'''" + "'" * 2 + "x" * 10**6, '"' * 10**6,
        "x = " + "[" * 10**6, "x = " + "{a=" * 300_000, ".\n" * 500_000, "a.b=1#\n" * 150_000, '"\\' * 500_000,
        "'''\n" * 250_000, "." * 10**6, "x = [" + "1.5," * 250_000 + "]", "[" * 500_000 + "." * 500_000,
    ],
    ids=range(14),
)  # fmt: skip
def test_hostile_texts_take_no_longer_than_their_length(text):
    started = time.process_time()
    with contextlib.suppress(ValueError):
        parsed(text)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_a_case_of_every_encoding_is_the_same(tmp_path, encode):
    case = valence_2002()
    for name, text in {"x": case.text, "y": case.text.replace("\n", "\r\n")}.items():
        (tmp_path / name).write_bytes(encode(text))
        read = load_case(tmp_path / name)
        assert (read, read.text, read.sha256) == (case, case.text, case.sha256)


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_a_mistake_has_the_same_line_in_every_encoding(tmp_path, encode):
    text = 'schema = 1\n# \u2028 \u0085\ntitle = "x"\n[company]\ncash = 9,400,000\n'
    for name, written in {"x": text, "y": text.replace("\n", "\r\n")}.items():
        (tmp_path / name).write_bytes(encode(written))
        with pytest.raises(CaseError) as caught:
            load_case(tmp_path / name)
        assert caught.value.problems == [
            f"{tmp_path / name}: line 5: company.cash = 9,400,000: TOML has no thousands commas; write 9_400_000"
        ]
