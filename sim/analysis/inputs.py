"""What is uncertain in a case: each assumption with its low, its base and its high, and the overrides that set it.

The documents' terms (commitment, caps, percentages, the discount) and the company's own decisions (its policy) are not
uncertain and are left out, unless the case's [ranges] name them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.results.estimates import decimals_allowed, rounded
from sim.terms import Case
from sim.terms.overrides import find
from sim.terms.ranges import Number
from sim.terms.schema import Rows, Table, rules, values_of
from sim.terms.stated import WAIVERS

Ends = tuple[float, float]


@dataclass(frozen=True)
class Input:
    """One uncertain number of a case; `low`, `base` and `high` in `unit`. `stated`: by the case's [ranges]."""

    key: str
    label: str
    unit: str
    low: float
    base: float
    high: float
    stated: bool
    overrides: Callable[[float], dict[str, float]]

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"{self.key} = {self.low} to {self.high}: the lower end first")


# --- between which values, where the case does not say ---------------------------------------------------------------


class Kind(NamedTuple):
    """Keys of one kind: how people call them, and how far they may be off."""

    keys: str  # a regular expression; its group, if any, is a name
    label: str
    unit: str
    ends: Callable[[float], Ends]


def times(low: float, high: float) -> Callable[[float], Ends]:
    return lambda base: (low * base, high * base)


def within(reach: float, least: float = -math.inf, most: float = math.inf) -> Callable[[float], Ends]:
    return lambda base: (max(base - reach, min(least, base)), min(base + reach, max(most, base)))


def doubled(x: float) -> Ends:
    """From no effect at all to twice the effect; of a negative one the twice is the low end."""
    return min(0.0, 2.0 * x), max(0.0, 2.0 * x)


def step_doubled(factor: float) -> Ends:
    """From no step to one of twice the size, and never below a factor of 0."""
    return max(0.0, min(1.0, 2.0 * factor - 1.0)), max(1.0, 2.0 * factor - 1.0)


# A guess of the order of magnitude is off by a factor of two; a probability that people name in tenths by two of them.
HALF_TO_TWICE = times(0.5, 2.0)
TWO_TENTHS = within(0.2, 0.0, 1.0)


def never(base: float) -> Ends:
    """No room, unless the case says so: a figure of the books."""
    return base, base


KINDS = (
    Kind(r"company\.cash", "opening cash", "$", never),
    Kind(r"company\.minimum_cash", "minimum cash", "$", never),
    # Four months of a stock whose volatility is 50%, about two months of one at 70%.
    Kind(r"price\.initial", "opening stock price", "$/share", times(0.7, 1.3)),
    # Beyond any premium that a market pays; two years of closes at a volatility of 30% leave as much in doubt.
    Kind(r"price\.drift", "drift of the stock price", "1/year", within(0.2)),
    # Volatility of a year measured over the next one: off by a quarter more often than not.
    Kind(r"price\.volatility", "volatility of the stock price", "1/year", times(0.75, 1.25)),
    # A budget missed by a fifth is usual where revenue is small.
    Kind(r"burn\.monthly", "burn a month", "$/month", times(0.8, 1.2)),
    Kind(r"burn\.growth", "growth of the burn", "1/year", within(0.1, -0.99)),
    Kind(r"burn\.volatility", "volatility of the burn", "1", HALF_TO_TWICE),
    Kind(r"burn\.persistence", "persistence of the burn", "1", within(0.3, -0.95, 0.95)),
    Kind(r"burn\.price_correlation", "correlation of burn and price", "1", within(0.3, -1.0, 1.0)),
    # A restructuring may save nothing, or twice what was promised.
    Kind(r"burn\.steps\[(.*)\]\.factor", "step of the burn on {name}", "1", step_doubled),
    Kind(r"line\.legal_cost_per_draw", "legal cost of a draw", "$", HALF_TO_TWICE),
    Kind(r"milestones\[(.*)\]\.probability", "{name}: probability", "1", TWO_TENTHS),
    # Twice as long as planned is what development takes; the 90% point moves along, which keeps the spread of the log.
    Kind(r"milestones\[(.*)\]\.median_days", "{name}: median time", "days", HALF_TO_TWICE),
    Kind(r"milestones\[(.*)\]\.price_jump", "{name}: price move", "1", doubled),
    Kind(r"events\.common_loading", "common factor of the milestones", "1", within(0.3, 0.0, 1.0)),
    Kind(r"events\.ceo_change\.annual_rate", "rate of CEO changes", "1/year", HALF_TO_TWICE),
    Kind(r"events\.ceo_change\.price_jump", "price move of a CEO change", "1", doubled),
    Kind(r"events\.adverse_change\.annual_rate", "rate of adverse changes", "1/year", HALF_TO_TWICE),
    Kind(r"events\.adverse_change\.duration_days", "duration of an adverse change", "days", HALF_TO_TWICE),
    Kind(r"third_party\.annual_rate", "rate of third-party financing", "1/year", HALF_TO_TWICE),
    Kind(r"third_party\.median_amount", "third-party financing, median", "$", HALF_TO_TWICE),
    Kind(r"third_party\.log_sd", "third-party financing, spread", "1", HALF_TO_TWICE),
    Kind(r"third_party\.discount", "third-party discount", "1", lambda base: (0.0, min(2.0 * base, (1.0 + base) / 2))),
    Kind(r"third_party\.reduction_probability", "reduction by third parties", "1", TWO_TENTHS),
    Kind(r"notes\[(.*)\]\.extension_probability", "{name}: extension", "1", TWO_TENTHS),
    # Two percentage points: what a lender's rate moves in a year or two.
    Kind(r"notes\[(.*)\]\.base_rate", "{name}: lender's rate", "1/year", within(0.02, 0.0)),
)

#: Units of inputs that have ranges but no kind.
_PLAIN = "1"


# --- the inputs of a case --------------------------------------------------------------------------------------------


def inputs_of(case: Case) -> tuple[Input, ...]:
    """Every uncertain input of a case, in the order of the file's tables: the stated ones, and the assumptions.

    Those without any room between low and high are left out.
    """
    stated: Mapping[str, Ends] = case.ranges or {}
    found = []
    for name, rule, base in _numbers(case):
        kind = kind_of(name)
        if name in stated:
            ends = stated[name]
        elif kind is not None and _matters(case, name):
            ends = _allowed(rule, kind.ends(base), base)
        else:
            continue
        label, unit = (kind.label, kind.unit) if kind is not None else (name, _unit(name))
        if ends[0] < ends[1]:
            setter = _setter(case, name, name in stated)
            found.append(Input(name, _named(case, label, name), unit, ends[0], base, ends[1], name in stated, setter))
    if case.line.conditions:
        low, high = stated.get(WAIVERS, (0.0, 1.0))
        if low < high:
            found.append(waivers(case, low, high, WAIVERS in stated))
    return tuple(found)


def input_of(case: Case, name: str) -> Input | None:
    """The input with a key, or None."""
    return next((one for one in inputs_of(case) if one.key == name), None)


def waivers(case: Case, low: float = 0.0, high: float = 1.0, stated: bool = False) -> Input:
    """All conditions' waiver probabilities as one number, their mean.

    Below the case's own mean all shrink in proportion; above it the probabilities of no waiver do. So 0 waives nothing,
    the case's own mean is the case as it is, and 1 waives everything. Conditions that [ranges] name are left alone.
    """
    signed = {
        f"{place}.waiver_probability": row.waiver_probability
        for place, row in places("line.conditions", case.line.conditions)
        if f"{place}.waiver_probability" not in (case.ranges or {})
    }
    base = sum(signed.values()) / max(len(signed), 1)

    def overrides(mean: float) -> dict[str, float]:
        if mean == base:
            return dict(signed)
        if mean < base:
            return {name: p * (mean / base) for name, p in signed.items()}
        return {name: 1.0 - (1.0 - p) * ((1.0 - mean) / (1.0 - base)) for name, p in signed.items()}

    return Input(WAIVERS, "waivers: mean probability", "1", low, base, high, stated, overrides)


def kind_of(name: str) -> Kind | None:
    """The kind of a key, or None if it is no assumption."""
    return next((kind for kind in KINDS if re.fullmatch(kind.keys, name)), None)


def places(where: str, rows: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Each entry of a list with its key: by its name, or its number where a name would not stand in brackets."""
    for number, row in enumerate(rows):
        name = getattr(row, "name", None)
        yield f"{where}[{number if name is None or '[' in name or ']' in name else name}]", row


def trial(case: Case, changes: Mapping[str, Any]) -> Case:
    """`case` with an input's overrides, and without ranges: a trial needs none. CaseError for what cannot be."""
    return case.replace({"ranges": None, **changes}, blame="ranges")


def merged(inputs: tuple[Input, ...], values: tuple[float, ...]) -> dict[str, float]:
    """The overrides of several inputs together."""
    changes: dict[str, float] = {}
    for one, value in zip(inputs, values, strict=True):
        changes |= one.overrides(value)
    return changes


def shown(value: float, unit: str, error: float = math.nan) -> str:
    """A value of an input as people read it, with no more digits than its error allows; without one, at most four."""
    scale, before, after = 1.0, "", f" {unit}"
    if unit in ("$", "$/month"):
        scale, before, after = (1e6, "$", "M") if max(abs(value), error) >= 1e5 else (1.0, "$", "")
        after += " a month" if unit == "$/month" else ""
    elif unit == "$/share":
        before, after = "$", ""
    elif unit in ("1", "1/year"):
        scale, after = 0.01, "%" + " a year" * (unit == "1/year")
    bare = abs(value) / scale
    text = rounded(bare, decimals_allowed(error / scale)) if error > 0 else f"{round(float(f'{bare:.4g}'), 6):,}"
    text = text.rstrip("0").rstrip(".") if "." in text and not error > 0 else text
    return f"{'-' if value < 0 and text.strip('0.') else ''}{before}{text}{after}"


# --- helpers ---------------------------------------------------------------------------------------------------------


def _numbers(case: Case) -> Iterator[tuple[str, Number, float]]:
    """(key, rule, value) of every number that is simulated from, need not be whole and has a value."""

    def walk(part: Any, where: str) -> Iterator[tuple[str, Number, float]]:
        values = values_of(part)
        of: Any = type(part)
        for word, (rule, _) in rules(of).items():
            name, value = f"{where}{word}", values[word]
            if isinstance(rule, Number) and value is not None:
                yield name, rule, value
            elif isinstance(rule, Table) and value is not None:
                yield from walk(value, f"{name}.")
            elif isinstance(rule, Rows):
                for place, row in places(name, value):
                    yield from walk(row, f"{place}.")

    found = {name: (rule, value) for name, rule, value in walk(case, "") if not name.startswith("record.")}
    for name in case.ranges or {}:
        if name not in found and name != WAIVERS:  # an entry by its number, or of a list of numbers
            rule, value = find(case, name)
            if value is not None:
                found[name] = (rule, value)
    yield from ((name, rule, value) for name, (rule, value) in found.items())


def _matters(case: Case, name: str) -> bool:
    """Whether an assumption plays any part in this case."""
    if name.endswith(".extension_probability"):
        note, _ = name.rsplit(".", 1)
        return find(case, f"{note}.extended_maturity")[1] is not None
    if name == "third_party.discount":
        return case.third_party is not None and case.third_party.kind == "equity"
    if name in ("burn.persistence", "burn.price_correlation"):
        return case.burn.volatility > 0
    return name != "events.common_loading" or len(case.milestones) > 1


def _allowed(rule: Number, ends: Ends, base: float) -> Ends:
    """The ends cut to what the key allows; an end that is not allowed itself gives way to the base."""

    def cut(end: float) -> float:
        end = max(end, rule.least if rule.least is not None else end)
        end = min(end, rule.most if rule.most is not None else end)
        open_ended = (rule.above is not None and end <= rule.above) or (rule.below is not None and end >= rule.below)
        return base if open_ended else end

    return cut(ends[0]), cut(ends[1])


def _setter(case: Case, name: str, stated: bool) -> Callable[[float], dict[str, float]]:
    """What sets a key. A milestone's median takes its 90% point along, unless [ranges] names that."""
    if name.endswith(".median_days"):
        late = name.removesuffix("median_days") + "p90_days"
        if late not in (case.ranges or {}):
            base, late_base = find(case, name)[1], find(case, late)[1]
            return lambda value: {name: value, late: late_base * (value / base)}  # exact at the base
    return lambda value: {name: value}


def _named(case: Case, label: str, name: str) -> str:
    found = re.search(r"\[(.*)\]", name)
    if name.startswith("burn.steps["):
        return label.format(name=find(case, f"{name.rpartition('.')[0]}.date")[1])
    return label.format(name=found[1]) if found else label


def _unit(name: str) -> str:
    """The unit of a key that has a range but is no assumption of a known kind."""
    word = re.split(r"[.\[]", name)[-1] if not name.endswith("]") else name
    if word in ("cash", "minimum_cash", "commitment", "max_per_period", "principal", "minimum_draw", "reborrow_below"):
        return "$"
    return "days" if word.endswith("_days") else _PLAIN
