"""What the machine lets this process use: cores, memory, and whether another thread can be started.

A container limits a process by the control groups of the Linux kernel, which the number of cores and the size of the
memory do not show. Version 2: `cpu.max` and `memory.max` of the group and of those above it; version 1:
`cpu.cfs_quota_us` over `cpu.cfs_period_us`, and `memory.limit_in_bytes`. Sources: the kernel's documentation,
admin-guide/cgroup-v2 and scheduler/sched-bwc; proc_pid_mountinfo(5).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_PROCESS = Path("/proc/self")
_UNLIMITED = 2**60  # bytes: version 1 writes a number near 2^63 for "no limit"


def available_workers() -> int:
    """Cores that this process may use: those it is bound to, at most its container's share, rounded up."""
    return max(1, min([_cores(), *map(math.ceil, _quotas(_PROCESS))]))


def memory_limit() -> int | None:
    """Bytes that this process may use: the machine's memory or a lower limit; None where nothing is known."""
    found = list(_memory_limits(_PROCESS))
    with suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    if resource is not None:
        limits = (resource.getrlimit(what)[0] for what in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
        found += [limit for limit in limits if limit != resource.RLIM_INFINITY]
    return min(found, default=None)


def _cores() -> int:
    """Cores that the process is bound to. From Python 3.13 on, the user can state another number."""
    counted = getattr(os, "process_cpu_count", None)
    if counted is not None:
        return counted() or 1
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not on every system
        return os.cpu_count() or 1


@cache
def _quotas(process: Path) -> tuple[float, ...]:
    """Processor time a second of each control group that contains a process, where it is limited; read once."""
    found = []
    for folder in _groups("cpu", process):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota, period = (folder / "cpu.max").read_text().split()
            if quota != "max":
                found.append(int(quota) / int(period))
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota = (folder / "cpu.cfs_quota_us").read_text()
            if int(quota) > 0:
                found.append(int(quota) / int((folder / "cpu.cfs_period_us").read_text()))
    return tuple(found)


@cache
def _memory_limits(process: Path) -> tuple[int, ...]:
    """Most memory, in bytes, of each control group that contains a process, where it is limited; read once."""
    found = []
    for folder in _groups("memory", process):
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            with suppress(OSError, ValueError):  # ValueError: "max"
                if 0 < (limit := int((folder / name).read_text())) < _UNLIMITED:
                    found.append(limit)
    return tuple(found)


def _groups(controller: str, process: Path) -> Iterator[Path]:
    """Folders of the control groups that contain a process, from its own up to the root that it can see."""
    try:
        memberships = (process / "cgroup").read_text().splitlines()
        mounts = (process / "mountinfo").read_text().splitlines()
    except (OSError, ValueError):  # another system
        return
    for membership in memberships:
        _, _, rest = membership.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        for root, point in _mounted(mounts, controller if controllers else ""):
            here = PurePosixPath(path)
            inside = here.relative_to(root) if here.is_relative_to(root) else PurePosixPath()
            for above in (inside, *inside.parents):
                yield point / above


def _mounted(mounts: list[str], controller: str) -> Iterator[tuple[str, Path]]:
    """Root and mount point of the hierarchies of a controller; "" for version 2, which has all of them."""
    for mount in mounts:
        before, _, after = mount.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3:
            continue
        if (kind[0] == "cgroup2" and not controller) or (kind[0] == "cgroup" and controller in kind[2].split(",")):
            yield fields[3], Path(fields[4].replace("\\040", " "))
