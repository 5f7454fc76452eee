"""What is done with runs: verification, comparison, sensitivity, search, calibration, valuation."""
