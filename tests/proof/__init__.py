"""Proof that the tests test: faults planted on purpose, mutants, and searches for inputs that break something.

`python -m tests.proof NAME` runs one of the scripts; none of them is part of the suite, as each takes minutes.
"""
