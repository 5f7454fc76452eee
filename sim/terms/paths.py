"""Dotted keys, such as `line.conditions[licence].after`, read word by word along the tables that they lead through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sim.terms.problems import joined, nearest, one_line
from sim.terms.schema import entry_keys, item_name
from sim.text.characters import composed

WORD = re.compile(r"[^.\[\]]+")
_NUMBER = re.compile(r"\[ *(\d{1,5}) *\](?=[.\[]|$)", re.ASCII)
_BRACKETS = re.compile(r"\[(.*?)\](?=[.\[]|$)", re.DOTALL)
_AROUND = " \"'\u2018\u2019\u201c\u201d"  # blanks and quotation marks
_OPEN = "must be a key whose brackets are closed, such as notes[NAME].principal"
_QUOTED = "must be a key without quotes, such as price.volatility"
_MOST_NAMED = 10  # entries
_MALFORMED = "must be a key, such as price.volatility or notes[NAME].principal"


class Refused(Exception):
    """Raised for a key that has no place in the document; its argument is the message."""


class Removed:
    """Stands in a list for an entry that a change removed, so that the numbers of the others stay."""


REMOVED = Removed()


class Path:
    """A dotted key that is read from the left, a word or an index at a time, accents as parts of their letters."""

    def __init__(self, text: str) -> None:
        self.text, self.at = composed(text), 0

    def word(self) -> str:
        found = WORD.match(self.text, self.at)
        if not found:
            raise Refused(_MALFORMED)
        self.at = found.end()
        word = found[0].strip()
        if word.strip(_AROUND) != word:
            raise Refused(_QUOTED)
        return word

    def at_index(self) -> bool:
        return self.text.startswith("[", self.at)

    def index(self, rows: Any, where: str) -> int:
        """The position of the entry of `rows` that the brackets here name, or number.

        A name may contain brackets and dots, so the names of the list say where it ends.
        """
        if not isinstance(rows, list | tuple):  # an earlier change put something else there
            raise Refused(f"{where} is not a list after the changes before this one")
        names = list(map(item_name, rows))
        starts = self.text.startswith
        named = [
            (len(name), slot)
            for slot, name in enumerate("" if name is None else composed(name) for name in names)
            if name and starts(name, self.at + 1) and self._ends(self.at + 1 + len(name))
        ]
        number = _NUMBER.match(self.text, self.at)
        if named:
            length, slot = max(named)
            self.at += length + 2
        elif number and int(number[1]) < len(rows):
            slot, self.at = int(number[1]), number.end()
        else:
            raise Refused(self._no_entry(names, where))
        if rows[slot] is REMOVED:
            raise Refused(f"{where} has no entry {slot} after the changes before this one")
        if self.at_index():
            raise Refused(f"{where} is not a list of lists, so [{self._shown()}] does not apply")
        return slot

    def must_index(self, where: str, is_list: bool) -> None:
        """Refused if the brackets here follow something that is no list."""
        if not is_list:
            raise Refused(f"{where} is not a list, so [{self._shown()}] does not apply")

    def is_last(self) -> bool:
        """Whether the key ends here; else the dot is passed over."""
        if self.at == len(self.text):
            return True
        if self.text[self.at] != "." or self.at + 1 == len(self.text):
            raise Refused(_MALFORMED)
        self.at += 1
        return False

    def _shown(self) -> str:
        """What the brackets here contain; Refused if they are not closed."""
        found = _BRACKETS.match(self.text, self.at)
        if not found:
            raise Refused(_OPEN if "]" not in self.text[self.at :] else _MALFORMED)
        return one_line(found[1])

    def _ends(self, at: int) -> bool:
        """Whether brackets are closed at a place, and what follows them can follow."""
        return self.text[at : at + 1] == "]" and self.text[at + 1 : at + 2] in ("", ".", "[")

    def _no_entry(self, names: list[str | None], where: str) -> str:
        shown = self._shown()
        missing, known = f"there is no {where}[{shown}]", [name for name in names if name is not None]
        if not names:
            return f"{missing}: {where} has no entries"
        bare = shown.strip(_AROUND)
        if known and bare and not bare.lstrip("+-").isdigit():
            near = next((name for name in known if bare.casefold() in name.casefold()), nearest(bare, known))
            if near == bare:
                return f"{missing}; must be without quotes and blanks around the name: {where}[{one_line(near)}]"
            if near:
                return f"{missing}. Did you mean {where}[{one_line(near)}]?"
        every = [f"[{one_line(name)}]" for name in known] or [f"[{number}]" for number in range(len(names))]
        one_of, more = "one of " * (len(every) > 1), ", ..." * (len(every) > _MOST_NAMED)
        return f"{missing}; must be {one_of}{where}{', '.join(every[:_MOST_NAMED])}{more}"


# --- what becomes of the entries of lists ---


class Track:
    """The lists of a document before its changes, to tell afterwards which entry is which.

    An entry is the same one if it is the same table, or one with the same name or date in its place.
    """

    def __init__(self, doc: dict[str, Any]) -> None:
        self.before = [(where, rows, list(rows), entry_keys(where, rows)) for where, rows in _lists(doc)]

    def swept(self, doc: dict[str, Any]) -> dict[str, str | None]:
        """Take the removed entries out of every list; the entries whose key is another one now, None for no key."""
        moved: dict[str, str | None] = {}
        after = dict(_lists(doc))
        for where, rows, entries, names in self.before:
            now = after.get(where, [])
            left = [i for i, row in enumerate(now) if row is not REMOVED]
            now_names = dict(zip(left, entry_keys(where, [now[i] for i in left]), strict=True))
            labels: dict[Any, list[int]] = {}
            for j in left:
                labels.setdefault(_label(now[j]), []).append(j)
            for i, (entry, name) in enumerate(zip(entries, names, strict=True)):
                there = labels.get(_label(entry), [])
                if i in now_names and (now[i] is entry or _label(now[i]) == _label(entry)):
                    other: str | None = now_names[i]
                else:
                    other = now_names[there[0]] if len(there) == 1 and now is not rows else None
                if other != name:
                    moved[name] = other
        for rows in after.values():
            rows[:] = [row for row in rows if row is not REMOVED]
        return moved


def _label(row: Any) -> Any:
    """What tells an entry from the others of its list; single values have nothing but their place."""
    return (item_name(row), str(row.get("date"))) if isinstance(row, dict) else None


def _lists(value: Any, where: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every list of a document with its key."""
    if isinstance(value, dict):
        for word, item in value.items():
            yield from _lists(item, joined(where, str(word)))
    elif isinstance(value, list):
        yield where, value
        for name, row in zip(entry_keys(where, value), value, strict=True):
            yield from _lists(row, name)
