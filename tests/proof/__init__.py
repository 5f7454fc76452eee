"""Tests of the tests: fault injection, mutation testing, and searches for input that breaks something.

`python -m tests.proof NAME` runs one of the scripts; none of them is part of the suite, as each takes minutes.
"""
