"""What a board is shown. Drawn from what a result says; computes nothing."""
