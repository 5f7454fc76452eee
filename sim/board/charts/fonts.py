"""Fonts for the letters of a case that Matplotlib's own font lacks, such as those of Chinese, Japanese and Korean."""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.board.charts.canvas import matplotlib_here, shortened
from sim.text.bidi import texts_of
from sim.text.numbers import count

_NO_FONTS = ("lastresort", "adobeblank", "emoji")  # parts of names of files that have boxes or pictures for letters


def fonts_for(document: Any) -> tuple[tuple[str, ...], str]:
    """Installed families with the letters of a document that Matplotlib's font lacks, and the letters that none has.

    The document is that of a case, or a text.
    """
    return _found(frozenset(letter for text in texts_of(document) for letter in text if not letter.isascii()))


def warn_of_boxes(document: Any, of: str) -> None:
    """Warn, once, of the letters of a document that no font has; `of` says what has them."""
    without = fonts_for(document)[1]
    if without:
        letters = f"{count(len(without), 'letter')} of {of}, such as {shortened(without, 12)}"
        warnings.warn(f"figures: no installed font has {letters}", stacklevel=3)


@lru_cache(maxsize=16)
def _found(letters: frozenset[str]) -> tuple[tuple[str, ...], str]:
    """The font with most of the missing letters, then the one with most of the rest, until none has any."""
    if not letters:
        return (), ""
    matplotlib_here()
    from matplotlib.font_manager import FontProperties, fontManager

    missing = letters - _letters_in(fontManager.findfont("DejaVu Sans"), letters)
    if not missing:
        return (), ""
    families: list[str] = []
    has = {path: _letters_in(path, missing) for path in _installed()}
    while missing and has:
        best = min(has, key=lambda path: (-len(has[path] & missing), "sans" not in path.lower(), path))
        if not has[best] & missing:
            break
        if not any(entry.fname == best for entry in fontManager.ttflist):
            fontManager.addfont(best)  # installed after Matplotlib made its list
        families.append(FontProperties(fname=best).get_name())
        missing -= has.pop(best)
    return tuple(dict.fromkeys(families)), "".join(sorted(missing))


def _installed() -> list[str]:
    """The files of fonts on this machine, upright and regular ones."""
    from matplotlib.font_manager import findSystemFonts

    slanted = ("bold", "italic", "oblique", "light", "black", "medium", "thin")
    return [
        path
        for path in sorted(findSystemFonts())
        if not any(part in Path(path).stem.lower() for part in (*_NO_FONTS, *slanted))
    ]


def _letters_in(path: str, letters: frozenset[str]) -> frozenset[str]:
    from matplotlib.ft2font import FT2Font

    with suppress(OSError, RuntimeError, ValueError):  # a damaged font, or one without outlines
        font = FT2Font(path)
        return frozenset(letter for letter in letters if font.get_char_index(ord(letter)))
    return frozenset()
