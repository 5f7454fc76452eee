"""The report of a benchmark as text and as JSON: the machine, tables, targets and checks."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from sim.text.tables import Table, table_text

#: Bytes that are written to before a program is measured: more than it takes.
FRESH = 2**29


@dataclass(frozen=True)
class Options:
    """The options of the command line. With None the benchmark chooses its number of paths or repeats."""

    paths: int | None
    repeats: int | None
    out: Path
    against: str | None = None

    def many(self, paths: int) -> int:
        return paths if self.paths is None else self.paths

    def times(self, repeats: int) -> int:
        return repeats if self.repeats is None else self.repeats


@dataclass(frozen=True)
class Check:
    """A condition without which the figures have no meaning."""

    name: str
    holds: bool
    found: str


@dataclass
class Report:
    """The outcome of one benchmark. `figures` is written to JSON; `targets` are (what, found, wanted, reached)."""

    name: str
    tables: list[Table] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    targets: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def aim(self, what: str, found: float, wanted: float, more: bool, unit: str = "") -> None:
        """Note a target; `more`: whether larger is better."""
        word = "at least" if more else "at most"
        reached = found >= wanted if more else found <= wanted
        self.targets.append((what, f"{found:.3g}{unit}", f"{word} {wanted:g}{unit}", reached))

    def __str__(self) -> str:
        parts = [table_text(table) for table in self.tables]
        if self.targets:
            rows = [(*target[:3], "yes" if target[3] else "NO") for target in self.targets]
            parts.append(table_text(Table("Targets", ("what", "found", "wanted", "reached"), rows)))
        if self.checks:
            parts.append("\n".join(f"{'ok' if c.holds else 'FAIL':4}  {c.name}: {c.found}" for c in self.checks))
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        return {
            "benchmark": self.name,
            "machine": machine(),
            "figures": self.figures,
            "targets": [dict(zip(("what", "found", "wanted", "reached"), t, strict=True)) for t in self.targets],
            "checks": [vars(check) for check in self.checks],
        }


def machine() -> dict[str, Any]:
    """The machine on which the figures were measured."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in ("numpy", "numba", "scipy", "arch", "QuantLib")},
    }


def machine_line() -> str:
    """The machine in lines of at most 100 columns."""
    m = machine()
    versions = ", ".join(f"{k} {m[k]}" for k in ("python", "numpy", "numba", "scipy", "arch", "QuantLib"))
    return f"{m['cpu']}, {m['cores']} cores, {m['system']}, load {m['load']}\n{versions}"


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor() or "unknown processor"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


# --- time ---


def side_by_side(programs: dict[str, Callable[[], Any]], repeats: int) -> dict[str, tuple[float, Any]]:
    """The least time of each program, and its result. They run in turns, so that a busy minute affects all.

    Each finds memory that was in use a moment before: to get what a virtual machine has never used takes
    seconds a gigabyte. Only the first result of each is kept, so that the memory of the others goes back.
    """
    least: dict[str, tuple[float, Any]] = {}
    for _ in range(repeats):
        for name, program in programs.items():
            np.ones(FRESH // 8)
            seconds, given = timed(program)
            before, first = least.get(name, (seconds, given))
            least[name] = (min(seconds, before), first)
            del given
    return least


def timed(program: Callable[[], Any]) -> tuple[float, Any]:
    started = perf_counter()
    given = program()
    return perf_counter() - started, given
