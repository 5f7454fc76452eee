"""What a run returns: arrays, measures, estimates with their errors, summaries and files."""
