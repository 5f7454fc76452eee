"""The same bits, however a run is cut up: workers, chunks, prefixes, the order of runs, an interruption before."""

import signal
import threading
from random import Random

import numpy as np
import pytest

import sim
from sim.engine import chunks
from sim.engine import simulate as engine
from sim.engine.trace import trace, trace_paths
from sim.engine.workspace import Workspace, run_chunk
from sim.kernels import block
from sim.lowering import program as records
from sim.lowering.lower import lower
from sim.terms import Case
from tests.support.interpreted import compare_tallies
from tests.support.valence import valence_2002
from tests.twin.random_cases import random_case, random_history, random_market, random_past
from tests.twin.random_cash import MECHANISMS, with_other_cash

MANY = 5 * engine.CHUNK + 77
NUMBERS = (3, 11, 19, 27, 42, 58, 77, 91)


def some_cases() -> dict[str, Case]:
    """The headline case by quarter and by day, and random ones."""
    quarterly = valence_2002()
    carrying = {  # nothing is asked for at first, so that coverage is left over
        "line.coverage": {"percent": [40], "carry_forward": True}, "company.cash": 25e6,
        "policy": {"kind": "runway", "target_months": 6, "cadence": "month_end"},
    }  # fmt: skip
    chosen = {"quarterly": quarterly, "weekly": quarterly.replace({"policy.cadence": "weekly"})}
    chosen["carrying"] = quarterly.replace(carrying | {"line.max_per_period": 8e6, "ranges": None})
    other = with_other_cash(Random("cash"), random_case(Random("cash"), any_day=True), *MECHANISMS)
    chosen["other cash"] = Case.from_dict(other)
    return chosen | {f"case {n}": Case.from_dict(random_case(Random(n))) for n in NUMBERS}


CASES = some_cases()


def arrays_of(result, first: int | None = None) -> dict[str, np.ndarray]:
    """Everything a run says of its paths (of the first few)."""
    arrays = {name: result.columns[name][:first] for name in result.columns}
    return arrays | {"by period": result.by_period["raised"][:first], "out": result.by_period["cash_out"][:first]}


def sums_of(result) -> dict[str, np.ndarray | float]:
    """Everything a run says of all paths together."""
    tallies = result.tallies
    return {name: getattr(tallies, name) for name in ("binding", "purchase_dates", "cut", "unraised", "fan")}


def differences(one: dict, other: dict) -> list[str]:
    """Names under which two runs do not have the same bits."""
    assert one.keys() == other.keys()
    return [name for name in one if np.asarray(one[name]).tobytes() != np.asarray(other[name]).tobytes()]


# ------------------------------------------------------------------------------------------------------ workers, chunks


@pytest.mark.parametrize("name", ["quarterly", *(f"case {n}" for n in NUMBERS[:3])])
def test_the_number_of_workers_changes_no_bit(name):
    runs = [sim.simulate(CASES[name], paths=MANY, seed=5, workers=workers) for workers in (1, 2, 3, 7)]
    for run in runs[1:]:
        assert differences(arrays_of(runs[0]), arrays_of(run)) == []
        assert differences(sums_of(runs[0]), sums_of(run)) == []
        assert run == runs[0]


@pytest.mark.parametrize("chunk", [128, 384, 1024, 16_384, 40_000])
@pytest.mark.parametrize("name", CASES)
def test_the_size_of_chunks_changes_no_path(monkeypatch, name, chunk):
    """Sums of dollars are kept by chunk and may differ by a rounding, counts may not. Small chunks share arrays."""
    paths = 2000
    whole = sim.simulate(CASES[name], paths=paths, seed=5, workers=1)
    monkeypatch.setattr(engine, "CHUNK", chunk)
    cut = sim.simulate(CASES[name], paths=paths, seed=5, workers=1)
    assert differences(arrays_of(whole), arrays_of(cut)) == []
    assert set(differences(sums_of(whole), sums_of(cut))) <= {"cut", "unraised"}
    np.testing.assert_allclose(cut.tallies.unraised, whole.tallies.unraised, rtol=1e-12)
    np.testing.assert_allclose(cut.tallies.cut, whole.tallies.cut, rtol=1e-12)


@pytest.mark.parametrize("name", ["quarterly", f"case {NUMBERS[0]}"])
@pytest.mark.parametrize("paths", [1, 2, 127, 128, 129, 1000, engine.CHUNK - 1, engine.CHUNK, engine.CHUNK + 1])
def test_the_first_paths_of_a_longer_run_are_the_shorter_run(name, paths):
    longer = sim.simulate(CASES[name], paths=engine.CHUNK + 300, seed=5)
    shorter = sim.simulate(CASES[name], paths=paths, seed=5)
    assert differences(arrays_of(longer, paths), arrays_of(shorter)) == []
    assert longer.tallies.fan[:, :paths].tobytes() == shorter.tallies.fan.tobytes()


def paths_that_differ(case: Case, seed: int, numbers: list[int], paths: int) -> list[int]:
    """Path numbers whose trace, alone in a fresh workspace, is not that path of a run."""
    run = sim.simulate(case, paths=paths, seed=seed, workers=2)
    wrong = []
    for number in numbers:
        ledger = trace(case, number, seed).ledger
        days = ledger["cash_out"]["days"] if ledger["cash_out"] else np.inf
        alone = {**ledger, "cash_out_days": days}
        names = ("raised", "shares_issued", "discount_cost", "funding_gap", "ending_cash", "cash_out_days")
        if any(run[name][number] != alone[name] for name in names):
            wrong.append(number)
    return wrong


SCATTERED = [0, 1, 127, 128, 129, 255, 16_383, 16_384, 16_385, 16_511, 16_512, 33_000, 33_333]


@pytest.mark.parametrize("name", CASES)
def test_a_path_alone_is_that_path_of_a_run(name):
    assert paths_that_differ(CASES[name], 5, SCATTERED, 33_334) == []


@pytest.mark.parametrize("name", CASES)
def test_a_path_is_the_same_in_any_lane_of_a_block(name):
    """Paths 1 to 127 in lanes 1 to 127, and each a lane further left."""
    here, left = (trace_paths(CASES[name], first, records.BLOCK, 5) for first in (0, 1))
    for one, other in zip(here[1:], left, strict=False):
        assert (one.path, one.history, one.ledger) == (other.path, other.history, other.ledger)


#: What makes paths of the headline case inactive, for the rest of a quarter or for good: reason, changes.
INACTIVE = [
    ("period cap", {"line.max_per_period": 1e6}),
    ("period cap", {"line.max_per_period": 1e6, "line.minimum_draw": 5e5}),
    ("coverage", {"line.coverage.percent": [30]}),
    ("coverage", {"line.coverage.percent": [30], "line.minimum_draw": 1e5}),
    ("commitment", {"line.commitment": 4e6, "line.minimum_draw": 1e5}),
    ("authorized shares", {"company.shares_authorized": 47_000_000, "line.minimum_draw": 1e5}),
    ("minimum draw", {"line.minimum_draw": 3e6, "line.coverage.percent": [30]}),
]


@pytest.mark.parametrize("cadence", ["month_end", "weekly"])
@pytest.mark.parametrize(("reason", "changes"), INACTIVE)
def test_dates_of_inactive_paths_are_counted_with_their_reason(reason, changes, cadence):
    case = valence_2002().replace(changes | {"policy.cadence": cadence, "ranges": None})
    traces = trace_paths(case, 0, records.BLOCK, 5)
    run = sim.simulate(case, paths=records.BLOCK, seed=5)
    compare_tallies(case, run, traces, reason)
    counted = run.tallies.binding[:, run.tallies.reasons.index(reason)].sum()
    assert counted > 50


@pytest.mark.parametrize("cadence", ["weekly", "daily"])
@pytest.mark.parametrize("after", ["2002-04-10", "2002-04-15", "2002-05-20", "2002-08-14", "2003-02-11"])
def test_inactive_paths_are_counted_when_a_condition_begins(after, cadence):
    """In the middle of a month, when nearly all paths are inactive: the condition is the reason from then on."""
    never = {"name": "never", "probability": 0.0, "median_days": 10.0, "p90_days": 20.0}
    condition = {"name": "c", "kind": "milestone", "milestone": "never", "after": after, "waiver_probability": 0.5}
    case = valence_2002().replace({
        "policy.cadence": cadence, "line.commitment": 1e6, "line.conditions": [condition], "milestones": [never],
        "line.pricing.floor": None, "ranges": None,
    })  # fmt: skip
    traces = trace_paths(case, 0, records.BLOCK, 5)
    run = sim.simulate(case, paths=records.BLOCK, seed=5)
    compare_tallies(case, run, traces, after)
    assert run.tallies.binding[:, run.tallies.reasons.index("condition: c")].sum() > 50


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63, 2**64 - 1])
def test_every_seed_is_a_seed(seed):
    case = CASES["quarterly"]
    assert case.simulation.seed != seed
    assert paths_that_differ(case, seed, [0, 130], 131) == []
    run = sim.simulate(case, paths=131, seed=seed)
    assert run.seed == seed
    assert (
        differences(arrays_of(run), arrays_of(sim.simulate(case.replace({"simulation.seed": seed}), paths=131))) == []
    )
    others = [other for other in (0, 1, 2**32, 2**63, 2**64 - 1) if other != seed]
    assert all(
        not np.array_equal(run["raised"], sim.simulate(case, paths=131, seed=other)["raised"]) for other in others
    )


# ------------------------------------------------------------------------------------------------------ path numbers


def histories_that_repeat(case: Case, numbers: list[int]) -> int:
    """How many of these paths have the luck of another one."""
    luck = [tuple(trace(case, number, 5).history["closes"].values()) for number in numbers]
    return len(luck) - len(set(luck))


DISTANT = [5, 2**31 + 5, 2**32 + 5, 2**33 + 5, 2**40 + 5, 2**62 + 5, 2**63 - 1]


def test_path_numbers_go_on_beyond_32_bits():
    assert histories_that_repeat(CASES["quarterly"], DISTANT) == 0


def test_a_block_across_32_bits_has_the_same_paths_as_each_alone():
    first = 2**32 - 64
    for case in (CASES["quarterly"], CASES["case 11"], CASES["case 42"]):
        together = trace_paths(case, first, 128, seed=5)
        assert [path.path for path in together] == list(range(first, first + 128))
        for offset in (0, 1, 63, 64, 65, 127):
            alone = trace(case, first + offset, 5)
            assert alone.history == together[offset].history
            assert alone.ledger == together[offset].ledger


def chunks_that_share_their_luck(case: Case) -> int:
    """How many of three chunks repeat another one."""
    run = sim.simulate(case, paths=3 * engine.CHUNK, seed=5)
    return 3 - len({chunk.tobytes() for chunk in run["ending_cash"].reshape(3, engine.CHUNK)})


def test_chunks_do_not_share_their_luck():
    assert chunks_that_share_their_luck(CASES["quarterly"]) == 0


# ------------------------------------------------------------------------------------------------------ order, types


def test_results_do_not_depend_on_what_ran_before():
    alone = {name: sim.simulate(case, paths=300, seed=5) for name, case in CASES.items()}
    names = list(CASES)
    for order in (names[::-1], names[1::2] + names[::2]):
        for name in order:
            again = sim.simulate(CASES[name], paths=300, seed=5)
            assert again == alone[name]
            assert differences(arrays_of(alone[name]), arrays_of(again)) == []


def test_a_workspace_keeps_nothing_of_the_chunk_before(monkeypatch):
    """One worker and chunks of one block: each block finds what the one before left behind."""
    monkeypatch.setattr(engine, "CHUNK", 128)
    for name, case in CASES.items():
        assert paths_that_differ(case, 5, [0, 127, 128, 500, 639], 640) == [], name


def test_kernels_compile_once_for_all_cases():
    for number in range(150):
        rng = Random(number)
        document = random_case(rng)
        case = Case.from_dict(document)
        sim.simulate(case, paths=1, seed=number)
        sim.replay(case, random_history(rng, document))
        market = Case.from_dict(random_market(rng, document))
        sim.simulate(market, paths=1, seed=number)
    sim.simulate(CASES["quarterly"], paths=np.int64(3), seed=np.uint64(2**64 - 1))
    sim.simulate(CASES["quarterly"].replace({"third_party": None, "line.conditions": [], "notes": []}), paths=1)
    for how in ({"sampler": "sobol"}, {"antithetic": True}, {"keep_paths": False}):
        sim.simulate(CASES["quarterly"], paths=2_048, **how)
        sim.simulate(CASES["quarterly"].replace({"price.model": "heston"}), paths=2_048, **how)
    for number in range(12):
        rng = Random(number)
        document = with_other_cash(rng, random_past(rng, random_case(rng, any_day=True)))
        case = Case.from_dict(document).replace({"price.jumps": "compensated"})
        sim.simulate(case, paths=1, seed=number)
        sim.simulate(case.replace({"line.pricing.series": "vwap"}), paths=1, seed=number)
    for kernel in (block.simulate_chunk, block.simulate_market_chunk):  # once without a `World`, and once with one
        assert sorted(str(types[-1]) != "none" for types in kernel.signatures) == [False, True]
    assert len(block.turn_points.signatures) == 1


# ------------------------------------------------------------------------------------------------------ interruption


def raise_interrupt():
    raise KeyboardInterrupt


@pytest.fixture
def heeds_ctrl_c():
    """What a shell starts in the background ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.parametrize(
    "stop", [raise_interrupt, lambda: signal.raise_signal(signal.SIGINT)], ids=["raised", "Ctrl-C"]
)
@pytest.mark.parametrize("calls_before", [0, 1, 2])
def test_an_interrupted_run_leaves_nothing_behind(monkeypatch, stop, calls_before):
    case, many = CASES["quarterly"], 200
    expected = sim.simulate(case, paths=MANY, seed=5)
    started, calls, threads = [], [], threading.active_count()
    work = chunks.Run._chunk

    def counted(self, spare, points, c, paths):
        started.append(c)
        work(self, spare, points, c, paths)

    def progress(done, paths):
        calls.append(done)
        if len(calls) > calls_before:
            stop()

    monkeypatch.setattr(chunks.Run, "_chunk", counted)
    with pytest.raises(KeyboardInterrupt):
        sim.simulate(case, paths=many * engine.CHUNK, seed=5, workers=2, progress=progress)
    assert threading.active_count() == threads
    assert len(started) < many
    assert len(calls) == calls_before + 1
    assert sim.simulate(case, paths=MANY, seed=5) == expected


def test_a_block_is_not_begun_after_the_stop():
    plan = lower(CASES["quarterly"])
    work, span = Workspace(plan, 1000), records.Span(np.uint64(0), 1000, 0, np.uint64(5))
    work.stop[0] = 1
    assert run_chunk(work, plan.program, span) == 0
    work.stop[0] = 0
    assert run_chunk(work, plan.program, span) == 1000


def test_progress_counts_up_to_all_paths_from_the_callers_thread():
    seen = []
    sim.simulate(
        CASES["quarterly"], paths=MANY, seed=5, workers=2,
        progress=lambda done, paths: seen.append((done, paths, threading.current_thread())),
    )  # fmt: skip
    assert {(paths, thread) for _, paths, thread in seen} == {(MANY, threading.main_thread())}
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[-1][0] == MANY


# ------------------------------------------------------------------------- twins with a planted fault, which must fail


@pytest.fixture
def plant(monkeypatch):
    """Puts a fault between the engine and the kernel: a function that changes (first path, seed)."""

    def planted(fault):
        honest = block.simulate_chunk

        def faulty(program, arrays, span, world):
            first_path, seed = fault(int(span.first_path), int(span.seed), span.paths)
            return honest(program, arrays, span._replace(first_path=np.uint64(first_path), seed=np.uint64(seed)), world)

        monkeypatch.setattr(block, "simulate_chunk", faulty)

    return planted


def test_chunks_that_share_their_luck_are_seen(plant):
    plant(lambda first, seed, paths: (first % engine.CHUNK, seed))
    assert chunks_that_share_their_luck(CASES["quarterly"]) > 0


def test_a_stream_of_each_chunks_own_is_seen(plant):
    plant(lambda first, seed, paths: (first, (seed + paths) % 2**64))
    assert paths_that_differ(CASES["quarterly"], 5, SCATTERED, 33_334) != []


def test_a_counter_that_wraps_at_32_bits_is_seen(plant):
    plant(lambda first, seed, paths: (first % 2**32, seed))
    assert histories_that_repeat(CASES["quarterly"], DISTANT) > 0


def test_a_seed_of_zero_taken_for_none_is_seen(plant):
    plant(lambda first, seed, paths: (first, seed or 1))
    zero, one = (sim.simulate(CASES["quarterly"], paths=131, seed=seed)["raised"] for seed in (0, 1))
    assert np.array_equal(zero, one)
