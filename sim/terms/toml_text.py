"""The keys, headings and comments of a TOML text with their places, which `tomllib` does not tell.

The text need not be valid: keys are counted before the parser sees them, and the place of a mistake is told by what
stands before it. Of a valid text, the keys are those that the parser finds; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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


class Within(NamedTuple):
    """A comment inside a value: the number of the list's element that it is about (-1: of them all), and its offset."""

    number: int
    words: str
    at: int


@dataclass(slots=True)
class Entry:
    """One heading or key. `parts` are the parts of the key as they are written, quotes and all.

    `kind` is "[", "[[", "=" (at the beginning of a line) or "in" (in an inline table). `line` counts from 1. `beside`
    is the comment at the end of its last line, `above` the lines of the comment directly above it, and `within` the
    comments inside its value. `end` is the offset at which a comment beside it stands, or would stand. `table` is the
    inline table of a key of kind "in".
    """

    kind: str
    parts: list[str]
    line: int
    above: list[str] = field(default_factory=list)
    beside: str = ""
    within: list[Within] = field(default_factory=list)
    end: int = -1
    table: Open | None = None

    def inside(self) -> list[str | int]:
        """The way from the statement's value to the inline table of the key: parts of keys, and numbers of elements."""
        way: list[str | int] = []
        table = self.table
        while table is not None:
            way[:0] = table.step
            table = table.outer
        return way


@dataclass(slots=True)
class Paragraph:
    """Lines of comments that a blank line or the end of the text separates from what follows."""

    lines: list[str]


def entries(text: str) -> Iterator[Entry | Paragraph]:
    """The headings, keys and separate comments of a text, in its order; keys of inline tables after the key of the
    table."""
    return _Scanner(text).run()


class _Scanner:
    """Reads one token after another; `kind` and `token` are the present one, `line` and `at` are where it begins."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.finditer(text)
        self.kind, self.token, self.line, self.at, self.length = "", "", 1, 0, len(text)

    def next(self) -> bool:
        """Move to the next token that is no blank; False at the end of the text."""
        self.line += self.token.count("\n")
        found = next((found for found in self.tokens if found.lastgroup != "blank"), None)
        self.kind, self.token = ("", "") if found is None else (str(found.lastgroup), found[0])
        self.at = self.length if found is None else found.start()
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
        inner = self.value(made) if self.token == "=" else []
        self.end_of_line(made)
        yield made
        yield from inner

    def value(self, of: Entry) -> list[Entry]:
        """Pass over a value, and note the comments inside it; the keys of its inline tables."""
        keys: list[Entry] = []
        ended: list[Entry] = []  # whose values have ended on this line
        around: list[Open] = []
        place = _Place(self.line)
        while self.next():
            if self.kind in ("newline", "comment"):
                while ended:
                    ended.pop().end = self.at
                if not around:
                    break
                if self.kind == "comment":
                    number = place.of_comment(self.line, len(around))
                    of.within.append(Within(number, _words(self.token).strip(), self.at))
            elif self.token in ("[", "{"):
                around.append(Open(self.token == "[", around[-1] if around else None))
                place.reach(self.line, len(around) > 1)
            elif around and self.token in ("]", "}", ","):
                ended += around[-1].end_of_value()
                place.number += self.token == "," and len(around) == 1
                if self.token != ",":
                    around.pop()
                    place.reach(self.line, bool(around))
            else:
                keys += around[-1].word(self) if around else []
                place.reach(self.line + self.token.count("\n"), bool(around))
        return keys

    def end_of_line(self, of: Entry) -> None:
        while self.kind not in ("newline", "comment", ""):
            self.next()
        of.end = self.at
        if self.kind == "comment":
            of.beside = _words(self.token).strip()
            self.next()


class Open:
    """A list or an inline table that is being read, and where in it the scanner is.

    `outer` is what it stands in, and `step` the way from there: the number of an element, or the parts of a key.
    """

    def __init__(self, is_list: bool, outer: Open | None) -> None:
        self.is_list, self.outer = is_list, outer
        self.number = 0  # of the element
        self.key: list[str] = []  # the parts of a key, while they are read
        self.entry: Entry | None = None  # the key whose value is being read
        self.step: Sequence[str | int] = () if outer is None else outer._here()

    def _here(self) -> Sequence[str | int]:
        return (self.number,) if self.entry is None else self.entry.parts

    def end_of_value(self) -> list[Entry]:
        ended = [] if self.entry is None else [self.entry]
        self.number, self.key, self.entry = self.number + 1, [], None
        return ended

    def word(self, at: _Scanner) -> list[Entry]:
        """Take a word or a mark; the key that begins its value with it."""
        if self.is_list or self.entry is not None:
            return []
        if at.token == "=":
            self.entry = Entry("in", self.key, at.line, table=self)
            return [self.entry]
        self.key += [at.token] if at.token != "." else []
        return []


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
