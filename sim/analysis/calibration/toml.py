"""The tables [price] and [price.volume] of a case file, with the error of each number beside it."""

from __future__ import annotations

import json
import math

from sim.analysis.calibration.fitted import Fit
from sim.analysis.calibration.volume import VolumeFit
from sim.closes import Closes
from sim.results.estimates import Estimate
from sim.text.numbers import decimals_allowed, first_digit

_EXACT = 5  # decimals of alpha and beta, whose sum must stay below 1
_UNKNOWN_ERROR = 4  # significant digits
_COLUMN = 30  # where comments begin
_IN_A_LINE = 4  # pairs of a date and a close
#: The comment of a loading that is not the estimate.
RESAMPLED = "0: resampled returns have no size of a move that volume could follow"


def inline_closes(closes: Closes) -> str:
    """Closes as a list, if the file alone does not give them; else ""."""
    if closes.plain:
        return ""
    rows = [f"[{day}, {value:.10g}]," for day, value in zip(closes.dates, closes.values, strict=True)]
    lines = [" ".join(rows[i : i + _IN_A_LINE]) for i in range(0, len(rows), _IN_A_LINE)]
    return "\n".join(["[", *(f"    {line}" for line in lines), "]"])


def price_lines(fit: Fit, closes: Closes) -> list[str]:
    """The lines of the table [price] of a model."""
    initial, last, source = closes.values[-1], str(closes.dates[-1]) if closes.dates else "", closes.source
    lines = ["[price]", f'model = "{fit.model}"']
    lines.append(_line("initial", f"{initial:.10g}", f"the last close{', of ' * bool(last)}{last}"))
    lines.append(_line("drift", "0.0", "not estimated: closes cannot tell it"))
    if fit.model == "bootstrap" and (stated := inline_closes(closes)):
        lines.append(f"closes = {stated}")
    elif fit.model == "bootstrap":
        lines.append(_line("closes", json.dumps(source or "closes.csv", ensure_ascii=False), "path from the case file"))
    for key, text in price_texts(fit).items():
        comments = [error_text(fit.estimates.get(key))]
        if key == "initial_volatility":
            comments.append(f"leave out if the case starts long after {last or 'the last close'}")
        lines.append(_line(key, text, "; ".join(filter(None, comments))))
    return lines


def price_texts(fit: Fit) -> dict[str, str]:
    """The numbers of the keys of [price], with the digits that their errors allow and one more."""
    return {key: number_text(key, value, fit.estimates.get(key)) for key, value in fit.price.items()}


def volume_lines(fit: VolumeFit, model: str) -> list[str]:
    """The lines of the table [price.volume]."""
    words = {key: error_text(estimate) for key, estimate in fit.estimates.items()} | volume_notes(model)
    return ["[price.volume]", *(_line(key, text, words[key]) for key, text in volume_texts(fit, model).items())]


def volume_notes(model: str) -> dict[str, str]:
    """Comments of the keys of [price.volume] that a model sets without regard to the volumes."""
    return {"return_loading": RESAMPLED} if model == "bootstrap" else {}


def volume_texts(fit: VolumeFit, model: str) -> dict[str, str]:
    """The numbers of the keys of [price.volume]; the bootstrap has no size of move that volume could follow."""
    values = {name: estimate.value for name, estimate in fit.estimates.items()}
    values["persistence"] = min(values["persistence"], 0.99)
    values["return_loading"] = 0.0 if model == "bootstrap" else max(values["return_loading"], 0.0)
    return {key: number_text(key, value, fit.estimates[key]) for key, value in values.items()}


def number_text(key: str, value: float, estimate: Estimate | None) -> str:
    """A number for TOML, without zeros at the end."""
    error = estimate.se if estimate is not None else math.nan
    if key in ("alpha", "beta"):
        decimals = _EXACT
    elif math.isfinite(error) and error > 0.0:
        decimals = decimals_allowed(error) + 1
    else:
        decimals = _UNKNOWN_ERROR - 1 + first_digit(value) if value else 1
    if decimals <= 0:
        return f"{round(value, decimals):.0f}"
    whole, _, fraction = f"{value:.{decimals}f}".partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def error_text(estimate: Estimate | None) -> str:
    """`+- 0.12; 95% 0.62 to 1.19`, or "" where the error is not known.

    An end that is not 0 is not shown as 0: it has as many decimals as its first digit needs.
    """
    if estimate is None or not math.isfinite(estimate.se) or estimate.se <= 0.0:
        return ""
    decimals = decimals_allowed(estimate.se)
    error = _with_decimals(estimate.se, decimals)
    if not all(map(math.isfinite, estimate.ci95)):
        return f"+- {error}"
    low, high = (
        _with_decimals(end, decimals if round(end, decimals) or not end else first_digit(end)) for end in estimate.ci95
    )
    return f"+- {error}; 95% {low} to {high}"


def _with_decimals(value: float, decimals: int) -> str:
    return f"{round(value, decimals):.{max(decimals, 0)}f}"


def _line(key: str, value: str, comment: str) -> str:
    statement = f"{key} = {value}"
    return f"{statement:<{_COLUMN - 1}} # {comment}" if comment else statement


def with_volume(lines: list[str], volume: VolumeFit | None, model: str) -> str:
    return "\n".join([*lines, *(["", *volume_lines(volume, model)] if volume is not None else [])]) + "\n"
