"""What it takes and what goes wrong first: against arithmetic, against plain runs, over seeds; and what is refused."""

import dataclasses
import json
import math
import re
from datetime import date

import numpy as np
import pytest

import sim
from sim.analysis.search import Run, Search, _rows, dial, dials_of_stress, most_with
from sim.analysis.solution import Solution, stress
from sim.analysis.solve import _solution, reverse_stress, solve
from sim.cli import main
from sim.results.estimates import proportion
from sim.results.summary import days_at_close
from sim.terms import Case
from tests.support.valence import FILE, valence_2002

CASE = valence_2002()
BY = date(2002, 12, 31)
SURE = {
    "third_party": None, "notes": [], "line.commitment": 0, "line.conditions": [], "milestones": [], "events": {},
    "burn.monthly": 2e6, "burn.volatility": 0, "burn.steps": [], "price.volatility": 0,
}  # fmt: skip


def sure_case(changes: dict | None = None) -> Case:
    """Nothing random: $2 million a month out of $11.527 million."""
    return CASE.replace(SURE | (changes or {}))


# --- arithmetic ---


def arithmetic(found: Solution, known: float) -> float:
    """Distance in the units of the dial."""
    return abs(found.value - known)


def test_the_cash_is_nine_months_of_burn_to_the_dollar():
    found = solve(sure_case(), "cash", 0.1, BY, paths=16)
    assert arithmetic(found, 18_000_000) <= 1.0
    assert found.probability.value == 0.0
    assert arithmetic(solve(sure_case(), "cash", 0.1, "2003-03-31", paths=16), 24_000_000) <= 1.0
    # A minimum is cash that cannot be used.
    assert arithmetic(solve(sure_case({"company.minimum_cash": 2e6}), "cash", 0.1, BY, paths=16), 20_000_000) <= 1.0
    # A twin with a month more of burn is seen.
    assert arithmetic(solve(sure_case(), "cash", 0.1, "2003-01-31", paths=16), 18_000_000) > 1.0


def test_the_burn_and_the_cost_cut_are_cash_over_months():
    most = 11_527_000 / 9
    found = solve(sure_case(), "burn", 0.1, BY, paths=16)
    assert 0.0 <= most - found.value < 1.0 + 1e-6
    cut = solve(sure_case(), "cost_cut", 0.1, BY, paths=16)
    assert 0.0 <= cut.value - (1.0 - most / 2e6) < 1e-4
    assert cut.change == cut.value
    assert found.change == pytest.approx(found.value / 2e6 - 1.0)


def test_the_commitment_is_what_cash_and_legal_costs_leave_open():
    # Two draws, at the ends of June and September: 5.0 (the cap) and the rest, and 25,000 of legal costs each.
    found = solve(sure_case(), "commitment", 0.1, BY, paths=64)
    assert arithmetic(found, 18_000_000 - 11_527_000 + 2 * 25_000) <= 1.0
    assert found.base == 0.0
    assert found.interval[1] - found.interval[0] <= 1.0


def test_no_commitment_reaches_the_target_where_the_clauses_bind():
    # Each quarter's draw is half of the quarter's cash used: 3 million, until March 2004 24 of 48 million.
    case = sure_case({"line.coverage.percent": [50], "line.commitment": 10e6})
    found = solve(case, "commitment", 0.1, paths=16)
    assert (found.value, found.interval, found.probability.value) == (None, None, 1.0)
    assert found.note.startswith(
        "The target cannot be met by changing the commitment alone: the lowest probability of a cash-out by "
    )
    assert "%, about the same as in the base case. In the base case the commitment is $10M and the " in found.note
    # Where it is had first: by 30 June 2003 every commitment beyond four draws is as good.
    risky = CASE.replace({"line.coverage.percent": [60]})
    found = solve(risky, "commitment", 0.05, BY, paths=2_000)
    assert found.value is None
    assert 0.0 < found.reached < 30e6
    best = sim.simulate(risky.replace({"line.commitment": 1e12}), paths=2_000).probability_of_cash_out(BY)
    there = sim.simulate(risky.replace({"line.commitment": found.reached}), paths=2_000).probability_of_cash_out(BY)
    assert found.probability == best
    assert 0.0 <= there.value - best.value <= best.se * 1.001
    below = sim.simulate(risky.replace({"line.commitment": found.reached / 2}), paths=2_000)
    assert below.probability_of_cash_out(BY).value - best.value > best.se


def test_what_is_safe_already_needs_nothing():
    safe = sure_case({"company.cash": 60e6})
    for what, said in (("commitment", "a commitment of $0"), ("cost_cut", "no cut of the burn")):
        found = solve(safe, what, 0.1, paths=16)
        assert found.value == 0.0
        assert found.note.startswith(f"Even with {said} the target is met: cash runs out by ")
    assert arithmetic(solve(safe, "cash", 0.1, BY, paths=16), 18_000_000) <= 1.0  # less than the case has


# --- chance ---


@pytest.mark.parametrize("what", ["cash", "cost_cut", "burn"])
def test_the_value_is_where_the_probability_meets_the_target(what):
    paths, target = 3_000, 0.2
    found = solve(CASE, what, target, BY, paths=paths, seed=3)
    turned = dial(CASE, what)
    low, high = found.interval
    assert low < found.value < high

    def chance(value: float) -> float:
        run = sim.simulate(CASE.replace(turned.overrides(value)), paths=paths, seed=3)
        return run.probability_of_cash_out(BY).value

    assert found.probability.value == chance(found.value) <= target
    slack = 2.0 * math.sqrt(target * (1.0 - target) / paths)  # the ends are two standard errors away
    ends = sorted((chance(low), chance(high)))
    assert ends[0] == pytest.approx(target - slack, abs=0.15 * slack)
    assert ends[1] == pytest.approx(target + slack, abs=0.15 * slack)
    # A little more risk, and the target is missed.
    step = (high - low) / 20 * (1 if turned.rising else -1)
    assert chance(found.value + step) > target
    # The twin that was solved for another day.
    assert solve(CASE, what, target, "2003-01-31", paths=paths, seed=3).probability.value != chance(low)


def test_more_safety_costs_more():
    values = [solve(CASE, "cash", target, BY, paths=256).value for target in (0.4, 0.2, 0.1)]
    assert values == sorted(values)
    assert len(set(values)) == 3
    days = [solve(CASE, "cash", 0.2, by, paths=256).value for by in ("2002-09-30", "2002-12-31", "2003-06-30")]
    assert days == sorted(days)


@pytest.fixture(scope="module")
def many_seeds() -> list[Solution]:
    return [solve(CASE, "cash", 0.3, BY, paths=400, seed=1_000 + seed) for seed in range(20)]


def covered(found: list[Solution], truth: float, shrink: float) -> int:
    """How many of the intervals, shrunk, hold the truth."""
    ends = [[one.value + shrink * (end - one.value) for end in one.interval] for one in found]
    return sum(low <= truth <= high for low, high in ends)


def test_intervals_hold_the_value_that_many_paths_find(many_seeds):
    truth = solve(CASE, "cash", 0.3, BY, paths=32_768, seed=1).value
    # Binomial(20, 0.95): below 16 once in 400 times. Intervals of a third of the width hold it half of the time.
    assert covered(many_seeds, truth, 1.0) >= 16
    assert covered(many_seeds, truth, 0.3) < 16


def test_the_number_of_paths_that_a_limit_allows():
    for paths, target in ((10, 0.5), (1_000, 0.1), (7, 0.01)):
        most = most_with(paths, lambda chance, target=target: chance.value <= target)
        assert most == math.floor(paths * target + 1e-9)
        upper = most_with(paths, lambda chance, target=target: chance.ci95[1] <= target)
        assert upper < 0 or proportion(upper, paths).ci95[1] <= target < proportion(upper + 1, paths).ci95[1]


def test_a_dial_turned_the_wrong_way_is_seen():
    case, by = sure_case(), days_at_close(CASE, BY)
    right = dial(case, "burn")
    wrong = dataclasses.replace(right, rising=False)
    found = [_solution(Search(case, one, by, Run(16, 1, 1, None, 1)), 0.1, BY) for one in (right, wrong)]
    assert arithmetic(found[0], 11_527_000 / 9) < 1.0 + 1e-6
    assert found[1].value is None or arithmetic(found[1], 11_527_000 / 9) > 1.0


# --- steps of which only some blocks are simulated ---


class Told(Run):
    """A rule in the place of simulations: which of 512 paths are out at an opening cash."""

    def __init__(self, rule):
        super().__init__(512, 1, 1, None, 1)
        self.rule, self.whole, self.blocks = rule, 0, 0

    def out_of_cash(self, case, end):
        self.whole += 1
        return _rows(self.rule(case.company.cash))

    def out_of_cash_again(self, case, end, near, blocks):
        self.blocks += len(blocks)
        out = near.copy()
        out[blocks] = _rows(self.rule(case.company.cash))[blocks]
        return out


NEEDED = np.linspace(5e6, 20e6, 512)  # cash with which a path lasts


def crossing(rule) -> tuple[Search, bool]:
    """A search for a probability of 10%, and whether the target is met at its end and not a dollar below."""
    search = Search(CASE, dial(CASE, "cash"), 1, Told(rule))
    found = search.last_good(51)
    here, below = (int(rule(-risk).sum()) for risk in (found, found + 1))
    return search, here <= 51 < below and search.count(found) == here


def test_a_step_simulates_blocks_that_can_change():
    search, met = crossing(lambda cash: cash < NEEDED)
    assert met
    assert search.in_order
    assert search.run.whole + search.run.blocks / 4 < 0.6 * len(search.known)


@pytest.mark.parametrize("odd", [(18.4e6, 18.6e6), (18.2e6, 19.4e6)])
def test_a_path_that_more_cash_hurts_is_seen(odd):
    def rule(cash):
        out = cash < NEEDED
        out[0] = odd[0] < cash < odd[1]
        return out

    search, met = crossing(rule)
    assert met
    assert not search.in_order


@pytest.mark.parametrize("what", ["cash", "burn", "commitment"])
def test_all_blocks_at_every_step_find_the_same(what, monkeypatch):
    case = sure_case({"price.volatility": 0.9, "line.commitment": 30e6, "burn.volatility": 0.4})
    found = solve(case, what, 0.3, BY, paths=600)
    monkeypatch.setattr(Search, "_in_between", Search._simulated)
    assert solve(case, what, 0.3, BY, paths=600) == found


# --- reverse stress ---


def test_the_reverse_stress_of_a_sure_case_is_arithmetic():
    case = sure_case({"burn.volatility": 0.001})
    price, burn = reverse_stress(case, BY, paths=200)
    assert (price.what, price.value) == ("price", None)  # no line, no effect
    assert price.note.startswith(
        "No rise of the opening stock price brings the probability of a cash-out by 31 December 2002 to 50%; it stays"
    )
    assert burn.value == pytest.approx(11_527_000 / 9, rel=1e-3)
    assert burn.note.startswith("If the monthly burn falls by 35.9")
    assert ", the probability of a cash-out by 31 December 2002 is 50%. In the base case it is " in burn.note
    better = reverse_stress(case.replace({"burn.monthly": 1e6}), BY, paths=200)[1]
    assert better.value == pytest.approx(burn.value, rel=1e-4)
    assert better.note.startswith("If the monthly burn rises by 28")


@pytest.mark.parametrize(
    ("base", "value", "error", "said"),
    [
        (1.85, 1.74973, 0.09, "falls by 5% to $1.75 (95% interval $1.57 to $1.93)"),
        (1.85, 1.74973, 0.3, "falls by 10% to $1.7 (95% interval $1.2 to $2.3)"),
        (3.0, 0.3789, 0.01, "falls by 87.4% to $0.379 (95% interval $0.359 to $0.399)"),
        (1.85, 1.74973, None, "falls by 5.42% to $1.7497,"),
        (2.0, 2.96, 0.5, "rises by 50% to $3.0 (95% interval $2.0 to $3.9)"),
    ],
)
def test_a_relative_change_agrees_with_the_value_beside_it(base, value, error, said):
    ends = (value, value) if error is None else (value - 1.96 * error, value + 1.96 * error)
    found = Solution(
        "price", "opening stock price", 0.5, BY, base, value, ends, proportion(50, 100), "$/share", ""
    )  # fmt: skip
    note = stress(found, proportion(40 if value < base else 60, 100))
    assert note.startswith(f"If the opening stock price {said}")
    percent, shown = re.search(r"by ([\d.]+)% to \$([\d.]+)", note).groups()
    places = len(percent.partition(".")[2])
    digit = 10.0 if percent.endswith("0") and not places else 10.0**-places
    assert abs(100 * abs(float(shown) / base - 1) - float(percent)) <= 0.51 * digit


def delay_case(median: int) -> Case:
    """A line whose draws wait for one milestone, which is reached on the day of the median, or about it."""
    milestones = [{"name": "it", "probability": 1, "median_days": median, "p90_days": median + 1}]
    conditions = [{"name": "done", "kind": "milestone", "milestone": "it"}]
    return sure_case({"milestones": milestones, "line.conditions": conditions, "line.commitment": 30e6})


@pytest.mark.parametrize(("median", "word"), [(60, "later"), (150, "earlier")])
def test_a_milestone_may_be_delayed_to_the_purchase_date_that_matters(median, word):
    # Cash lasts until 22 September, so the draw of 28 June, the close of day 89, decides about the year.
    *_, delay = reverse_stress(delay_case(median), BY, paths=200, seed=5)
    assert delay.what == "milestone: it"
    assert abs(median + delay.value - 89) <= 1.0
    assert delay.label == "delay of it"
    assert delay.note.startswith("If it comes ")
    assert f" {word}, the probability of a cash-out by 31 December 2002 is 50%." in delay.note
    assert abs(median + delay.value - 183) > 1.0  # not the draw of 30 September, which comes too late


def test_the_stresses_of_the_shipped_case():
    found = reverse_stress(CASE, BY, paths=1_000)
    names = [f"milestone: {milestone.name}" for milestone in CASE.milestones]
    assert [one.what for one in found] == ["price", "burn", *names]
    price, burn = found[:2]
    assert price.value < price.base
    assert burn.value > burn.base
    assert all(one.probability.value <= 0.5 for one in found)
    assert [one.what for one in dials_of_stress(CASE)] == [one.what for one in found]
    document = json.loads(json.dumps([one.to_dict() for one in found], allow_nan=False))
    assert document[0]["change"] == pytest.approx(price.value / 3.0 - 1.0)
    for one in found:
        assert max(map(len, str(one).splitlines())) <= 100


# --- what is asked ---


def test_paths_workers_and_progress_change_nothing_but_time():
    seen = []
    one = solve(CASE, "cash", 0.2, BY, paths=600, workers=1)
    two = solve(CASE, "cash", 0.2, BY, paths=600, workers=2, progress=lambda *done: seen.append(done))
    assert one == two
    assert all(0 <= done <= total for done, total in seen)
    assert (one.paths, one.seed) == (600, CASE.simulation.seed)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"what": "luck"}, "what = 'luck': must be one of commitment, cash, cost_cut, burn"),
        ({"target": 1.5}, "target = 1.5: must be a probability above 0 and below 1"),
        ({"target": 0}, "target = 0: must be a probability above 0 and below 1"),
        ({"target": math.nan}, "target = nan: must be a probability above 0 and below 1"),
        ({"by": "2004-04-01"}, "by = 2004-04-01: must be a date from 2002-04-01 to 2004-03-31"),
        ({"by": "soon"}, "by = soon: must be a date from"),
        ({"paths": 0}, "paths = 0: must be a whole number from 1 to"),
        ({"seed": -1}, "seed = -1: must be a whole number from 0 to"),
        ({"workers": 0}, "workers = 0: must be a whole number from 1 to"),
    ],
)
def test_nonsense_is_refused(wrong, expected):
    with pytest.raises(ValueError, match=expected):
        solve(CASE, **({"what": "cash", "paths": 16} | wrong))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--for", "cash", "--target", "1.5"], "--target = 1.5: must be a probability above 0 and below 1\n"),
        (["--for", "cash", "--target", "x"], "--target = x: must be a probability, such as 0.1\n"),
        (["--for", "cash", "--by", "2010-01-01"], "--by = 2010-01-01: must be a date from 2002-04-01 to 2004-03-31\n"),
        (["--reverse", "--target", "0"], "--target = 0.0: must be a probability above 0 and below 1\n"),
        (
            ["--for", "cash", "--json", "no/such/folder"],
            "no/such/folder: cannot be written: there is no folder no/such\n",
        ),
    ],
)
def test_the_command_refuses_in_one_line(capsys, arguments, expected):
    assert main(["solve", "valence-2002", "--paths", "16", *arguments]) == 2
    assert capsys.readouterr() == ("", expected)


def test_the_command(capsys, tmp_path):
    file = tmp_path / "s.json"
    arguments = [
        "solve",
        str(FILE),
        "--for",
        "cost-cut",
        "--by",
        "2002-12-31",
        "--paths",
        "200",
        "--target",
        "0.2",
    ]
    assert main([*arguments, "--json", str(file)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "The smallest cut of the burn at which cash runs out by 31 December 2002" in text
    (found,) = json.loads(file.read_text())["solutions"]
    assert found["what"] == "cost_cut"
    assert main(["solve", str(FILE), "--reverse", "--by", "2002-12-31", "--paths", "50"]) == 0
    assert "the probability of a cash-out by 31 December 2002 is 50%" in " ".join(capsys.readouterr().out.split())


# --- several lines ---


def two_lines() -> Case:
    """Two lines that are drawn in full at the end of each month, at a price that does not move."""
    shared = {"investor": "A", "commitment": 3e6, "start": CASE.line.start, "end": CASE.line.end}
    shared |= {"period": "month", "max_per_period": 1e6}
    lines = [shared | {"name": name, "pricing": {"multiplier": 1.0, "window": 1}} for name in ("first", "second")]
    policy = {"kind": "maximum", "cadence": "month_end"}
    return sure_case().replace({"line": None, "lines": lines, "policy": policy, "ranges": None, "record": None})


def test_the_commitment_of_one_of_several_lines_is_found():
    # Nine months burn $18 million; the cash and the other line's commitment are there.
    for first, second in ((3e6, 18e6 - 11.527e6 - 3e6), (2e6, 18e6 - 11.527e6 - 2e6)):
        case = two_lines().replace({"lines[first].commitment": first})
        found = solve(case, "commitment", 0.1, BY, paths=16, line="second")
        assert arithmetic(found, second) <= 1.0
        assert found.label == "commitment of second"
        assert "smallest commitment of second" in str(found)


@pytest.mark.parametrize(
    ("case", "what", "line", "problem"),
    [
        ("two", "commitment", None, 'line = missing: must be the name of a line with a commitment: "first", "second"'),
        ("two", "commitment", "third", 'line = "third": must be the name of a line with a commitment: "first", "sec'),
        ("two", "cash", "first", 'line = "first": must be given for the commitment only'),
        ("one", "commitment", "first", 'line = "first": must be left out, as the case has one line'),
    ],
)
def test_a_line_that_cannot_be_solved_for_is_refused(case, what, line, problem):
    with pytest.raises(ValueError, match=re.escape(problem)):
        solve(two_lines() if case == "two" else CASE, what, paths=4, line=line)
    assert main(["solve", "nikola-2021", "--reverse", "--line", "Tumim June"]) == 2
