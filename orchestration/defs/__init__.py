"""The assets and checks, one module for each part of the way from file to statement."""
