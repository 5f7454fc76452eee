"""Which characters a line of text may contain, the same in every version of Python.

`str.isprintable` follows the Unicode tables of the running Python: a letter that a later version of Unicode assigned is
not printable in an older Python. The ranges below are fixed. They refuse what ends or reorders a line, what cannot be
seen and is part of no spelling, and what is no character at all. They allow everything else: the letters of every
script, assigned or not, the spaces of every width, and the invisible characters that spellings need (the joiners of
Persian and Indic names, directional marks, variation selectors, the Mongolian vowel separator).

Source: Unicode Standard, chapter 23 (special areas and format characters) and table 23-2 (layout controls).
"""

from __future__ import annotations

import re
from typing import NamedTuple

CONTROLS = "a control character", "\x00-\x1f\x7f-\x9f"
SEPARATORS = "a line break", "\u2028\u2029"
BIDI = "a character that reorders text", "\u202a-\u202e\u2066-\u2069"
UNSEEN = (
    "a character that cannot be seen",
    "\u00ad\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff",
)
NO_CHARACTERS = (
    "no character of Unicode's standard set",  # surrogates, private use, noncharacters
    "\ud800-\uf8ff\ufdd0-\ufdef\U000f0000-\U0010ffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(15)),
)
_KINDS = (CONTROLS, SEPARATORS, BIDI, UNSEEN, NO_CHARACTERS)
_REFUSED = re.compile("|".join(f"([{ranges}])" for _, ranges in _KINDS))

#: Characters that leave a gap; a name has none of them at its ends.
BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
#: Allowed characters that nobody sees on their own: joiners, marks, selectors, fillers, Braille without dots.
_WITHOUT_INK = re.compile(
    f"[{BLANKS}\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c-\u200f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]*"
)
_NAMES = {
    "\t": "TAB",
    "\n": "LINE FEED",
    "\r": "CARRIAGE RETURN",
    "\x00": "NULL",
    "\x1b": "ESCAPE",
    "\x85": "NEXT LINE",
}


class Refused(NamedTuple):
    """The first character of a text that a line may not contain: its place from 0, and what it is in words."""

    place: int
    character: str
    kind: str


def refused(text: str) -> Refused | None:
    """The first character that a line of text may not contain; None if there is none.

    Examples
    --------
    >>> refused("soft\\u00adhyphen")
    Refused(place=4, character='\\xad', kind='a character that cannot be seen')
    """
    found = _REFUSED.search(text)
    if found is None or found.lastindex is None:
        return None
    return Refused(found.start(), found[0], _KINDS[found.lastindex - 1][0])


def printable(text: str) -> bool:
    """Whether a text is one line of characters that can be shown."""
    return _REFUSED.search(text) is None


def visible(text: str) -> bool:
    """Whether a text has any character that leaves ink."""
    return _WITHOUT_INK.fullmatch(text) is None


def replaced(text: str, instead: str = " ") -> str:
    """`text` with `instead` for each character that a line may not contain."""
    return _REFUSED.sub(instead, text)


def escaped(text: str) -> str:
    """`text` with a backslash escape for each character that a line may not contain: two\\nlines."""
    return _REFUSED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def composed(text: str) -> str:
    """The form in which two spellings that look the same are equal: accents are part of their letters (NFC).

    Texts from macOS and PDF files often have a letter and its accent as two characters.
    """
    if text.isascii():
        return text
    import unicodedata

    return unicodedata.normalize("NFC", text)


def named(character: str) -> str:
    """A character by its number and its name: U+00AD SOFT HYPHEN."""
    import unicodedata  # only needed when something is wrong

    name = _NAMES.get(character) or unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()
