"""Keys changed in the text of a case file, whose other lines and comments stay."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sim.terms.case import Case
from sim.terms.overrides import place_of
from sim.terms.sources import comment_places
from sim.terms.toml_text import parsed


def rewritten(
    text: str, changes: Mapping[str, Any], notes: Mapping[str, str], keeps_range: Callable[[str], bool] = bool
) -> str:
    """The text of a case file with other values of dotted keys.

    Parameters
    ----------
    text : str
        A valid case file.
    changes : mapping
        New values by dotted key, as for `Case.replace`. None removes a key, a table or an entry of a list; a list of
        tables at the top goes to the end of the text.
    notes : mapping
        A comment for each key that is set; it replaces those beside the key and directly above it.
    keeps_range : callable
        Whether the range of a key, as the file spells it, stays in [ranges].

    Returns
    -------
    str

    Examples
    --------
    >>> print(rewritten("[company]\\ncash = 1_000  # a guess", {"company.cash": 2e6}, {"company.cash": "actual"}))
    [company]
    cash = 2_000_000  # actual
    """
    import tomlkit

    lost = {word for word in parsed(text).get("ranges", {}) if not keeps_range(word)}
    set_or_lost = {*changes, *(f"ranges.{word}" for word in lost)}
    gone = {line for key, lines in comment_places(text) if key in set_or_lost for line in lines}
    kept = [line for number, line in enumerate(text.split("\n"), start=1) if number not in gone]
    document = tomlkit.parse("\n".join(kept))
    removed: list[tuple[Any, Any]] = [(document["ranges"], word) for word in lost]
    added = ""
    for name, value in changes.items():
        holder, slot = place_of(document, name, Case)
        if value is None or _is_tables(value):
            removed.append((holder, slot))
            added += "".join(map(partial(_table, name), value or ()))
        else:
            holder[slot] = tomlkit.value(toml_value(value))
            if notes.get(name):
                _comment(document, name, notes[name])
    for holder, slot in sorted(removed, key=lambda place: place[1] if isinstance(place[1], int) else -1, reverse=True):
        if isinstance(slot, int) or slot in holder:
            del holder[slot]
    return f"{tomlkit.dumps(document).rstrip()}\n{added}"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _table(name: str, row: Mapping[str, Any]) -> str:
    """An entry of a list of tables, with a heading of its own; keys without a value are left out."""
    lines = (f"{word} = {toml_value(value)}\n" for word, value in row.items() if value not in (None, ""))
    return f"\n[[{name}]]\n{''.join(lines)}"


def _comment(document: Any, name: str, words: str) -> None:
    """Put a comment at the end of a key's line; at that of an inline table, after what is said there, with the key."""
    from tomlkit.items import InlineTable, Item

    holder, slot = place_of(document, name, Case)
    inside: list[str] = []
    while isinstance(holder, InlineTable):
        name, _, word = name.rpartition(".")
        inside.insert(0, word)
        holder, slot = place_of(document, name, Case)
    item = holder[slot]
    if inside and isinstance(item, Item):
        before = item.trivia.comment.removeprefix("#").strip()
        words = "; ".join(filter(None, (before, f"{'.'.join(inside)}: {words}")))
    if isinstance(holder, dict) and isinstance(item, Item):  # the elements of a list have no lines of their own
        item.comment(words)
        item.trivia.comment_ws = "  "


def toml_value(value: Any) -> str:
    """A flag, number, text, date, list or table as TOML; whole numbers without a point, long ones with underscores."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if value != int(value) or abs(value) >= 1e15:
            return repr(value)
        return f"{int(value):_}" if abs(value) >= 1e4 else str(int(value))
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{word} = {toml_value(item)}' for word, item in value.items())} }}"
    if isinstance(value, list | tuple):
        apart = ",\n    " if value and isinstance(value[0], list | tuple) else ", "
        items = apart.join(map(toml_value, value))
        return f"[\n    {items},\n]" if apart != ", " else f"[{items}]"
    return json.dumps(value, ensure_ascii=False)
