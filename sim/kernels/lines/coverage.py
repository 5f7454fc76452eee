"""Coverage of a line: of a purchase date, and what earlier fiscal quarters left unused."""

from sim.kernels.copying import copy_row
from sim.kernels.jit import stage, verb
from sim.kernels.line.coverage import cover_all
from sim.lowering.program import BLOCK


@verb
def cover_quarters(state, books, cash_used, program):
    """Fill `covered` with the coverage of every fiscal quarter whose unused part is carried forward."""
    for j in range(len(program.quarters)):
        cover_all(state, cash_used, program.covers, program.quarters[j])
        copy_row(books.covered, j, state.coverage)


@verb
def cover_date(state, books, cash_used, covers, line, notice):
    """Set `coverage` of a purchase date, and `unused`, what the line's quarters before it left.

    Draws count for the quarter of their notice, also those that were settled after its end.
    """
    cover_all(state, cash_used, covers, notice)
    unused = books.date[0].unused
    for i in range(BLOCK):
        unused[i] = line.unused_coverage
    for j in range(notice.unused_until):
        carry_over(unused, books.covered, line.first_test + j, books.drawn, line.quarter_rows + line.first_quarter + j)


@stage
def carry_over(unused, covered, test, drawn, row):
    for i in range(BLOCK):
        left = covered[test, i] + unused[i] - drawn[row, i]
        unused[i] = left if left > 0.0 else 0.0
