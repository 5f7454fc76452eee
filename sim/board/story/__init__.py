"""The story that deck and page tell, as data: one chapter for each slide."""
