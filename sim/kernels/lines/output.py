"""What each line leaves of a block of paths: columns of the output, and sums over the paths."""

from sim.kernels.copying import copy_out
from sim.kernels.jit import stage, verb
from sim.kernels.waterfall import share_commitment
from sim.lowering.line_records import CASH_OUT, LINE_OUTPUTS, NO_DATE, PERIOD_CAP


@verb
def write_lines(books, tables, state, first, n):
    """Columns first ... of the lines' output for the block's first n paths, and what each line adds to the sums."""
    reasons, base = tables.reasons, tables.conditions
    for j in range(len(tables.lines)):
        book, line = books.books[j], tables.lines[j]
        if books.columns.shape[1] > 0:
            write_columns(books.columns, len(LINE_OUTPUTS) * j, first, book, n)
        add_up(books, book, j, tables.periods, n)
        if line.waterfall != 0:
            leftover = int(base + (PERIOD_CAP if line.last_t >= 0.0 else NO_DATE))
            said = (line.commitment, leftover, int(base + CASH_OUT), line.last_t)
            share_commitment(state, book.raised, book.cut, books.undrawn, books.unraised, reasons * j, reasons, said, n)


@stage
def write_columns(columns, row, first, book, n):
    """In the order of `LINE_OUTPUTS`."""
    copy_out(columns[row], first, book.raised, n)
    copy_out(columns[row + 1], first, book.shares, n)
    copy_out(columns[row + 2], first, book.draws, n)
    copy_out(columns[row + 3], first, book.costs, n)


@stage
def add_up(books, book, j, periods, n):
    """What third parties cut, shares issued, and what was raised by fiscal quarter."""
    for i in range(n):
        books.cut[j, i] += book.cut[i]
        books.share_sums[j, i] += book.shares[i]
    for row in range(j * periods, (j + 1) * periods):
        for i in range(n):
            books.raised_sums[row, i] += books.raised[row, i]
