"""Bisection on one parameter of a case for a target probability of cash-out, under common random numbers.

Under common random numbers the number of paths out of cash is a step function of the parameter, and the search finds
where it crosses a limit. It assumes that this number rises or falls throughout. Clauses that tie draws to the burn can
make it not quite monotone; the value found is then one crossing of possibly several.

Between two steps that few paths tell apart, only the blocks with these paths are simulated: paths that run out of cash
at both, or at neither, do so in between. What is found in this way is confirmed with all paths, and searched for again
with all of them where a path does not keep to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.analysis.inputs import costs_times, monthly_costs, named, trial
from sim.analysis.runs import Counter, Progress, Sampling, shards
from sim.engine.lane import Lane
from sim.lowering.lower import lower
from sim.lowering.program import BLOCK, CHUNK
from sim.results.estimates import Estimate, proportion
from sim.terms import Case
from sim.terms.derived import facilities
from sim.terms.problems import show
from sim.terms.ranges import MOST_MONEY
from sim.text.characters import composed

#: A search ends when the paths between its ends are this fraction of the standard error of their number.
RESOLUTION = 0.02
MOST_DELAY = 36_500  # days: later than any horizon


@dataclass(frozen=True)
class Dial:
    """A parameter that a search varies, in whole steps: `parts` steps make one `scale`.

    `rising`: whether a larger value makes a cash-out more likely. `least` and `most` are the numbers of steps allowed;
    `free`: whether the least is a possible answer, such as no commitment.
    """

    what: str
    label: str
    unit: str
    base: float
    scale: float
    parts: int
    least: int
    most: int
    rising: bool
    free: bool
    overrides: Callable[[float], dict[str, float]]

    def value(self, steps: int) -> float:
        return self.scale * steps / self.parts

    def steps(self, value: float) -> int:
        return min(max(round(value * self.parts / self.scale), self.least), self.most)


def _key(name: str) -> Callable[[float], dict[str, float]]:
    return lambda value: {name: value}


def dial(case: Case, what: str, line: str | None = None) -> Dial:
    """The parameters of `solve`: "commitment", "cash", "cost_cut" or "burn". ValueError for anything else."""
    if what == "commitment":
        return _commitment(case, line)
    if line is not None:
        raise ValueError(f"line = {show(line)}: must be given for the commitment only")
    burn, most = monthly_costs(case), int(MOST_MONEY)
    least_cash = math.ceil(case.company.minimum_cash)
    dials = {
        "cash": Dial(
            what, "opening cash", "$", case.company.cash, 1.0, 1, least_cash, most, False, True, _key("company.cash")
        ),
        "cost_cut": Dial(
            what, "cut of the burn", "1", 0.0, 1.0, 10_000, 0, 10_000, False, True,
            lambda cut: costs_times(case, 1.0 - cut),
        ),
        "burn": Dial(
            what, "monthly burn", "$/month", burn, 1.0, 1, 0, _most_burn(case), True, False,
            _key("burn.monthly") if case.burn.monthly is not None else lambda to: costs_times(case, to / (burn or 1.0)),
        ),
    }  # fmt: skip
    if what not in dials:
        raise ValueError(f"what = {what!r}: must be one of {', '.join(('commitment', *dials))}")
    return dials[what]


def lines_to_solve(case: Case) -> dict[str, str]:
    """Keys of the lines that have a commitment, by their names; [line] has the name ""."""
    return {line.name: key for key, line in facilities(case) if line.commitment is not None}


def _commitment(case: Case, line: str | None) -> Dial:
    """The commitment of the line with a name, which may be left out where one line alone has a commitment."""
    keys = lines_to_solve(case)
    if not keys:
        raise ValueError("commitment: must be another parameter, as no line of the case has a commitment in dollars")
    if line is None and len(keys) == 1:
        [line] = keys
    line = next((name for name in keys if line is not None and composed(name) == composed(line)), line)
    if line is None or line not in keys:
        given = "missing" if line is None else show(line)
        names = ", ".join(map(show, filter(None, keys)))
        must = f"the name of a line with a commitment: {names}" if names else "left out, as the case has one line"
        raise ValueError(f"line = {given}: must be {must}")
    key = keys[line]
    own = next(each for place, each in facilities(case) if place == key)
    label = f"commitment of {line}" if line else "commitment"
    base, least, most = own.commitment or 0.0, math.ceil(own.used.amount) if own.used else 0, int(MOST_MONEY)
    return Dial("commitment", label, "$", base, 1.0, 1, least, most, False, True, _key(f"{key}.commitment"))


def dials_of_stress(case: Case) -> Iterator[Dial]:
    """The parameters of `reverse_stress`: the price, the burn, and the delay of each milestone in days."""
    price = case.price.initial
    most = min(1_000_000, int(1e9 / price * 10_000))  # a hundred times the price
    yield Dial(
        "price", "opening stock price", "$/share", price, price, 10_000, 100, most, False, False, _key("price.initial")
    )  # fmt: skip
    yield dial(case, "burn")
    for place, milestone in named("milestones", case.milestones):
        median, late = milestone.median_days, milestone.p90_days

        def delayed(days: float, place: str = place, median: float = median, late: float = late) -> dict[str, float]:
            return {f"{place}.median_days": median + days, f"{place}.p90_days": late + days}

        earliest = 1 - math.ceil(median)
        name = f"milestone: {milestone.name}"
        yield Dial(name, f"delay of {milestone.name}", "days", 0.0, 1.0, 1, earliest, MOST_DELAY, True, False, delayed)


def _most_burn(case: Case) -> int:
    """The largest burn that growth and steps leave below what a case may have."""
    k = (case.horizon.year - case.valuation_date.year) * 12 + case.horizon.month - case.valuation_date.month
    fastest = max(case.burn.growth, 0.0, *(item.growth for item in case.burn.items))
    growth = (1.0 + fastest) ** (k / 12.0 + 1.0)
    return int(1e12 / (growth * math.prod(max(step.factor, 1.0) for step in case.burn.steps)))


class Search:
    """Paths out of cash by the close of day `end`, at whole steps of a dial; each step is simulated once.

    `risk` is the number of steps in the direction in which more paths run out of cash. `known` has the paths of each
    step as `Run.out_of_cash`; those of the steps in `assumed` come from some blocks, and from their neighbours'.
    """

    def __init__(self, case: Case, dial: Dial, end: int, run: Run) -> None:
        self.case, self.dial, self.end, self.run = case, dial, end, run
        self.paths = run.paths
        self.sign = 1 if dial.rising else -1
        self.here = self.sign * dial.steps(dial.base)
        self.safest, self.wildest = sorted((self.sign * dial.least, self.sign * dial.most))
        self.known: dict[int, np.ndarray] = {}
        self.assumed: set[int] = set()
        self.in_order = True

    def count(self, risk: int) -> int:
        """Paths out of cash by the day."""
        return int(np.unpackbits(self.out(risk)).sum())

    def out(self, risk: int) -> np.ndarray:
        """Which paths are out of cash by the day."""
        if risk not in self.known:
            self.known[risk] = self._in_between(risk) if self.in_order else self._simulated(risk)
        return self.known[risk]

    def _simulated(self, risk: int, near: np.ndarray | None = None, blocks: np.ndarray | None = None) -> np.ndarray:
        """The paths that are out, of all blocks, or of some and else as `near`."""
        # The case's own figure as it is, also between two steps.
        case = trial(self.case, {} if risk == self.here else self.dial.overrides(self.value(risk)))
        if near is None or blocks is None:
            return self.run.out_of_cash(case, self.end)
        return self.run.out_of_cash_again(case, self.end, near, blocks)

    def _in_between(self, risk: int) -> np.ndarray:
        """The paths that are out: those that are at both neighbouring steps, and some of those that differ."""
        less = max((known for known in self.known if known < risk), default=None)
        more = min((known for known in self.known if known > risk), default=None)
        if less is None or more is None:
            return self._simulated(risk)
        near = self.known[less]
        blocks = np.flatnonzero((near != self.known[more]).any(axis=1))
        if 2 * blocks.size > len(near):
            return self._simulated(risk)
        self.assumed.add(risk)
        return self._simulated(risk, near, blocks)

    def value(self, risk: int) -> float:
        """The dial's value."""
        return self.dial.base if risk == self.here else self.dial.value(self.sign * risk)

    def chance(self, risk: int) -> Estimate:
        return proportion(self.count(risk), self.paths)

    def last_good(self, most: int) -> int | None:
        """The largest risk at which at most `most` paths run out; None if none is that safe."""
        found = self._searched(most)
        if found not in self.assumed:
            return found
        assumed, self.known[found] = self.known[found], self._simulated(found)
        self.assumed.remove(found)
        if np.array_equal(assumed, self.known[found]):
            return found
        self.in_order = False
        for risk in self.assumed:
            del self.known[risk]
        self.assumed.clear()
        return self._searched(most)

    def _searched(self, most: int) -> int | None:
        """Steps from the case's own value double until the limit is passed; bisection follows until few paths lie
        between."""
        good = self.count(self.here) <= most
        edge = self.wildest if good else self.safest
        if (self.count(edge) <= most) == good:
            return edge if good else None
        stride = max(abs(self.here) // 8, 1) if self.dial.base else max((self.wildest - self.safest) // 400, 1)
        near = far = self.here
        while (self.count(far) <= most) == good:
            near, far = far, min(far + stride, edge) if good else max(far - stride, edge)
            stride *= 2
        low, high = (near, far) if good else (far, near)
        for risk in sorted(self.known):  # what earlier searches have found
            if low < risk < high:
                low, high = (risk, high) if self.count(risk) <= most else (low, risk)
        while high - low > 1 and not self._close_enough(low, high):
            middle = (low + high) // 2
            low, high = (middle, high) if self.count(middle) <= most else (low, middle)
        return low

    def _close_enough(self, low: int, high: int) -> bool:
        share = min(max(self.count(high) / self.paths, 1.0 / self.paths), 1.0 - 1.0 / self.paths)
        between = abs(self.count(high) - self.count(low))
        return between <= RESOLUTION * math.sqrt(max(share * (1.0 - share), 0.0) * self.paths)


class Run:
    """Which paths run out of cash; every step of a search simulates the same paths, shard by shard.

    Paths are bits in rows (BLOCK / 8,), one for each block of paths.
    """

    SHARD = 2**20
    EXPECTED = 30  # steps of one search, for the progress

    def __init__(self, paths: int, seed: int, workers: int | None, progress: Progress | None, searches: int) -> None:
        self.paths, self.how = paths, Sampling(seed, workers=workers)
        self.counter = Counter(progress, self.EXPECTED * searches * paths)
        self.lane = Lane(CHUNK)

    def out_of_cash(self, case: Case, end: int) -> np.ndarray:
        """The paths out of cash by the close of day `end`, (blocks, BLOCK / 8)."""
        found = shards([case], self.paths, self.how, self.counter, self.SHARD)
        return np.concatenate([_rows(columns["cash_out_days"] <= end) for _, columns in found])

    def out_of_cash_again(self, case: Case, end: int, near: np.ndarray, blocks: np.ndarray) -> np.ndarray:
        """The same where no more than `blocks`, by their numbers in order, differ from `near`."""
        out, plan = near.copy(), lower(case)
        ends = np.flatnonzero(np.diff(blocks) > 1) + 1
        for stretch in np.split(blocks, ends) if blocks.size else ():
            for first in range(stretch[0], stretch[-1] + 1, CHUNK // BLOCK):
                last = min(stretch[-1] + 1, first + CHUNK // BLOCK)
                paths = min(last * BLOCK, self.paths) - first * BLOCK
                self.lane.run(plan, paths, self.how.drawn, first * BLOCK)
                columns = self.lane.columns(case, paths)
                out[first:last] = _rows(columns["cash_out_days"] <= end)
                self.counter(paths)
        return out


def _rows(happened: np.ndarray) -> np.ndarray:
    """One bit a path, a row for each block."""
    room = np.zeros(-(-happened.size // BLOCK) * BLOCK, bool)
    room[: happened.size] = happened
    return np.packbits(room).reshape(-1, BLOCK // 8)


def most_with(paths: int, fits: Callable[[Estimate], bool]) -> int:
    """The largest number of paths whose proportion fits, -1 if none does; both ends of its interval rise with it."""
    low, high = -1, paths + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(proportion(middle, paths)) else (low, middle)
    return low
