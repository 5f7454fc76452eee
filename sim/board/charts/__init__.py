"""Charts as data and as pictures."""
