"""The keys of a calibration put into the text of a case file, whose comments and other lines stay."""

from __future__ import annotations

import datetime
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.analysis.calibration.calibration import Calibration
from sim.analysis.calibration.fitted import Fit
from sim.analysis.calibration.toml import error_text, price_texts, volume_texts
from sim.closes import Closes
from sim.terms import Case, CaseError
from sim.terms.closes import with_path
from sim.terms.files import MOST_BYTES
from sim.terms.price import MODELS_OF
from sim.text.lines import one_line

#: Keys that belong to a price model: those that another model does not have are removed.
MODEL_KEYS = (
    "volatility", "initial_volatility", "jump_rate", "jump_mean", "jump_sd", "mean_reversion", "vol_of_vol",
    "correlation", "alpha", "beta", "degrees_of_freedom", "closes", "block_days",
)  # fmt: skip
_SOON = 7  # days from the last close to the valuation date, up to which the case starts right after the closes
_HEADER = re.compile(r"\s*\[+\s*(.*?)\s*\]+\s*(?:#.*)?$")
CALIBRATED = "calibrated to "
#: A comment that a calibration has written: the error of an estimate, what the price is, or where the numbers are from.
_OWN = re.compile(rf"# (\+- \S+(; 95% \S+ to \S+)?(; leave out if .*)?|the last close(, of \S+)?|{CALIBRATED}.*)")
_BOM = "\ufeff"


def rewritten(path: str | os.PathLike[str], found: Calibration, model: str) -> tuple[str, list[str], str]:
    """The text of a case file with the keys of a model, the dotted keys that were set, and what was left as it is.

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
    text, before = _read(Path(path), name)
    fit = found.usable(model)
    values, notes = _price(fit, found, before, Path(path))
    price = before.get("price")
    if not isinstance(price, dict):
        raise CaseError([f"{name}: price: missing; must be a table [price]"])
    drop = [key for key in MODEL_KEYS if key in price and key not in values]
    if model in MODELS_OF["initial_volatility"] and "initial_volatility" in drop:
        drop.remove("initial_volatility")  # of another day than that of the last close
    lines = _edited(text.split("\n"), "price", values, drop, notes)
    expected = {**price, **_values(values)}
    for key in drop:
        del expected[key]
    keys = [f"price.{key}" for key in values]
    if found.volume is not None and isinstance(price.get("volume"), dict):
        volume = volume_texts(found.volume, fit.model)
        expected["volume"] = {**price["volume"], **_values(volume)}
        inline = ", ".join(f"{key} = {json.dumps(value)}" for key, value in expected["volume"].items())
        lines = _edited(lines, "price.volume", volume, [], {}) or _edited(
            lines, "price", {"volume": f"{{ {inline} }}"}, [], {}
        )
        keys.append("price.volume")
    changed = "\n".join(lines)
    if _parsed(changed) != {**before, "price": expected}:
        raise CaseError([f"{name}: price: must be a table [price] with one key a line"])
    Case.from_dict(with_path(_parsed(changed), Path(path).parent), source=os.fsdecode(path))
    return changed, keys, _left(before, expected, values, found)


def _left(before: Mapping[str, Any], price: Mapping[str, Any], values: Mapping[str, str], found: Calibration) -> str:
    """A sentence on the keys of the new [price] that a calibration tells, or is asked for, and that were not set."""
    kept = [f"price.{key}" for key in ("initial", "initial_volatility") if key in price and key not in values]
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


def _read(path: Path, name: str) -> tuple[str, dict[str, Any]]:
    try:
        data = path.read_bytes() if path.is_file() and path.stat().st_size <= MOST_BYTES else None
        if data is None:
            raise CaseError([f"{name}: not a case file; must be the path of one"])
        text = data.decode("utf-8")
        return text, tomllib.loads(text.removeprefix(_BOM))
    except OSError as error:
        raise CaseError([f"{name}: cannot be read: {one_line(error.strerror or str(error))}"]) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError([f"{name}: not TOML that can be read: {one_line(str(error), 200)}"]) from None


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(text.removeprefix(_BOM))
    except ValueError:
        return None


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
    if fit.model == "bootstrap":
        place = os.path.relpath(found.closes.source, case.resolve().parent) if found.closes.source else "closes.csv"
        values["closes"] = json.dumps(place.replace(os.sep, "/"), ensure_ascii=False)
    values |= texts
    notes = {key: error_text(fit.estimates.get(key)) for key in texts} | {"model": _origin(found.closes)}
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


def _edited(
    lines: list[str], table: str, values: Mapping[str, str], drop: list[str], notes: Mapping[str, str]
) -> list[str]:
    """The lines with keys of a table set and dropped; an empty list if no line begins the table.

    New keys come after the last key of the table. The comment of a dropped key stays as a line of its own. The comments
    of an earlier calibration go, with the numbers that they are of. `notes` stand where no other comment is.
    """
    heads = [i for i, line in enumerate(lines) if _HEADER.match(line)]
    first = next((i for i in heads if _HEADER.match(lines[i])[1].replace(" ", "") == table), None)  # type: ignore[index]
    if first is None:
        return []
    end = next((i for i in heads if i > first), len(lines))
    ending = "\r" if lines[first].endswith("\r") else ""
    body, last, waiting = [], 0, dict(values)
    for line in lines[first + 1 : end]:
        found = re.match(r"""(\s*["']?([\w-]+)["']?\s*=\s*)("[^"]*"|'[^']*'|[^#]*?)(\s*(#.*)?)$""", line.rstrip("\r"))
        key = found[2] if found else ""
        comment = (found[5] or "") if found else ""
        own = _OWN.fullmatch(comment.strip()) is not None
        if found and key in waiting:
            after = _comment(notes.get(key)) if own or not comment else found[4]
            line = f"{found[1]}{waiting.pop(key)}{after}{ending}"
        elif found and key in drop:
            line = f"{comment}{ending}" if comment and not own else ""
            if not line:
                continue
        body.append(line)
        last = len(body) if found else last
    added = [f"{key} = {text}{_comment(notes.get(key))}{ending}" for key, text in waiting.items()]
    return [*lines[: first + 1], *body[:last], *added, *body[last:], *lines[end:]]


def _comment(words: str | None) -> str:
    return f"    # {words}" if words else ""
