"""The keys of a calibration put into the text of a case file, whose comments and other lines stay."""

from __future__ import annotations

import datetime
import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.analysis.calibration.calibration import Calibration
from sim.analysis.calibration.fitted import Fit
from sim.analysis.calibration.toml import RESAMPLED, error_text, inline_closes, price_texts, volume_notes, volume_texts
from sim.closes import Closes
from sim.terms import Case, CaseError
from sim.terms.closes import with_path
from sim.terms.consecutive import apart
from sim.terms.files import MOST_BYTES
from sim.terms.overrides import find
from sim.terms.price import MODELS_OF
from sim.terms.problems import number_text
from sim.terms.rewriting import edited
from sim.terms.sources import named
from sim.terms.toml_text import parsed
from sim.text.lines import one_line
from sim.text.reading import Form, Unreadable, decoded, form_of, read_bytes

#: Keys that belong to a price model: those that another model does not have are removed.
MODEL_KEYS = (
    "volatility", "initial_volatility", "jump_rate", "jump_mean", "jump_sd", "mean_reversion", "vol_of_vol",
    "correlation", "alpha", "beta", "degrees_of_freedom", "closes", "block_days",
)  # fmt: skip
_SOON = 7  # days from the last close to the valuation date, up to which the case starts right after the closes
CALIBRATED = "calibrated to "
#: A comment that a calibration has written: the error of an estimate, what the price is, or where the numbers are from.
_OWN = re.compile(
    rf"(\+- \S+(; 95% \S+ to \S+)?(; leave out if .*)?|the last close(, of \S+)?|{RESAMPLED}|{CALIBRATED}.*)"
)


class Rewritten(NamedTuple):
    """The text of a case file with the keys of a model; `left` has lines on keys that stay, and on ranges."""

    text: str
    keys: list[str]
    left: str
    form: Form


def rewritten(path: str | os.PathLike[str], found: Calibration, model: str) -> Rewritten:
    """The text of a case file with the keys of a model; a comment that somebody wrote stays while its value does.

    `price.initial` and `price.initial_volatility` are set only if the case starts within a week of the last close, and
    [price.volume] only if the case has that table.

    Raises
    ------
    CaseError
        If the file cannot be read, or would not be a case.
    ValueError
        For a model that was left out.
    """
    name = one_line(os.fsdecode(path), 200)
    data, text, before = _read(Path(path), name)
    fit = found.usable(model)
    values, words = _price(fit, found, before, Path(path))
    price = before.get("price")
    if not isinstance(price, dict):
        raise CaseError([f"{name}: price: missing; must be a table [price]"])
    drop = [key for key in MODEL_KEYS if key in price and key not in values]
    if model in MODELS_OF["initial_volatility"] and "initial_volatility" in drop:
        drop.remove("initial_volatility")  # of another day than that of the last close
    changes = {f"price.{key}": value for key, value in _values(values).items()}
    keys = list(changes)
    if found.volume is not None and isinstance(price.get("volume"), dict):
        volume = _values(volume_texts(found.volume, fit.model))
        changes |= {f"price.volume.{key}": value for key, value in volume.items()}
        words |= {f"volume.{key}": note for key, note in volume_notes(fit.model).items()}
        keys.append("price.volume")
    dropped = [f"price.{key}" for key in drop]
    origin = _origin(found.closes)
    notes = _notes(text, before, changes, {key: words.get(key.removeprefix("price."), origin) for key in changes})
    changed = edited(_set_apart(text, dropped), changes | dict.fromkeys(dropped), notes)
    document = parsed(changed)
    case = Case.from_dict(with_path(document, Path(path).parent), source=os.fsdecode(path))
    said = (_left(before, document["price"], values, found, fit), _outside(case, changes, dropped), apart(case))
    return Rewritten(changed, keys, "\n".join(filter(None, said)), form_of(data))


def _notes(
    text: str, before: Mapping[str, Any], changes: Mapping[str, Any], words: Mapping[str, str]
) -> dict[str, str]:
    """The comments of keys that are set. What somebody has said of a key stays where its value does."""
    said = _commented(text)
    return {key: words[key] for key, value in changes.items() if key not in said or value != _value(before, key)}


def _value(document: Mapping[str, Any], key: str) -> Any:
    found: Any = document
    for word in key.split("."):
        found = found.get(word) if isinstance(found, Mapping) else None
    return found


def _outside(case: Case, changed: Iterable[str], dropped: Iterable[str]) -> str:
    """A sentence on the keys that are set to values outside of their ranges, and on ranges of keys that go."""
    found = []
    for name, (low, high) in (case.ranges or {}).items():
        value, ends = find(case, name)[1] if name in changed else None, f"[{number_text(low)}, {number_text(high)}]"
        if value is not None and not low <= value <= high:
            found.append(f'ranges."{name}" = {ends} does not contain the new value, {number_text(value)}')
        if name in dropped:
            found.append(f'ranges."{name}" = {ends} has no effect any more: the model has no such key')
    return "; ".join(found)


def _commented(text: str) -> set[str]:
    """The keys with a comment beside them that no calibration has written."""
    return {name for name, _, entry in named(text) if entry.beside and not _OWN.fullmatch(entry.beside)}


def _set_apart(text: str, names: list[str]) -> str:
    """The text without the lines of keys; what somebody has said of one stays as a remark of its own."""
    said, lines = _commented(text), text.split("\n")
    for name, _, entry in reversed(list(named(text))):
        if name in names and entry.kind == "=":
            end = text.count("\n", 0, entry.end) + 1
            remark = [f"# {name}: {entry.beside}"] if name in said else []
            lines[entry.line - 1 : end] = [*remark, ""] if remark or entry.above else []
    return "\n".join(lines)


def _left(
    before: Mapping[str, Any], price: Mapping[str, Any], values: Mapping[str, str], found: Calibration, fit: Fit
) -> str:
    """A sentence on the keys of the new [price] that a calibration tells, or is asked for, and that were not set."""
    kept = [
        f"price.{key}"
        for key in ("initial", "initial_volatility")
        if key not in values and (key in price or key in fit.price)
    ]
    left = [f"price.drift ({price['drift']:g}; closes cannot tell it)"] if isinstance(price.get("drift"), float) else []
    if kept:
        last = found.closes.dates[-1] if found.closes.dates else None
        start = _day(before.get("valuation_date"))
        gap = "the closes have no dates"
        if last and start:
            days = (start - last).days
            when = f"{days} days after" if days > 0 else f"{-days} days before" if days else "the day of"
            gap = f"the valuation date, {start}, is {when} the last close, {last}"
        left.insert(0, f"{' and '.join(kept)} ({gap})")
    return f"left as they are: {'; '.join(left)}" if left else ""


def _read(path: Path, name: str) -> tuple[bytes, str, dict[str, Any]]:
    """The bytes of a case file, its text, and its document. Raises CaseError."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise CaseError([f"{name}: not a case file; must be the path of one"])
        data = read_bytes(path, MOST_BYTES)
        text = decoded(data)
        return data, text, parsed(text)
    except (Unreadable, OSError) as error:
        raise CaseError([f"{name}: {one_line(str(error))}"]) from None
    except ValueError as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError([f"{name}: not TOML that can be read: {one_line(str(error), 200)}"]) from None


def _price(
    fit: Fit, found: Calibration, before: Mapping[str, Any], case: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Values of the keys of [price] as TOML, and the comments of those that are new."""
    values = {"model": f'"{fit.model}"'}
    texts = price_texts(fit)
    if _starts_after(before.get("valuation_date"), found.closes):
        values["initial"] = f"{found.closes.values[-1]:.10g}"
    else:
        texts.pop("initial_volatility", None)
    if fit.model == "bootstrap" and (stated := inline_closes(found.closes)):
        values["closes"] = stated
    elif fit.model == "bootstrap":
        place = os.path.relpath(found.closes.source, case.resolve().parent) if found.closes.source else "closes.csv"
        values["closes"] = json.dumps(place.replace(os.sep, "/"), ensure_ascii=False)
    values |= texts
    errors = {key: error_text(fit.estimates.get(key)) for key in texts}
    notes = {key: "; ".join(filter(None, (_origin(found.closes), error))) for key, error in errors.items()}
    if found.closes.dates:
        notes["initial"] = f"the last close, of {found.closes.dates[-1]}"
    return values, notes


def _origin(closes: Closes) -> str:
    """`calibrated to prices.csv, 1999-11-04 to 2002-03-28`."""
    span = f", {closes.dates[0]} to {closes.dates[-1]}" if closes.dates else ""
    return f"{CALIBRATED}{one_line(os.path.basename(closes.source), 80) or 'closes'}{span}"


def _starts_after(start: Any, closes: Closes) -> bool:
    """As `soon_after`, for the value of a key."""
    day = _day(start)
    return day is not None and soon_after(closes, day)


def soon_after(closes: Closes, day: datetime.date) -> bool:
    """Whether a day comes right after closes with dates: within a week of the last one."""
    return bool(closes.dates) and 0 < (day - closes.dates[-1]).days <= _SOON


def _day(value: Any) -> datetime.date | None:
    try:
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    except (TypeError, ValueError):  # the case says so
        return None


def _values(texts: Mapping[str, str]) -> dict[str, Any]:
    return tomllib.loads("\n".join(f"{key} = {text}" for key, text in texts.items()))
