"""The assumption register of a case: each figure that no document gives, its reason, and its effect on the results."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.analysis.inputs import shown
from sim.analysis.paired_text import gain
from sim.analysis.sensitivity import sensitivity
from sim.analysis.swings import Swing
from sim.terms import Case, load_case
from sim.terms.overrides import canonical, find
from sim.terms.schema import plain
from sim.terms.sources import comment_on, paragraphs, sources

ASSUMED = "ASSUMPTION"
LEGEND = "Where a figure comes from"  # the beginning of the comment that explains the tags
MOVED = ("runway_months", "raised", "cash_out_12m")
_WORDS = {
    "runway_months": "runway {} months",
    "raised": "raised {} $M",
    "cash_out_12m": "12-month cash-out {} points",
}
_WIDTH = 118


@dataclass(frozen=True)
class Assumption:
    """One assumption: its key, its value as text, the comment in the case file, and its swing if it was varied."""

    key: str
    value: str
    words: str
    swing: Swing | None


@dataclass(frozen=True)
class Register:
    """The assumptions that were varied, largest effect on the runway first, then those that are choices.

    `remarks` are the file's comments on whole tables. The text is Markdown.
    """

    case: Case
    varied: tuple[Assumption, ...]
    choices: tuple[Assumption, ...]
    remarks: tuple[str, ...]
    legend: dict[str, str]
    paths: int
    seed: int

    def __repr__(self) -> str:
        return f"<Register of {self.case.title!r}: {len(self.varied)} varied, {len(self.choices)} not>"

    def __str__(self) -> str:
        tags = "; ".join(f"[{tag}] {words}" for tag, words in self.legend.items())
        head = (
            f"{self.case.title}: {len(self.varied)} inputs, each alone at its low and at its high, {self.paths:,} "
            f"paths of seed {self.seed} each, with common random numbers. Moves are differences from the case itself, "
            "with their standard errors. A star marks a low and a high from the case file; the others are standard "
            "ranges set by the program."
        )
        lines = [_filled(head), ""]
        lines += [_filled(f"Sources: {tags}."), ""] if tags else []
        lines += [line for entry in self.varied for line in _varied(entry)]
        if self.choices:
            lines += ["", "Assumptions that are not varied:", ""]
            lines += [_item(f"`{each.key}` = {each.value}. {each.words}") for each in self.choices]
        if self.remarks:
            lines += ["", "Comments of the case file on whole tables:", ""]
            lines += [_item(remark) for remark in self.remarks]
        return "\n".join(lines)


def register(
    case: Case | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Register:
    """The register of a case. Its moves are simulated by `sim.sensitivity`, whose parameters and errors these are."""
    case = load_case(case)
    found = sensitivity(case, paths, seed, indexed=0, workers=workers, progress=progress)
    said = sources(case)
    swings = {swing.key: swing for swing in found.swings}
    varied = tuple(Assumption(s.key, shown(s.base, s.unit), comment_on(said.beside, s.key), s) for s in found.swings)
    choices = tuple(
        Assumption(key, _value(case, key), words, None)
        for key, words in said.beside.items()
        if ASSUMED in words
        and key not in ("schema", "title")
        and not key.startswith(("ranges.", "record"))
        and not any(name == key or name.startswith((f"{key}[", f"{key}.")) for name in swings)
    )
    return Register(case, varied, choices, tuple(remarks(case)), said.legend, found.paths, found.seed)


def remarks(case: Case) -> Iterator[str]:
    """Paragraphs of comments in the case file that are about assumptions and belong to no key."""
    for words in paragraphs(case.text):
        if ASSUMED in words and not words.startswith(LEGEND):
            yield words


def _varied(entry: Assumption) -> Iterator[str]:
    swing = entry.swing
    assert swing is not None
    star = "*" if swing.stated else ""
    yield _item(f"`{entry.key}`, {swing.label}: {entry.value}. {entry.words}".rstrip())
    if swing.low == swing.high:
        return
    names = [name for name in MOVED if name in swing.down]
    for end, moves in ((swing.low, swing.down), (swing.high, swing.up)):
        told = "; ".join(_WORDS[name].format(gain(name, moves[name])) for name in names)
        yield _item(f"at {shown(end, swing.unit)}{star}: {told}", "  ")


def _value(case: Case, key: str) -> str:
    """The value of a key as text; of a variant, that of a changed key, or all its changed keys."""
    value = _of_variant(case, key) if key.startswith("variants.") else plain(find(case, key)[1])
    return f"{value:,}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _of_variant(case: Case, key: str) -> Any:
    variants: Mapping[str, Mapping[str, Any]] = case.variants or {}
    name = max((name for name in variants if f"{key}.".startswith(f"variants.{name}.")), key=len)
    changes = variants[name]
    changed = key.removeprefix(f"variants.{name}").removeprefix(".")
    if not changed:
        return ", ".join(changes)
    return plain(changes[changed if changed in changes else canonical(case, changed)])


def _item(text: str, indent: str = "") -> str:
    text = " ".join(text.split()).replace(" +- ", "\0+-\0")  # no line break between a number and its error
    filled = textwrap.fill(text, _WIDTH, initial_indent=f"{indent}- ", subsequent_indent=f"{indent}  ", **_WHOLE)
    return filled.replace("\0", " ")


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, **_WHOLE)


_WHOLE: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
