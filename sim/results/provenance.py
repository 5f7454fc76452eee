"""What a run depends on beside its case: the versions of packages, and the sessions of the calendar.

A later version of the library of sessions can know of other closures, past ones put right among them, and then another
number of normals is used between two dates: every path moves. So a run records the closures within its span, and a hash
of its sessions and purchase dates.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sim.calendar import closures, sessions
from sim.terms.problems import one_line
from sim.text.version import __version__

#: Packages that can move a number. `python-dateutil` computes Easter for `holidays`, the library of sessions.
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "holidays", "python-dateutil")
_MODULES = {"python-dateutil": "dateutil"}  # where the module has another name
UNKNOWN = "unknown"
#: The arguments of `calendar_of`: the first and the last day, then the dates of each kind of purchase.
Span = tuple[Any, ...]
_MOST_NAMED = 5  # days


def versions() -> dict[str, str | None]:
    """Versions of fundrisk, Python and the packages; None for one that is not installed as a package."""
    return dict(_versions())


@lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str | None], ...]:
    known = {"fundrisk": __version__, "python": platform.python_version()}
    return (*known.items(), *((name, _version_of(name)) for name in PACKAGES))


def _version_of(package: str) -> str | None:
    """The version that is loaded, or else the one that is installed, which takes milliseconds to find."""
    loaded = getattr(sys.modules.get(_MODULES.get(package, package)), "__version__", None)
    if isinstance(loaded, str):
        return loaded
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def calendar_of(first: date, last: date, *purchase_dates: tuple[date, ...]) -> dict[str, Any]:
    """The sessions that a run uses, for its manifest.

    Parameters
    ----------
    first, last : date
        The valuation date and the horizon.
    *purchase_dates : tuple of date
        Those of each kind of purchase. Whether a session is the last of its week, month or quarter can depend on days
        after the horizon, and a date that one kind gains may be one of another kind already.

    Returns
    -------
    dict
        "sessions": their number; "closed": ISO dates of the closures that are no Saturday or Sunday; "sha256": of the
        ISO dates of the sessions and of the purchase dates of each kind, a line each.
    """
    number, closed, sha256 = _calendar(first, last, purchase_dates)
    return {"sessions": number, "closed": list(closed), "sha256": sha256}


def calendar_of_all(spans: Iterable[Span]) -> dict[str, Any]:
    """The sessions that several runs use, each given by the arguments of `calendar_of`: theirs together.

    Runs of the same sessions have those of one; the hash of others is of the hash of each, in any order of the runs.
    """
    given = list(dict.fromkeys(spans))
    made = {calendar["sha256"]: calendar for calendar in (calendar_of(*span) for span in given)}
    if len(made) == 1:
        return next(iter(made.values()))
    return {
        "sessions": len({day for first, last, *_ in given for day in sessions(first, last)}),
        "closed": sorted({day for calendar in made.values() for day in calendar["closed"]}),
        "sha256": hashlib.sha256("\n".join(sorted(made)).encode()).hexdigest(),
    }


@lru_cache(maxsize=64)
def _calendar(
    first: date, last: date, purchase_dates: tuple[tuple[date, ...], ...]
) -> tuple[int, tuple[str, ...], str]:
    days = sessions(first, last)
    of_kinds = (line for dates in purchase_dates or ((),) for line in ("purchase dates", *dates))
    text = "\n".join(map(str, (*days, *of_kinds)))
    return len(days), tuple(map(str, closures(first, last))), hashlib.sha256(text.encode()).hexdigest()


def sessions_of(manifest: Mapping[str, Any]) -> str:
    """The hash of the sessions in a manifest, or `UNKNOWN` in one of a version that did not record them."""
    calendar = manifest.get("calendar")
    found = calendar.get("sha256") if isinstance(calendar, dict) else None
    return found if isinstance(found, str) else UNKNOWN


def calendar_differences(
    one: Mapping[str, Any], other: Mapping[str, Any], names: tuple[str, str] = ("the first", "the second")
) -> tuple[str, ...]:
    """How the sessions of two manifests of one case differ, as clauses; () if they do not.

    `names` are said where the manifests name the same version of the library of sessions.
    """
    hashes = sessions_of(one), sessions_of(other)
    if hashes[0] == hashes[1]:
        return ()
    libraries = tuple(f"holidays {_version(manifest, 'holidays')}" for manifest in (one, other))
    first, second = names if libraries[0] == libraries[1] else libraries
    if UNKNOWN in hashes:
        return (f"the sessions of {names[hashes.index(UNKNOWN)]} are {UNKNOWN}: its file was written without them",)
    closed, also = _closed(one), _closed(other)
    lines = [
        f"{_named(days)} in {has} and not in {has_not}"
        for days, has, has_not in ((also - closed, first, second), (closed - also, second, first))
        if days
    ]
    return tuple(lines) or (f"the purchase dates of {first} and {second} differ",)


def package_differences(written: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """`numpy 2.1.0, now 2.2.0` for each package, and for Python, whose version is another one."""
    pairs = ((name, _version(written, name), _version(now, name)) for name in ("python", *PACKAGES))
    return tuple(f"{name} {old}, now {new}" for name, old, new in pairs if old != new)


def calendar_hint(manifest: Mapping[str, Any]) -> str:
    """Why the case of a manifest may not be a case any more: ` (...)`, or nothing if the sessions are the same.

    A purchase date that the case lists must be a session.
    """
    try:
        case = manifest["case"]
        span = date.fromisoformat(case["valuation_date"]), date.fromisoformat(case["horizon"])
        now = {"versions": versions(), "calendar": calendar_of(*span)}
    except (KeyError, TypeError, ValueError):
        return ""
    if sessions_of(manifest) == UNKNOWN or _closed(manifest) == _closed(now):
        return ""
    return f" ({'; '.join(calendar_differences(manifest, now, ('the file', 'this installation')))})"


def merged(manifests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The manifest of a run from those of its shards in order, which may have been simulated on several machines."""
    first = dict(manifests[0])
    names = dict.fromkeys(name for each in manifests for name in each["versions"])
    first["paths"] = sum(each["paths"] for each in manifests)
    first["versions"] = {name: _joined([each["versions"].get(name) for each in manifests]) for name in names}
    first["platform"] = _joined([each.get("platform") for each in manifests])
    return first


def _joined(values: Sequence[Any]) -> Any:
    """The values that differ, in their order, as one text; the value itself if there is no other."""
    different = list(dict.fromkeys(str(value) for value in values))
    return values[0] if len(different) == 1 else ", ".join(different)


def _closed(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The closures in a manifest; none in one that lists no dates."""
    calendar = manifest.get("calendar")
    found = calendar.get("closed") if isinstance(calendar, dict) else None
    return frozenset(day for day in found if isinstance(day, str)) if isinstance(found, list) else frozenset()


def _version(manifest: Mapping[str, Any], name: str) -> str:
    found = manifest.get("versions")
    version = found.get(name) if isinstance(found, dict) else None
    return one_line(version, 40) if isinstance(version, str) else UNKNOWN


def _named(days: frozenset[str]) -> str:
    """`2026-05-25 is a session`."""
    shown = [one_line(day, 20) for day in sorted(days)[:_MOST_NAMED]]
    more = [f"{len(days) - _MOST_NAMED} more"] * (len(days) > _MOST_NAMED)
    return f"{', '.join([*shown, *more])} {'is a session' if len(days) == 1 else 'are sessions'}"
