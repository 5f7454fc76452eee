"""The time of a path by the number of paths, days, milestones and workers."""

from functools import partial
from typing import Any

import sim
from benchmarks import plots
from benchmarks.case import valence_2002
from benchmarks.report import Options, Report, cores, side_by_side
from sim.text.tables import Table

PATHS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
CADENCES = ("quarter_end", "month_end", "weekly", "daily")
MILESTONES = (0, 1, 2, 4, 8, 16)
SEED = 20020401


def run(options: Options) -> Report:
    report = Report("scaling")
    paths, repeats = options.many(1_000_000), options.times(3)
    case = valence_2002()
    by_paths(report, case, options.many(PATHS[-1]), repeats)
    by_kind(report, "days", {c: case.replace({"policy.cadence": c}) for c in CADENCES}, paths, repeats)
    by_kind(report, "milestones", {str(n): with_milestones(case, n) for n in MILESTONES}, paths, repeats)
    draw(report, options)
    return report


def with_milestones(case: sim.Case, n: int) -> sim.Case:
    """The case with n milestones like its first one, none following another, and a condition for each."""
    document = case.to_dict()
    milestone = document["milestones"][0]
    condition = next(c for c in document["line"]["conditions"] if c["kind"] == "milestone")
    names = [f"milestone {i}" for i in range(n)]
    others = [c for c in document["line"]["conditions"] if c["kind"] != "milestone"]
    document["milestones"] = [milestone | {"name": name} for name in names]
    document["line"]["conditions"] = others + [condition | {"name": name, "milestone": name} for name in names]
    return sim.Case.from_dict(document)


def by_paths(report: Report, case: sim.Case, most: int, repeats: int) -> None:
    """Cost per path against the number of paths: the fixed cost of a call, then a level; on one and on all cores."""
    sizes = [n for n in PATHS if n <= most] or [most]
    ways: dict[str, dict[str, Any]] = {
        "1 worker": {"workers": 1},
        f"{cores()} workers": {"workers": cores()},
        f"{cores()} workers, not kept": {"workers": cores(), "keep_paths": False},
    }
    cost: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for way in ways.values():
        sim.simulate(case, paths=1_000, seed=SEED, **way)  # compile
    for n in sizes:
        calls = {way: partial(_spend, case, n, given) for way, given in ways.items()}
        for way, (seconds, _) in side_by_side(calls, repeats).items():
            cost[way].append((n, seconds / n * 1e9))
    rows = [(f"{n:,}", *(f"{points[i][1]:,.0f}" for points in cost.values())) for i, n in enumerate(sizes)]
    note = f"best of {repeats} in turns; not kept: keep_paths=False, a summary only"
    report.tables.append(Table("ns a path, by paths and workers", ("paths", *cost), rows, note=note))
    report.figures["paths"] = cost


def _spend(case: sim.Case, paths: int, how: dict[str, Any]) -> None:
    """One run whose result is not kept, so that repeats need no more memory."""
    sim.simulate(case, paths=paths, seed=SEED, **how)


def by_kind(report: Report, kind: str, cases: dict[str, sim.Case], paths: int, repeats: int) -> None:
    """Cost per path of variants of the case, on one core."""
    from sim.lowering.lower import lower

    for case in cases.values():
        sim.simulate(case, paths=128, seed=SEED, workers=1)
    timed = side_by_side({name: partial(_spend, case, paths, {"workers": 1}) for name, case in cases.items()}, repeats)
    rows, figures = [], {}
    for name, case in cases.items():
        program = lower(case).program
        ns = timed[name][0] / paths * 1e9
        size = {"days": len(program.walk), "milestones": len(program.milestones)}[kind]
        dates = len(program.purchases)
        rows.append((name, f"{size}", f"{dates}", f"{ns:,.0f}", f"{ns / size:,.1f}" if size else ""))
        figures[name] = {"size": size, "purchase_dates": dates, "ns_per_path": ns}
    first = {"days": "cadence", "milestones": "milestones"}[kind]
    many = {"days": "sessions drawn", "milestones": "rows"}[kind]
    headings = (first, many, "purchase dates", "ns a path", f"ns per {many.removesuffix('s drawn').removesuffix('s')}")
    note = f"one worker, {paths:,} paths, best of {repeats} in turns"
    report.tables.append(Table(f"ns a path, by {kind}", headings, rows, note=note))
    report.figures[kind] = figures


def draw(report: Report, options: Options) -> None:
    figure, axes = plots.panels(3)
    figures = report.figures
    plots.lines(axes[0], "by paths", "paths", "ns a path", figures["paths"], log_x=True, log_y=True)
    for ax, kind in zip(axes[1:], ("days", "milestones"), strict=True):
        points = [(row["size"], row["ns_per_path"]) for row in figures[kind].values()]
        plots.lines(ax, f"by {kind}, one worker", kind, "ns a path", {kind: points})
    plots.save(figure, options.out / "scaling.png")
