"""The chapters of the board's story: one function each, from a pack to a chapter, or None where nothing applies."""
