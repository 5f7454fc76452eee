"""Benchmarks of `fundrisk` and of other programs, measured in turns in one run: `python -m benchmarks --help`."""

import sim.kernels.jit  # noqa: F401 - before another program compiles: wide registers are chosen only then
