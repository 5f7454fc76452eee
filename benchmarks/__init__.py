"""Benchmarks of `fundrisk` and of other programs, measured in turns in one run: `python -m benchmarks --help`."""
