"""When, and in what order; no business rule and no SQL."""
