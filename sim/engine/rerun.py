"""Repeat a run from its own record, with the same case, seed and paths, and compare the bits."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.engine.simulate import simulate
from sim.results.files import ResultError, arrays_in, reading, shown
from sim.results.measures import OF_EVERYTHING
from sim.results.provenance import (
    UNKNOWN,
    calendar_differences,
    calendar_hint,
    package_differences,
    sessions_of,
)
from sim.results.result import Result
from sim.results.saved import result_of
from sim.results.value import Value
from sim.terms import Case, CaseError
from sim.terms.problems import show
from sim.text.frozen import in_brief, sealed, whole
from sim.text.nested import read_json
from sim.text.readable import Blocks, Readable
from sim.text.reading import Unreadable, decoded, opened
from sim.text.version import __version__

MOST_JSON = 64 * 2**20  # bytes
SECTIONS = ("measures", "cash_out")  # of a run's JSON: what its numbers are
OF_LINES = ("line", "lines")  # and by line; `line` only where there is one
#: What JSON of versions up to 0.4.0 lacks, beside the measures of everything that is issued.
STATISTICS = ("rmst", "survival", "hazard", "incidence", "liquidity_at_risk", "average_price")
HEADER = ("case", "paths", "seed", "sampler", "version")  # what it says of itself, beside its manifest
ROUNDING = 1e-9  # relative; sums of the same paths may differ by less in another version of NumPy
_MOST_NAMED = 5  # differences
_NEEDED = "a saved result (.npz), the JSON of a run, or a report's result.json is needed"


@whole
class Record(NamedTuple):
    """The record of a run in a file.

    `figures` are its header and its numbers by dotted name, empty for a file of paths; `manifest` is as in the file.
    `in_report` says that the file is a report's, and holds analyses beside the run, of which a repetition of the run
    says nothing.
    """

    source: str
    case: Case
    paths: int
    seed: int
    how: dict[str, Any]  # sampler, antithetic, first_path, keep_paths
    version: str
    sha256: str
    figures: dict[str, Any]
    manifest: Mapping[str, Any]
    in_report: bool = False

    def __repr__(self) -> str:
        return in_brief(self)


@dataclass(frozen=True, eq=False, repr=False)
class Rerun(Value, Readable):
    """The comparison of a repeated run with its record.

    `same_paths` says whether the hash of all paths is the recorded one. `differences` are lines, one for each figure
    that is not the recorded one by more than rounding; `rounded` counts those that differ by less. `calendar` are
    clauses on how the sessions of the two runs differ, `packages` those on versions, as far as the record tells them.
    """

    record: Record
    version: str
    sha256: str
    same_paths: bool
    differences: tuple[str, ...]
    rounded: int
    calendar: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether paths and figures agree with the record."""
        return self.same_paths and not self.differences

    def _blocks(self) -> Blocks:
        record, figures = self.record, len(self.record.figures)
        pairs = ", antithetic pairs" if record.how["antithetic"] else ""
        shard = f" from path {record.how['first_path']:,} on" if record.how["first_path"] else ""
        lines = [
            record.case.title,
            f"{record.paths:,} paths{shard}, seed {record.seed}, {record.how['sampler']}{pairs}; "
            f"fundrisk {shown(record.version)}, repeated with {self.version}",
        ]
        what = "paths" if record.how["keep_paths"] else "quantile sketch of the paths"
        if self.same_paths:
            lines.append(f"Every path is the same to the last bit: SHA-256 of the {what} {self.sha256}.")
        else:
            lines.append(
                f"THE PATHS DIFFER. SHA-256 of the {what}\n  written  {record.sha256}\n  repeated {self.sha256}"
            )
        lines += self._causes()
        if figures and not self.differences:
            exact = f"{self.rounded} of them but for rounding in the last digits" if self.rounded else "to the last bit"
            lines.append(f"All {figures} figures are the same, {exact}.")
        if self.differences:
            lines.append(f"{len(self.differences)} of the figures DIFFER; the file has {figures}:")
            lines += [f"  {line}" for line in self.differences[:_MOST_NAMED]]
            lines += [f"  and {len(self.differences) - _MOST_NAMED} more"] * (len(self.differences) > _MOST_NAMED)
        if _is_older(record):
            lines.append(f"The file has no {', '.join((*OF_EVERYTHING, *STATISTICS))}: an earlier version wrote it.")
        if record.in_report:
            lines.append("These are the run's own figures: the other analyses of the report are not repeated.")
        return ["\n".join(lines)]

    def _in_brief(self) -> str:
        found = "the same" if self.same else f"{len(self.differences)} figures differ"
        return f"{self.record.case.title}, {self.record.paths:,} paths: {found}"

    def _causes(self) -> list[str]:
        """Lines on what differs between the two runs beside their numbers."""
        lines = [f"The calendar differs: {clause}." for clause in self.calendar if self.record_has_sessions]
        if self.same:
            return lines
        if not self.record_has_sessions:
            lines += [f"The sessions of the recorded run are {UNKNOWN}: its file was written without them."]
        if self.record.version != self.version:
            lines += [f"Another version: fundrisk {shown(self.record.version)}, now {self.version}."]
        return [*lines, *(f"Another version: {clause}." for clause in self.packages)]

    @property
    def record_has_sessions(self) -> bool:
        """Whether the record tells the sessions of its run."""
        return sessions_of(self.record.manifest) != UNKNOWN


def read_record(path: str | os.PathLike[str]) -> Record:
    """What a file says of its run: a saved result (.npz), the JSON of `run --json`, or a report's result.json.

    Raises ResultError, one line, for anything else and for a case that is not the one its manifest names.
    """
    with reading(path):
        try:
            with opened(path) as file:
                is_archive = file.read(2) == b"PK"
                file.seek(0)
                return _saved(arrays_in(file, path), path) if is_archive else _written(file.read(MOST_JSON + 1), path)
        except Unreadable as error:
            raise ResultError(f"{shown(path)}: {error}: {_NEEDED}") from None


def rerun(
    source: Record | str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
    any_version: bool = False,
) -> Rerun:
    """Repeat a recorded run and compare.

    Parameters
    ----------
    source : str, path or Record
        A saved result (.npz), the JSON of a run, a report's result.json, or what `read_record` returns.
    workers, progress
        As in `sim.simulate`.
    any_version : bool
        Accept a file written by another version of fundrisk.

    Returns
    -------
    Rerun
        Whether the paths are the same to the last bit, and which figures differ.

    Raises
    ------
    ResultError
        If the file cannot be used, or was written by another version and `any_version` is false.

    Examples
    --------
    >>> result = sim.simulate("valence-2002", paths=1000)
    >>> result.save("run.npz")
    >>> sim.rerun("run.npz").same
    True
    """
    record = source if isinstance(source, Record) else read_record(source)
    if record.version != __version__ and not any_version:
        raise ResultError(
            f"{record.source}: written by fundrisk {shown(record.version)}; this is {__version__}: "
            "install that version, or try this one all the same with --any-version"
        )
    try:
        result = simulate(
            record.case, paths=record.paths, seed=record.seed, workers=workers, progress=progress, **record.how
        )
    except ValueError as error:
        raise ResultError(f"{record.source}: cannot be repeated: {error}") from None
    sha256 = result.sha256
    differences, rounded = _compared(record, result) if record.figures else ((), 0)
    written, now = record.manifest, result.manifest
    return Rerun(
        record, __version__, sha256, sha256 == record.sha256, differences, rounded,
        calendar_differences(written, now, ("the file", "this installation")), package_differences(written, now),
    )  # fmt: skip


# --- reading ---


def _saved(arrays: Mapping[str, np.ndarray], path: str | os.PathLike[str]) -> Record:
    result = result_of(arrays, path)
    return _record(shown(path), result.manifest | {"keep_paths": result.sketch is None}, result.sha256, {}, result.case)


def _written(data: bytes, path: str | os.PathLike[str]) -> Record:
    name = shown(path)
    if len(data) > MOST_JSON:
        raise ResultError(f"{name}: larger than {MOST_JSON} bytes: {_NEEDED}")
    try:
        document = read_json(decoded(data))
    except Unreadable as error:
        raise ResultError(f"{name}: {error}: {_NEEDED}") from None
    except (ValueError, RecursionError):
        document = None
    found = document if isinstance(document, dict) else {}
    in_report = "measures" not in found and isinstance(found.get("result"), dict)
    if in_report:
        found = found["result"]
    made = found.get("manifest")
    if not isinstance(made, dict) or not all(isinstance(found.get(name), dict) and found[name] for name in SECTIONS):
        raise ResultError(f"{name}: no run to repeat: {_NEEDED}")
    try:
        case = Case.from_dict(made["case"], source=name)
    except (KeyError, TypeError, AttributeError, CaseError) as error:
        hint = calendar_hint(made) if isinstance(error, CaseError) else ""
        reason = (str(error).splitlines() or ["damaged"])[0]
        raise ResultError(f"{name}: no case to repeat: {reason}{hint}") from None
    figures = dict(_figures(found))
    sha256 = made.get("results_sha256")
    if not isinstance(sha256, str):
        raise ResultError(f"{name}: its manifest has no hash of the paths, results_sha256")
    return _record(name, made, sha256, figures, case)._replace(in_report=in_report)


def _figures(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a run's JSON states, by dotted name."""
    for section in HEADER + SECTIONS + OF_LINES + STATISTICS:
        yield from flat(document.get(section, "absent"), section)


def _record(name: str, made: Mapping[str, Any], sha256: str, figures: dict[str, Any], case: Case) -> Record:
    if case.sha256 != made.get("case_sha256"):
        raise ResultError(f"{name}: the case in its manifest is not the one that was run: its hash differs")
    try:
        how = {
            "sampler": made["sampler"],
            "antithetic": made["antithetic"],
            "first_path": made["first_path"],
            "keep_paths": made.get("keep_paths", True),
        }
        versions = made["versions"]
        if not isinstance(versions, dict) or not isinstance(versions.get("fundrisk"), str):
            raise ResultError(f"{name}: its manifest names no version of fundrisk")
        for option in ("antithetic", "keep_paths"):
            if not isinstance(how[option], bool):
                raise ResultError(f"{name}: {option} = {show(how[option])}: must be true or false")
        return Record(
            name,
            case,
            made["paths"],
            made["seed"],
            sealed(how),
            made["versions"]["fundrisk"],
            sha256,
            sealed(figures),
            sealed(made),
        )
    except (KeyError, TypeError) as error:
        raise ResultError(f"{name}: its manifest lacks {error}") from None


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a JSON document by dotted name."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield name, value
        return
    for key, item in pairs:
        yield from flat(item, f"{name}.{key}" if name else str(key))


# --- comparing ---


def _compared(record: Record, result: Result) -> tuple[tuple[str, ...], int]:
    """Lines on the figures that differ, and how many differ by rounding only. A figure taken out is a difference."""
    now = dict(_figures(result.summary().to_dict())) | {"version": record.version}
    differences, rounded = [], 0
    if _is_older(record):
        later = (*(f"measures.{name}." for name in OF_EVERYTHING), *STATISTICS)
        now = {name: figure for name, figure in now.items() if not name.startswith(later)}
        now |= dict.fromkeys(STATISTICS, "absent")
    for name in [*record.figures, *(name for name in now if name not in record.figures)]:
        written, repeated = record.figures.get(name, "absent"), now.get(name, "absent")
        if written == repeated:
            continue
        if _number(written) and _number(repeated) and math.isclose(written, repeated, rel_tol=ROUNDING):
            rounded += 1
        else:
            differences.append(f"{shown(name)}: {written!r} was written, {repeated!r} is repeated")
    return tuple(differences), rounded


def _is_older(record: Record) -> bool:
    """Whether the record is JSON of a version that had no `STATISTICS`."""
    figures = record.figures
    return bool(figures) and all(figures.get(name) == "absent" for name in STATISTICS)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
