"""The keys, headings and comments of a TOML text with their places, which `tomllib` does not tell.

The text need not be valid: keys are counted before the parser sees them, and the place of a mistake is told by what
stands before it. Of a valid text, the keys are those that the parser finds; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r'''
    (?P<text> """(?:[^"\\]|\\.|"{1,2}(?!"))*+(?:"{3,5}|.?\Z) | \'\'\'(?:[^']|'{1,2}(?!'))*+(?:'{3,5}|\Z)
            | "(?:[^"\\\n]|\\[^\n])*+"? | '[^'\n]*+'? )
  | (?P<comment> \#[^\n]*+ )
  | (?P<newline> \n )
  | (?P<mark> [\[\]{}=,.] )
  | (?P<blank> [ \t\r]++ )
  | (?P<word> [^\s\[\]{}=,."'\#]++ | . )
    ''',
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class Entry:
    """One heading or key. `parts` are the parts of the key as they are written, quotes and all.

    `kind` is "[", "[[", "=" (at the beginning of a line) or "in" (in an inline table). `line` counts from 1. `beside`
    is the comment at the end of its last line, `above` the lines of the comment directly above it, and `within` the
    comments inside its value, each with the number of the element of the list that it is about (-1: of them all).
    """

    kind: str
    parts: list[str]
    line: int
    above: list[str] = field(default_factory=list)
    beside: str = ""
    within: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Paragraph:
    """Lines of comments that a blank line or the end of the text separates from what follows."""

    lines: list[str]


def entries(text: str) -> Iterator[Entry | Paragraph]:
    """The headings, keys and separate comments of a text, in its order; keys of inline tables before the key of the
    table."""
    return _Scanner(text).run()


class _Scanner:
    """Reads one token after another; `kind` and `token` are the present one, `line` is where it begins."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.finditer(text)
        self.kind, self.token, self.line = "", "", 1

    def next(self) -> bool:
        """Move to the next token that is no blank; False at the end of the text."""
        self.line += self.token.count("\n")
        found = next((found for found in self.tokens if found.lastgroup != "blank"), None)
        self.kind, self.token = ("", "") if found is None else (str(found.lastgroup), found[0])
        return found is not None

    def run(self) -> Iterator[Entry | Paragraph]:
        above: list[str] = []
        while self.next():
            if self.kind == "comment":
                above.append(_words(self.token))
                self.next()  # the newline
                continue
            if self.kind == "newline":
                if above:
                    yield Paragraph(above)
            elif self.token == "[":
                yield self.heading(above)
            else:
                yield from self.statement(above)
            above = []
        if above:
            yield Paragraph(above)

    def heading(self, above: list[str]) -> Entry:
        made = Entry("[", [], self.line, above)
        while self.next() and self.kind not in ("newline", "comment"):
            if self.token == "[" and not made.parts:
                made.kind = "[["
            elif self.kind in ("word", "text"):
                made.parts.append(self.token)
        self.end_of_line(made)
        return made

    def statement(self, above: list[str]) -> Iterator[Entry]:
        made = Entry("=", [], self.line, above)
        while self.kind in ("word", "text") or self.token == ".":
            if self.token != ".":
                made.parts.append(self.token)
            if not self.next():
                break
        if self.token == "=":
            yield from self.value(made)
        self.end_of_line(made)
        yield made

    def value(self, of: Entry) -> Iterator[Entry]:
        """Pass over a value; yield the keys of its inline tables, and note the comments inside it."""
        closing: list[str] = []
        key: list[str] | None = None  # of an inline table, while it is read
        place = _Place(self.line)
        while self.next():
            if not closing and self.kind in ("newline", "comment"):
                return
            if self.kind == "comment":
                of.within.append((place.of_comment(self.line, len(closing)), _words(self.token).strip()))
            elif self.kind == "newline":
                continue
            elif self.token in ("[", "{"):
                closing.append("]" if self.token == "[" else "}")
                key = [] if self.token == "{" else None
                place.reach(self.line, len(closing) > 1)
            elif closing and self.token == closing[-1]:
                closing.pop()
                key = None
                place.reach(self.line, bool(closing))
            elif self.token == "," and closing:
                key = [] if closing[-1] == "}" else None
                place.number += len(closing) == 1
            else:
                if key is not None and self.token == "=":
                    yield Entry("in", key, self.line)
                    key = None
                elif key is not None and self.token != ".":
                    key.append(self.token)
                place.reach(self.line + self.token.count("\n"), bool(closing))

    def end_of_line(self, of: Entry) -> None:
        while self.kind not in ("newline", "comment", ""):
            self.next()
        if self.kind == "comment":
            of.beside = _words(self.token).strip()
            self.next()


class _Place:
    """Which element of a list a comment is about: the last one on its line, else the next one, -1 if there is none."""

    def __init__(self, line: int) -> None:
        self.number = 0  # commas so far
        self.last, self.last_line = -1, line

    def reach(self, line: int, inside: bool) -> None:
        if inside:
            self.last, self.last_line = self.number, line

    def of_comment(self, line: int, depth: int) -> int:
        if line == self.last_line:
            return self.last
        return -1 if depth == 1 and self.last == self.number else self.number


def _words(comment: str) -> str:
    return comment[1:].rstrip()  # the indent is kept: it tells the explanation of a tag from a sentence


# --- the parser ------------------------------------------------------------------------------------------------------

MOST_PARTS = 100  # of a key; a case has at most a few, and thousands take tomllib minutes


class TooDeep(ValueError):
    """Tables, lists or keys that are nested too deeply; the message says what and where."""


def parsed(text: str) -> dict[str, Any]:
    """The document of a TOML text. Raises TooDeep, or the ValueError of `tomllib`."""
    import tomllib

    if any(line.count(".") >= MOST_PARTS for line in text.split("\n")):
        for entry in entries(text):
            if isinstance(entry, Entry) and len(entry.parts) > MOST_PARTS:
                raise TooDeep(f"line {entry.line}: a key of {len(entry.parts)} parts; must have at most {MOST_PARTS}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TooDeep("not TOML that can be read: tables or lists are nested too deeply") from None
