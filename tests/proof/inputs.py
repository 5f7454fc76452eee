"""Inputs that somebody might give, by accident or on purpose: mutated documents, texts, bytes and arguments.

Structure first: a mutation starts from something valid and changes it where the schema says what is there, so that
many inputs get past the first check. All is drawn from one `random.Random`.
"""

from __future__ import annotations

import codecs
import copy
import datetime
import json
import math
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

from sim.terms import Case
from sim.terms.ranges import Day, Number, Text, Whole
from sim.terms.schema import Rows, Table, Values, keys
from tests.support.hostile import HOSTILE, REFUSED

MOST_PLACES = 20_000  # of a document; copies of copies are more
LONG = "x" * 100_000
DAYS = tuple(
    datetime.date(*parts)
    for parts in (
        (1, 1, 1), (1974, 12, 31), (1975, 1, 1), (1999, 12, 31), (2000, 2, 29), (2002, 4, 1), (2024, 2, 29),
        (2099, 12, 31), (2100, 2, 28), (2198, 12, 31), (2199, 12, 31), (2200, 1, 1), (9999, 12, 31),
    )
)  # fmt: skip
DAY_TEXTS = (
    "2002-04-01",
    "2002-13-01",
    "20020401",
    "2002-02-30",
    "02-29",
    "12-31",
    "13-01",
    "0000-00-00",
    "٢٠٠٢-٠٤-٠١",
)
NUMBERS = (
    0, -0.0, 1, -1, 0.5, 1e308, -1e308, 1.7976931348623157e308, 5e-324, 1e-300, 1e15, 1e16, -1e15, 1e-6, 1e9, 1e4,
    100.0,
    math.nan, math.inf, -math.inf, 2**31, 2**53 + 1, 2**63, 2**64 - 1, 2**64, 10**18, 10**400, -(10**5000), 1e-17,
)  # fmt: skip
CLOCKS = (
    datetime.datetime(2002, 4, 1), datetime.datetime(2002, 4, 1, tzinfo=datetime.UTC), datetime.time(12, 30),
)  # fmt: skip


def odd_value(rng: Random) -> Any:
    """A value of any kind."""
    kind = rng.randrange(9)
    if kind == 0:
        return rng.choice((True, False, None))
    if kind <= 2:
        return rng.choice(NUMBERS)
    if kind == 3:
        return rng.choice((*DAYS, *CLOCKS))
    if kind == 4:
        return rng.choice((*DAY_TEXTS, "maximum", "gbm", "none", "daily", "milestone"))
    if kind == 5:
        return rng.choice((*HOSTILE, *REFUSED, LONG, "=" * 50, "[x]", "a.b"))
    if kind == 6:
        return rng.choice(([], {}, [[]], [{}], {"name": "x"}, [None], [{"name": "x"}] * 3, [0.0] * 1001, {"": 0}))
    if kind == 7:
        return [odd_value(rng) for _ in range(rng.randrange(4))]
    nested: Any = rng.choice(NUMBERS)
    for _ in range(rng.choice((1, 3, 40))):
        nested = [nested] if rng.random() < 0.5 else {"x": nested}
    return nested


def places(doc: Any, rule: Any = None) -> Iterator[tuple[Any, Any, Any]]:
    """(container, key or position, rule if it is known) of everything below a document."""
    if isinstance(doc, dict):
        known = keys(rule.of) if isinstance(rule, (Table, Rows)) else {}
        for key, value in doc.items():
            below = known[key].rule if key in known else None
            yield doc, key, below
            yield from places(value, below)
    if isinstance(doc, list):
        below = rule if isinstance(rule, Rows) else rule.of if isinstance(rule, Values) else None
        for i, value in enumerate(doc):
            yield doc, i, below
            yield from places(value, below)


def limits(rng: Random, rule: Any, value: Any) -> Any:
    """A value at, beside or between the limits of a rule."""
    if isinstance(rule, Number):
        ends = [x for x in (rule.least, rule.most, rule.above, rule.below) if x is not None]
        end = rng.choice(ends)
        beside = rng.choice((end, math.nextafter(end, math.inf), math.nextafter(end, -math.inf), end + 1, end - 1))
        low, high = min(ends), max(ends) if len(ends) > 1 else 1e15
        return rng.choice((beside, end, rng.uniform(low, high), low + (high - low) * 10 ** rng.uniform(-18, 0)))
    if isinstance(rule, Whole):
        return rng.choice((rule.least, rule.most, rule.least - 1, rule.most + 1, rng.randint(rule.least, rule.most)))
    if isinstance(rule, Text):
        return rng.choice(rule.choices or HOSTILE)
    if isinstance(rule, Day) and isinstance(value, datetime.date):
        return _moved(rng, value)
    return odd_value(rng)


def _moved(rng: Random, day: datetime.date) -> Any:
    try:
        moved = day + datetime.timedelta(days=rng.choice((-1, 1, rng.randint(-40, 40), rng.randint(-4000, 4000))))
    except OverflowError:
        return day
    return moved.isoformat() if rng.random() < 0.3 else moved


def scaled(rng: Random, value: Any) -> Any:
    """Something of the same type, larger, smaller or negative."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        factor = rng.choice((0, -1, 2, 0.5, 10 ** rng.uniform(-9, 9)))
        try:
            return type(value)(value * factor)
        except (OverflowError, ValueError):
            return 0
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return _moved(rng, value)
    if isinstance(value, str):
        return rng.choice((value[::-1], value + "x", value.upper(), value * 3, value[1:]))
    return odd_value(rng)


def mutated(rng: Random, doc: dict, of: type | None = Case) -> dict:
    """A copy of a document with some changes of any kind."""
    doc = copy.deepcopy(doc)
    if of is Case and rng.random() < 0.01:  # a horizon decades away, which single changes hardly ever reach
        first = datetime.date.fromisoformat(str(doc["valuation_date"]))
        doc["horizon"] = datetime.date(first.year + rng.randint(1, 29), 12, 31)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        spots = list(islice(places(doc, Table(of) if of else None), MOST_PLACES))
        if not spots:
            break
        holder, key, rule = rng.choice(spots)
        how = rng.random()
        if how < 0.4:
            holder[key] = limits(rng, rule, holder[key])
        elif how < 0.6:
            holder[key] = scaled(rng, holder[key])
        elif how < 0.75:
            holder[key] = odd_value(rng)
        elif how < 0.8:
            del holder[key]
        elif how < 0.85 and isinstance(holder, list):
            holder[key:key] = [copy.deepcopy(holder[key])] * rng.choice((1, 2, 1001))
        elif how < 0.9:
            other, there, _ = rng.choice(spots)
            holder[key] = copy.deepcopy(other[there])
        elif how < 0.95 and isinstance(holder, dict):
            holder[rng.choice((f"{key}x", str(key).upper(), "", "__class__", "x.y", LONG[:300], "\x00"))] = holder[key]
        else:
            holder[key] = rng.choice(([holder[key]], {"x": holder[key]}))
    return doc


# --- texts and bytes -------------------------------------------------------------------------------------------------


def toml(value: Any) -> str:
    """A value as TOML, where TOML has it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if value.bit_length() < 10_000 else "9" * 5000
        case float():
            return repr(value)
        case datetime.date() | datetime.time():
            return value.isoformat()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dict():
            return "{" + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(toml, value)) + "]"
    return "null"


def toml_file(rng: Random, doc: dict) -> bytes:
    """A document as a file: values first, then tables, now and then as inline tables."""
    lines, tables = [], []
    for key, value in doc.items():
        if isinstance(value, dict) and rng.random() < 0.8:
            tables += [f"[{toml(key)}]", *(f"{toml(k)} = {toml(v)}" for k, v in value.items())]
        else:
            lines.append(f"{toml(key)} = {toml(value)}")
    return "\n".join([*lines, *tables, ""]).encode("utf-8", "surrogatepass")


#: Marks and encodings as editors and shells write them; the last three are none of those that are read.
ENCODINGS = (
    (b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (b"", "utf-16-le"), (b"", "utf-16-be"), (codecs.BOM_UTF8, "utf-16-le"),
)  # fmt: skip
READ = 6


def encoded(rng: Random, data: bytes) -> tuple[bytes, bool]:
    """UTF-8 in another encoding and with other ends of lines; whether it says the same."""
    text = data.decode("utf-8", "surrogatepass")
    if rng.random() < 0.5:
        text = text.replace("\n", "\r\n")
    number = rng.randrange(len(ENCODINGS)) if rng.random() < 0.3 else rng.randrange(READ)
    mark, encoding = ENCODINGS[number]
    made = mark + text.encode(encoding, "surrogatepass")
    how = rng.random()
    if how < 0.1:
        return made[:-1], False  # cut off, perhaps in the middle of a character
    if how < 0.2:
        return mark + made, False  # two marks
    return made, number < READ


def as_json(value: Any) -> bytes:
    """A value as JSON, with dates as text, and numbers of thousands of digits written out."""

    def short(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): short(item) for key, item in value.items()}
        if isinstance(value, list):
            return [short(item) for item in value]
        return "HUGE" if isinstance(value, int) and value.bit_length() > 10_000 else value

    return json.dumps(short(value), default=str).replace('"HUGE"', "9" * 5000).encode()


TOKENS = (
    b"=", b"[", b"]]", b"{", b'"', b'"""', b"'", b"#", b"\x00", b"\xff\xfe", b"\xc3", b"\r", b"\xef\xbb\xbf", b",",
    b"[price]\n", b"[[notes]]\n", b"price.volatility = 1\n", b"nan", b"-inf", b"1e999", b"9" * 5000, b"\\ud800",
    b"\r\n", b"\\u0000", b"1_000", b"[" * 2000, b"a." * 2000, b"{a=" * 500,
    b"null", b'{"a":' * 2000, b"\xe2\x80\xae", b"0x1F", b"2002-04-01",
)  # fmt: skip


def noise(rng: Random, data: bytes) -> bytes:
    """Bytes with something put in, taken out, repeated or cut off."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + rng.choice((1, 10, 200)))
        how = rng.randrange(6)
        if how == 0:
            data = data[:at] + rng.choice(TOKENS) + data[at:]
        elif how == 1:
            data = data[:at] + data[to:]
        elif how == 2:
            data = data[:to] + data[at:to] * rng.choice((1, 2, 50)) + data[to:]
        elif how == 3:
            data = data[:at] + rng.randbytes(rng.choice((1, 4))) + data[to:]
        elif how == 4 and rng.random() < 0.3:
            data = data[:at]
        else:
            lines = data.split(b"\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            data = b"\n".join(lines)
    return data


def damaged(rng: Random, data: bytes) -> bytes:
    """Bytes that differ from `data` by one accident of a disk or a transfer."""
    while True:
        at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        how = rng.randrange(7)
        if how <= 1:
            bent = bytearray(data)
            bent[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
            other = bytes(bent)
        elif how == 2:
            other = data[: rng.choice((at, len(data) - rng.randint(1, min(len(data), 200))))]
        elif how == 3:
            other = data[:at] + data[to:]
        elif how == 4:
            other = data[:at] + bytes(to - at) + data[to:]
        elif how == 5:
            other = data[:at] + rng.randbytes(rng.randint(1, 64)) + data[at:]
        else:
            other = rng.choice(
                (data + b"\x00", data + data, data[to:] + data[:to], b"PK\x05\x06" + bytes(18), b"", data[1:])
            )
        if other != data:
            return other


# --- overrides and arguments -----------------------------------------------------------------------------------------


def override(rng: Random, doc: dict) -> str:
    """KEY=VALUE, the key mostly one that the document or the schema has."""
    key, rule, value = _key(rng, doc)
    value = rng.choice((limits(rng, rule, value), limits(rng, rule, value), scaled(rng, value), odd_value(rng)))
    written = toml(value)
    text = rng.choice((written, written, written.strip('"'), ""))
    if rng.random() < 0.15:
        key = noise(rng, key.encode("utf-8", "replace")).decode("utf-8", "replace")
    return rng.choice(
        (f"{key}={text}",) * 8 + (f" {key} = {text} ", key, f"={text}", f"{key}=={text}", f"{key}[0]={text}")
    )


def _key(rng: Random, doc: dict) -> tuple[str, Any, Any]:
    name, of, here = "", Case, doc
    while True:
        word = rng.choice([*keys(of)] * 3 + [*map(str, here)])
        rule = keys(of)[word].rule if word in keys(of) else None
        value = here.get(word)
        name = f"{name}.{word}" if name else word
        if isinstance(value, list) and value and rng.random() < 0.9:
            at = rng.randrange(len(value))
            label = value[at].get("name", at) if isinstance(value[at], dict) else at
            name, value = f"{name}[{rng.choice((label, label, at, at + 1, -1))}]", value[at]
            rule = rule if isinstance(rule, Rows) else getattr(rule, "of", None)
        if not isinstance(rule, (Table, Rows)) or not isinstance(value, dict) or rng.random() < 0.1:
            return name, rule, value
        of, here = rule.of, value


COMMANDS = ("cases", "check", "run", "trace", "replay")
WORDS = (
    "", "0", "1", "-1", "16", "17", "1e6", "1e3", "nan", "inf", "1.5", "9" * 5000, "٣", "1_000", "0x10", "-", "x",
    " 32 ", str(2**64 - 1), str(2**64), "--", "--json", "-0", "+16", "true",
)  # fmt: skip
NAMES = (
    "", ".", "..", "/", "-", "x\x00y", "n" * 300, "no-such-folder/x", "case.toml/x", "in.json", "case.toml",
    "a\nb.json", "=x.json", "\udcff.json", "/dev/null", "sub", "out.json", "-x.json", "\u202e.json", "/proc/x.json",
)  # fmt: skip


def arguments(rng: Random) -> list[str]:
    """A command line; files are named inside the folder it runs in. Runs stay small."""
    case = rng.choice(
        ("case.toml",) * 6 + ("valence-2002", "valence-2003", "other.toml", "in.json", "sub", rng.choice(NAMES))
    )
    command = rng.choice((*COMMANDS, *COMMANDS, "rnu", ""))
    words = [command] if command == "cases" and rng.random() < 0.7 else [command, case]
    options = {
        "run": ["--seed", "--sampler", "--antithetic", "--workers", "--json", "--save", "--paths"],
        "trace": ["--path", "--seed", "--json"],
        "replay": ["--history", "--json"],
    }.get(command, ["--json"])
    chosen = rng.sample(options, rng.randint(0, len(options)))
    needed = {"trace": "--path", "replay": "--history", "run": "--paths"}.get(command)
    if needed and needed not in chosen and (command == "run" or rng.random() < 0.8):
        chosen.append(needed)  # a run without --paths takes the case's own number
    for option in chosen:
        words += _option(rng, option)
    if rng.random() < 0.1:
        words.insert(rng.randrange(len(words) + 1), rng.choice((*WORDS, "--help", "--version", "--no-such")))
    return words


def _option(rng: Random, option: str) -> list[str]:
    if option == "--antithetic":
        return [option]
    values: tuple[str, ...] = ("16", "32", "7", *WORDS) if rng.random() < 0.4 else ("16", "32", "64")
    if option == "--sampler":
        values = ("philox", "philox", "philox", "Sobol", "")
    if option in ("--json", "--save"):
        values = ("out.json", "out.npz", "-", "case.toml", "in.json", *NAMES)
    if option == "--history":
        values = ("in.json", "in.json", "in.json", *NAMES)
    if option == "--workers":
        values = ("1", "2", "0", "-1", "5000", "x")
    value = rng.choice(values)
    return [option] if rng.random() < 0.02 else [f"{option}={value}"] if rng.random() < 0.3 else [option, value]
