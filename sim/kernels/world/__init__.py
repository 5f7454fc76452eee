"""Compiled code of what surrounds the lines; only for cases that have a `World`."""
