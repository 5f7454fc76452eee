"""Every check of `fundrisk verify` passes at several seeds, and fails under some planted fault."""

import dataclasses
import math
from collections.abc import Iterator
from importlib import import_module

import numpy as np
import pytest
from scipy import stats

import sim
from sim.calendar import sessions
from sim.lowering import program as r
from sim.lowering.drift import mean_products
from sim.results import distribution, estimates, measures, statistics_of
from sim.results.exits import Exits
from sim.results.measures import OF_EVERYTHING
from sim.results.result import Result
from sim.results.statistics_of import average_price
from sim.results.tail import Tail
from sim.terms import derived
from sim.verify import MODULES, financing, intervals, laws, ledger, lines, models, streams, survival
from sim.verify.written import write_paths
from tests.proof.planted import PROGRAM_FAULTS

PATHS, SEED = 40_000, 20020401
of_values, of_cumulative = Tail.of, Exits.of_cumulative


def verdicts(module: str, seed: int = SEED) -> dict[str, bool]:
    """Whether each check of a module passes."""
    checks = list(import_module(f"sim.verify.{module}").checks(PATHS, seed))
    found = {check.name: check.passed for check in checks}
    assert len(found) == len(checks) >= 12, "two checks have one name"
    return found


def failing(module: str, seed: int = SEED) -> set[str]:
    return {name for name, passed in verdicts(module, seed).items() if not passed}


@pytest.mark.parametrize("seed", [SEED, 7, 2**64 - 1])
@pytest.mark.parametrize("module", MODULES)
def test_every_check_passes(module, seed):
    assert failing(module, seed) == set()


# ------------------------------------------------------------- faults of what the checks call, as no program has them


def drawn(fault):
    """A fault of the generator: fault(draw, calls, first path, seed) in the place of draw."""
    draw = streams.draw
    return streams, "draw", lambda *given: fault(draw, *given)


def output(fault):
    return drawn(lambda draw, *given: fault(draw(*given)))


def normals(fault):
    """Of the generator, where normals are asked for."""
    return drawn(lambda draw, calls, *at: fault(draw(calls, *at)) if calls[0].kind != r.UNIFORM else draw(calls, *at))


def traced_with(edit):
    """A fault of what is written down of the first path."""
    traces = ledger.traces

    def faulty(*given):
        first, *others = traces(*given)
        changed = first.ledger.to_dict()
        edit(changed)
        return [dataclasses.replace(first, ledger=type(first.ledger)(changed)), *others]

    return ledger, "traces", faulty


def one_share_more(of_path):
    of_path["shares_issued"] += 1


def two_cents_less(of_path):
    of_path["cash_month_end"][list(of_path["cash_month_end"])[-1]] -= 0.02


def of_every_distribution(fault):
    find = distribution.Distribution.from_values
    return intervals, "Distribution", type("Faulty", (), {"from_values": lambda *given: fault(find(*given))})


def halved(one):
    """A distribution whose errors are too small by half."""
    low, high = one.mean_ci95
    width = (high - low) / 4
    return dataclasses.replace(one, mcse=one.mcse / 2, mean_ci95=(one.mean - width, one.mean + width))


def milder(one):
    return dataclasses.replace(one, worst5_mean=one.worst5_mean * 1.01)


def too_short(successes, trials):
    """Intervals of a probability within 0.7 of its standard error."""
    share = successes / trials
    width = 0.7 * math.sqrt(share * (1 - share) / trials)
    return estimates.Estimate(share, 0.0, (share - width, share + width))


def coupled(of, paths, seed):
    """Paths on which the investor cuts the line for the largest financings."""
    found = write_paths(of, paths, seed)
    least = laws.lognormal_quantile(1 - financing.CUT, financing.MEDIAN, financing.SD)
    found.reduces[:] = found.deals > least
    return found


def of_cadences(fault):
    """A fault of purchase dates, where they are not listed."""
    find = derived.dates_of
    return derived, "dates_of", lambda *one: find(*one) if one[2].dates else fault(find(*one))


def of_written_draws(edit):
    """A fault of every draw of the lines whose figures are known by hand."""
    replay = lines.by_hand

    def faulty(*given, **named):
        found = replay(*given, **named)
        return {**found, "draws": [{**draw, **edit(draw)} for draw in found["draws"]]}

    return lines, "by_hand", faulty


def more_of_each(draw):
    return {"shares": draw["shares"] + 1, "price": 1.001 * draw["price"], "amount": draw["amount"] + 1.0}


class FaultyRuns:
    """Runs of lines that cost twice as much, and of which everything else is a little more."""

    trace = staticmethod(sim.trace)

    @staticmethod
    def simulate(*given, **named):
        return {
            name: (2.0 if name == "discount_cost" else 1.01) * x for name, x in sim.simulate(*given, **named).items()
        }


def before(days):
    """The session before each day but the first."""
    every = sessions(days[0], days[-1])
    return (days[0], *(every[every.index(day) - 1] for day in days[1:]))


def raised(gross, days, sessions):
    """Means of products of returns, each too high."""
    return tuple(1.001 * mean for mean in mean_products(gross, days, sessions))


def a_hundredth_more(values, groups):
    mean, error = distribution.mean_of_all(values, groups)
    return 1.01 * mean, error


def dearer(*given):
    price = average_price(*given)
    return dataclasses.replace(price, value=1.01 * price.value)


def more_shares(measure):
    """A measure of everything issued, of one share in fifty more than there are, and of some at once."""
    return lambda everything, outstanding, days: measure(1.1 * everything + 0.02 * outstanding, outstanding, 0.0 * days)


PATCHES = {
    "generator": {
        "one index for all": drawn(lambda draw, calls, *at: draw([one._replace(number=0) for one in calls], *at)),
        "one purpose for all": drawn(lambda draw, calls, *at: draw([one._replace(purpose=2) for one in calls], *at)),
        "paths wrap at 2^32": drawn(lambda draw, calls, path, seed: draw(calls, path % 2**32, seed)),
        "seeds wrap at 2^32": drawn(lambda draw, calls, path, seed: draw(calls, path, seed % 2**32)),
        "even seeds only": drawn(lambda draw, calls, path, seed: draw(calls, path, seed & ~1)),
        "the first vector": drawn(lambda draw, calls, path, seed: draw(calls, path + (seed == 0), seed)),
        "two paths share": output(lambda x: np.repeat(x[..., ::2], 2, axis=-1)),
        "the words are one": output(lambda x: np.repeat(x[:, :1], x.shape[1], axis=1)),
        "biased": output(lambda x: np.where((x > 0) & (x < 1), np.abs(x) ** 1.03, x)),
        "four decimals": output(lambda x: np.round(x, 4)),
        "uniforms narrow": output(lambda x: 0.5 + (x - 0.5) * 0.98),
        "too wide": normals(lambda z: 1.02 * z),
        "shifted": normals(lambda z: z + 0.02),
        "skewed": normals(lambda z: z + 0.02 * (z**2 - 1)),
        "no tails": normals(lambda z: np.clip(z, -3.2, 3.2)),
        "the second has the larger cosine": normals(lambda z: np.sort(np.abs(z), axis=1) * np.sign(z)),
        "fewer digits": (streams, "turned", lambda u: stats.norm.ppf(u) * (1 + 1e-14)),
    },
    "models": {"means of other products": (models, "mean_products", raised)},
    "lines": {
        "more of each": of_written_draws(more_of_each),
        "no reasons": of_written_draws(lambda draw: {"binding": ""}),
        "other costs": (lines, "sim", FaultyRuns),
    },
    "ledger": {"one share more": traced_with(one_share_more), "two cents less": traced_with(two_cents_less)},
    "financing": {"cuts for large amounts": (financing, "write_paths", coupled)},
    "limits": {
        "every other date of a cadence": of_cadences(lambda days: days[::2]),
        "a cadence a session early": of_cadences(before),
        "a cadence without its last date": of_cadences(lambda days: days[:-1]),
    },
    "survival": {
        "means too high": (survival, "mean_of_all", a_hundredth_more),
        "months of 28 days": (statistics_of, "restricted_days", lambda case: {12: 336.0, 24: 672.0}),
        "fewer are out": (Exits, "of_cumulative", lambda counts, *of: of_cumulative(counts * 95 // 100, *of)),
        "larger gaps": (Result, "gap_by_month", property(lambda run: {12: 1.1 * run.columns["funding_gap"]})),
        "a heavier tail": (Tail, "of", lambda values, groups: of_values(1.3 * values, groups)),
        "a dearer price": (statistics_of, "average_price", dearer),
        "more shares": (measures, "OF_EVERYTHING", {name: more_shares(one) for name, one in OF_EVERYTHING.items()}),
        "all survive": (measures, "OF_EVERYTHING", OF_EVERYTHING | {"retained_ownership": lambda n, m, _: m / (m + n)}),
    },
    "intervals": {
        "intervals of 50%": (distribution, "interval_ranks", lambda n, p, _=0.95: estimates.interval_ranks(n, p, 0.5)),
        "errors by half": of_every_distribution(halved),
        "a mild worst 5%": of_every_distribution(milder),
        "a probability within 0.7 of its error": (intervals, "proportion", too_short),
    },
}  # fmt: skip


def broken(module: str) -> Iterator[tuple[str, tuple[str, ...], set[str]]]:
    """Each fault planted for a module: its name, beginnings of checks that must fail, and those that do."""
    for fault in PROGRAM_FAULTS.get(module, []):
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault.plant(monkeypatch)
            yield fault.name, fault.fails, failing(module)
    for name, patch in PATCHES.get(module, {}).items():
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(*patch)
            yield name, (), failing(module)


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
@pytest.mark.parametrize("module", MODULES)
def test_faults_fail_their_checks_and_spare_none(module):
    every, caught = set(verdicts(module)), set()
    for fault, beginnings, failed in broken(module):
        passed = [words for words in beginnings if not any(name.startswith(words) for name in failed)]
        assert (bool(failed), passed) == (True, []), f"{fault}: these should fail"
        assert failed < every, f"{fault}: every check fails"
        caught |= failed
    assert every - caught == set(), "these failed under no fault"
