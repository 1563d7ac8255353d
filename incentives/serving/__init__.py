"""Publishing and reading snapshots."""
