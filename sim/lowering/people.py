"""What management, insiders, the investor and third parties do, as numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.burn import expected_figures, levels_of
from sim.lowering.line import PlainLine
from sim.lowering.lines import Lines
from sim.lowering.schedule import Calendar, array_of
from sim.lowering.variates import Variates
from sim.lowering.waivers import has_own_waivers, renewal_rows, waiver_rows, waivers_of
from sim.terms import Case
from sim.terms.derived import cut_month


class PeopleRows:
    """What people do in which month or on which purchase date, after the lines have their rows.

    It depends on the shape of the case alone. `tables` adds the numbers of a case.
    """

    def __init__(self, case: Case, calendar: Calendar, lines: PlainLine | Lines) -> None:
        self.months = calendar.n_months
        self.waivers = waivers_of(case, calendar)
        self.renewals, self.coverage_rows = renewal_rows(case, calendar, self.waivers)
        self.calendar, self.expected_rows = calendar, _expected_rows(calendar)
        self.spread_to = np.array([calendar.counted.get(k, k) + 1 for k in range(self.months)], np.int64)
        self.reduced_rows = _reduced_rows(case, calendar, lines)

    def tables(self, case: Case, variates: Variates) -> w.People:
        """The tables of a case; the rows of a block are empty, see `sim.engine.workspace.world_room`."""
        none = np.zeros((0, r.BLOCK))
        levels = levels_of(case, tuple(range(self.months + 1)))
        by_row = levels_of(case, self.calendar.rows.months)
        return w.People(
            response=_response(case),
            bridge=_bridge(case),
            arrivals=_arrivals(case),
            given=0,
            levels=levels.whole,
            cut_levels=levels.cut,
            spread_to=self.spread_to,
            expected_rows=self.expected_rows,
            cut_rows=expected_figures(case, self.calendar, by_row.cut),
            bridge_variates=np.array(list(self._bridge_variates(case, variates)), np.int64),
            arrival_variates=np.array(list(self._arrival_variates(case, variates)), np.int64),
            reduced_rows=self.reduced_rows,
            waivers=array_of(waiver_rows(case, self.waivers, variates), w.WAIVER).view(np.recarray),
            renewals=self.renewals,
            coverage_rows=self.coverage_rows,
            rows=np.zeros(1, w.PEOPLE).view(np.recarray),
            acts=none,
            willing=none,
            loans=none,
            waived=none,
            month_closes=none,
        )

    def _bridge_variates(self, case: Case, variates: Variates) -> Iterator[int]:
        """Rows of the uniforms that say whether the insider is willing, by month."""
        bridge = case.bridge
        for k in range(self.months):
            if bridge is None or not 0 < bridge.probability < 1:
                yield -1
            else:
                call = (r.BRIDGE_COMMON, 0) if bridge.common else (k >> 1, k & 1)
                yield variates.ask(r.BRIDGE, *call, r.UNIFORM)

    def _arrival_variates(self, case: Case, variates: Variates) -> Iterator[tuple[int, int, int]]:
        """Of each month the uniform of the arrival, and what THIRD_PARTY_TERMS says of amount and reduction."""
        for k in range(self.months):
            if not follows_price(case):
                yield -1, -1, -1
            else:
                yield (
                    variates.ask(r.THIRD_PARTY_MONTH, k >> 1, k & 1, r.UNIFORM),
                    variates.ask(r.THIRD_PARTY_TERMS, k, 0, r.NORMAL),
                    variates.ask(r.THIRD_PARTY_TERMS, k, 1, r.UNIFORM),
                )


def uses_people(case: Case) -> bool:
    """Whether a case has a mechanism of `w.People`."""
    listed = follows_price(case) or reduces_period(case) or any(map(has_own_waivers, case.facilities))
    return case.response is not None or case.bridge is not None or listed


def follows_price(case: Case) -> bool:
    """Whether third-party financings follow the stock price."""
    party = case.third_party
    return party is not None and party.annual_rate > 0 and party.price_sensitivity != 0


def reduces_period(case: Case) -> bool:
    """Whether third-party financings reduce what a period still allows."""
    return case.third_party is not None and case.third_party.reduces == "period"


def _arrivals(case: Case) -> w.ArrivalRecord:
    party = case.third_party
    if party is None or not follows_price(case):
        return w.ArrivalRecord(0, 0.0, 0.0)
    return w.ArrivalRecord(1, party.annual_rate / 12.0, float(party.price_sensitivity))


def _reduced_rows(case: Case, calendar: Calendar, lines: PlainLine | Lines) -> np.ndarray:
    """The row of `Books.drawn` that a reduction in a month adds to, by line."""
    rows = np.full((calendar.n_months, len(case.facilities)), -1, np.int64)
    if reduces_period(case) and isinstance(lines, Lines):
        for k in range(calendar.n_months):
            for number, line in enumerate(case.facilities):
                period = k if line.period == "month" else calendar.period(calendar.month_start(k))
                rows[k, number] = lines.cap_rows(number) + period
    return rows


def _response(case: Case) -> w.ResponseRecord:
    response = case.response
    if response is None:
        return w.ResponseRecord(0, 0.0, 1.0, 0.0, r.UNLIMITED, 0.0, r.NEVER)
    begun = cut_month(case)
    return w.ResponseRecord(
        used=1,
        cover=float(response.cover_months),
        factor=1.0 - response.cut,
        delay=float(response.delay_months),
        restore=r.UNLIMITED if response.restore_months is None else float(response.restore_months),
        one_off=float(response.one_off_months),
        begun=r.NEVER if begun is None else float(begun),
    )


def _bridge(case: Case) -> w.BridgeRecord:
    bridge = case.bridge
    if bridge is None:
        return w.BridgeRecord(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return w.BridgeRecord(
        used=1,
        limit=float(bridge.limit),
        trigger=float(bridge.trigger_months),
        target=float(bridge.target_months),
        rate=float(bridge.rate),
        probability=float(bridge.probability),
    )


def _expected_rows(calendar: Calendar) -> np.ndarray:
    """The row of months of the expected figure of each month and of those after the horizon; -1 where there is none."""
    rows = np.full(calendar.n_months + w.MONTHS_AHEAD, -1, np.int64)
    for row, k in enumerate(calendar.outside, start=calendar.n_months):
        if 0 <= k < len(rows):
            rows[k] = row
    return rows
