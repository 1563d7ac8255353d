"""Use cases, one function each: what portal, command line and orchestration call."""
