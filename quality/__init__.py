"""Whether to believe the numbers: checks where trust changes hands."""
