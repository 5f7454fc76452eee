"""The arrays that the kernels work in, and the one place that calls them."""

from __future__ import annotations

import numpy as np

from sim.engine.memory import empty_together, zeros
from sim.lowering import line_records as lr
from sim.lowering import model_records as m
from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.lower import Plan


class Workspace:
    """The arrays that one thread works in, reused from chunk to chunk.

    Parameters
    ----------
    plan : the lowered case. It may be another one later, of the same structure; see `turn_to`.
    paths : room for the output of so many paths.
    recorded, draws : record the month-end cash of the first `recorded` paths of a chunk; if `draws`, also purchase
        dates and payments on notes.
    closes : have the closes of all sessions at once, as recordings, quasi-random points, the impact of draws on later
        closes, and histories that are given need them, as do price models but "gbm", clauses that look at more than
        closes, and `LineTables`. Otherwise closes are made for the paths that need them.
    output, columns : arrays to write to in the place of arrays of one's own; see `output_room` and `columns_room`.
    stop : int64 (1,): nonzero ends a run before its next block.

    Attributes
    ----------
    points, histories, selection, room, world, ledgers, tally, recording, output : as in `sim.lowering.program`.
    """

    def __init__(
        self,
        plan: Plan,
        paths: int = r.BLOCK,
        *,
        recorded: int = 0,
        draws: bool = False,
        closes: bool = False,
        output: r.Output | None = None,
        columns: np.ndarray | None = None,
        stop: np.ndarray | None = None,
    ) -> None:
        self.plan, self.world = plan, world_room(plan)
        self.points = no_points(plan)
        whole = closes or draws or plan.whole or plan.program.price.impact != 0
        self.histories = _histories(plan, whole)
        self.selection = _selection(plan, whole)
        self.room = _market_room(plan)
        self.ledgers = _ledgers(plan)
        self.tally = r.Tally(
            binding=zeros((plan.periods * len(plan.reasons), r.COUNTS), np.int64),
            cut=zeros(r.BLOCK),
            unraised=zeros((len(plan.reasons), r.BLOCK)),
        )
        self.recording = new_recording(plan, recorded, draws)
        self.output = output_room(plan, paths) if output is None else output
        self.books = books_room(plan, paths if columns is None else 0, columns)
        self.stop = zeros(1, np.int64) if stop is None else stop

    def turn_to(self, plan: Plan) -> None:
        """Another plan of the same structure, whose program will be run: what surrounds the lines has its numbers."""
        if plan.world is not self.plan.world:
            self.world = world_room(plan)
        self.plan = plan

    def arrays(self) -> r.Arrays:
        """The arrays as the kernels take them."""
        return r.Arrays(
            self.points,
            self.histories,
            self.selection,
            self.ledgers,
            self.tally,
            self.recording,
            self.output,
            self.books,
            self.stop,
        )


def run_chunk(workspace: Workspace, program: r.Program, span: r.Span) -> int:
    """Simulate the paths of `span` in a workspace, whose tallies begin at zero; returns how many were finished."""
    from sim.kernels import block  # numba, which a start without a simulation does not need

    workspace.tally.binding[:] = 0
    workspace.tally.unraised[:] = 0.0
    workspace.tally.cut[:] = 0.0
    if workspace.plan.has_tables:
        for sums in (
            workspace.books.binding,
            workspace.books.cut,
            workspace.books.unraised,
            workspace.books.raised_sums,
            workspace.books.share_sums,
        ):
            sums[:] = 0
        market = (workspace.plan.market, workspace.room)
        return block.simulate_lines_chunk(program, workspace.arrays(), span, *market, workspace.world)
    if workspace.plan.whole and not span.given:
        market = (workspace.plan.market, workspace.room)
        return block.simulate_market_chunk(program, workspace.arrays(), span, *market, workspace.world)
    return block.simulate_chunk(program, workspace.arrays(), span, workspace.world)


def world_room(plan: Plan) -> w.World | None:
    """The mechanisms of WORLD's kind that a case uses, with the rows that they work in; None if it uses none."""
    if plan.world is None:
        return None
    tables = plan.world
    room = _people_room(plan, tables.people)
    return w.World(_other(plan, tables.other), room, _compensated(plan, tables), tables.past)


def _other(plan: Plan, tables: w.OtherCash) -> w.OtherRoom:
    """Other cash with its rows."""
    flows, months = len(tables.flows), len(plan.months)
    rows = w.OtherRows(
        happens=_rows(flows), days=_rows(flows), burn=_rows(len(plan.program.months)), total=_rows(1), opening=_rows(1),
        factors=_rows(months), fixed=_rows(months), course=_rows(1),
    )  # fmt: skip
    return w.OtherRoom(tables, rows)


def _people_room(plan: Plan, people: w.People) -> w.People:
    months = len(plan.months)
    return people._replace(
        rows=_records(1, w.PEOPLE),
        acts=_rows(months),
        willing=_rows(months),
        loans=_rows(months),
        waived=_rows(len(people.waivers)),
        month_closes=_rows(months),
    )


def _compensated(plan: Plan, tables: w.WorldTables) -> w.Compensated:
    """No rows where the moves of the stock are raw."""
    jumps, days = plan.program.jumps[: len(plan.program.jumps) * tables.compensated], plan.program.stops["t"]
    waited = [tables.past.milestones[e] if e < len(plan.milestones) else None for e in jumps["event"].tolist()]
    return w.Compensated(
        before=zeros((len(jumps), int(days.max()) + 1)),
        settled=zeros((len(jumps), r.BLOCK)),
        elapsed=np.array([0.0 if row is None else row["elapsed"] for row in waited], np.float64),
        ahead=np.array([1.0 if row is None else 1.0 - row["behind"] for row in waited], np.float64),
        selected=_rows(2),
    )


def no_points(plan: Plan) -> r.Points:
    """What stands for quasi-random points where the generator is used."""
    return r.Points(numbers=zeros((plan.variate_rows + plan.day_rows, 0)), financings=zeros((0, 0)))


def new_recording(plan: Plan, paths: int, draws: bool) -> r.Recording:
    """An empty recording for the first `paths` paths of a chunk."""
    fields = r.SETTLED_FIELDS
    of_draws = {name: zeros((len(plan.purchase_dates), paths if draws else 0)) for name in fields}
    interest, principal = zeros((2, len(plan.program.actions), paths if draws else 0))
    return r.Recording(
        **of_draws, interest=interest, principal=principal, cash_month_end=zeros((len(plan.months), paths))
    )


def output_room(plan: Plan, paths: int) -> r.Output:
    """Room for the output of `paths` paths."""
    kinds = {"draws": np.int32, "cause": np.int8}
    columns = [(paths, kinds.get(name, np.float64)) for name in r.OUTPUTS]
    rows = [((n, paths), np.float64) for n in (plan.periods, len(plan.gap_months), int(plan.issues_to_others))]
    return r.Output(*empty_together([*columns, *rows]))


def columns_room(plan: Plan, paths: int) -> np.ndarray:
    """Room for what each line has of `paths` paths, where the plan has tables of lines."""
    return zeros((len(plan.lines) * len(lr.LINE_OUTPUTS) if plan.has_tables else 0, paths))


def books_room(plan: Plan, paths: int, columns: np.ndarray | None) -> lr.Books:
    """The books of the lines of a block, and their output for `paths` paths unless `columns` are given."""
    tables, reasons = plan.program.lines, len(plan.reasons)
    lines, periods = len(tables.lines), plan.periods
    counts = [*tables.legs["count"].tolist(), *(tables.kinds["volume_sessions"] // 2 + 1).tolist()]
    return lr.Books(
        books=_records(lines, lr.BOOK),
        orders=_records(len(tables.kinds), lr.ORDER),
        date=_records(1, lr.DATE),
        drawn=_rows(plan.drawn_rows),
        covered=_rows(len(plan.program.quarters)),
        raised=_rows(lines * periods),
        undrawn=_rows(lines * reasons),
        lowest=_rows(max(counts, default=1)),
        numbers=zeros((2, max(tables.legs["window"].tolist(), default=1))),
        binding=zeros((max(lines * periods * reasons, 1), r.COUNTS), np.int64),
        cut=_rows(lines),
        unraised=_rows(lines * reasons),
        raised_sums=_rows(lines * periods),
        share_sums=_rows(lines),
        columns=columns_room(plan, paths) if columns is None else columns,
    )


def _everyone() -> np.ndarray:
    numbers = zeros(r.BLOCK, np.int64)
    numbers[:] = range(r.BLOCK)
    return numbers


def _rows(n: int) -> np.ndarray:
    return zeros((max(n, 1), r.BLOCK))


def _records(n: int, dtype: np.dtype) -> np.recarray:
    return zeros(max(n, 1), dtype).view(np.recarray)


def _histories(plan: Plan, whole: bool) -> r.Histories:
    program, months = plan.program, len(plan.months)
    room = (months + 1) * r.BLOCK  # of financings, at most one a month, and to read on to a multiple of 8
    events = _rows(max(len(program.milestones), 1) + 1)
    closes = len(plan.day_dates) if whole else 0
    return r.Histories(
        variates=_rows(plan.variate_rows),
        month_ends=_rows(len(program.walk) + 1),
        closes=zeros((closes, r.BLOCK)),
        **{series: zeros((closes if rows else 0, r.BLOCK)) for series, rows in plan.looked_at.items()},
        cash_used=_rows(len(program.months)),
        events=events,
        achieved=events[:-1],
        ceo_change=events[-1:],
        adverse_change=_rows(1),
        waived=_rows(len(program.conditions)),
        extended=_rows(len(program.notes)),
        financings=r.Financings(
            until=zeros(months + 1, np.int64),
            order=zeros(room, np.int64),
            path=zeros(room, np.int64),
            month=zeros(room, np.int64),
            amount=zeros(room),
            reduces=zeros(room),
            close=zeros(room),
            t=zeros(room),
            waits=_rows(2),
            before=zeros(r.BLOCK),
        ),
    )


def _market_room(plan: Plan) -> m.MarketRoom:
    days, steps = len(plan.market.trading), len(plan.market.state_steps)
    return m.MarketRoom(_rows(days), _rows(days), _rows(steps), _rows(m.SCRATCH if plan.whole else 1))


def _selection(plan: Plan, whole: bool) -> r.Selection:
    """Room for the largest window that will be used."""
    windows = plan.program.windows if whole else plan.program.windows[:-1]

    def most(*names: str) -> int:
        return sum(max((windows[f"last_{name}"] - windows[f"first_{name}"]).tolist(), default=0) for name in names)

    return r.Selection(
        paths=zeros(r.BLOCK, np.int64),
        everyone=_everyone(),
        normals=_rows(r.NORMALS_A_CALL * most("call")),
        walked=_rows(most("anchor", "bridge")),
        moved_at=_rows(1),
        closes=_rows(max((windows["last_day"] - windows["first_day"])[: len(plan.purchase_dates)].tolist(), default=0)),
        average=zeros(r.BLOCK),
        leg=zeros(r.BLOCK),
        lowest=_rows(max(plan.program.legs["count"].tolist(), default=1)),
        alone=zeros((6, most("call") + most("anchor", "bridge") + most("day") + 8)),
    )


def _ledgers(plan: Plan) -> r.Ledgers:
    return r.Ledgers(
        state=_records(1, r.STATE),
        notes=_records(len(plan.program.notes), r.BALANCES),
        failures=_records(len(plan.program.conditions), r.FAILURE),
        rates=_rows(len(plan.program.months)),
        raised=_rows(plan.periods),
        undrawn=_rows(len(plan.reasons)),
        interest=zeros((len(plan.months) if len(plan.program.lines.interest) else 0, r.BLOCK)),
        gaps=_rows(len(plan.gap_months)),
    )
