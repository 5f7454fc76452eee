"""Parameters of the price models from closes: estimates with intervals, and which models the closes support."""
