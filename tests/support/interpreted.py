"""The kernels as plain Python: the same sources without a compiler, in small blocks, with every index checked.

    python tests/support/interpreted.py [CASES [MODULE OLD NEW]]

Runs alone, as the compiler is switched off before anything is imported. Histories and ledgers must agree with the twin
to the last bit, and a run, in which inactive paths are skipped, with the traces of its paths, in which none is. Prints
how much was compared; status 1 and what differs otherwise. OLD becomes NEW in a module's source: a fault to be seen.
"""

import dataclasses
import os
import random
import struct
import sys
import types
import warnings
from fractions import Fraction
from importlib import util
from math import isfinite, sqrt
from pathlib import Path

BLOCK, MANY = 8, 3  # paths of a block, and how many must be active for it to draw together
CASES = 12
MOST_MONTHS, MOST_DATES = 9, 70  # of a case: interpreted code takes its time


def without_compiler() -> None:
    """Import the program's records with small blocks, and `sim.kernels.jit` with Python for its intrinsics."""
    import numba

    assert numba.config.DISABLE_JIT, "set NUMBA_DISABLE_JIT=1 before anything is imported"
    warnings.simplefilter("ignore", RuntimeWarning)  # unsigned words wrap, and a division by zero is infinite
    load_source("sim.lowering.layout", {"BLOCK = 128\n": f"BLOCK = {BLOCK}\n"})
    load_source("sim.lowering.program", {"MANY = 24\n": f"MANY = {MANY}\n"})
    jit = load_source("sim.kernels.jit", {})
    jit.fma, jit.to_bits, jit.from_bits, jit.sqrt = fma, to_bits, from_bits, sqrt
    jit.stack_floats = lambda n: [0.0] * n
    jit.load, jit.store = list.__getitem__, list.__setitem__
    jit.peek, jit.put, jit.add_to, jit.fetch = peek, put, add_to, fetch
    load_source("sim.kernels.reference", {}).by_reference = lambda *classes: None


def load_source(name: str, changes: dict[str, str]) -> types.ModuleType:
    """Import a module from its source with changes, each of which must fit once."""
    spec = util.find_spec(name)
    text = Path(spec.origin).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, new)
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(text, spec.origin, "exec"), module.__dict__)
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)
    return module


def fma(a, b, c):
    """a x b + c with one rounding, by exact fractions."""
    if not (isfinite(a) and isfinite(b) and isfinite(c)):
        return a * b + c
    try:
        return float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))
    except OverflowError:
        return a * b + c


def to_bits(x):
    import numpy as np

    return np.uint64(struct.unpack("<Q", struct.pack("<d", x))[0])


def from_bits(n):
    import numpy as np

    return np.float64(struct.unpack("<d", struct.pack("<Q", int(n)))[0])


def inside(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise IndexError(f"{index} of {size}")


def peek(row, i):
    inside(i, row.shape[0])
    return row[i]


def put(row, i, value):
    inside(i, row.shape[0])
    row[i] = value


def fetch(row, i):
    pass


def add_to(sums, place, amount):
    inside(place, sums.size)
    sums.reshape(-1)[place] += amount


def lower_to_records(case):
    """A plan whose structured arrays let their fields be read as attributes, as compiled code does."""
    import numpy as np

    from sim.lowering.lower import lower

    plan = lower(case)

    def with_records(tables):
        arrays = {
            name: value.view(np.recarray) for name, value in tables._asdict().items()
            if isinstance(value, np.ndarray) and value.dtype.names
        }  # fmt: skip
        return tables._replace(**arrays)

    return dataclasses.replace(plan, program=with_records(plan.program), market=with_records(plan.market))


def small_cases(number: int, first: int = 9000):
    """Random cases with few months and few purchase dates."""
    from tests.twin import ledger as reference
    from tests.twin import random_cases

    while number:
        document = random_cases.random_case(random.Random(first))
        terms = reference.read(document)
        if len(terms.months()) <= MOST_MONTHS and len(terms.purchase_dates) <= MOST_DATES:
            number -= 1
            yield first, document, terms
        first += 1


def compare(cases: int) -> tuple[int, int]:
    """How many ledgers and columns were compared. AssertionError where they differ."""
    import numpy as np

    import sim
    from sim.engine import chunks as engine
    from sim.engine import trace as audit
    from sim.kernels.random import elementary
    from tests.twin import ledger as reference
    from tests.twin import random_cases
    from tests.twin import sampler as reference_luck

    for name in ("exp", "log", "normal", "upper_tail"):
        setattr(reference_luck, name, getattr(elementary, name))
    reference_luck.box_muller = lambda word: elementary.box_muller(np.uint64(word))
    audit.lower = engine.lower = lower_to_records
    ledgers = columns = 0
    for number, document, terms in small_cases(cases):
        case = sim.Case.from_dict(document)
        rng = random.Random(number)
        for _ in range(3):
            history = random_cases.random_history(rng, document)
            assert sim.replay(case, history) == reference.replay(document, history), f"case {number}"
            ledgers += 1
        traces = audit.trace_paths(case, 0, BLOCK, seed=number)
        for path in traces[:3]:
            expected = reference.sample(document, seed=number, path=path.path)
            expected["closes"] = {day: expected["closes"][day] for day in path.history.closes}
            assert path.history.to_dict() == expected, f"case {number}, path {path.path}"
        for path in traces:
            assert path.ledger == reference.replay(terms, path.history), f"case {number}, path {path.path}"
            ledgers += 1
        columns += compare_run(case, traces, number)
    for number, case in inactive_cases(cases):
        columns += compare_run(case, audit.trace_paths(case, 0, BLOCK, seed=number), number)
    return ledgers + compare_markets(max(cases // 4, 2)), columns


def market_cases(number: int):
    """Cases of every price model, with prices of the day in their pricing; and which look at volumes too."""
    from tests.twin import random_cases

    for first, document, _ in small_cases(number, 29_000):
        for model in random_cases.MODELS:
            rng = random.Random(f"{model} {first}")
            yield first, random_cases.random_market(rng, document | copied(document), model)


def copied(document: dict) -> dict:
    """Tables of a document that may be changed."""
    return {name: {**document[name]} for name in ("price", "burn")} | {
        "line": {**document["line"], "pricing": {**document["line"]["pricing"]}}
    }


def compare_markets(number: int) -> int:
    """Histories and ledgers of every price model; returns how many were compared."""
    import sim
    from sim.engine import trace as audit
    from tests.twin import ledger as reference
    from tests.twin import random_cases

    ledgers = 0
    for first, document in market_cases(number):
        if first % 2:
            document = random_cases.random_moves(random.Random(first), document)
        terms = reference.read(document)
        for path in audit.trace_paths(sim.Case.from_dict(document), 0, BLOCK, seed=first)[:4]:
            expected = reference.sample(terms, seed=first, path=path.path)
            expected["closes"] = {day: expected["closes"][day] for day in path.history.closes}
            assert path.history.to_dict() == expected, f"case {first}, {terms.model}, path {path.path}"
            assert path.ledger == reference.replay(terms, path.history), f"case {first}, {terms.model}"
            ledgers += 1
    return ledgers


def inactive_cases(number: int):
    """Cases with many purchase dates, on most of which some paths, or all, cannot draw."""
    import sim
    from tests.twin import random_cases

    for first, document, terms in small_cases(number, 19_000):
        document["policy"] = {"kind": "maximum", "cadence": "daily" if len(terms.months()) <= 4 else "weekly"}
        document["line"]["pricing"].pop("floor", None)
        if document["line"].get("coverage"):
            document["line"]["coverage"]["basis"] = "quarter"
        if first % 2:  # several draws a quarter, so that paths become inactive one after the other
            burn = document["burn"]["monthly"]
            document["burn"]["volatility"], document["price"]["impact"] = 0.6, "none"
            document["line"] |= {"max_per_draw": 0.7 * burn, "minimum_draw": 0, "commitment": 50 * burn}
            document["line"]["coverage"] = {"percent": [100], "basis": "quarter"}
        if first % 3 == 0:
            document = random_cases.random_moves(random.Random(first), document)
        yield first, sim.Case.from_dict(document)


def compare_run(case, traces, number: int) -> int:
    """The run whose paths these are, in which they can be inactive; returns how many columns were compared."""
    import numpy as np

    import sim

    run = sim.simulate(case, paths=BLOCK, seed=number, workers=1)
    names = ("raised", "shares_issued", "discount_cost", "funding_gap", "ending_cash")
    for name in names:
        traced = np.array([float(path.ledger[name]) for path in traces])
        assert np.array_equal(run[name], traced), f"case {number}: {name}"
    compare_tallies(case, run, traces, f"case {number}")
    return len(names)


def compare_tallies(case, run, traces, where: str) -> None:
    """A run counts the dates of inactive paths as those of active ones."""
    import numpy as np

    from tests.engine.test_identities import shared_out
    from tests.support.accounts import before_cash_out

    tallies = run.tallies
    binding = np.zeros_like(tallies.binding)
    unraised = dict.fromkeys(tallies.reasons, 0.0)
    for path in traces:
        counted = {draw["date"] for draw in before_cash_out(case, path.ledger)}
        for draw in path.ledger["draws"]:
            period = next(k for k, p in enumerate(run.periods) if draw["date"] <= p.end.isoformat())
            reason = draw["binding"] if draw["date"] in counted else "cash-out"
            binding[period, tallies.reasons.index(reason)] += 1
        for reason, amount in shared_out(case, path).items():
            unraised[reason] += amount
    assert np.array_equal(tallies.binding, binding), f"{where}: binding reasons"
    expected = np.array([unraised[reason] for reason in tallies.reasons])
    assert np.allclose(tallies.unraised, expected, rtol=0, atol=1e-9 * len(traces) * case.line.commitment), where


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    sys.path.insert(0, str(here.parents[1]))
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    without_compiler()
    for module, old, new in [sys.argv[2:5]] if len(sys.argv) > 2 else []:
        load_source(module, {old: new})
    print("ledgers and columns:", *compare(int(sys.argv[1]) if len(sys.argv) > 1 else CASES))
