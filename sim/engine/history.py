"""Read a history, which may come from a file, into the arrays of a block."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.lower import Plan
from sim.lowering.other_cash import has_fixed_items, moving
from sim.terms import Case, CaseError
from sim.terms.problems import MISSING, problem_line
from sim.terms.ranges import iso_date

#: Of the dollars, closes and days of a history. Sampled ones may be far beyond what a case may say; these are further.
MOST_DOLLARS, LEAST_CLOSE, MOST_CLOSE, MOST_DAYS = 1e100, 1e-290, 1e290, sys.float_info.max
CLOSE, DOLLARS = "a close above 0, in dollars a share, from 1e-290 to 1e290", "dollars, at most 1e100 either way"

#: Prices and volume of a day: the most that each may be, and what it is.
SERIES = {
    "low": (MOST_CLOSE, "a low above 0, in dollars a share, from 1e-290 to 1e290"),
    "vwap": (MOST_CLOSE, "a VWAP above 0, in dollars a share, from 1e-290 to 1e290"),
    "volume": (MOST_DOLLARS, "a number of shares, from 0 to 1e100"),
}


class HistoryError(CaseError):
    """A history that cannot be replayed. `problems` holds one line each: `FILE: KEY = VALUE: must be ...`."""


class HistoryReader:
    """Reads a history into the arrays of a block, and lists every problem."""

    KEYS = (
        "closes", "cash_used", "achieved_days", "ceo_change_days", "adverse_change_days", "waived", "extended",
        "third_party", "days", "flows", "cash_fixed", "bridge_months", "waived_by_period",
    )  # fmt: skip

    def __init__(self, case: Case, plan: Plan, source: str, world: w.World | None = None) -> None:
        self.case, self.plan, self.source, self.world = case, plan, source, world
        self.problems: list[str] = []

    def read(self, history: Mapping[str, Any], h: r.Histories) -> None:
        """Fill every column of `h`, and what of the world is random. HistoryError if anything is wrong."""
        if not isinstance(history, Mapping):
            self.say("history", history, "must be a JSON object with the keys " + ", ".join(self.KEYS))
            raise HistoryError(self.problems)
        for key in history:
            if key not in self.KEYS:
                self.say(str(key), history[key], "unknown key; must be one of " + ", ".join(self.KEYS))
        self.read_events(history, h)
        self.read_third_party(history.get("third_party"), h)
        self.read_closes(self.table(history, "closes"), h)
        self.read_days(self.table(history, "days"), h)
        self.read_cash_used(self.table(history, "cash_used"), h)
        if self.world is not None:
            self.read_flows(history, self.world.other)
        self.read_fixed(history)
        self.read_bridge(history.get("bridge_months"))
        self.read_waivers(history)
        if self.problems:
            raise HistoryError(self.problems)

    def say(self, key: str, value: Any, allowed: str) -> None:
        self.problems.append(problem_line(self.source, (key, value, allowed)))

    def missing(self, key: str, allowed: str) -> None:
        self.problems.append(problem_line(self.source, (key, MISSING, allowed)))

    def number(self, key: str, value: Any, least: float, most: float, allowed: str) -> float | None:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        self.say(key, value, f"must be {allowed}")
        return None

    def table(self, history: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        table = history.get(key)
        if table is None:
            return {}
        if not isinstance(table, Mapping):
            self.say(key, table, "must be an object")
            return {}
        return table

    def names(self, history: Mapping[str, Any], key: str, known: list[str]) -> list[str]:
        names = history.get(key)
        if names is None:
            return []
        if not isinstance(names, (list, tuple)):
            self.say(key, names, "must be a list of names")
            return []
        for name in names:
            if name not in known:
                self.say(
                    key, name, f"must be one of {', '.join(known)}" if known else "must be absent: the case has none"
                )
        return [name for name in names if name in known]

    def read_flows(self, history: Mapping[str, Any], other: w.OtherRoom) -> None:
        """Flows that are certain happen; of the others those that are named."""
        uncertain = [flow.name for flow in self.case.flows if flow.probability < 1.0]
        named = self.names(history, "flows", uncertain)
        other.rows.happens[:] = 1.0  # also for the advances of notes
        for f, flow in enumerate(moving(self.case)):
            other.rows.happens[f] = float(flow.probability >= 1.0 or flow.name in named)

    def read_events(self, history: Mapping[str, Any], h: r.Histories) -> None:
        achieved = self.table(history, "achieved_days")
        for i, name in enumerate(self.plan.milestones):
            h.achieved[i] = self.days(f"achieved_days.{name}", achieved.get(name))
        for name, value in achieved.items():
            if name not in self.plan.milestones:
                self.say(f"achieved_days.{name}", value, "must be absent: the case has no such milestone")
        for word, row in (("ceo_change", h.ceo_change), ("adverse_change", h.adverse_change)):
            event = getattr(self.case.events, word)
            past = event.happened - self.case.valuation_date if event and event.happened else datetime.timedelta(0)
            row[0] = self.days(f"{word}_days", history.get(f"{word}_days"), past.days)
        conditions = [condition for line in self.case.facilities for condition in line.conditions]
        adverse = any(condition.kind == "no_adverse_change" for condition in conditions)
        if history.get("adverse_change_days") is not None and adverse and not self.case.events.adverse_change:
            self.say(
                "adverse_change_days", history["adverse_change_days"],
                "must be null, as the case has no events.adverse_change to say how long it lasts",
            )  # fmt: skip
        coverages = [waiver.name for waiver in self.plan.waivers if waiver.condition < 0 and waiver.period is None]
        waived = self.names(history, "waived", [*(condition.name for condition in conditions), *coverages])
        for i, condition in enumerate(conditions):
            h.waived[i] = float(condition.name in waived)
        extendable = [note.name for note in self.case.notes if note.extended_maturity]
        extended = self.names(history, "extended", extendable)
        for i, note in enumerate(self.case.notes):
            h.extended[i] = float(note.name in extended)

    def days(self, key: str, value: Any, least: int = 0) -> float:
        if value is None:
            return r.NEVER
        allowed = f"days from the opening of the valuation date, at least {least}, or null"
        number = self.number(key, value, float(least), MOST_DAYS, allowed)
        return r.NEVER if number is None else number

    def read_third_party(self, rows: Any, h: r.Histories) -> None:
        if rows is None:
            rows = []
        if not isinstance(rows, (list, tuple)):
            self.say("third_party", rows, "must be a list of objects with month, amount and reduces_line")
            rows = []
        financings: dict[int, tuple[float, float]] = {}
        for i, row in enumerate(rows):
            where = f"third_party[{i}]"
            if not isinstance(row, Mapping) or set(row) - {"month", "amount", "reduces_line"} or "month" not in row:
                self.say(where, row, "must be an object with month, amount and reduces_line")
                continue
            if self.case.third_party is None:
                self.say(where, row["month"], "must be absent, as the case has no third_party table")
                continue
            month = row["month"]
            if month not in self.plan.months or self.plan.months.index(month) in financings:
                first, last = self.plan.months[0], self.plan.months[-1]
                self.say(f"{where}.month", month, f"must be a month from {first} to {last}, each once")
                continue
            k = self.plan.months.index(month)
            amount = self.number(f"{where}.amount", row.get("amount"), 0.0, MOST_DOLLARS, "dollars, from 0 to 1e100")
            reduces = row.get("reduces_line", False)
            if not isinstance(reduces, bool):
                self.say(f"{where}.reduces_line", reduces, "must be true or false")
            financings[k] = (amount or 0.0, float(reduces is True))
        listed = h.financings
        for number, k in enumerate(sorted(financings)):  # of path 0 only
            listed.until[k + 1 :] = number + 1
            listed.order[number], listed.path[number], listed.month[number] = number, 0, k
            listed.amount[number], listed.reduces[number] = financings[k]

    def read_bridge(self, months: Any) -> None:
        """The months in which the insider would lend. Without the key he does where the case is certain of it."""
        world = self.world
        if self.case.bridge is None or world is None:
            if months is not None:
                self.say("bridge_months", months, "must be absent, as the case has no bridge")
            return
        if months is None:
            world.people.willing[:] = float(self.case.bridge.probability >= 1.0)
            return
        if not isinstance(months, (list, tuple)):
            self.say("bridge_months", months, "must be a list of months, such as 2002-06")
            return
        world.people.willing[:] = 0.0
        for i, month in enumerate(months):
            if month in self.plan.months:
                world.people.willing[self.plan.months.index(month)] = 1.0
            else:
                first, last = self.plan.months[0], self.plan.months[-1]
                self.say(f"bridge_months[{i}]", month, f"must be a month from {first} to {last}")

    def read_waivers(self, history: Mapping[str, Any]) -> None:
        """What the investor waives in which fiscal quarter; a quarter that is left out has what `waived` says."""
        known: dict[str, list[str]] = {}
        for waiver in self.plan.waivers:
            if waiver.period is not None:
                known.setdefault(waiver.period.label, []).append(waiver.name)
        periods = self.table(history, "waived_by_period")
        for label, names in periods.items():
            if label not in known:
                allowed = f"a fiscal quarter with own waivers: {', '.join(known)}" if known else "absent"
                self.say(f"waived_by_period.{label}", names, f"must be {allowed}")
            else:
                self.names({f"waived_by_period.{label}": names}, f"waived_by_period.{label}", known[label])
        world = self.world
        if world is None or self.problems:
            return
        always = history.get("waived") or ()
        for row, waiver in enumerate(self.plan.waivers):
            names = always if waiver.period is None else periods.get(waiver.period.label, always)
            world.people.waived[row] = float(waiver.name in names)

    def read_closes(self, closes: Mapping[str, Any], h: r.Histories) -> None:
        """Closes of the days that the ledger needs; before the valuation date those of the case if none is given."""
        program, plan = self.plan.program, self.plan
        h.closes[:] = np.nan
        financed: dict[int, int] = {}  # financings by the row of their close
        if self.case.third_party is not None and self.case.third_party.kind == "equity":
            last_days = {day.isoformat()[:7]: row for row, day in enumerate(plan.day_dates) if day}
            for number in range(h.financings.until[-1]):
                month = plan.months[h.financings.month[number]]
                if month in last_days:
                    financed[last_days[month]] = number
        wanted = plan.priced_rows | set(financed)
        used = {self.plan.day_dates[row] or self.plan.earlier_dates[row] for row in wanted}
        for key, close in closes.items():
            day = iso_date(key)
            if day is None:
                self.say(f"closes.{key}", close, "its key must be a date, such as 2002-06-21")
            elif day not in used:
                self.number(f"closes.{key}", close, LEAST_CLOSE, MOST_CLOSE, CLOSE)
        for row in sorted(wanted):
            day = self.plan.day_dates[row]
            key = (day or plan.earlier_dates[row]).isoformat()
            if day is None and key not in closes:
                h.closes[row] = program.days["close"][program.windows["first_day"][-1] + row]
                continue
            if key not in closes:
                self.missing(f"closes.{key}", f"must be {CLOSE}")
                continue
            h.closes[row] = self.number(f"closes.{key}", closes[key], LEAST_CLOSE, MOST_CLOSE, CLOSE) or np.nan
            if row in financed:
                h.financings.close[financed[row]] = h.closes[row, 0]

    def read_days(self, days: Mapping[str, Any], h: r.Histories) -> None:
        """Lows, VWAPs and volumes of the days that the ledger needs; before the valuation date the opening price, and
        the mean volume, if none is given."""
        program, dates = self.plan.program, self.plan.day_dates
        for key, values in days.items():
            if iso_date(key) is None:
                self.say(f"days.{key}", values, "its key must be a date, such as 2002-06-21")
            elif not isinstance(values, Mapping) or set(values) - {*SERIES, "high"}:
                self.say(f"days.{key}", values, "must be an object with low, high, vwap and volume")
        for series, (most, allowed) in SERIES.items():
            rows = getattr(h, series)
            for row in sorted(self.plan.looked_at[series]):
                day = (dates[row] or self.plan.earlier_dates[row]).isoformat()
                least, values = 0.0 if series == "volume" else LEAST_CLOSE, days.get(day)
                if dates[row] is None and (not isinstance(values, Mapping) or series not in values):
                    mean = self.plan.market.trading_day.mean
                    rows[row] = mean if series == "volume" else program.price.initial
                elif values is None or (isinstance(values, Mapping) and series not in values):
                    self.missing(f"days.{day}.{series}", f"must be {allowed}")
                elif isinstance(values, Mapping):
                    number = self.number(f"days.{day}.{series}", values[series], least, most, allowed)
                    rows[row] = np.nan if number is None else number

    def read_cash_used(self, cash_used: Mapping[str, Any], h: r.Histories) -> None:
        """Cash used of the simulated months; months outside count at their expected figure."""
        for k, level in enumerate(self.plan.program.months["level"]):
            if k >= len(self.plan.months):
                h.cash_used[k] = level
                continue
            month = self.plan.months[k]
            if month not in cash_used:
                self.missing(f"cash_used.{month}", "must be the cash used in operations in the month, in dollars")
                continue
            number = self.number(f"cash_used.{month}", cash_used[month], -MOST_DOLLARS, MOST_DOLLARS, DOLLARS)
            h.cash_used[k] = 0.0 if number is None else number
        self.other_months("cash_used", cash_used)

    def read_fixed(self, history: Mapping[str, Any]) -> None:
        """What fixed items use of it, which management does not cut."""
        fixed = self.table(history, "cash_fixed")
        if self.world is None or not has_fixed_items(self.case):
            if fixed:
                self.say("cash_fixed", fixed, "must be absent, as no item is fixed, or nobody cuts")
            return
        for k, month in enumerate(self.plan.months):
            if month not in fixed:
                self.missing(f"cash_fixed.{month}", "must be the cash that fixed items use in the month, in dollars")
                continue
            number = self.number(f"cash_fixed.{month}", fixed[month], -MOST_DOLLARS, MOST_DOLLARS, DOLLARS)
            self.world.other.rows.fixed[k] = 0.0 if number is None else number
        self.other_months("cash_fixed", fixed)

    def other_months(self, key: str, table: Mapping[str, Any]) -> None:
        """Months that are not simulated may be there, and are not used."""
        for month, used in table.items():
            if iso_date(f"{month}-01") is None:
                self.say(f"{key}.{month}", used, "its key must be a month, such as 2002-06")
            elif month not in self.plan.months:
                self.number(f"{key}.{month}", used, -MOST_DOLLARS, MOST_DOLLARS, DOLLARS)
