"""The equity line on one purchase date: price, limits, draw and settlement.

Every function works on paths lo ... hi - 1 of a block: the whole block, or one path. Bounds are masked (`lo & 0xFFFF`)
so that the compiler knows that no index is negative. Reasons are codes of `sim.lowering.program`, kept as floats so
that selects stay in vector registers.
"""
