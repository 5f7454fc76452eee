"""The equity line: price, limits, draw and settlement."""
