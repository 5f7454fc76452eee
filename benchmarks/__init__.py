"""Measurements of `fundrisk`, each side by side with an opponent, in one run: `python -m benchmarks --help`."""
