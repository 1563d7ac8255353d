"""Reading delivered files: their bytes, their dialect, their records."""
