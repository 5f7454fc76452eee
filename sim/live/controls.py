"""The live controls of a case: its uncertain inputs and its main terms, each with what it changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sim.analysis.inputs import allowed_ends, inputs_of, named, number_rule
from sim.analysis.scenarios import PRICE_TRIGGER, TARGET_MONTHS
from sim.analysis.variants import clauses_of
from sim.board.charts.data import round_step
from sim.board.story.commitment import reason_words
from sim.board.story.parts import setting
from sim.board.words import capitalised
from sim.terms import Case, CaseError, Policy
from sim.terms.derived import facilities
from sim.terms.overrides import canonical, find, known_key, label_of
from sim.terms.problems import one_line, show
from sim.terms.ranges import Number
from sim.terms.schema import Key, keys, values_of
from sim.terms.stated import WAIVERS
from sim.terms.variation import HALF_TO_TWICE, Variation

SCENARIO, LINE, DRAWS, CLAUSES, COMPANY, OTHERS = (
    "Scenario", "The line", "When to draw", "Clauses that apply", "Company and stock", "Other inputs",
)  # fmt: skip
GROUPS = (SCENARIO, LINE, DRAWS, COMPANY, OTHERS, CLAUSES)
_STEPS = 60  # of a slider, at most
_MOST_DISCOUNT = 0.5
_AS_IN_CASE = "as in the case"

_KINDS = {
    "maximum": "the maximum", "runway": "up to the target",
    "opportunistic": "up to the target; the maximum at a high price", "schedule": "the listed amounts",
}  # fmt: skip
_CADENCES = {
    "quarter_end": "every quarter", "month_end": "every month", "weekly": "every week", "daily": "every session",
    "dates": "on the listed dates",
}  # fmt: skip
#: Amounts that are main terms: how far they can be moved where [ranges] does not say more.
_MAIN = {"company.cash": COMPANY, "burn.monthly": COMPANY, "price.initial": COMPANY, "price.volatility": COMPANY}
#: Tables that can be left out of a case, each a switch with a slider for each of its numbers.
TABLES = ("third_party", "response", "bridge")


@dataclass(frozen=True)
class Control:
    """One live input of a case.

    `values` are the stops of a slider in rising order, or what can be chosen; `words` are the same as text. `base` is
    the value of the case. `overrides` gives the changed keys of a value, as `Case.replace` takes them. `kind` is
    "slider", "switch" or "choice".
    """

    key: str
    label: str
    group: str
    kind: str
    values: tuple[Any, ...]
    words: tuple[str, ...]
    base: Any
    overrides: Callable[[Any], Mapping[str, Any]]
    meaning: str = ""

    @property
    def place(self) -> int:
        """Where the case's value stands among the values."""
        return self.values.index(self.base)

    def read(self, value: Any) -> Any:
        """A value as it came from outside; ValueError with what it must be."""
        if self.kind != "slider":
            if any(value == each and type(value) is type(each) for each in self.values):
                return value
            raise ValueError(f"must be one of {', '.join(map(show, self.values))}")
        low, high = self.values[0], self.values[-1]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"must be a number from {low:.12g} to {high:.12g}")
        return float(value)


def controls_of(case: Case) -> tuple[Control, ...]:
    """The controls of a case, group by group; those without room to move are left out."""
    found: dict[str, Control] = {}
    for control in _all(case):
        if len(control.values) > 1:
            found.setdefault(control.key, control)
    return tuple(sorted(found.values(), key=lambda control: GROUPS.index(control.group)))


def changes_of(case: Case, controls: Sequence[Control], values: Mapping[str, Any]) -> dict[str, Any]:
    """The changed keys of a case for values of its controls; those that a value leaves as they are do not appear.

    Raises CaseError with a line for each value that cannot be used.
    """
    known = {control.key: control for control in controls}
    lines, read = [], {}
    for key, value in values.items():
        try:
            if key not in known:
                raise ValueError("must be the key of a control")
            read[key] = known[key].read(value)
        except ValueError as error:
            lines.append(f"live: {one_line(str(key), 200)} = {show(value)}: {error}")
    if lines:
        raise CaseError(lines)
    changes: dict[str, Any] = {}
    for control in controls:
        if control.key in read and read[control.key] != control.base:
            changes |= {_spelled(case, key): value for key, value in control.overrides(read[control.key]).items()}
    gone = [f"{key}." for key, value in changes.items() if value is None]
    return {key: value for key, value in changes.items() if not key.startswith(tuple(gone))} if gone else changes


def changed_case(case: Case, changes: Mapping[str, Any]) -> Case:
    """The case with changed keys. Raises CaseError."""
    return case.replace(changes, blame="live") if changes else case


def _spelled(case: Case, key: str) -> str:
    """The one spelling of a key, so that two controls do not give it twice."""
    with suppress(KeyError):
        return canonical(case, key)
    return key


# --- the controls ----------------------------------------------------------------------------------------------------


def _all(case: Case) -> Iterator[Control]:
    yield from _variants(case)
    lines = tuple(facilities(case))
    for key, line in lines:
        yield from _line(case, key, line, f" of {line.label}" * (len(lines) > 1))
    for place, policy in _policies(case):
        yield from _policy(case, place, policy)
    inputs = {one.key: one for one in inputs_of(case) if one.stated or one.key == WAIVERS}
    for key, group in _MAIN.items():
        yield from _number(case, key, group)
    for one in inputs.values():
        group = LINE if one.key == WAIVERS else OTHERS
        yield _slider(one.key, capitalised(one.label), group, (one.low, one.base, one.high), one.unit, one.overrides)
    for word in TABLES:
        yield from _table(case, word)
    yield from _clauses(case)


def _variants(case: Case) -> Iterator[Control]:
    if case.variants:
        names = (_AS_IN_CASE, *case.variants)
        stated = {_AS_IN_CASE: {}, **case.variants}
        yield Control("variant", "Variant", SCENARIO, "choice", names, tuple(map(capitalised, names)), _AS_IN_CASE,
                      stated.__getitem__)  # fmt: skip


def _line(case: Case, key: str, line: Any, whose: str) -> Iterator[Control]:
    """Commitment, discount and caps of a line; those of a kind of purchase that states its own."""
    if line.commitment is not None:
        yield from _number(case, f"{key}.commitment", LINE, lambda base: (0.0, 2.0 * base), f"Commitment{whose}")
    rows = [(place, row, f": {row.name}{whose}") for place, row in named(f"{key}.purchases", line.purchases)]
    for place, part, name in ((key, line, whose), *rows):
        if part.pricing is not None:
            yield _discount(f"{place}.pricing.multiplier", part.pricing.multiplier, name)
        for word in ("max_per_period", "max_per_draw"):
            if getattr(part, word, None) is not None:
                label = _clause_label(known_key(Case, f"{place}.{word}"))
                yield from _number(case, f"{place}.{word}", LINE, lambda base: (0.0, 2.0 * base), f"{label}{name}")


def _discount(key: str, multiplier: float, name: str) -> Control:
    """The discount is what the multiplier lacks to 1."""
    base = round(1.0 - multiplier, 9)
    label = f"{_clause_label(known_key(Case, key))}{name}"

    def overrides(discount: float) -> dict[str, float]:
        return {key: multiplier if discount == base else round(1.0 - discount, 9)}

    return _slider(key, label, LINE, (min(0.0, base), base, max(_MOST_DISCOUNT, base)), "1", overrides)


def _clause_label(known: Key) -> str:
    assert known.clause is not None
    return capitalised(reason_words(known.clause.name))


def _policies(case: Case) -> Iterator[tuple[str, Policy]]:
    """The policies that count, each with its key."""
    own = [
        (f"{place}.policy", part.policy, part)
        for key, line in facilities(case)
        for place, part in ((key, line), *named(f"{key}.purchases", line.purchases))
    ]
    yield from ((place, policy) for place, policy, _ in own if policy is not None)
    kinds = [purchase.policy for line, purchase, _ in case.purchases]
    if any(policy is case.policy or policy == case.policy for policy in kinds):
        yield "policy", case.policy


def _policy(case: Case, place: str, policy: Policy) -> Iterator[Control]:
    """Cadence, kind, and what the kinds need."""
    name = "" if place == "policy" else f": {place.removesuffix('.policy')}"
    listed = bool(policy.dates)
    cadence = "dates" if listed else policy.cadence
    cadences = [word for word in _CADENCES if word != "dates" or listed]
    kinds = [word for word in _KINDS if word != "schedule" or policy.amounts]

    def often(value: str) -> dict[str, Any]:
        return {f"{place}.cadence": value, **({f"{place}.dates": None} if listed else {})}

    def asked(value: str) -> dict[str, Any]:
        needed = {f"{place}.{word}": default for word, default in _NEEDED.items() if getattr(policy, word) is None}
        return {f"{place}.kind": value, **(needed if value in ("runway", "opportunistic") else {})}

    for word, values, base, shown, overrides in (
        ("cadence", cadences, cadence, _CADENCES, often), ("kind", kinds, policy.kind, _KINDS, asked),
    ):  # fmt: skip
        yield Control(f"{place}.{word}", f"{_LABELS[word]}{name}", DRAWS, "choice", tuple(values),
                      tuple(shown[value] for value in values), base, overrides)  # fmt: skip
    for word, default in _NEEDED.items():
        stated = getattr(policy, word)
        now = default if stated is None else float(stated)
        key = f"{place}.{word}"
        is_price = word == "price_trigger"
        ends = (min(0.25, now), now, max(4.0, now)) if is_price else (0.0, now, max(24.0, now))
        unit = "x" if is_price else "months"
        yield _slider(key, f"{_LABELS[word]}{name}", DRAWS, ends, unit, partial(_one, key))


_NEEDED = {"target_months": TARGET_MONTHS, "price_trigger": PRICE_TRIGGER}
_LABELS = {
    "cadence": "Purchase dates", "kind": "The company requests", "target_months": "Target, months of burn in cash",
    "price_trigger": "High price, times the initial price",
}  # fmt: skip


def _number(case: Case, key: str, group: str, vary: Variation = HALF_TO_TWICE, label: str = "") -> Iterator[Control]:
    """A slider of a number that the case has: as far as `vary`, and as [ranges], say."""
    base = find(case, key)[1]
    if base is None:
        return
    known = known_key(Case, key)
    rule = number_rule(known) if not isinstance(known.rule, Number) else known.rule
    stated = case.ranges[key] if case.ranges is not None and key in case.ranges else (base, base)
    low, high = allowed_ends(rule, vary(base), base)
    ends = (min(low, stated[0]), base, max(high, stated[1]))
    words = label or capitalised(label_of(case, key))
    yield _slider(key, words, group, ends, known.unit or "1", partial(_one, key))


def _one(key: str, value: Any) -> dict[str, Any]:
    return {key: value}


def _table(case: Case, word: str) -> Iterator[Control]:
    """A table of the case that can be left out, and its numbers."""
    known = keys(Case).get(word)
    part: Any = getattr(case, word, None)
    if known is None or part is None:
        return
    yield Control(word, capitalised(known.meaning), OTHERS, "switch", (False, True), ("off", "on"), True,
                  lambda on: {} if on else {word: None})  # fmt: skip
    of_part: Any = type(part)
    for name, of in keys(of_part).items():
        if isinstance(of.rule, Number) and values_of(part)[name] is not None:
            yield from _number(case, f"{word}.{name}", OTHERS, of.vary or HALF_TO_TWICE)


def _clauses(case: Case) -> Iterator[Control]:
    for clause in clauses_of(case):
        if not all(key.endswith(".pricing.multiplier") for key in clause.lifted):
            lifted = dict(clause.lifted)
            yield Control(
                f"clause: {clause.key}", capitalised(reason_words(clause.key)), CLAUSES, "switch", (False, True),
                ("lifted", "applies"), True, lambda on, lifted=lifted: {} if on else lifted,  # type: ignore[misc]
                capitalised(clause.words),
            )  # fmt: skip


# --- sliders ---------------------------------------------------------------------------------------------------------


def _slider(
    key: str, label: str, group: str, ends: tuple[float, float, float], unit: str,
    overrides: Callable[[float], Mapping[str, Any]],
) -> Control:  # fmt: skip
    """A slider from a low over the base to a high; its stops are round numbers, the ends and the base."""
    stops = _stops(ends)
    words = tuple(_words(value, unit) for value in stops)
    return Control(key, label, group, "slider", stops, words, float(ends[1]), overrides)


def _stops(ends: tuple[float, float, float]) -> tuple[float, ...]:
    low, base, high = map(float, ends)
    if not low < high:
        return (base,)
    step = round_step(high - low, _STEPS)
    first, last = math.ceil(low / step), math.floor(high / step)
    between = [float(f"{n * step:.12g}") for n in range(first, last + 1)]
    apart = [value for value in between if all(abs(value - each) > 0.25 * step for each in (low, base, high))]
    return tuple(sorted({low, base, high, *apart}))


def _words(value: float, unit: str) -> str:
    if unit == "x":
        return f"{value:.4g} times"
    return f"{setting(value, unit)}{' a share' if unit == '$/share' else ''}"
