"""Names and titles: which characters they may contain, and what is said of the others. One key for one entry."""

import sys
import unicodedata

import pytest

import sim
from sim.analysis.inputs import inputs_of, waivers
from sim.terms import CaseError, overridden
from sim.terms.overrides import canonical, find, known_key, label_of
from sim.terms.stated import range_lines
from sim.text.characters import escaped, named, printable, refused, replaced, visible
from tests.support.documents import CASE
from tests.support.valence import valence_2002

ALLOWED = {
    "no-break space": "Valence\u00a0Technology",
    "ideographic space": "株式会社\u3000電池",
    "joiners": "می\u200cخواهم क्\u200dष",
    "marks": "\u200fחברה (ישראל)\u200e בע\u05f4מ",
    "emoji": "👩\u200d🔬\ufe0f",
    "variation": "葛\U000e0100城",
    "assigned lately": "\u1c89\U0001fadf\U00010d4a",  # Unicode 16
    "not assigned yet": "x\u0378\U0003fff0",
    "arabic": "\u0600\u061cنص",
    "mongolian": "ᠠ\u180eᠡ",
    "accents": "e\u0301\u0323",
    "narrow": "25\u202f000\u2009$",
}
FORBIDDEN = {
    "soft\u00adhyphen": (5, "U+00AD SOFT HYPHEN", "cannot be seen"),
    "a\u200bb": (2, "U+200B ZERO WIDTH SPACE", "cannot be seen"),
    "\ufeffa": (1, "U+FEFF ZERO WIDTH NO-BREAK SPACE", "cannot be seen"),
    "a\u2060": (2, "U+2060 WORD JOINER", "cannot be seen"),
    "ab\u202ec": (3, "U+202E RIGHT-TO-LEFT OVERRIDE", "reorders text"),
    "ab\u2067c": (3, "U+2067 RIGHT-TO-LEFT ISOLATE", "reorders text"),
    "a\u2028b": (2, "U+2028 LINE SEPARATOR", "line break"),
    "a\tb": (2, "U+0009 TAB", "control character"),
    "a\x85b": (2, "U+0085 NEXT LINE", "control character"),
    "a\x9bb": (2, "U+009B,", "control character"),
    "\ue000": (1, "U+E000,", "no character"),
    "a\ufffe": (2, "U+FFFE,", "no character"),
    "a\U0003ffff": (2, "U+3FFFF,", "no character"),
    "a\ud800": (2, "U+D800,", "no character"),
    "flag\U000e0067": (5, "U+E0067 TAG LATIN SMALL LETTER G", "cannot be seen"),
}


@pytest.mark.parametrize("name", ALLOWED.values(), ids=ALLOWED)
def test_names_of_every_script_are_kept_and_found(name):
    case = CASE.replace({"title": name, "notes[0].name": name, "company.name": name})
    assert (case.title, case.notes[0].name, case.company.name) == (name, name, name)
    assert case.replace({f"notes[{name}].principal": 5}).notes[0].principal == 5
    assert sim.terms.Case.from_dict(case.to_dict()) == case
    assert name in sim.terms.describe(case)
    with pytest.raises(CaseError, match="principal") as caught:
        case.replace({f"notes[{name}].principal": -1})
    assert f"notes[{name}].principal" in caught.value.problems[0]


@pytest.mark.parametrize("name", FORBIDDEN, ids=map(ascii, FORBIDDEN))
def test_a_refused_character_is_named_with_its_place(name):
    place, character, kind = FORBIDDEN[name]
    for key in ("title", "notes[0].name", "line.investor", "line.conditions[1].milestone"):
        with pytest.raises(CaseError) as caught:
            CASE.replace({key: name})
        line = next(line for line in caught.value.problems if "character" in line)
        assert f"; character {place} is {character}" in line
        assert kind in line
        assert printable(line)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("\u00a0x", "it begins with U+00A0 NO-BREAK SPACE"),
        ("x\u3000", "it ends with U+3000 IDEOGRAPHIC SPACE"),
        (" x", "it begins with U+0020 SPACE"),
        ("\u200d", "it has nothing that can be seen, only U+200D ZERO WIDTH JOINER"),
        ("\u2800", "it has nothing that can be seen, only U+2800 BRAILLE PATTERN BLANK"),
        ("\u3164\u3164", "it has nothing that can be seen, only U+3164 HANGUL FILLER"),
    ],
)
def test_blanks_around_a_name_and_nothing_in_it(name, said):
    with pytest.raises(CaseError) as caught:
        CASE.replace({"title": name})
    assert caught.value.problems[0].endswith(f"1 to 200 characters; {said}")


def test_what_is_printable_is_fixed_and_not_that_of_the_running_python():
    """Python's tables say which code points are assigned; of those that are, only these differ."""
    refused_ones = allowed_ones = 0
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        kind = unicodedata.category(character)
        if kind in ("Cc", "Cs", "Co", "Zl", "Zp"):
            assert not printable(character), hex(code)
            refused_ones += 1
        elif kind not in ("Cn", "Cf", "Zs"):
            assert printable(character), hex(code)
            allowed_ones += 1
    assert refused_ones > 100_000
    assert allowed_ones > 100_000
    assert [
        hex(code) for code in range(0x3000) if printable(chr(code)) and unicodedata.category(chr(code)) == "Cf"
    ] == [
        hex(code)
        for code in (*range(0x600, 0x606), 0x61C, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x180E, *range(0x200C, 0x2010))
    ]


def test_texts_of_characters():
    assert refused("plain \u00a0 \u200c") is None
    assert refused("a\u202e")[:2] == (1, "\u202e")
    assert (replaced("a\tb\u2028c"), escaped("a\tb\u2028c\U000e0001")) == ("a b c", "a\\tb\\u2028c\\U000e0001")
    assert (named("\x07"), named("\u00ad")) == ("U+0007", "U+00AD SOFT HYPHEN")
    assert visible("x\u200d")
    assert not visible("\u200d\ufe0f \u115f")


# --- one key for one entry -------------------------------------------------------------------------------------------

NAMES = ("Note [A]", "a.b", "x].y", "0", "[", "a[b", "1", "n = 2", "]", "notes[0]", "a] [b", "Bank", "Bank].principal")


@pytest.fixture(scope="module")
def many():
    """A case with a note of each of the names."""
    note = CASE.to_dict()["notes"][0]
    return CASE.replace({"notes": [note | {"name": name, "principal": i + 1.0} for i, name in enumerate(NAMES)]})


@pytest.mark.parametrize("name", NAMES)
def test_every_name_finds_its_entry(many, name):
    key = f"notes[{name}].principal"
    i = NAMES.index(name)
    assert find(many, key)[1] == i + 1
    assert canonical(many, key) == key
    assert known_key(type(many), key).unit == "$"
    for other in (many.replace({key: 77}), overridden(many, [f"{key}=77"])):
        assert [note.principal for note in other.notes] == [77 if j == i else j + 1 for j in range(len(NAMES))]
    assert name not in [note.name for note in many.replace({f"notes[{name}]": None}).notes]
    ranged = many.replace({"ranges": {f"notes[{name}].extension_probability": [0.5, 1]}})
    assert label_of(ranged, f"notes[{name}].extension_probability") == f"{name}: extension"
    inputs = [one.key for one in inputs_of(ranged)]
    assert inputs.count(f"notes[{name}].extension_probability") == 1


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("notes[0].principal", "notes[Baccarat note].principal"),
        ("notes[00].principal", "notes[Baccarat note].principal"),
        ("notes[ 0 ].sweep.prepay_above", "notes[Baccarat note].sweep.prepay_above"),
        ("line . conditions[1].after", "line.conditions[265 Wh/l polymer].after"),
        ("burn.steps[0].factor", "burn.steps[0].factor"),
        ("burn.steps[000].factor", "burn.steps[0].factor"),
        ("line.coverage.percent[3]", "line.coverage.percent[3]"),
        (" price.drift ", "price.drift"),
        ("notes[0]", "notes[Baccarat note]"),
    ],
)
def test_a_key_has_one_canonical_spelling(key, expected):
    assert canonical(CASE, key) == expected
    assert canonical(CASE, expected) == expected


TWICE = [
    ("notes[0].principal", "notes[Baccarat note].principal"),
    ("line.conditions[1].waiver_probability", "line.conditions[265 Wh/l polymer].waiver_probability"),
    ("milestones[2].probability", "milestones[licence].probability"),
    ("burn.steps[0].factor", "burn.steps[00].factor"),
    ("price.volatility", "price . volatility"),
]


@pytest.mark.parametrize(("one", "other"), [*TWICE, *(pair[::-1] for pair in TWICE)])
def test_two_spellings_of_one_key_are_refused(one, other):
    with pytest.raises(CaseError) as caught:
        CASE.replace({one: 0.5, other: 0.6})
    assert caught.value.problems == [f"replace: {other} = 0.6: must be given once; {one} is the same key"]
    with pytest.raises(CaseError) as caught:
        overridden(CASE, [f"{one}=0.5", f"{other}=0.6"])
    assert caught.value.problems == [f"--set: {other} = 0.6: must be given once; {one} is the same key"]
    with pytest.raises(CaseError) as caught:
        CASE.replace({"ranges": {one: [0.5, 0.9], other: [0.6, 0.9]}})
    assert caught.value.problems == [
        f'replace: ranges."{other}" = [0.6, 0.9]: must be given once; "{one}" is the same key'
    ]


def test_a_key_that_is_set_twice_is_refused():
    with pytest.raises(CaseError) as caught:
        overridden(CASE, ["price.drift=0.1", "burn.growth=0", "price.drift = 0.2"])
    assert caught.value.problems == ["--set: price.drift = 0.2: must be given once"]


@pytest.mark.parametrize(
    ("by_number", "by_name"),
    [
        ("notes[0].extension_probability", "notes[Baccarat note].extension_probability"),
        ("line.conditions[1].waiver_probability", "line.conditions[265 Wh/l polymer].waiver_probability"),
        ("milestones[0].median_days", "milestones[polymer-265].median_days"),
        ("milestones[1].p90_days", "milestones[cylindrical-samples].p90_days"),
    ],
)
def test_ranges_by_number_are_ranges_by_name(by_number, by_name):
    base = find(CASE, by_name)[1]
    one, other = (CASE.replace({"ranges": {key: [base * 0.5, base * 1.1]}}) for key in (by_number, by_name))
    assert one == other
    assert one.sha256 == other.sha256
    assert list(one.ranges) == [by_name]
    ours, theirs = (inputs_of(case) for case in (one, other))
    assert [(row.key, row.label, row.low, row.high) for row in ours] == [
        (row.key, row.label, row.low, row.high) for row in theirs
    ]
    assert len({row.key for row in ours}) == len(ours)
    assert by_name not in waivers(one).overrides(0.5)


# --- what becomes of ranges ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ranged():
    """Three notes, three steps and four percentages; a range for each of some of them."""
    note = CASE.to_dict()["notes"][0] | {"extension_probability": 0.5}
    steps = [{"date": f"2003-0{i}-01", "factor": 0.9} for i in (1, 2, 3)]
    return CASE.replace(
        {
            "notes": [note | {"name": name} for name in "ABC"],
            "burn.steps": steps,
            "ranges": {
                "notes[0].extension_probability": [0.0, 0.6], "notes[B].extension_probability": [0.1, 0.7],
                "burn.steps[0].factor": [0.1, 1.0], "burn.steps[2].factor": [0.3, 1.0],
                "line.coverage.percent[1]": [90, 110], "price.volatility": [0.5, 1.5],
            },
        }
    )  # fmt: skip


A, B = "notes[A].extension_probability", "notes[B].extension_probability"
S0, S1, S2 = (f"burn.steps[{i}].factor" for i in range(3))
P0, P1, V = "line.coverage.percent[0]", "line.coverage.percent[1]", "price.volatility"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"price.drift": 0.1}, {A: 0.0, B: 0.1, S0: 0.1, S2: 0.3, P1: 90, V: 0.5}),
        # an entry goes with its range, and the others keep theirs
        ({"notes[0]": None}, {B: 0.1, S0: 0.1, S2: 0.3, P1: 90, V: 0.5}),
        ({"notes[A]": None}, {B: 0.1, S0: 0.1, S2: 0.3, P1: 90, V: 0.5}),
        ({"burn.steps[0]": None}, {A: 0.0, B: 0.1, S1: 0.3, P1: 90, V: 0.5}),
        ({"burn.steps[1]": None}, {A: 0.0, B: 0.1, S0: 0.1, S1: 0.3, P1: 90, V: 0.5}),
        ({"burn.steps[0]": None, "burn.steps[2]": None}, {A: 0.0, B: 0.1, P1: 90, V: 0.5}),
        ({"burn.steps[0]": None, "burn.steps[1].factor": 0.8}, {A: 0.0, B: 0.1, S1: 0.3, P1: 90, V: 0.5}),
        ({P0: None}, {A: 0.0, B: 0.1, S0: 0.1, S2: 0.3, P0: 90, V: 0.5}),
        ({P1: None}, {A: 0.0, B: 0.1, S0: 0.1, S2: 0.3, V: 0.5}),
        ({"notes": None}, {S0: 0.1, S2: 0.3, P1: 90, V: 0.5}),
        # a new list: the entries of the same name or date are the same
        ({"burn.steps": [{"date": "2003-03-01", "factor": 0.9}]}, {A: 0.0, B: 0.1, S0: 0.3, P1: 90, V: 0.5}),
        ({"burn.steps": [{"date": "2003-05-01", "factor": 0.9}] * 3}, {A: 0.0, B: 0.1, P1: 90, V: 0.5}),
        # a new name
        ({"notes[0].name": "D"}, {"notes[D].extension_probability": 0.0, B: 0.1, S0: 0.1, S2: 0.3, P1: 90, V: 0.5}),
        ({"notes[0]": None, "notes[1].name": "A"}, {A: 0.1, S0: 0.1, S2: 0.3, P1: 90, V: 0.5}),
        # a value outside of its range
        ({A: 0.9, V: 3}, {B: 0.1, S0: 0.1, S2: 0.3, P1: 90}),
        ({"ranges": {V: [0.6, 1]}}, {V: 0.6}),
        ({"ranges": None}, {}),
    ],
)
def test_a_range_stays_with_its_entry(ranged, changes, expected):
    after = ranged.replace(changes)
    assert {key: ends[0] for key, ends in (after.ranges or {}).items()} == expected
    assert sim.terms.Case.from_dict(after.to_dict()) == after


def test_numbers_are_those_before_the_changes(ranged):
    after = ranged.replace({"notes[0]": None, "notes[1].principal": 7, "notes[2].principal": 8})
    assert [(note.name, note.principal) for note in after.notes] == [("B", 7), ("C", 8)]
    with pytest.raises(CaseError) as caught:
        ranged.replace({"burn.steps[0]": None, "burn.steps[0].factor": 1})
    assert "burn.steps has no entry 0 after the changes before this one" in caught.value.problems[0]


LABELS = {
    "notes[0].extension_probability": "Baccarat note: extension",
    "notes[0].margin": "Baccarat note: margin",
    "line.conditions[1].waiver_probability": "265 Wh/l polymer: waiver probability",
    "milestones[0].p90_days": "polymer-265: 90th percentile of the time",
    "burn.steps[0].factor": "step of the burn on 1 October 2002",
    "line.coverage.percent[1]": "coverage percent 2",
    "line.commitment": "commitment",
    "policy.target_months": "target months",
    "price.volatility": "volatility of the stock price",
}


def test_labels_are_words_whichever_way_the_key_is_written():
    for key, label in LABELS.items():
        assert label_of(CASE, key) == label_of(CASE, canonical(CASE, key)) == label


def test_labels_of_several_lines_tell_them_apart():
    case = sim.load_case("nikola-atm-2022")
    for number, line in enumerate(case.lines):
        for word in ("commitment", "legal_cost_per_draw"):
            label = label_of(case, f"lines[{number}].{word}")
            assert label == label_of(case, f"lines[{line.name}].{word}")
            assert label.startswith(f"{line.name}: ")


def test_stated_ranges_are_inputs_with_their_labels():
    case = CASE.replace({"ranges": {key: [0.001, 0.9] for key in list(LABELS)[:3]}})
    found = [one.label for one in inputs_of(case) if one.stated]
    assert sorted(found) == sorted(list(LABELS.values())[:3])
    assert all(f"- {label[:1].upper()}{label[1:]}: " in "\n".join(range_lines(case)) for label in found)


@pytest.mark.parametrize("name", ["S\u00e9rie A", "\u00c5ngstr\u00f6m [B]", "\u1eccl\u00e1", "\ud55c\uad6d", "\u304c"])
@pytest.mark.parametrize("in_file", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_names_that_look_the_same_are_one(name, in_file, asked):
    """macOS and PDF files write a letter and its accent as two characters, most keyboards as one."""
    written, typed = (unicodedata.normalize(form, name) for form in (in_file, asked))
    document = valence_2002().to_dict()
    document["notes"][0]["name"] = written
    document["ranges"] = {f"notes[{typed}].extension_probability": [0.25, 1.0]}
    case = sim.Case.from_dict(document)
    assert case.notes[0].name == written
    assert list(case.ranges) == [f"notes[{written}].extension_probability"]
    assert case.replace({f"notes[{typed}].extension_probability": 0.5}).notes[0].extension_probability == 0.5
    document["notes"].append({**document["notes"][0], "name": typed})
    with pytest.raises(sim.CaseError, match="must be a name that no other entry of notes has"):
        sim.Case.from_dict(document)
