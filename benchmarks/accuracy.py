"""Time and paths to a target error with Philox, antithetic pairs and Sobol' points, and a check of the errors."""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

import sim
from benchmarks import plots
from benchmarks.case import valence_2002
from benchmarks.report import Check, Options, Report, side_by_side
from sim.text.tables import Table

WAYS: dict[str, dict] = {"philox": {}, "antithetic": {"antithetic": True}, "sobol": {"sampler": "sobol"}}
MEASURES = ("raised", "runway_months")
WANTED = {"raised": 0.38, "runway_months": 0.30}  # error with Sobol' points over that with Philox
TARGET = 0.001  # standard error of mean raised, relative to the mean
LEAST, MOST = 2**13, 2**21  # paths
SEEDS = 48  # independent runs, for the spread of their means
SIGNIFICANCE = 1e-4  # probability with which a correct error fails the check
FEW_PATHS = 2**10  # with fewer paths the errors of 16 scrambles are too inaccurate for the check


def run(options: Options) -> Report:
    report = Report("accuracy")
    case = valence_2002()
    for how in WAYS.values():
        sim.simulate(case, paths=1_024, seed=0, **how)  # compile
    measure_time(report, case, options.many(MOST), options.times(3))
    check_errors(report, case, options.many(2**16) // 16 * 16)
    figure, axes = plots.panels(2)
    for ax, x in zip(axes, (0, 1), strict=True):
        lines = {way: [(p[x], p[2]) for p in report.figures["race"][way]] for way in WAYS}
        label = ("paths", "seconds")[x]
        plots.lines(ax, f"Error of mean raised by {label}", label, "relative standard error", lines, True, True)
    plots.save(figure, options.out / "accuracy.png")
    return report


def measure_time(report: Report, case: sim.Case, most: int, repeats: int) -> None:
    """Time and paths to the target error, found by doubling and interpolated between the last two."""
    rows, points = [], {}
    for way, how in WAYS.items():
        points[way] = climb(lambda n, seed, how=how: sim.simulate(case, paths=n, seed=seed, **how), most, repeats)
    needs = {way: needed(found) for way, found in points.items()}
    for way, (paths, seconds) in needs.items():
        n, last, error = points[way][-1]
        speed = needs["philox"][1] / seconds if paths and needs["philox"][0] else math.nan
        cells = (f"{paths:,.0f}", f"{seconds * 1e3:,.1f}") if paths else ("more", "more")
        rows.append((way, *cells, f"{speed:.2f}", f"{n:,}", f"{last * 1e3:,.1f}", f"{error:.3%}"))
    note = (
        f"all cores; each error is the root mean square of the errors of {repeats} runs, each time their best. The "
        "first columns are interpolated between the last two sizes, which are powers of two."
    )
    headings = ("way", "paths", "ms", "x philox's speed", "last size", "ms", "error")
    report.tables.append(Table(f"To a standard error of {TARGET:.1%} of mean raised", headings, rows, note=note))
    report.figures["race"] = points
    report.figures["to_target"] = {way: {"paths": n, "seconds": s} for way, (n, s) in needs.items()}


def climb(simulate: Callable[[int, int], sim.Result], most: int, repeats: int) -> list[tuple[int, float, float]]:
    """(paths, seconds, relative standard error of mean raised) for doubling paths, until the target is reached."""
    found: list[tuple[int, float, float]] = []
    n = min(LEAST, most // 2 // 16 * 16)
    while n <= most and (len(found) < 2 or found[-1][2] > TARGET):
        runs = [side_by_side({"": lambda n=n, seed=seed: simulate(n, seed)}, 1)[""] for seed in range(repeats)]
        raised = [result.summary()["raised"] for _, result in runs]
        error = math.sqrt(np.mean([(r.mcse / r.mean) ** 2 for r in raised]))
        found.append((n, min(seconds for seconds, _ in runs), error))
        n *= 2
    return found


def needed(found: list[tuple[int, float, float]]) -> tuple[float, float]:
    """Paths and seconds at which the error meets the target, on a log-log line; (0, 0) where it was not reached."""
    (n0, s0, e0), (n1, s1, e1) = found[-2:]
    if e1 > TARGET:
        return 0.0, 0.0
    share = min(1.0, math.log(e0 / TARGET) / math.log(e0 / e1)) if e0 > e1 else 1.0
    return n0 * (n1 / n0) ** share, s0 * (s1 / s0) ** share


def check_errors(report: Report, case: sim.Case, paths: int) -> None:
    """Compare the reported errors with the spread of the means of independent runs, and with the errors of philox."""
    reported, spread = {}, {}
    for way, how in WAYS.items():
        runs = [sim.simulate(case, paths=paths, seed=seed, **how).summary() for seed in range(SEEDS)]
        for measure in MEASURES:
            errors = [run[measure].mcse for run in runs]
            reported[way, measure] = math.sqrt(np.mean(np.square(errors)))
            spread[way, measure] = float(np.std([run[measure].mean for run in runs], ddof=1))
    # (runs - 1) x (spread / error)^2 is chi-squared with runs - 1 degrees of freedom if the error is correct.
    low, high = np.sqrt(stats.chi2.ppf([SIGNIFICANCE / 2, 1 - SIGNIFICANCE / 2], SEEDS - 1) / (SEEDS - 1))
    rows = []
    for way in WAYS:
        for measure in MEASURES:
            error, found = reported[way, measure], spread[way, measure]
            part, real = error / reported["philox", measure], found / spread["philox", measure]
            rows.append(
                (way, measure, f"{error:,.5g}", f"{found:,.5g}", f"{found / error:.2f}", f"{part:.3f}", f"{real:.3f}")
            )
            true = bool(low <= found / error <= high) or paths < FEW_PATHS
            span = f"spread / reported {found / error:.2f}, allowed {low:.2f} to {high:.2f}"
            report.checks.append(Check(f"{way}: error of mean {measure}", true, span))
    for measure in MEASURES:
        part = reported["sobol", measure] / reported["philox", measure]
        report.aim(f"sobol / philox, error of mean {measure}, {paths:,} paths", part, WANTED[measure], False)
    headings = ("way", "measure", "reported", "spread", "spread/rep.", "rep./philox", "spread/philox")
    note = (
        f"reported: root mean square of the standard errors of the runs; spread: standard deviation "
        f"of the means of {SEEDS} runs with different seeds; in $ and months"
    )
    report.tables.append(Table(f"Standard errors at {paths:,} paths", headings, rows, note=note))
    report.figures["errors"] = {
        f"{way}, {measure}": {"reported": reported[way, measure], "spread": spread[way, measure]}
        for way, measure in reported
    }
