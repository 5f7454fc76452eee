"""The table [ranges] of a case: between which values its uncertain inputs may lie, by their dotted keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass
from typing import Any, NoReturn

from sim.terms.native import entries
from sim.terms.overrides import canonical, find, known_key, label_of
from sim.terms.problems import Problem, Say, one_line
from sim.terms.ranges import BAD, Number
from sim.terms.schema import MOST_ENTRIES, MOST_REPR, Unread
from sim.text.frozen import whole
from sim.text.numbers import percent, price

#: Not a key of the case: the conditions' waiver probabilities, all of them at once, by their mean.
WAIVERS, WAIVERS_LABEL = "waivers", "waivers: mean probability"
#: The rule of that mean.
SHARE = Number(least=0, most=1, unit="1")
ABOVE_ZERO = "must have p05 above 0, as the input cannot be negative and is lognormal"


PAIR = "two numbers, the lower one first"
FORMS = f"{PAIR}, {{ low, high, mode }} or {{ p05, p95 }}"
ORDERS = {"pair": PAIR, "triangular": "low at most mode, and mode at most high", "percentiles": "p05 at most p95"}


@dataclass(frozen=True)
class Spread:
    """What is known of an uncertain input: two ends; with a mode; or the 5th and the 95th percentile.

    `form` is "pair", "triangular" or "percentiles".
    """

    low: float
    high: float
    form: str = "pair"
    mode: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def document(self) -> Any:
        """As a case file has it."""
        if self.form == "pair":
            return [self.low, self.high]
        names = ("p05", "p95") if self.form == "percentiles" else ("low", "high")
        found: dict[str, float] = dict(zip(names, self.ends, strict=True))
        return found if self.mode is None else found | {"mode": self.mode}

    def law(self, rule: Number) -> str:
        """The law of the input, given the rule of its key: of percentiles "lognormal" if it cannot be negative."""
        if self.form != "percentiles":
            return "uniform" if self.form == "pair" else "triangular"
        return "lognormal" if _never_negative(rule) else "normal"


def _never_negative(rule: Number) -> bool:
    return any(bound is not None and bound >= 0 for bound in (rule.least, rule.above))


@whole
class Ranges(Mapping[str, tuple[float, float]]):
    """An immutable mapping from dotted keys to (low, high), in the order of the file; `spread` has the rest too."""

    __slots__ = ("_rows",)

    _rows: dict[str, Spread]

    def __init__(self, rows: Mapping[str, Spread | tuple[float, float]]) -> None:
        spreads = {name: row if isinstance(row, Spread) else Spread(*row) for name, row in rows.items()}
        object.__setattr__(self, "_rows", spreads)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __getitem__(self, name: str) -> tuple[float, float]:
        return self._rows[name].ends

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        return self._rows == other._rows if isinstance(other, Ranges) else Mapping.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(frozenset(self._rows.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Ranges, (dict(self._rows),)

    def __repr__(self) -> str:
        return one_line(f"Ranges({self.document!r})", MOST_REPR)

    def spread(self, name: str) -> Spread:
        """All that is stated of an input."""
        return self._rows[name]

    @property
    def document(self) -> dict[str, Any]:
        """As a case file has them."""
        return {name: row.document for name, row in self._rows.items()}


class StatedRanges:
    """The rule of the table: what is known of each input. A check of the case applies to its keys."""

    allowed = f'a table of dotted keys, each with {FORMS}, such as "price.volatility" = [0.7, 1.2]'

    def read(self, value: Any, name: str, say: Say) -> Any:
        if not isinstance(value, Mapping) or len(value) > MOST_ENTRIES:
            say(name, value, f"must be {self.allowed}")
            return BAD
        rows = {str(word): _spread(f'{name}."{one_line(str(word), 200)}"', row, say) for word, row in _stated(value)}
        return BAD if BAD in rows.values() else Ranges(rows)


def _stated(value: Mapping[Any, Any]) -> Iterable[tuple[Any, Any]]:
    return value.document.items() if isinstance(value, Ranges) else value.items()


def _nowhere(*_: Any) -> None:
    """Ignore the problem of one end: it is reported for the pair."""


def _spread(where: str, stated: Any, say: Say) -> Any:
    """What is stated of an input, or BAD."""
    table = stated if isinstance(stated, Mapping) else {}
    if set(table) == {"low", "high", "mode"}:
        (low, mode, high), form = _numbers(where, [table[word] for word in ("low", "mode", "high")]), "triangular"
    elif set(table) == {"p05", "p95"}:
        (low, high), mode, form = _numbers(where, [table["p05"], table["p95"]]), None, "percentiles"
    else:
        pair = entries(stated) or ()
        (low, high), mode, form = _numbers(where, pair if len(pair) == 2 else (None, None)), None, "pair"
    rising = [end for end in (low, mode, high) if end is not None]
    if BAD in rising or sorted(rising) != rising:
        say(where, stated, f"must be {FORMS if table and form == 'pair' else ORDERS[form]}")
        return BAD
    return Spread(low, high, form, mode)


def _numbers(where: str, ends: Sequence[Any]) -> list[Any]:
    return [Number().read(end, where, _nowhere) for end in ends]


def range_problems(case: Any, ranges: Ranges, of: type) -> Iterator[Problem]:
    """What is wrong with the keys of the ranges, or with one of their ends, for this case, an object or draft of `of`.

    A key of an optional table that is absent is no problem; its range has no effect.
    """
    given: dict[str, str] = {}
    for name, (low, high) in ranges.items():
        where, stated = f'ranges."{name}"', ranges.spread(name).document
        if name == WAIVERS:
            if not 0.0 <= low <= high <= 1.0:
                yield where, stated, "must be two numbers from 0 to 1"
            elif ranges.spread(name).law(SHARE) == "lognormal" and not low:
                yield where, stated, ABOVE_ZERO
            continue
        try:
            rule, _ = find(case, name, of)
        except Unread:
            continue
        except KeyError as unknown:
            yield where, stated, unknown.args[0]
            continue
        if not isinstance(rule, Number) or name.startswith("record."):
            yield where, stated, "must be the dotted key of a number that is simulated and need not be whole"
            continue
        if BAD in (rule.read(low, where, _nowhere), rule.read(high, where, _nowhere)):
            yield where, stated, f"must be two values, each {rule.allowed}"
        elif ranges.spread(name).law(rule) == "lognormal" and not low:
            yield where, stated, ABOVE_ZERO
        first = given.setdefault(canonical(case, name, of), name)
        if first != name:
            yield where, stated, f'must be given once; "{first}" is the same key'


def canonical_ranges(case: Any, ranges: Ranges) -> Ranges:
    """The ranges of a valid case by the canonical keys: entries of lists by their names."""
    return Ranges({name if name == WAIVERS else canonical(case, name): ranges.spread(name) for name in ranges})


def still_there(case: Any, ranges: Ranges, before: Any, moved: Mapping[str, str | None]) -> Ranges | None:
    """The ranges of `before` that hold for `case`, by the keys that they have now.

    `moved` are the list entries with another key, None for those that are gone. Left out are the ranges of what is
    gone, and those of numbers that were inside in `before` and are outside now.
    """

    def outside(one: Any, name: str, ends: tuple[float, float]) -> bool:
        value = find(one, name)[1]
        return value is not None and not ends[0] <= value <= ends[1]

    def untouched(name: str) -> bool:
        table = name.partition(".")[0].partition("[")[0]
        return not moved and hasattr(case, table) and getattr(case, table) is getattr(before, table)

    kept = {}
    for name, ends in ranges.items():
        now = moved_key(name, moved)
        if now is None:
            continue
        try:
            if now == WAIVERS or untouched(name) or not outside(case, now, ends) or outside(before, name, ends):
                kept[now] = ranges.spread(name)
        except KeyError:  # the entry went with its list
            continue
    return Ranges(kept) if kept else None


def moved_key(name: str, moved: Mapping[str, str | None]) -> str | None:
    """The present key of what was `name`; None if the entry it was in is gone."""
    for entry in sorted(moved, key=len, reverse=True):
        if name == entry or name.startswith(f"{entry}."):
            other = moved[entry]
            return other and other + name[len(entry) :]
    return name


def has_number(case: Any, name: str) -> bool:
    """Whether the case has the number that a range is of. If it does not, the range has no effect."""
    return bool(case.conditions) if name == WAIVERS else find(case, name)[1] is not None


def range_lines(case: Any) -> Iterator[str]:
    """What the ranges of a case are for, and each of them that has an effect in words."""
    used = [name for name in case.ranges or () if has_number(case, name)]
    if not used:
        return
    yield (
        "The simulation of one case does not use these ranges; the sensitivity analysis, the what-if tables and the "
        "bands of uncertain inputs do."
    )
    for name in used:
        low, high = case.ranges[name]
        known = None if name == WAIVERS else known_key(type(case), name)
        label = WAIVERS_LABEL if known is None else label_of(case, name)
        unit = "1" if known is None else known.unit
        ends = (_with_unit(end, unit) for end in (low, high))
        more = _form_words(case.ranges.spread(name), unit, known)
        yield f"- {one_line(label[:1].upper() + label[1:], 200)}: {' to '.join(ends)}{more}"


def _form_words(spread: Spread, unit: str, known: Any) -> str:
    """What a range says beyond its ends."""
    if spread.mode is not None:
        return f", most likely {_with_unit(spread.mode, unit)}"
    if spread.form == "percentiles":
        rule = SHARE if known is None else known.rule if isinstance(known.rule, Number) else known.rule.of
        return f" (5th and 95th percentile, {spread.law(rule)})"
    return ""


def _with_unit(number: float, unit: str) -> str:
    """A number with all its digits and its unit; the label of an input says what is per month or per year."""
    if unit == "$/share":
        return price(number, most=15)
    if unit in ("$", "$/month"):
        sign, size = "-" * (number < 0), abs(number)
        return f"{sign}${size / 1e6:,.15g} million" if size >= 1e6 else f"{sign}${size:,.15g}"
    if unit in ("1", "1/year"):
        return percent(number) + " a year" * (unit == "1/year")
    return f"{number:,.15g}" + f" {unit}" * (unit != "events/year")
