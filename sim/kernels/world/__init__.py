"""Kernels of what surrounds the lines: one module for each mechanism, compiled for cases that use any of them."""
