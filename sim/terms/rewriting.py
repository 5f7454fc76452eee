"""Keys changed in the text of a case file, whose other lines and comments stay."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from sim.terms.case import Case
from sim.terms.overrides import canonical, place_of
from sim.terms.problems import CaseError
from sim.terms.schema import item_name
from sim.terms.sources import named, unquoted
from sim.terms.toml_text import parsed

_COMMENT = "  # "
_UNEDITABLE = "the case file: must have a heading for each table, such as [price], and one key a line"
_KEYED = ("ranges", "variants")  # tables whose keys are dotted keys of the case, or have those


def rewritten(
    text: str,
    changes: Mapping[str, Any],
    notes: Mapping[str, str],
    before: Case | None = None,
    made: Case | None = None,
) -> str:
    """The text of a case file with other values of dotted keys, whose old comments go.

    Keys in [ranges] and [variants] that number an entry of a list get its name, so that they stay with it.

    Parameters
    ----------
    text : str
        A valid case file.
    changes : mapping
        As for `edited`. What the file says directly above their keys is left out.
    notes : mapping
        As for `edited`.
    before, made : Case, optional
        The case of the text, and that with the changes: ranges and variants that it lacks are left out.

    Returns
    -------
    str

    Examples
    --------
    >>> print(rewritten("[company]\\ncash = 1_000  # a guess", {"company.cash": 2e6}, {"company.cash": "actual"}))
    [company]
    cash = 2_000_000  # actual
    """
    lost: list[str] = []
    if before is not None and made is not None:
        text = _without(_by_names(text, before), set(before.variants or {}) - set(made.variants or {}))
        lost = [word for word in parsed(text).get("ranges", {}) if word not in (made.ranges or {})]
    return edited(_bare(text, {*changes, *(f"ranges.{word}" for word in lost)}), changes, notes, lost)


def _without(text: str, variants: set[str]) -> str:
    """The text of a case file without some variants and the comments above their lines."""
    if not variants:
        return text
    expected = parsed(text)
    left = {name: row for name, row in expected.pop("variants").items() if name not in variants}
    gone, is_gone = set[int](), False  # lines, from 0
    for _, _, entry in named(text):
        if entry.kind in ("[", "[["):
            table, *word = (unquoted(part) for part in entry.parts[:2])
            is_gone = table == "variants" and not variants.isdisjoint(word)
        if is_gone and entry.kind != "in":
            gone |= set(range(entry.line - 1 - len(entry.above), text.count("\n", 0, entry.end) + 1))
    made = "\n".join(line for number, line in enumerate(text.split("\n")) if number not in gone)
    if parsed(made) != (expected | {"variants": left} if left else expected):
        raise CaseError([_UNEDITABLE])
    return made


def _by_names(text: str, case: Case) -> str:
    """The text of a case's file with the canonical keys in [ranges] and [variants], where it can be written so."""
    lines, expected = text.split("\n"), parsed(text)
    for name, _, entry in named(text):
        if name.partition(".")[0] not in _KEYED or not entry.parts:
            continue
        old = entry.parts[-1]
        with suppress(KeyError, ValueError):
            new = toml_value(canonical(case, parsed(f"value = {old}")["value"]))
            before, found, after = lines[entry.line - 1].partition(old)
            while found and not after.lstrip(" \t").startswith("="):  # the same words in a value or a comment
                more, found, after = after.partition(old)
                before += old + more
            lines[entry.line - 1] = before + new * bool(found) + after
    for rows in (expected.get("ranges", {}), *expected.get("variants", {}).values()):
        for word, value in list(rows.items()):
            del rows[word]
            rows[_canonical(case, word)] = value
    made = "\n".join(lines)
    return made if parsed(made) == expected else text


def _canonical(case: Case, key: str) -> str:
    with suppress(KeyError):
        return canonical(case, key)
    return key  # `waivers`, or an entry of a list that a variant makes itself


def edited(text: str, changes: Mapping[str, Any], notes: Mapping[str, str], lost: Iterable[str] = ()) -> str:
    """The text of a case file with other values of dotted keys; everything else stays as it is.

    Parameters
    ----------
    text : str
        A TOML text whose tables are those of a case.
    changes : mapping
        New values by dotted key, as for `Case.replace`. None removes a key, a table or an entry of a list; a list of
        tables at the top goes to the end of the text.
    notes : mapping
        A comment for keys that are set: it replaces the one beside the key. Where the comment is also that of other
        keys, as beside an inline table, it is added to it with the name of the key.
    lost : iterable of str
        Words of [ranges] that are removed.

    Returns
    -------
    str

    Raises
    ------
    CaseError
        If the text spells a table in a way that cannot be edited.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    expected, lost = parsed(text), list(lost)
    changes, notes = _by_key(text, changes, notes)
    _apply(expected, changes, lost, lambda value: parsed(f"value = {toml_value(value)}")["value"])
    rows = {name: value for name, value in changes.items() if _is_tables(value)}
    text = _commented(text, {name: "" for name, value in changes.items() if value is None})
    rest: dict[str, Any] = {}
    for name, value in changes.items():
        longer = None if value is None or name in rows else _with_line(text, name, toml_value(value))
        text, rest = (text, rest | {name: value}) if longer is None else (longer, rest)
    try:
        document = tomlkit.parse(text)
        _apply(document, rest, lost, lambda value: tomlkit.value(toml_value(value)))
        text = tomlkit.dumps(document)
        is_right = parsed(text) == expected
    except (TOMLKitError, ValueError):
        is_right = False
    if not is_right:
        raise CaseError([_UNEDITABLE])
    added = "".join(_table(name, row) for name, value in rows.items() for row in value)
    text = _commented(text, notes)
    return f"{text.rstrip()}\n{added}" if added else text


def _by_key(
    text: str, changes: Mapping[str, Any], notes: Mapping[str, str]
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Changes and notes, key by key in tables that the text has in no line of their own; absent tables as one value."""
    kinds = {name: entry.kind for name, _, entry in named(text)}
    tables = {name[: dot.start()] for name in kinds for dot in re.finditer(r"\.", name)} | set(kinds) | {""}
    made: dict[str, Any] = {}
    words = dict(notes)
    for name, value in changes.items():
        table = name.rpartition(".")[0]
        if isinstance(value, Mapping) and name in tables and kinds.get(name) not in ("=", "in"):
            old = [found for found in kinds if found.rpartition(".")[0] == name]
            leaves = dict.fromkeys(old) | {f"{name}.{word}": each for word, each in value.items()}
            made |= leaves
            words |= dict.fromkeys(leaves, notes.get(name, ""))
        elif value is not None and table not in tables:
            while (outer := table.rpartition(".")[0]) not in tables:
                table = outer
            *way, word = name[len(table) + 1 :].split(".")
            place = made.setdefault(table, {})
            for step in way:
                place = place.setdefault(step, {})
            place[word] = value
        else:
            made[name] = value
    return made, words


def _apply(document: Any, changes: Mapping[str, Any], lost: Iterable[str], made: Callable[[Any], Any]) -> None:
    """Change a document; lists of tables are removed, as they go to the end of its text."""
    removed: list[tuple[Any, Any]] = [(document["ranges"], word) for word in lost]
    for name, value in changes.items():
        holder, slot = place_of(document, name, Case)
        if value is None or _is_tables(value):
            removed.append((holder, slot))
        else:
            holder[slot] = made(value)
    for holder, slot in sorted(removed, key=lambda place: place[1] if isinstance(place[1], int) else -1, reverse=True):
        if isinstance(slot, int) or slot in holder:
            del holder[slot]


def _bare(text: str, names: set[str]) -> str:
    """The text without the comments directly above keys and entries of lists."""
    gone: set[int] = set()  # lines, from 0
    for name, value, entry in named(text):
        if name in names:
            gone |= set(range(entry.line - 1 - len(entry.above), entry.line - 1))
        for number, _, at in entry.within:
            row = value[number] if isinstance(value, list) and 0 <= number < len(value) else None
            alone = not text[text.rfind("\n", 0, at) + 1 : at].strip()
            if alone and f"{name}[{item_name(row) or number}]" in names:
                gone.add(text.count("\n", 0, at))
    return "\n".join(line for number, line in enumerate(text.split("\n")) if number not in gone)


def _with_line(text: str, name: str, value: str) -> str | None:
    """The text with a new key after the last one of its table; None if it has the key, or no such lines.

    A line is written as those of the table are: below its heading, or with a dotted key.
    """
    table, _, word = name.rpartition(".")
    last = None
    for found, _, entry in named(text):
        if found == name:
            return None
        of_table = entry.kind == "=" and found.rpartition(".")[0] == table
        if entry.kind != "in" and (of_table or (found == table and entry.kind != "=")):
            last = entry
    if last is None:
        return None
    end = text.find("\n", last.end)
    before, after = (text, "") if end < 0 else (text[:end], text[end:])
    key = ".".join([*last.parts[:-1], word]) if last.kind == "=" else word
    indent = _indent(text, last.line) if last.kind == "=" else ""
    return f"{before}\n{indent}{key} = {value}{after}"


def _indent(text: str, line: int) -> str:
    found = text.split("\n")[line - 1]
    return found[: len(found) - len(found.lstrip())]


def _commented(text: str, notes: Mapping[str, str]) -> str:
    """The text with notes beside keys; that of a key whose line is also that of others says which one it is about."""
    whole: dict[int, str] = {}  # by the offset of the comment
    added: dict[int, list[tuple[str, str]]] = {}  # keys and the list entries, or else the statements, that they are in
    sharing: dict[int, set[str]] = {}
    name_of, row, end = "", None, -1  # of the statement
    for name, value, entry in named(text):
        if entry.kind != "in":
            name_of, row, end = name, value, entry.end
            if entry.kind == "=" and name in notes:
                whole[end] = notes[name]
            continue
        first = next(iter(entry.inside()), "")
        in_list = isinstance(first, int) and entry.end != end
        around = f"{name_of}[{item_name(row[first]) or first}]" if in_list and row else name_of
        sharing.setdefault(entry.end, set()).add(around)
        if name in notes:
            added.setdefault(entry.end, []).append((name, around))
    for at in sorted({*whole, *added}, reverse=True):
        labels = {
            name: name.removeprefix(around).lstrip(".") if len(sharing[at]) == 1 else name
            for name, around in added.get(at, ())
        }
        text = _with_comment(text, at, whole.get(at), {label: notes[name] for name, label in labels.items()})
    return text


def _with_comment(text: str, at: int, whole: str | None, labelled: Mapping[str, str]) -> str:
    """The text with the comment at an offset replaced, if `whole` is no None, and with labelled words after it."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    before, old = text[:at], text[at:end].removeprefix("#").strip()
    parts = old.split("; ") if whole is None else [whole]
    parts = [part for part in parts if part and part.partition(": ")[0] not in labelled]
    parts += [f"{label}: {note.replace('; ', ', ')}" for label, note in labelled.items() if note]
    words = "; ".join(parts)
    if not old or not words:
        before = before.rstrip(" \t")
    mark = "" if not words else "# " if old else _COMMENT
    return f"{before}{mark}{words}{text[end:]}"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _table(name: str, row: Mapping[str, Any]) -> str:
    """An entry of a list of tables, with a heading of its own; keys without a value are left out."""
    lines = (f"{word} = {toml_value(value)}\n" for word, value in row.items() if value not in (None, ""))
    return f"\n[[{name}]]\n{''.join(lines)}"


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
