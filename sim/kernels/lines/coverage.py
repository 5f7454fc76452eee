"""Coverage of a line: of a purchase date, and what earlier fiscal quarters left unused."""

from sim.kernels.copying import copy_row
from sim.kernels.jit import stage, verb
from sim.kernels.line.coverage import add_up, take_percent
from sim.lowering.program import BLOCK


@verb
def cover_quarters(arrays, program):
    """Fill `covered` with the coverage of every fiscal quarter whose unused part is carried forward."""
    state, books = arrays.ledgers.state[0], arrays.books
    for j in range(len(program.quarters)):
        count_interest(len(program.lines.notices) + j, arrays, program)
        cover_with_interest(state, books, arrays.histories.cash_used, program, program.quarters[j])
        copy_row(books.covered, j, state.coverage)


@verb
def cover_date(arrays, program, line, notice):
    """Set `coverage` of a purchase date, and `unused`, what the line's quarters before it left.

    The interest that it counts is in `date`. Draws count for the quarter of their notice, also those that were settled
    after its end.
    """
    state, books = arrays.ledgers.state[0], arrays.books
    cover_with_interest(state, books, arrays.histories.cash_used, program, notice)
    unused = books.date[0].unused
    for i in range(BLOCK):
        unused[i] = line.unused_coverage
    for j in range(notice.unused_until):
        carry_over(unused, books.covered, line.first_test + j, books.drawn, line.quarter_rows + line.first_quarter + j)


@stage
def cover_with_interest(state, books, cash_used, program, test):
    """Coverage of every path, of the cash used and of the interest of the date."""
    add_up(state, cash_used, program.covers, test)
    if len(program.lines.interest) > 0:
        add_row(state.coverage, books.date[0].interest)
    take_percent(state, test)


@stage
def carry_over(unused, covered, test, drawn, row):
    for i in range(BLOCK):
        left = covered[test, i] + unused[i] - drawn[row, i]
        unused[i] = left if left > 0.0 else 0.0


@verb
def count_interest(row, arrays, program):
    """Set the interest of the date, by a row of `interest`: what has been paid, and what is due on the principal."""
    tables, ledgers, interest = program.lines, arrays.ledgers, arrays.books.date[0].interest
    if len(tables.interest) > 0:
        counted = tables.interest[row]
        for i in range(BLOCK):
            interest[i] = counted.before
        for k in range(counted.first_month, counted.last_month):
            add_row(interest, ledgers.interest[k])
        for d in range(counted.first_due, counted.last_due):
            due = tables.dues[d]
            extended = arrays.histories.extended[due.note]
            add_due(interest, ledgers.notes[due.note], extended, program.notes[due.note], due)


@stage
def recall_interest(date, order):
    """The interest of a date that is settled: what was counted at its notice."""
    for i in range(BLOCK):
        date.interest[i] = order.interest[i]


@stage
def add_row(total, row):
    for i in range(BLOCK):
        total[i] = total[i] + row[i]


@stage
def add_due(interest, balances, extended, note, due):
    """Add what a note pays up to its last payment of the test's days: principal x rate x days / 365, and what is owed
    unless that is added to the principal before."""
    for i in range(BLOCK):
        until = due.until if extended[i] == 0.0 else due.extended_until
        since = due.since if extended[i] == 0.0 else due.extended_since
        begun = balances.since[i] if note.advanced != 0 else due.accrued_to
        owed = balances.accrued[i] if since <= begun else 0.0
        begun = begun if since <= begun else since
        paid = owed + balances.principal[i] * note.rate * (until - begun) / 365.0
        interest[i] = interest[i] + (paid if until > 0.0 else 0.0)
