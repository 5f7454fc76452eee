"""Names in scripts that run from right to left, set apart from the sentence around them.

Without that, the numbers and brackets beside such a name are shown on its other side: Unicode Standard Annex 9. Text
for a terminal has no marks, as terminals differ in whether they apply or print them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

_MARKUP = ("<bdi>", "</bdi>")
_CHARACTERS = ("\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}")
#: Letters of Hebrew, Arabic, Syriac, Thaana, N'Ko, Adlam and others: the blocks from which `unicodedata` has them.
_LETTER = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
_RUN = re.compile(f"{_LETTER}(?:[^A-Za-z<>&\n]*{_LETTER})*")
_TITLE = re.compile(r"(<title[^>]*>)([^<]*)")
_SPOKEN = re.compile(r'(\s(?:alt|title|aria-label|aria-valuetext)=")([^"]*)')
_OUTSIDE = re.compile(r"(<(?:style|script|title)\b.*?</(?:style|script|title)>|<[^>]*>)", re.DOTALL)


def texts_of(part: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from texts_of(each)


def runs_leftward(text: str) -> bool:
    """Whether a text has letters of a script that runs from right to left."""
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text if not letter.isascii())


def isolated(text: str, names: Iterable[str] = ()) -> str:
    """`text` with isolating characters around the names in it that run leftward, and around other such words."""
    return _set_apart(text, names, _CHARACTERS) if runs_leftward(text) else text


def isolated_html(markup: str, names: Iterable[str] = ()) -> str:
    """As `isolated`, with <bdi> elements in the texts of markup, and characters where there can be no elements.

    Those are titles and attributes that are read to somebody; styles, scripts and other attributes stay as they are.
    """
    return _markup_apart(markup, names, _MARKUP)


def isolated_svg(markup: str, names: Iterable[str] = ()) -> str:
    """As `isolated_html`, with characters alone: SVG has no element that isolates."""
    return _markup_apart(markup, names, _CHARACTERS)


def _markup_apart(markup: str, names: Iterable[str], marks: tuple[str, str]) -> str:
    if not runs_leftward(markup):
        return markup
    names = [html.escape(name) for name in names]
    parts = _OUTSIDE.split(markup)  # texts, and every second one a tag
    for place, part in enumerate(parts):
        if not runs_leftward(part) or part.startswith(("<style", "<script")):
            continue
        if place % 2 == 0:
            parts[place] = _set_apart(part, names, marks)
        else:
            spoken = _TITLE if part.startswith("<title") else _SPOKEN
            parts[place] = spoken.sub(lambda found: found[1] + _set_apart(found[2], names, _CHARACTERS), part)
    return "".join(parts)


def _set_apart(text: str, names: Iterable[str], marks: tuple[str, str]) -> str:
    known = sorted({name for name in names if runs_leftward(name)}, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, known), _RUN.pattern]))
    return pattern.sub(lambda found: f"{marks[0]}{found[0]}{marks[1]}", text)
