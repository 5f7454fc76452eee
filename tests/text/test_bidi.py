"""Names that run from right to left are set apart from the sentence; other text stays as it is."""

import html
import re

import pytest

from sim.text.bidi import isolated, isolated_html, isolated_svg, runs_leftward
from sim.text.readable import html_of
from sim.text.tables import Table

HEBREW, ARABIC, MIXED = "חברת אלפא 2002", "شركة ألفا", "קרן (Alpha) 7"
NAMES = [HEBREW, ARABIC, MIXED, "ורד & בן", "𞤀𞤣𞤤𞤢𞤥"]
FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize("name", NAMES)
def test_a_known_name_is_isolated_whole(name):
    sentence = f"{name} | 1,000 scenarios, of {name}, 15%"
    assert isolated(sentence, [name]) == sentence.replace(name, FSI + name + PDI)
    markup = f"<p title='{html.escape(name)}'>{html.escape(sentence)}</p>"
    marked = isolated_html(markup, [name])
    assert marked.count("<bdi>") == marked.count("</bdi>") == 2
    assert f"<bdi>{html.escape(name)}</bdi> | 1,000" in marked
    assert re.sub("</?bdi>", "", marked) == markup


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_name_is_isolated_from_its_first_to_its_last_letter(name):
    marked = isolated(f"due: {name[:5]}..., $15M")
    assert marked.startswith(f"due: {FSI}")
    assert marked.replace(FSI, "").replace(PDI, "") == f"due: {name[:5]}..., $15M"
    assert marked.endswith("..., $15M")


@pytest.mark.parametrize(
    "text", ["", "Valence & Co, 12% < 3", "東京リチウム", "Škoda Ærø", "Ελλάς", "Россия", "<b>x</b>"]
)
def test_other_scripts_stay_as_they_are(text):
    assert isolated(text, [text]) == text
    assert isolated_html(text, [text]) == text
    assert not runs_leftward(text)


def test_styles_scripts_and_other_attributes_stay_as_they_are():
    markup = (
        f'<style>a{{content:"{HEBREW}"}}</style><script>"{HEBREW}"</script><a id="{HEBREW}" href="#{HEBREW}" '
        f'class="{HEBREW}" data-alt="{HEBREW}">'
    )
    assert isolated_html(markup, [HEBREW]) == isolated_svg(markup, [HEBREW]) == markup


@pytest.mark.parametrize("name", [*NAMES, 'א "ב" ג', "א <ב> & ג"])
@pytest.mark.parametrize(
    "markup",
    [
        '<img alt="Mean runway: {}: 15%, base case 12.">', '<svg role="img" aria-label="{}: 70% to 100%">',
        '<input id="x" aria-valuetext="30 Aug 2002: {} due, $15M">', '<abbr title="{}, 2002">',
        "<title>Funding risk: {}, 2002</title>", '<title lang="en">{} | 2002</title>',
    ],
)  # fmt: skip
def test_what_is_read_aloud_is_isolated_with_characters(markup, name):
    name = html.escape(name)
    for apart in (isolated_html, isolated_svg):
        assert apart(markup.format(name), [html.unescape(name)]) == markup.format(FSI + name + PDI)


@pytest.mark.parametrize("name", NAMES[:2])
def test_texts_of_a_drawing_have_characters(name):
    markup = f'<svg><title>{name}</title><desc>{name}, 2</desc><text x="1">{name}: 70%</text></svg>'
    marked = isolated_svg(markup, [name])
    assert marked == markup.replace(name, FSI + name + PDI)


def test_the_longer_of_two_names_is_isolated():
    assert isolated("אב גד", ["אב", "אב גד"]) == f"{FSI}אב גד{PDI}"


def test_a_table_of_a_notebook_isolates_names():
    table = Table(HEBREW, ("", "limits"), [(ARABIC, f'"{HEBREW}" 60%, coverage 40%')])
    assert html_of([table]).count("<bdi>") == 3
