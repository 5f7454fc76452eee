"""Stock prices of a block of paths."""
