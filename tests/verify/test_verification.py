"""`fundrisk verify`: its closed forms, its arithmetic, and that every check of the engine fails under some fault."""

import dataclasses
import html
import json
import math
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

import sim
from sim import verify as verification
from sim.board.page.validation import validation_page
from sim.cli import main
from sim.lowering import program as r
from sim.results import distribution, estimates
from sim.verify import MODULES, intervals, ledger, streams, verify
from sim.verify.check import Check, chance, chance_of_false_alarm, chi_square, exact, mean_of, quantile
from sim.verify.closed_forms import Gbm, Lognormal, binomial, expectation
from sim.verify.table import figures
from tests.support.samples import changed, plant_fault

PATHS, SEED = 40_000, 20020401
MINE = ("generator", "prices", "windows", "draws", "ledger", "intervals")

# ------------------------------------------------------------------------------------------------------ closed forms

# S0 = 2.5, drift -0.10, volatility 0.90, 252 sessions a year; figures from quadrature in fifty digits elsewhere.
MARKET = Gbm(2.5, -0.10, 0.90)


def test_closed_forms_of_one_day():
    assert MARKET.mean(252) == pytest.approx(2.2620935450898987, rel=1e-14)
    assert math.sqrt(MARKET.variance(252)) == pytest.approx(2.52698022066811, rel=1e-13)
    assert MARKET.inverse(252) == pytest.approx(0.9937290133539266, rel=1e-14)
    known = {1: 0.18592305851252655, 5: 0.3433250776545005, 25: 0.8222177278229446, 50: 1.5087639385676013}
    known |= {75: 2.7685715660125143, 95: 6.630359302249413}
    assert {p: MARKET.quantile(p, 252) for p in known} == pytest.approx(known, rel=1e-14)


@pytest.mark.parametrize(
    ("n", "mean", "second", "inverse", "lowest"),
    [
        (1, 2.4990081333199, 6.26514729389198, 0.40144705561126, 0.401447055611),
        (3, 2.49801679128082, 6.27137633106682, 0.40232264590056, 0.41860287894),
        (5, 2.4970259735706, 6.27941442986702, 0.40331360422088, None),
    ],
)
def test_closed_forms_of_a_window(n, mean, second, inverse, lowest):
    assert MARKET.window_mean(n) == pytest.approx(mean, rel=1e-13)
    assert MARKET.window_second(n) == pytest.approx(second, rel=1e-13)
    assert MARKET.window_inverse(n) == pytest.approx(inverse, rel=1e-13)
    if lowest is not None:
        assert MARKET.window_inverse_lowest(n) == pytest.approx(lowest, rel=1e-11)


def test_partial_expectations_against_integrals():
    strike, n = 2.0, 63

    def integral(f, low, high):
        """E[f(S); low <= ln S < high]."""
        score = [(end - MARKET.log_mean(n)) / MARKET.log_sd(n) for end in (low, high)]
        price = lambda z: math.exp(MARKET.log_mean(n) + MARKET.log_sd(n) * z)  # noqa: E731
        return integrate.quad(lambda z: f(price(z)) * stats.norm.pdf(z), max(score[0], -12), min(score[1], 12))[0]

    at = math.log(strike)
    assert MARKET.above(strike, n) == pytest.approx(integral(lambda s: 1, at, math.inf), rel=1e-9)
    assert MARKET.mean_below(strike, n) == pytest.approx(integral(lambda s: s, -math.inf, at), rel=1e-9)
    assert MARKET.inverse_above(strike, n) == pytest.approx(integral(lambda s: 1 / s, at, math.inf), rel=1e-9)


def test_several_days_below_against_the_multivariate_normal():
    days, strike = (22, 44, 64), 2.0
    covariance = np.minimum.outer(days, days) / 252 * 0.81
    scores = [math.log(strike) - MARKET.log_mean(n) for n in days]
    law = stats.multivariate_normal(np.zeros(3), covariance, seed=1, abseps=1e-9, maxpts=10**6)
    assert MARKET.all_below(strike, days) == pytest.approx(law.cdf(scores), abs=1e-6)
    one = MARKET.all_below(strike, days[:1])
    assert one == pytest.approx(1 - MARKET.above(strike, 22), abs=1e-11)
    above = stats.multivariate_normal(np.zeros(2), covariance[:2, :2]).cdf([-score for score in scores[:2]])
    assert MARKET.both_above(strike, *days[:2]) == pytest.approx(above, abs=1e-9)


def test_a_limited_lognormal_a_binomial_and_an_expectation():
    law = Lognormal(0.75, 0.5)
    same = stats.lognorm(0.5, scale=0.75 * math.exp(-0.125))
    assert law.below(0.8) == pytest.approx(same.cdf(0.8), rel=1e-12)
    assert law.limited(0.8) == pytest.approx(same.expect(lambda x: x, ub=0.8) + 0.8 * same.sf(0.8), rel=1e-8)
    np.testing.assert_allclose(binomial(1_000, 0.05), stats.binom.pmf(np.arange(1_001), 1_000, 0.05), rtol=1e-8)
    assert expectation(np.exp) == pytest.approx(math.exp(0.5), rel=1e-13)


# ------------------------------------------------------------------------------------------------------ one check


def check(estimate: float, se: float = 1.0, within: float = 0.0) -> Check:
    return Check("name", "protects", "source", 10.0, estimate, se, within)


@pytest.mark.parametrize(
    ("one", "z", "passed"),
    [
        (check(14.0), 4.0, True),
        (check(6.0), -4.0, True),
        (check(14.000001), 4.000001, False),
        (check(math.nan), math.nan, False),
        (check(10.0, math.nan), math.nan, False),
        (check(10.0, math.inf), 0.0, False),
        (check(10.0, -1.0), 0.0, False),
        (check(10.0, 0.0), 0.0, True),
        (check(math.nextafter(10.0, 11), 0.0), math.inf, False),
        (check(10.5, 0.0, 0.5), 0.0, True),
        (check(9.4, 0.0, 0.5), -math.inf, False),
        (check(math.nan, 0.0, 0.5), math.nan, False),
        (check(10.0, 0.0, math.nan), math.inf, False),
    ],
)
def test_the_verdict(one, z, passed):
    assert one.passed is passed
    assert one.z == pytest.approx(z, abs=1e-12, nan_ok=True)


def test_the_ways_to_make_a_check():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    made = mean_of("n", "p", "s", 3, values)
    assert (made.known, made.estimate, made.exact) == (3.0, 4.0, False)
    assert made.se == pytest.approx(stats.sem(values), rel=1e-15)
    made = chance("n", "p", "s", 0.2, np.array([True] * 3 + [False] * 7))
    assert (made.estimate, made.se) == (0.3, math.sqrt(0.2 * 0.8 / 10))
    made = quantile("n", "p", "s", 2.0, 25, values)
    assert (made.known, made.estimate) == (0.25, 0.5)
    assert exact("n", "p", "s", 3, 3).passed
    assert not mean_of("n", "p", "s", 3, np.array([3.0])).passed  # one value has no spread to judge by
    assert not chance("n", "p", "s", 0.5, np.array([])).passed


def test_a_chi_square_is_judged_as_its_distribution_says():
    for freedom in (45, 255):
        for z in (-3.5, 3.5):
            edge = stats.chi2.isf(stats.norm.sf(z), freedom)
            assert chi_square("n", "p", edge, freedom).z == pytest.approx(z, abs=0.1)


def test_the_chance_of_a_false_alarm():
    assert chance_of_false_alarm(1) == pytest.approx(2 * stats.norm.sf(4), rel=1e-12)
    assert chance_of_false_alarm(100) == pytest.approx(0.0063, abs=0.0001)


# ------------------------------------------------------------------------------------------------------ all pass


def verdicts(module: str, seed: int = SEED) -> dict[str, bool]:
    checks = list(import_module(f"sim.verify.{module}").checks(PATHS, seed))
    found = {one.name: one.passed for one in checks}
    assert len(found) == len(checks), "two checks have one name"
    return found


def failing(module: str, seed: int = SEED) -> set[str]:
    return {name for name, passed in verdicts(module, seed).items() if not passed}


@pytest.mark.parametrize("module", MINE)
def test_every_check_passes(module):
    assert len(verdicts(module)) >= 12
    assert failing(module) == failing(module, seed=2**64 - 1) == set()


def test_there_are_enough_checks():
    assert sum(len(verdicts(module)) for module in MINE) >= 45


# ------------------------------------------------------------------------------------------------------ faults


def of(part: str, **fields):
    """A fault of the program: other values in a named tuple, or in columns of an array; or functions of the old."""

    def fault(program):
        record = getattr(program, part)
        rows = isinstance(record, np.ndarray)
        old = {name: record[name] if rows else getattr(record, name) for name in fields}
        new = {name: value(old[name]) if callable(value) else value for name, value in fields.items()}
        return program._replace(**{part: changed(record, **new) if rows else record._replace(**new)})

    return lambda monkeypatch: plant_fault(monkeypatch, fault)


def raw(fault):
    """A fault of the generator: fault(draw, calls, first path, seed) in the place of draw."""
    draw = streams.draw
    return lambda monkeypatch: monkeypatch.setattr(streams, "draw", lambda *given: fault(draw, *given))


def output(fault):
    return raw(lambda draw, *given: fault(draw(*given)))


def normals(fault):
    """Of the generator, where normals are asked for."""
    return raw(
        lambda draw, calls, *given: fault(draw(calls, *given)) if calls[0].kind == r.NORMAL else draw(calls, *given)
    )


def second_half_like_the_first(x):
    return np.stack([x[:, 0], x[:, 0]], axis=1)


def patched(place, name, value):
    return lambda monkeypatch: monkeypatch.setattr(place, name, value)


def times(factor):
    return lambda values: values * factor


def at_every_session_the_same(luck):
    return np.full_like(luck, luck[0])


def traced_with(edit):
    """A fault of what is written down of a path."""
    traces = ledger.traces

    def faulty(*given):
        found = traces(*given)
        edit(found[0])
        return found

    return patched(ledger, "traces", faulty)


def one_share_more(trace):
    trace.ledger["shares_issued"] += 1


def a_cent_less(trace):
    month = list(trace.ledger["cash_month_end"])[-1]
    trace.ledger["cash_month_end"][month] -= 0.02


def narrow(find):
    """Ranks of an interval of 50% in the place of 95%."""
    return lambda n, percent, level=0.95: find(n, percent, 0.5)


def halved(one):
    """A distribution whose errors are too small by half."""
    low, high = one.mean_ci95
    reach = (high - low) / 4
    return dataclasses.replace(one, mcse=one.mcse / 2, mean_ci95=(one.mean - reach, one.mean + reach))


def not_far_enough(one):
    return dataclasses.replace(one, worst5_mean=one.worst5_mean * 1.01)


def of_every_distribution(fault):
    find = distribution.Distribution.from_values
    faulty = type("Faulty", (), {"from_values": staticmethod(lambda *given: fault(find(*given)))})
    return patched(intervals, "Distribution", faulty)


def too_short(successes, trials):
    share = successes / trials
    reach = 0.7 * math.sqrt(share * (1 - share) / trials)
    return estimates.Estimate(share, 0.0, (share - reach, share + reach))


FAULTS = {
    "generator": {
        "one index for all": raw(lambda draw, calls, *at: draw([one._replace(number=0) for one in calls], *at)),
        "one purpose for all": raw(lambda draw, calls, *at: draw([one._replace(purpose=2) for one in calls], *at)),
        "paths wrap at 2^32": raw(lambda draw, calls, path, seed: draw(calls, path % 2**32, seed)),
        "seeds wrap at 2^32": raw(lambda draw, calls, path, seed: draw(calls, path, seed % 2**32)),
        "even seeds only": raw(lambda draw, calls, path, seed: draw(calls, path, seed & ~1)),
        "two paths share": output(lambda x: np.repeat(x[..., ::2], 2, axis=-1)),
        "the halves are one": output(second_half_like_the_first),
        "biased": output(lambda x: np.where((x > 0) & (x < 1), np.abs(x) ** 1.03, x)),
        "53 bits": output(lambda x: np.round(x, 4)),
        "too wide": normals(times(1.02)),
        "shifted": normals(lambda z: z + 0.02),
        "skewed": normals(lambda z: z + 0.02 * (z**2 - 1)),
        "no tails": normals(lambda z: np.clip(z, -3.2, 3.2)),
        "fewer digits": patched(streams, "turned", lambda u: stats.norm.ppf(u) * (1 + 1e-14)),
        "uniforms narrow": output(lambda x: 0.5 + (x - 0.5) * 0.98),
        "the first vector": raw(lambda draw, calls, path, seed: draw(calls, path + (seed == 0), seed)),
    },
    "prices": {
        "no -sigma^2/2": of("days", drift=lambda drift: drift * (-0.1 / (-0.1 - 0.405))),
        "drift upwards": of("days", drift=lambda drift: drift + 0.004 * np.arange(1, len(drift) + 1)),
        "too volatile": of("price", scale=times(1.05)),
        "calmer": of("price", scale=times(0.95)),
        "a straight line inside a month": of("walk", root=lambda root: np.where(np.arange(len(root)) > 20, 0.0, root)),
        "one normal for all days": of("walk", luck=at_every_session_the_same),
        "days by their number in the case": of("walk", luck=lambda luck: np.roll(luck, len(luck) % 5 + 1)),
        "every step a little more": of("walk", root=times(1.05)),
    },
    "windows": {
        "a day early": of("purchases", first_row=lambda row: np.maximum(row - 1, 0)),
        "the mean in the place of the lowest": of("line", statistic=r.STATISTIC_MEAN),
        "no discount": of("line", multiplier=1.0),
        "too volatile": of("price", scale=times(1.3)),
        "another opening": of("price", initial=2.51),
        "drift upwards": of("days", drift=lambda drift: drift + 0.005),
    },
    "draws": {
        "no floor": of("line", floor=0.0),
        "no discount": of("line", multiplier=1.0),
        "no commitment": of("line", commitment=1e12),
        "less commitment": of("line", commitment=lambda c: min(c, 24e6)),
        "no cap": of("line", cap=1e12),
        "no charter": of("opening", headroom=1e14),
        "half the coverage": of("purchases", percent=times(0.5)),
        "no memory": of("burn", persistence=0.0),
        "no -s^2/2": of("burn", half_variance=0.0),
        "less volatile": of("price", scale=times(0.8)),
        "another trigger": of("line", trigger=times(1.2)),
        "more cash": of("opening", cash=lambda cash: cash + 2e5),
        "no change of CEO": of("events", ceo_mean_days=r.NEVER),
        "no condition": lambda monkeypatch: plant_fault(
            monkeypatch, lambda program: program._replace(applies=np.zeros_like(program.applies))
        ),
    },
    "ledger": {
        "a year of 360 days": of("actions", accrual_days=times(365 / 360)),
        "no interest": of("actions", interest=0),
        "months of 30.4 days": of("stops", month_days=30.4),
        "a day late": of("stops", t=lambda t: t + 1.0),
        "a dollar more": of("opening", cash=lambda cash: cash + 1.0),
        "another minimum": of("opening", minimum=lambda least: least + 1.0),
        "no discount": of("line", multiplier=1.0),
        "lowest close": of("line", statistic=r.STATISTIC_LOWEST),
        "no commitment": of("line", commitment=1e12),
        "no cap": of("line", cap=1e12),
        "smaller cap": of("line", cap=lambda cap: cap * 0.5),
        "no charter": of("opening", headroom=1e14),
        "no impact": of("price", impact=0),
        "the schedule": of("purchases", scheduled=times(0.9)),
        "legal costs twice": of("line", legal_cost=times(2.0)),
        "more cash used": of("months", level=times(1.01)),
        "one share more": traced_with(one_share_more),
        "two cents less": traced_with(a_cent_less),
    },
    "intervals": {
        "intervals of 50%": patched(distribution, "interval_ranks", narrow(estimates.interval_ranks)),
        "errors by half": of_every_distribution(halved),
        "worst cases not bad enough": of_every_distribution(not_far_enough),
        "a probability within 0.7 of its error": patched(intervals, "proportion", too_short),
        "another price": of("price", scale=times(1.1)),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def seen():
    """What each module's faults made fail."""
    found = {}
    for module, faults in FAULTS.items():
        for name, fault in faults.items():
            with pytest.MonkeyPatch.context() as patch:
                fault(patch)
                found[module, name] = failing(module)
    return found


@pytest.mark.parametrize(("module", "fault"), [(module, fault) for module in FAULTS for fault in FAULTS[module]])
def test_a_planted_fault_is_seen(seen, module, fault):
    assert seen[module, fault]


@pytest.mark.parametrize("module", MINE)
def test_every_check_fails_under_some_fault(seen, module):
    found = set().union(*(names for (where, _), names in seen.items() if where == module))
    assert set(verdicts(module)) - found == set()


# ------------------------------------------------------------------------------------------------------ the table


@pytest.fixture
def few(monkeypatch):
    """Two modules of the table, so that it is made in a moment."""
    monkeypatch.setattr(verification, "MODULES", {name: MODULES[name] for name in ("windows", "intervals")})


class Awkward:
    """A module with a name that HTML would swallow, one failure, and numbers that JSON has no word for."""

    @staticmethod
    def checks(paths, seed):
        yield exact('1 < 2 & "so" </td><script>', "p < q", "s & t", 1.0, 2.0)
        yield Check("nowhere", "p", "s", 1.0, math.nan, math.nan)
        yield mean_of("plain", "p", "s", 0.5, np.linspace(0, 1, 101))


@pytest.fixture
def bad(monkeypatch):
    monkeypatch.setitem(sys.modules, "sim.verify.awkward", Awkward)
    monkeypatch.setattr(verification, "MODULES", {"awkward": "Awkward <things>"})


def test_the_table_of_every_module_names_every_module():
    folder = Path(verification.__file__).parent
    written = {path.stem for path in folder.glob("*.py") if "\ndef checks(" in path.read_text(encoding="utf-8")}
    assert written == set(MODULES)


def test_the_texts_count_the_checks_of_today():
    modules = [import_module(f"sim.verify.{name}") for name in MODULES]
    checks = [one for module in modules for one in module.checks(verification.LEAST_PATHS, SEED)]
    every, certain = len(checks), sum(one.exact for one in checks)
    root = Path(sim.__file__).parent
    read_me = (root.parent / "README.md").read_text(encoding="utf-8")
    assert f"{every} figures" in read_me
    assert f"{certain} are exact" in read_me
    assert f"{every} known answers" in read_me
    model = (root / "docs" / "model.md").read_text(encoding="utf-8")
    assert f"{every} checks: {certain} exact, {every - certain} within 4 standard errors" in model


def test_a_table(few):
    calls = []
    table = verify(PATHS, SEED, progress=lambda *done: calls.append(done))
    assert calls == [(0, 2), (1, 2)]
    assert table.passed
    assert table.failed == ()
    assert [group.title for group in table.groups] == ["Pricing windows", "Errors and intervals"]
    text, document = str(table), table.to_dict()
    for one in table.checks:
        assert one.name in text
        assert one.protects in text
        assert one.source in text
    assert f"All {len(table.checks)} checks passed." in text
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["passed"] is True
    assert document["failed"] == []
    assert [row["name"] for row in document["checks"]] == [one.name for one in table.checks]
    assert {"group", "name", "protects", "source", "known", "estimate", "se", "within", "z", "passed"} == set(
        document["checks"][0]
    )
    assert document["manifest"]["seed"] == SEED
    assert document["manifest"]["versions"]["fundrisk"] == sim.__version__
    random = sum(not one.exact for one in table.checks)
    assert document["false_alarm"] == pytest.approx(1 - (1 - 2 * stats.norm.sf(4)) ** random)
    assert sum(count for _, _, count, _ in table.distances()) == random
    assert sum(mean for *_, mean in table.distances()) == pytest.approx(random * (1 - 2 * stats.norm.sf(4)))


def test_the_same_seed_gives_the_same_table_and_another_one_another(few):
    one, same, other = (verify(PATHS, seed).to_dict()["checks"] for seed in (SEED, SEED, 0))
    assert one == same != other


@pytest.mark.parametrize(("paths", "seed"), [(19_999, 1), (0, 1), (True, 1), (1e5, 1), (PATHS, -1), (PATHS, 2**64)])
def test_paths_and_seeds_out_of_range(paths, seed):
    with pytest.raises(ValueError, match=r"^(paths|seed) = .*: must be a whole number from"):
        verify(paths, seed)


def test_a_table_without_checks_does_not_pass(monkeypatch):
    monkeypatch.setattr(verification, "MODULES", {})
    assert not verify(PATHS, SEED).passed


def test_a_failing_table_says_so(bad):
    table = verify(PATHS, SEED)
    assert not table.passed
    assert [one.name for one in table.failed] == ['1 < 2 & "so" </td><script>', "nowhere"]
    assert "2 of 3 checks FAILED." in str(table)
    rows = table.to_dict()["checks"]
    assert [row["passed"] for row in rows] == [False, False, True]
    assert rows[0]["z"] is None
    assert rows[1]["estimate"] is None


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (Check("", "", "", 2.5, 2.49917, 0.00034, 0.0), ("2.50000", "2.49917", "0.00034", "-2.44")),
        (Check("", "", "", 620_760.4, 620_380.2, 290.0, 0.0), ("620,760", "620,380", "290", "-1.31")),
        (exact("", "", "", 4_409_560, 4_409_560), ("4,409,560", "4,409,560", "exact", "")),
        (exact("", "", "", 1.0, math.nextafter(1.0, 2)), ("1.0", "1.0000000000000002", "exact", "")),
        (exact("", "", "", 750_246.58, 750_246.5753, 0.005), ("750,246.580", "750,246.575", "<= 5e-03", "")),
    ],
)
def test_figures_have_the_digits_that_their_errors_allow(one, shown):
    assert figures(one) == shown


# ------------------------------------------------------------------------------------------------------ the command


def test_the_command(few, capsys, tmp_path):
    page, document = tmp_path / "v.html", tmp_path / "v.json"
    status = main(["verify", "--paths", "20000", "--seed", "0", "--html", str(page), "--json", str(document)])
    out = capsys.readouterr().out
    assert (status, out.splitlines()[0]) == (0, "Pricing windows")
    told = json.loads(document.read_text(encoding="utf-8"))
    assert told["manifest"]["seed"] == 0
    assert told["manifest"]["paths"] == 20_000
    assert main(["verify", "--paths", "20000", "--seed", "0", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"] == told["checks"]
    text = page.read_text(encoding="utf-8")
    assert all(html.escape(row["name"]) in text for row in told["checks"])


def test_a_failing_check_is_status_1(bad, capsys):
    assert main(["verify"]) == 1
    assert "FAILED: nowhere: p" in capsys.readouterr().out


def test_a_fault_of_the_program_is_status_1(few, capsys, monkeypatch):
    of("days", drift=0.0)(monkeypatch)
    assert main(["verify", "--paths", "40000"]) == 1
    assert "checks FAILED." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--paths", "10"], "--paths = 10: must be a whole number from 20000 to 10000000"),
        (["--seed", "-1"], "--seed = -1: must be a whole number from 0 to 18446744073709551615"),
        (["--html", "-"], "--html = -: must be the name of a file"),
        (["--html", "nowhere/v.html"], "nowhere/v.html: cannot be written: there is no folder nowhere"),
    ],
)
def test_what_the_command_cannot_use(options, line, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["verify", *options]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", line + "\n")


def test_an_interrupt_stops_it_and_writes_nothing(tmp_path):
    """Ctrl-C some seconds into it, wherever that is."""
    page = tmp_path / "v.html"
    command = [sys.executable, "-m", "sim", "verify", "--paths", "10000000", "--html", str(page)]
    root = Path(sim.__file__).resolve().parent.parent
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(4.0)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        took = time.monotonic() - asked
    assert (process.returncode, out, b"Traceback" in err) == (130, b"", False)
    assert took < 0.5
    assert not page.exists()


class Reader(HTMLParser):
    """What a browser would fetch or run, and what stands open at the end."""

    def __init__(self):
        super().__init__()
        self.fetched, self.open, self.rows, self.text = [], [], 0, ""

    def handle_starttag(self, tag, attributes):
        self.fetched += [value for name, value in attributes if name in ("src", "href", "action") or "url(" in value]
        self.fetched += [tag] * (tag in ("script", "link", "iframe", "object"))
        self.rows += tag == "tr"
        if tag not in ("meta", "col", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("meta", "col", "rect", "line"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("kind", ["few", "bad"])
def test_the_page_is_whole_and_needs_no_network(kind, request):
    request.getfixturevalue(kind)
    table = verify(PATHS, SEED)
    page = validation_page(table)
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert (reader.fetched, reader.open) == ([], [])
    assert "url(" not in page
    assert "@import" not in page
    assert "http" not in page
    for one in table.checks:
        assert all(words in reader.text for words in (one.name, one.protects, one.source, *figures(one)))
    assert table.sentence in reader.text
    assert str(table.seed) in reader.text
    assert ("FAIL" in reader.text) is not table.passed
