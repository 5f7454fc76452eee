"""The checks of the models in `fundrisk verify`: all pass, at other seeds too, and each fails under some fault."""

from importlib import import_module

import mpmath
import numpy as np
import pytest
from scipy import stats

import sim
from sim.lowering import program as r
from sim.verify import MODULES, financing, laws
from sim.verify.written import write_paths
from tests.support.samples import changed, plant_fault

PATHS, SEED = 40_000, 20020401
MINE = ("milestones", "burn", "events", "financing", "notes", "cash")


def found(module: str, seed: int = SEED) -> dict[str, bool]:
    """Whether each check of a module passes."""
    checks = list(import_module(f"sim.verify.{module}").checks(PATHS, seed))
    verdicts = {check.name: check.passed for check in checks}
    assert len(verdicts) == len(checks), "two checks have one name"
    return verdicts


def failed(module: str) -> set[str]:
    return {name for name, passed in found(module).items() if not passed}


# ------------------------------------------------------------------------------------------------------ faults


def of(part: str, **fields):
    """Other values in a named tuple of the program, or other columns in one of its arrays; or functions of the old."""

    def fault(program):
        record = getattr(program, part)
        rows = isinstance(record, np.ndarray)
        old = {name: record[name] if rows else getattr(record, name) for name in fields}
        new = {name: value(old[name]) if callable(value) else value for name, value in fields.items()}
        return program._replace(**{part: changed(record, **new) if rows else record._replace(**new)})

    return fault


def both(*faults):
    def fault(program):
        for one in faults:
            program = one(program)
        return program

    return fault


def plus(step):
    return lambda values: values + step


def times(factor):
    return lambda values: values * factor


def rolled(rows):
    return lambda values: np.roll(values, rows)


def first(values):
    """Every row gets what the first one has."""
    return np.repeat(values[:1], len(values))


def applies(value):
    return lambda program: program._replace(applies=np.full_like(program.applies, value))


def no_jumps(program):
    return program._replace(jumps=program.jumps[:0])


def one_number_for_both_events(program):
    """The call that fills both rows, once more with its first half for the second row."""
    again = program.calls[program.calls["purpose"] == r.EVENTS]
    again = changed(again, row_a=again["row_b"], row_b=0, kind_b=r.UNUSED)
    return program._replace(calls=np.concatenate([program.calls, again]))


def a_change_that_is_forgiven(program):
    """A new CEO counts for a month."""
    forgiven = of("events", adverse_mean_days=program.events.ceo_mean_days, adverse_duration=30.0)
    return both(forgiven, of("conditions", kind=r.CONDITION_NO_ADVERSE_CHANGE), of("events", luck=1))(program)


#: By module: the fault, and what the names of checks that must fail begin with.
FAULTS = {
    "milestones": {
        "reached too seldom": (
            of("milestones", probability=times(0.9)),
            ["milestone reached", "two milestones reached"],
        ),
        "one toss for all": (of("milestones", reached_luck=first), ["two milestones reached", "follower reached"]),
        "90% point taken for a standard deviation": (
            of("milestones", log_sd=times(laws.NORMAL_90)),
            ["90% point of 'cell'", "10% point of 'pack'", "E[days]"],
        ),
        "mean taken for median": (
            of("milestones", log_median=plus(-0.1)),
            ["median days of 'cell'", "follower's median"],
        ),
        "no common factor": (
            of("events", loading=0.0, own=1.0),
            ["correlation of two", "two milestones before", "follower reached by day 100"],
        ),
        "nobody follows": (of("milestones", follows=-1), ["followers reached without", "follower's median"]),
        "no waivers": (of("conditions", probability=0.0), ["condition waived", "line closed on both"]),
        "one waiver for two": (of("conditions", luck=first), ["line open by two waivers"]),
        "applies on the day itself": (applies(1), ["draws on the day `after`"]),
        "never applies": (applies(0), ["line reopened", "line open on the next date"]),
        "a day late": (of("purchases", t=plus(1)), ["draws on a date: milestone reached a moment after"]),
        "a day early": (of("purchases", t=plus(-1)), ["draws on a date: milestone reached at its close"]),
        "no jumps": (no_jumps, ["E[close] after"]),
        "no money": (of("line", commitment=0.0), ["draws on a date: milestone reached never, but waived"]),
    },
    "burn": {
        "no -s^2/2": (of("burn", half_variance=0.0), ["E[cash used] / level of the first", "95% point"]),
        "shocks too large": (of("burn", shock=0.4), ["variance of the log of month 8"]),
        "own part too large": (of("burn", own=1.0), ["variance of the log of the first", "largest gap"]),
        "wrong sign": (
            of("burn", correlation=times(-1)),
            ["correlation of burn's shock and the price, month 0", "correlation of the log itself"],
        ),
        "no memory": (
            of("burn", persistence=0.0),
            ["autocorrelation of the logs over 4", "autocorrelation of the logs, persistence"],
        ),
        "next month's market": (
            of("months", market_luck=rolled(-1)),
            ["correlation of burn's shock and the month after"],
        ),
        "last month's market": (
            of("months", market_luck=rolled(1)),
            ["correlation of burn's shock and the month before"],
        ),
        "another month's level": (of("months", level=rolled(1)), ["cash used in April 2003", "cash used in January"]),
        "too much": (of("months", level=times(1.05)), ["E[cash used] of the second", "chance of a month"]),
        "twice the spread": (of("burn", sd=0.8, shock=times(2)), ["variance of cash used", "variance of the second"]),
    },
    "events": {
        "a year of 252 days, CEO": (
            of("events", ceo_mean_days=times(252 / 365.25)),
            ["CEO changed by day 10", "E[days to the CEO", "same CEO on"],
        ),
        "rate taken for mean": (
            of("events", adverse_mean_days=times(0.81)),
            ["E[days to the adverse", "adverse change by day 180", "line closed by"],
        ),
        "one number for both": (
            one_number_for_both_events,
            ["correlation of the two", "CEO changed by day 100 and", "line open on"],
        ),
        "a day too long": (of("events", adverse_duration=plus(1)), ["draws on a date: adverse change ended"]),
        "no end": (
            of("events", adverse_duration=1e6),
            ["closed on 2002-06-28 or", "line closed by an adverse change on 2003"],
        ),
        "kinds swapped": (of("conditions", kind=lambda kind: 3 - kind), ["same CEO on", "line closed by"]),
        "a change that is forgiven": (a_change_that_is_forgiven, ["paths whose line opens again"]),
        "no jumps": (no_jumps, ["E[close] of 2002", "E[close] of 2003"]),
        "a day late": (
            of("purchases", t=plus(1)),
            ["draws on a date: CEO changes a moment", "draws on a date: adverse change ends"],
        ),
        "a day early": (
            of("purchases", t=plus(-1)),
            ["draws on a date: CEO changes at", "draws on a date: adverse change at"],
        ),
        "never applies": (applies(0), ["same CEO on", "line closed by"]),
    },
    "financing": {
        "rate taken for chance": (
            of("third_party", probability=3.0 / 12),
            ["financing in a month", "financing in the last", "no financing"],
        ),
        "one chance for all months": (
            of("months", arrival_luck=first),
            ["financings in a year, variance", "no financing"],
        ),
        "variance for standard deviation": (of("third_party", log_sd=0.25), ["95% point", "variance of the log"]),
        "mean for median": (of("third_party", log_median=plus(-0.125)), ["median amount", "E[amount]"]),
        "keeps for reduces": (
            of("third_party", reduction_probability=lambda p: 1 - p),
            ["investor takes up", "whole commitment cut"],
        ),
        "no discount": (of("third_party", price_factor=1.0), ["shares left after $8M of equity"]),
        "debt issues shares": (of("third_party", price_factor=0.9), ["shares left after $8M of debt"]),
        "no limit of shares": (of("opening", headroom=1e15), ["shares left after it", "cash after a financing"]),
        "never settled": (of("stops", third_party_row=-1), ["E[cash after a year", "cash at the end of the month"]),
        "cuts outside the term": (of("stops", in_term=1), ["raised after $8M before"]),
        "never cuts": (
            of("stops", in_term=0),
            ["raised after $8M that he cuts", "raised after $8M and $25M", "E[raised"],
        ),
        "a larger line": (
            of("line", commitment=times(1.1)),
            ["raised after $8M that the investor lets", "raised after $8M and $5M"],
        ),
        "more cash": (of("opening", cash=plus(1.0)), ["cash at the end of the month"]),
    },
    "notes": {
        "a day's interest more": (
            of("actions", accrual_days=plus(1)),
            ["cash after the maturity", "cash after a maturity, interest from 1 April"],
        ),
        "no interest date": (
            of("actions", interest=0),
            ["cash after the first interest", "day of default on interest"],
        ),
        "no interest": (of("notes", rate=0.0), ["day of default on two notes", "interest at 13%, at most"]),
        "interest at 6%": (of("notes", rate=0.06), ["interest at 1% less", "interest at 13% without"]),
        "paid at the original maturity": (
            of("actions", maturity=lambda m: np.where(m > 0, 3 - m, 0)),
            ["cash after an extended", "cash-out for principal"],
        ),
        "never matures": (
            of("actions", maturity=0),
            ["day of default on principal", "revolving note, cash after the maturity"],
        ),
        "never swept": (
            of("actions", sweep=0),
            ["revolving note, cash after interest", "revolving note, cash between"],
        ),
        "borrowed again for ever": (of("actions", may_reborrow=1), ["revolving note, cash past its"]),
        "never borrowed again": (of("actions", may_reborrow=0), ["revolving note, cash after borrowing"]),
        "prepays above another mark": (of("notes", prepay_above=plus(-1e5)), ["revolving note, cash after another"]),
        "kept for extended": (of("notes", probability=lambda p: 1 - p), ["note extended"]),
        "one toss for two": (of("notes", luck=first), ["two notes extended"]),
        "no minimum": (of("opening", minimum=0.0), ["day of default on principal, to a minimum"]),
        "a dollar more": (of("opening", cash=plus(1.0)), ["cash before the maturity", "largest error"]),
        "covers half": (of("covers", share=0.5), ["a quarter's draw"]),
    },
    "cash": {
        "a dollar less": (of("opening", cash=plus(-1.0)), ["cash-outs with what", "day of cash-out, $1.5M: half"]),
        "ten dollars more": (of("opening", cash=plus(10.0)), ["day of cash-out, cash at the minimum"]),
        "no minimum": (of("opening", minimum=0.0), ["day of cash-out, cash below", "largest change of a path"]),
        "a higher minimum": (of("opening", minimum=plus(50_000.0)), ["cash-out by day 10", "cash-out between"]),
        "months of 30 days": (of("stops", month_days=30.0), ["day of cash-out, $0.9M", "50% point"]),
        "no lawyers": (of("line", legal_cost=0.0), ["day of cash-out by legal"]),
        "twice the lawyers": (of("line", legal_cost=times(2)), ["day of cash-out after a draw"]),
        "no -s^2/2": (
            of("burn", half_variance=0.0),
            ["cash-out by day 30", "cash-out by the end of May, persistence 0", "mean of the worst"],
        ),
        "own part too large": (of("burn", own=1.0), ["5% point", "cash-out by mid-May, persistence 0"]),
        "no memory": (of("burn", persistence=0.0), ["cash-out by mid-May, persistence 0.6", "E[runway]"]),
        "no growth": (of("months", level=first), ["75% point", "E[cash at the end"]),
        "too much": (of("months", level=times(1.02)), ["E[funding gap]", "median cash-out day"]),
        "no money": (of("line", commitment=0.0), ["draw on 30 September", "raised up to then"]),
    },
}


@pytest.fixture(scope="module", params=MINE)
def broken(request):
    """A module's name, and under each of its faults the checks that fail."""
    seen = {}
    for words, (fault, _) in FAULTS[request.param].items():
        with pytest.MonkeyPatch.context() as monkeypatch:
            plant_fault(monkeypatch, fault)
            seen[words] = failed(request.param)
    return request.param, seen


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_a_fault_fails_the_checks_that_look_for_it(broken):
    module, seen = broken
    for words, (_, beginnings) in FAULTS[module].items():
        for beginning in beginnings:
            assert any(name.startswith(beginning) for name in seen[words]), f"{words}: {beginning} passes"
        assert seen[words] < set(found(module)), f"{words}: everything fails"


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_every_check_can_fail(broken):
    module, seen = broken
    elsewhere = {"correlation of cut and amount"}  # the kernel draws both from one call: below
    assert set(found(module)) - set().union(*seen.values()) - elsewhere == set()


def test_a_cut_that_goes_with_the_amount_is_seen(monkeypatch):
    def coupled(case, paths, seed):
        written = write_paths(case, paths, seed)
        written.reduces[:] = written.deals > laws.lognormal_quantile(1 - financing.CUT, financing.MEDIAN, financing.SD)
        return written

    monkeypatch.setattr(financing, "write_paths", coupled)
    assert failed("financing") == {"correlation of cut and amount"}


# ------------------------------------------------------------------------------------------------------ as it should be


@pytest.mark.parametrize("module", MINE)
def test_the_checks_pass_also_at_another_seed(module):
    assert module in MODULES
    for seed in (SEED, 7):
        verdicts = found(module, seed)
        assert len(verdicts) >= 20
        assert [name for name, passed in verdicts.items() if not passed] == []


def test_paths_written_down_at_once_are_those_of_the_trace():
    case = sim.load_case("valence-2002").replace({"third_party.annual_rate": 4.0, "policy.cadence": "month_end"})
    written = write_paths(case, 300, seed=5)
    traces = sim.engine.trace.trace_paths(case, 200, 100, seed=5)
    conditions, notes = [c.name for c in case.line.conditions], [note.name for note in case.notes]
    months = list(traces[0].history["cash_used"])
    for i, trace in enumerate(traces, start=200):
        history, ledger = trace.history, trace.ledger
        assert list(written.cash_used[:, i]) == list(history["cash_used"].values())
        assert list(written.cash_month_end[:, i]) == list(ledger["cash_month_end"].values())
        assert {name for name, flag in zip(conditions, written.waived[:, i], strict=True) if flag} == set(
            history["waived"]
        )
        assert {name for name, flag in zip(notes, written.extended[:, i], strict=True) if flag} == set(
            history["extended"]
        )
        deals = {months[k]: written.deals[k, i] for k in np.flatnonzero(written.deals[:, i])}
        assert deals == {deal["month"]: deal["amount"] for deal in history["third_party"]}
        cuts = {months[k] for k in np.flatnonzero(written.reduces[:, i])}
        assert cuts == {deal["month"] for deal in history["third_party"] if deal["reduces_line"]}
        assert (written.ceo_change[i], written.adverse_change[i]) == (
            history["ceo_change_days"], history["adverse_change_days"],
        )  # fmt: skip
        assert sorted(written.achieved[:, i][np.isfinite(written.achieved[:, i])]) == sorted(
            history["achieved_days"].values()
        )
        for field in ("amount", "close", "price", "shares"):
            assert list(written.draw(field)[:, i]) == [draw[field] for draw in ledger["draws"]]
        assert list(written.open[:, i]) == [draw["amount"] > 0 for draw in ledger["draws"]]
    assert written.deals[:, 200:].any()
    assert written.reduces[:, 200:].any()


# ------------------------------------------------------------------------------------------------------ laws


def test_lognormal_laws():
    law = stats.lognorm(s=0.7, scale=100.0)
    assert laws.log_sd(100, law.ppf(0.9)) == pytest.approx(0.7, rel=1e-12)
    assert laws.lognormal_by(130.0, 100, 0.7) == pytest.approx(law.cdf(130), rel=1e-12)
    assert list(laws.lognormal_by(np.array([-1.0, 0.0, 100.0]), 100, 0.7)) == [0, 0, 0.5]
    assert laws.lognormal_quantile(0.95, 100, 0.7) == pytest.approx(law.ppf(0.95), rel=1e-12)
    assert laws.lognormal_mean(100, 0.7) == pytest.approx(law.mean(), rel=1e-12)
    limited = law.expect(lambda x: np.minimum(x, 120.0), epsabs=1e-10, limit=200)
    assert laws.lognormal_limited(120, 100, 0.7) == pytest.approx(limited, rel=1e-7)
    assert laws.lognormal_excess(120, 100, 0.7) == pytest.approx(law.mean() - limited, rel=1e-7)


def test_exponential_laws():
    law = stats.expon(scale=365.25 / 1.2)
    assert laws.exponential_by(90, 1.2) == pytest.approx(law.cdf(90), rel=1e-12)
    limited = law.expect(lambda x: x, ub=90) + 90 * law.sf(90)
    assert laws.exponential_limited(90, 1.2) == pytest.approx(limited, rel=1e-9)


def sum_by_mpmath(x: float, one: tuple, other: tuple, correlation: float) -> float:
    """P(A + B <= x) at 20 digits, over A's score."""
    with mpmath.workdps(20):
        own = mpmath.sqrt(1 - mpmath.mpf(correlation) ** 2)

        def inside(z):
            left = x - one[0] * mpmath.exp(one[1] * z)
            return mpmath.npdf(z) * mpmath.ncdf((mpmath.log(left / other[0]) / other[1] - correlation * z) / own)

        top = mpmath.log(mpmath.mpf(x) / one[0]) / one[1]
        return float(mpmath.quad(inside, [-12, -5, -2, 0, top / 2, top * 0.9, top * (1 - mpmath.mpf(10) ** -9)]))


@pytest.mark.parametrize("correlation", [0.0, 0.36, -0.5])
def test_sums_of_two_lognormals(correlation):
    one, other = (100, 0.7), (30, 0.76)
    assert laws.sum_by(200.0, one, other, correlation) == pytest.approx(
        sum_by_mpmath(200, one, other, correlation), rel=1e-9
    )
    assert laws.sum_by(np.array([0.0, 1e9]), one, other, correlation) == pytest.approx([0, 1], abs=1e-12)
    assert laws.sum_by(150, one, other) == pytest.approx(laws.sum_by(150, other, one), rel=1e-9)


def test_sums_of_three_lognormals():
    """The moments: E[X] is the integral of P(X > x), E[X^2] that of 2x P(X > x)."""
    median, sd, far = 0.9, 0.5, 40.0
    nodes, weights = np.polynomial.legendre.leggauss(100)
    x, weights = far * (nodes + 1) / 2, far * weights / 2
    above = 1 - np.array([laws.sum_of_three_by(float(point), median, sd) for point in x])
    mean = laws.lognormal_mean(median, sd)
    assert np.sum(weights * above) == pytest.approx(3 * mean, rel=1e-8)
    variance = 3 * mean**2 * np.expm1(sd**2)
    assert np.sum(weights * 2 * x * above) == pytest.approx(variance + 9 * mean**2, rel=1e-8)
