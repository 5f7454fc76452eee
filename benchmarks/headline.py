"""`valence-2002` with every rule, compared with vectorised NumPy, naive Numba, and the prices alone in QuantLib."""

import math
from functools import partial
from importlib.util import find_spec

import sim
from benchmarks import against, agreement, naive_numba, numpy_opponent, quantlib_prices
from benchmarks.case import valence_2002
from benchmarks.facts import Facts, read_facts
from benchmarks.report import Check, Options, Report, cores, side_by_side
from sim.text.tables import Table

WANTED = {"quarter_end": 10.0, "daily": 18.0}  # times NumPy's speed
PART = {"0.1.0": {"quarter_end": 0.67, "daily": 0.33}}  # of the time of that version, one worker
FEWER = {"naive": 20, "QuantLib": 50}  # slow opponents get that many times fewer paths; their cost is linear
LEAST = 4_000  # but no fewer than these
SEED = 20020401


def run(options: Options) -> Report:
    report = Report("headline")
    for cadence in WANTED:
        measure(report, cadence, options.many(1_000_000), options.times(3))
    if options.against:
        measure_against(report, options.against, options.many(1_000_000), options.times(5))
    return report


def measure_against(report: Report, version: str, paths: int, repeats: int) -> None:
    """Time another version in turns, one worker each, and check that both simulate the same model."""
    found = against.compare(version, paths, repeats, SEED)
    rows = []
    for cadence, of_version in found.items():
        (seconds, means), (before, means_before) = of_version.values()
        gaps = [(a - b) / math.hypot(s, t) for (a, s), (b, t) in zip(means, means_before, strict=True)]
        rows.append(
            (cadence, f"{seconds / paths * 1e9:,.0f}", f"{before / paths * 1e9:,.0f}", f"{seconds / before:.3f}")
        )
        report.checks.append(agreement.check(f"{cadence}: {version}", dict(zip(against.MEASURES, gaps, strict=True))))
        if wanted := PART.get(version, {}).get(cadence):
            report.aim(f"{cadence}: time / time of {version}, one worker", seconds / before, wanted, False)
    report.figures[f"against {version}"] = {
        cadence: {name: row[0] for name, row in of.items()} for cadence, of in found.items()
    }
    headings = ("cadence", "this version, ns", f"{version}, ns", "ratio")
    note = f"a path, whole runs with one worker; {paths:,} paths, best of {repeats} in turns, a process each"
    report.tables.append(Table(f"Against {version}", headings, rows, note=note))


def measure(report: Report, cadence: str, paths: int, repeats: int) -> None:
    """Time every program on one cadence, and check that the opponents simulate the same model."""
    case = valence_2002().replace({"policy.cadence": cadence})
    facts = read_facts(case)
    many = cores()
    programs, sizes = programs_for(case, facts, paths, many)
    side_by_side({name: partial(program, 64) for name, program in programs.items()}, 1)  # compile
    timed = side_by_side({name: partial(program, sizes[name]) for name, program in programs.items()}, repeats)
    cost = {name: seconds / sizes[name] * 1e9 for name, (seconds, _) in timed.items()}
    one, all_cores = ours_with(1), ours_with(many)
    ours = agreement.measures(timed[one][1], facts.horizon_t)
    rows, figures = [], {}
    for name, (_, given) in timed.items():
        if name.startswith("QuantLib"):
            scores = {"log close": quantlib_prices.z_of_log_close(facts, given)}
        elif name.startswith("fundrisk"):
            scores = {}
        else:
            scores = agreement.z_scores(ours, agreement.measures(given, facts.horizon_t))
        if scores:
            report.checks.append(agreement.check(f"{cadence}: {name}", scores))
        ratios = [cost[name] / cost[one], cost[name] / cost[all_cores]]
        z = [f"{scores[m]:+.1f}" if m in scores else "" for m in agreement.NAMES]
        rows.append((name, f"{sizes[name]:,}", f"{cost[name]:,.0f}", *(f"{r:.2f}" for r in ratios), *z))
        figures[name] = {"paths": sizes[name], "ns_per_path": cost[name], "z": scores}
    same = bool((timed[one][1]["raised"] == timed[all_cores][1]["raised"]).all())
    report.checks.append(Check(f"{cadence}: fundrisk", same, "the same bits with any number of workers"))
    report.figures[cadence] = figures
    rows_of_prices = f"{len(facts.row_t)} closes a path, {len(facts.purchase_row)} purchase dates"
    headings = ("program", "paths", "ns a path", "x one", f"x {many}", *(f"z {m}" for m in agreement.NAMES))
    note = (
        f"best of {repeats} in turns; x one, x {many}: times fundrisk with one and {many} workers; z: difference of "
        "means\nin standard errors; NumPy on one core, float64, SFC64, without tallies of binding reasons"
    )
    if not find_spec("QuantLib"):
        note += "\nQuantLib is not installed, so its path generator is left out: pip install QuantLib"
    report.tables.append(Table(f"valence-2002, {cadence}: {rows_of_prices}", headings, rows, note=note))
    rival = min(cost["NumPy, masks"], cost["NumPy, lists"])
    report.aim(f"{cadence}: NumPy / {all_cores}", rival / cost[all_cores], WANTED[cadence], True, "x")
    if many > 1:
        report.aim(f"{cadence}: 1 worker / {many} workers", cost[one] / cost[all_cores], 0.925 * many, True, "x")


def ours_with(workers: int) -> str:
    """The name of fundrisk with so many workers."""
    return f"fundrisk, {workers} worker{'s' * (workers > 1)}"


def programs_for(case: sim.Case, facts: Facts, paths: int, many: int) -> tuple[dict, dict]:
    """Programs by name, each a function of the number of paths, and how many paths each gets."""

    def fundrisk(workers: int, n: int) -> sim.Result:
        return sim.simulate(case, paths=n, seed=SEED, workers=workers)

    def numpy_way(way: str, n: int) -> dict:
        return numpy_opponent.simulate(facts, n, SEED, way)

    def naive(workers: int, n: int) -> dict:
        return naive_numba.simulate(facts, n, SEED, workers)

    programs = {ours_with(w): partial(fundrisk, w) for w in sorted({1, many})}
    programs |= {f"NumPy, {way}": partial(numpy_way, way) for way in ("masks", "lists")}
    programs |= {f"naive Numba, {w} thread{'s' * (w > 1)}": partial(naive, w) for w in sorted({1, many})}
    if find_spec("QuantLib"):
        programs["QuantLib, prices only"] = lambda n: quantlib_prices.final_closes(facts, n, SEED)
    sizes = {}
    for name in programs:
        fewer = next((divisor for word, divisor in FEWER.items() if word in name), 1)
        sizes[name] = max(paths // fewer, min(paths, LEAST))
    return programs, sizes
