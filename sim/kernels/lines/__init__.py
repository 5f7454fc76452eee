"""Any number of lines and kinds of purchase, with every limit, prices known at the notice or after it, and settlement.

Cases with one line whose price is known on the purchase date use `sim.kernels.line` instead, which is faster. Here each
turn of a stop, a settlement, a notice or a fee, goes through all paths of a block: first what all need (prices,
volumes, registered shares), as rows; then path by path.
"""
