"""A reader of the workbook that works its formulas out: the few functions that they use, and number formats as text."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal

_TOKEN = re.compile(
    r"""(?P<text>"[^"]*")|(?P<span>\$?[A-Z]{1,2}\$?\d+:\$?[A-Z]{1,2}\$?\d+)|(?P<cell>\$?[A-Z]{1,2}\$?\d+)(?![\w(])"""
    r"""|(?P<call>[A-Z]+)\(|(?P<name>[a-z]\w+)|(?P<sign>=|&)"""
)


class Absent(Exception):
    """What a sheet would call an error."""


class Sums:
    """The workbook's cells worked out anew from what is typed; `typed` replaces cells of a name."""

    def __init__(self, book, typed=None):
        self.book, self.typed, self.known = book, typed or {}, {}
        self.places = {name: book.defined_names[name].attr_text for name in book.defined_names}

    def cell(self, sheet, place):
        """The value of one cell."""
        place = place.replace("$", "")
        key = f"'{sheet}'!{place}"
        for name, value in self.typed.items():
            if self.places[name].replace("$", "") == key:
                return value
        if key not in self.known:
            found = self.book[sheet][place]
            self.known[key] = self.formula(sheet, found.value) if found.data_type == "f" else found.value
        return self.known[key]

    def formula(self, sheet, text):
        """The value of a formula on a sheet."""

        def written(match):
            kind, token = match.lastgroup, match[0]
            if kind == "text":
                return token
            if kind == "sign":
                return {"=": "==", "&": "+"}[token]
            if kind == "call":
                return f"_{match['call']}({'lambda: ' if match['call'] == 'IFERROR' else ''}"
            if kind == "name":
                return f"_value({self.places[token]!r})"
            return f"_value({chr(39) + sheet + chr(39) + '!' + token!r})"

        code = _TOKEN.sub(written, text[1:])
        functions = {
            "_value": self.value,
            "_MATCH": lambda what, column, _: _flat(column).index(what) + 1,
            "_INDEX": _index,
            "_SUM": lambda column: math.fsum(x for x in _flat(column) if not isinstance(x, str)),
            "_MAX": max,
            "_MIN": min,
            "_ROUND": _rounded,
            "_IF": lambda test, then, other: then if test else other,
            "_IFERROR": _tried,
        }
        return eval(code, {"__builtins__": {}} | functions)  # our own formulas, from a file the test wrote

    def value(self, reference):
        """A cell's value, or a range's as rows."""
        sheet, _, cells = reference.rpartition("!")
        sheet = sheet.strip("'")
        if ":" not in cells:
            return self.cell(sheet, cells)
        rows = self.book[sheet][cells.replace("$", "")]
        return [[self.cell(sheet, found.coordinate) for found in row] for row in rows]


def _rows(found):
    """Rows of cells; a range of one cell is written as that cell."""
    return found if isinstance(found, list) else [[found]]


def _flat(found):
    return [value for row in _rows(found) for value in row]


def _index(found, row, column=1):
    rows = _rows(found)
    if not 1 <= row <= len(rows) or not 1 <= column <= len(rows[0]):
        raise Absent
    return rows[int(row) - 1][int(column) - 1]


def _rounded(number, digits):
    """Half away from zero, as sheets do."""
    if isinstance(number, str):
        raise Absent
    return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP))


def _tried(work, otherwise):
    try:
        return work()
    except (Absent, TypeError):
        return otherwise


def shown(value, form):
    """A number as a sheet shows it in one of the workbook's formats: of 15 digits, a half rounded away from 0."""
    parts = form.split(";")
    if len(parts) == 3:
        return shown(abs(value) if value else value, parts[0 if value > 0 else 1 if value < 0 else 2])
    if re.fullmatch(r'"[<>][^"]*"', form):  # a bound
        return form.strip('"')
    before, digits, after = re.fullmatch(r'([+-]?(?:"[^"]*")?)([#,0.]+?)((?:,,|%)?(?:"[^"]*")?)', form).groups()
    scale = 1e6 if after.startswith(",,") else 0.01 if after.startswith("%") else 1.0
    decimals = len(digits.partition(".")[2])
    number = Decimal(f"{abs(value) / scale:.15g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{number:,.{decimals}f}"
    sign = "-" if value < 0 and text.strip("0.,") else ""
    return sign + before.replace('"', "") + text + after.removeprefix(",,").replace('"', "")
