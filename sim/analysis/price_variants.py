"""A case under other price models, with parameters that its closes support or that leave its yearly variance as it is.

Where the case gives closes, the parameters of a model are those that `calibrate` estimates from the closes before the
valuation date. Otherwise, and for a model that the closes do not support, its shape is stated here: a third of the
variance in six jumps a year, the defaults of `heston` and of `garch`, 4.5 degrees of freedom. Its volatility is then
that of the case, so that the expected variance of the first year is the same in all of these models.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.analysis.calibration.calibrate import calibrate
from sim.analysis.calibration.calibration import Calibration
from sim.analysis.calibration.rewriting import MODEL_KEYS, soon_after
from sim.analysis.calibration.toml import price_texts
from sim.closes import Closes, ClosesError
from sim.lowering.drift import SESSIONS_IN_YEAR
from sim.results.value import Value
from sim.terms import Case, CaseError
from sim.terms.derived import spread_of
from sim.terms.price import DEFAULTS, Price
from sim.text.frozen import in_brief
from sim.text.numbers import percent

#: Models by the names of their fits, as people read them.
LABELS = {
    "gbm": "geometric Brownian motion", "merton": "jump diffusion (Merton)", "heston": "stochastic variance (Heston)",
    "garch normal": "GARCH(1, 1), normal shocks", "garch t": "GARCH(1, 1), Student-t shocks",
    "bootstrap": "resampled returns (bootstrap)",
}  # fmt: skip
CASE, CALIBRATED, STATED = "case", "calibrated", "stated"

# Shapes of models without closes. Six jumps a year that carry a third of the variance, as in the fits of small caps.
JUMPS, JUMP_SHARE, DEGREES = 6.0, 1.0 / 3.0, 4.5
#: `vol_of_vol` as a multiple of the volatility: that of the default, 1.2, at a volatility of 90%.
VOL_OF_VOL = DEFAULTS["vol_of_vol"] / 0.9


@dataclass(frozen=True, eq=False)
class PriceVariant(Value):
    """A case with a price model.

    Attributes
    ----------
    name : str
        The name of the fit, such as "garch t", with ", calibrated" where the case itself has that model.
    label : str
        As people read it.
    case : Case
    source : str
        Where the parameters come from: "case" for the case as it is, "calibrated" or "stated".
    note : str
        Why the parameters are stated although the case gives closes, or "".
    """

    name: str
    label: str
    case: Case
    source: str
    note: str = ""

    __repr__ = in_brief


@dataclass(frozen=True, eq=False)
class PriceVariants(Value):
    """The case as it is and each other model.

    `returns` is the number of returns that were calibrated to, 0 without a calibration. `as_calibrated` says whether
    the parameters of the case are those that its closes give. `left_out` has a reason for each model that the case
    cannot have.
    """

    variants: tuple[PriceVariant, ...]
    returns: int
    as_calibrated: bool
    left_out: tuple[str, ...]

    __repr__ = in_brief


def price_variants(case: Case) -> PriceVariants:
    """The case and its variants under the other price models, in the order of `LABELS`.

    Examples
    --------
    >>> [each.name for each in price_variants(sim.load_case("valence-2002")).variants]
    ['gbm', 'merton', 'heston', 'garch normal', 'garch t']
    """
    found, own = _calibration(case), kind_of(case.price)
    variants, left_out, as_calibrated = [PriceVariant(own, LABELS[own], case, CASE)], [], False
    for name in LABELS:
        keys, source, note = _keys(case, name, own, found)
        if keys is None:
            continue
        try:
            changed = _changed(case, keys)
        except CaseError as error:
            left_out.append(f"{LABELS[name]}: {error.problems[0].partition(': ')[2]}")
            continue
        if changed.price == case.price:
            as_calibrated = True
            continue
        again = ", calibrated" * (name == own)
        variants.append(PriceVariant(name + again, LABELS[name] + again, changed, source, note))
    returns = 0 if found is None else found.returns
    return PriceVariants(tuple(variants), returns, as_calibrated, tuple(left_out))


def kind_of(price: Price) -> str:
    """The name of a price model as in `LABELS`."""
    if price.model == "garch":
        return "garch normal" if price.degrees_of_freedom is None else "garch t"
    return price.model


def _calibration(case: Case) -> Calibration | None:
    """What the closes before the valuation date say; None if they are absent or too few."""
    values = case.price.closes_before(case.valuation_date)
    rows = case.price.closes or ()
    dates = tuple(row[0] for row in rows[: len(values)]) if rows and isinstance(rows[0], tuple) else ()
    try:
        return calibrate(Closes("price.closes", "", dates, values))
    except (ClosesError, ValueError):
        return None


def _keys(case: Case, name: str, own: str, found: Calibration | None) -> tuple[dict[str, Any] | None, str, str]:
    """Keys of [price] of a model, where they come from, and why they are stated; None for the model of the case where
    nothing was calibrated, and for a bootstrap without closes."""
    fit = found.fits[name] if found is not None else None
    if found is not None and fit is not None and fit.supported:
        keys: dict[str, Any] = {"model": fit.model} | {key: float(text) for key, text in price_texts(fit).items()}
        if not _opens_after(case, found):
            keys.pop("initial_volatility", None)
        if name == "bootstrap":
            keys["closes"] = list(case.price.closes[: len(found.closes)])  # none of after the valuation date
        return keys, CALIBRATED, ""
    if name == own or name == "bootstrap":
        return None, STATED, ""
    why = "" if fit is None else fit.left_out or fit.notes[0].rstrip(".")
    return stated_keys(case.price, name), STATED, why


def _opens_after(case: Case, found: Calibration | None) -> bool:
    """Whether the case begins right after its closes; closes without dates are those of the sessions before it."""
    return found is not None and (not found.closes.dates or soon_after(found.closes, case.valuation_date))


def stated_keys(price: Price, name: str) -> dict[str, Any] | None:
    """Keys of a model with the stated shape and the variance of a case's first year; None if the price does not move.

    GARCH with other shocks than the case's has the other parameters of the case.
    """
    sd = first_year_volatility(price)
    if sd == 0.0:
        return None
    shock = {"degrees_of_freedom": DEGREES} if name == "garch t" else {}
    if name.startswith("garch") and price.model == "garch":
        same = ("volatility", "initial_volatility", "alpha", "beta")
        return (
            {"model": "garch"} | {key: getattr(price, key) for key in same if getattr(price, key) is not None} | shock
        )
    shapes: dict[str, dict[str, Any]] = {
        "gbm": {},
        "merton": {
            "volatility": sd * math.sqrt(1.0 - JUMP_SHARE), "jump_rate": JUMPS, "jump_mean": 0.0,
            "jump_sd": sd * math.sqrt(JUMP_SHARE / JUMPS),
        },
        "heston": {
            "mean_reversion": DEFAULTS["mean_reversion"], "vol_of_vol": VOL_OF_VOL * sd,
            "correlation": DEFAULTS["correlation"],
        },
    }  # fmt: skip
    garch = {"alpha": DEFAULTS["alpha"], "beta": DEFAULTS["beta"]} | shock
    return {"model": name.partition(" ")[0], "volatility": sd} | shapes.get(name, garch)


def _changed(case: Case, keys: dict[str, Any]) -> Case:
    """The case with the keys of a price model in the place of its own."""
    kept = {key: value for key, value in case.to_dict()["price"].items() if key not in MODEL_KEYS or key == "closes"}
    changes: dict[str, Any] = {"ranges": None, "price": kept | keys}
    if keys["model"] == "bootstrap":  # it has no Brownian motion
        changes["burn.price_correlation"] = 0.0
    return case.replace(changes)


def first_year_volatility(price: Price) -> float:
    """Square root of the expected variance of the log price in the first year, jumps included.

    With Heston and GARCH the expected variance of session n is `long-run + (first - long-run) r^(n-1)`, r the part of a
    shock that is left after a session.
    """
    long_run = spread_of(price)
    if price.model not in ("heston", "garch"):
        return long_run
    year = int(SESSIONS_IN_YEAR)
    left = price.alpha + price.beta if price.model == "garch" else 1.0 - price.mean_reversion / year
    share = math.fsum(left**n for n in range(year)) / year
    return math.sqrt(long_run**2 + (price.opening_volatility**2 - long_run**2) * share)


def kurtosis_of(price: Price) -> float:
    """Kurtosis of the log return of a session in the long run: 3 if it is normal; of the bootstrap that of the file.

    Heston: that of a normal return whose variance has a gamma distribution. GARCH: Bollerslev (1986), Journal of
    Econometrics 31. Means of returns, which are small beside their standard deviations, are left out.
    """
    if price.model == "merton":
        mean, sd = price.jump_mean, price.jump_sd
        fourth = mean**4 + 6.0 * mean**2 * sd**2 + 3.0 * sd**4
        spread = spread_of(price)
        return 3.0 + price.jump_rate * SESSIONS_IN_YEAR * fourth / spread**4 if spread else 3.0
    if price.model == "heston":
        return 3.0 * (1.0 + price.vol_of_vol**2 / (2.0 * price.mean_reversion * price.volatility**2))
    if price.model == "garch":
        nu = price.degrees_of_freedom
        shock = 3.0 if nu is None else 3.0 * (nu - 2.0) / (nu - 4.0) if nu > 4.0 else math.inf
        apart = 1.0 - (price.alpha + price.beta) ** 2
        room = apart - (shock - 1.0) * price.alpha**2 if price.alpha else apart
        return shock * apart / room if room > 0.0 else math.inf
    if price.model == "bootstrap":
        logs = [math.log(gross) for gross in price.gross_returns]
        mean = math.fsum(logs) / len(logs)
        second, fourth = (math.fsum((x - mean) ** power for x in logs) / len(logs) for power in (2, 4))
        return fourth / second**2
    return 3.0


def parameter_words(price: Price) -> str:
    """The parameters of a price model in a few words."""
    return ", ".join(_parameters(price))


def _parameters(price: Price) -> Iterator[str]:
    if price.model == "bootstrap":
        yield f"{len(price.gross_returns):,} returns in blocks of {price.block_days:.3g} sessions"
        return
    changes = price.model in ("heston", "garch") and price.opening_volatility != price.volatility
    yield f"volatility {_percent(price.opening_volatility)}" + (
        f", later {_percent(price.volatility)}" if changes else ""
    )
    if price.model == "merton":
        mean = f"mean {price.jump_mean:.2g}, " if price.jump_mean else ""
        yield f"{price.jump_rate:.3g} jumps a year (log: {mean}sd {price.jump_sd:.2g})"
    if price.model == "heston":
        yield f"mean reversion {price.mean_reversion:.3g}"
        yield f"vol of vol {price.vol_of_vol:.3g}"
        if price.correlation:
            yield f"correlation {price.correlation:.2g}"
    if price.model == "garch":
        yield f"alpha {price.alpha:.2g}"
        yield f"beta {price.beta:.3g}"
        if price.degrees_of_freedom is not None:
            yield f"{price.degrees_of_freedom:.3g} degrees of freedom"


def _percent(volatility: float) -> str:
    """With at most three significant digits."""
    return percent(float(f"{volatility:.3g}"))
