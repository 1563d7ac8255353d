"""The format of the DuckDB files that are made here; a file keeps the one that it was made with."""

from __future__ import annotations

VERSION = "v1.5.0"
# For duckdb.connect() of a new file. DuckDB's default is read by its oldest versions too, and takes twice the time for text.
NEW_FILE: dict[str, str | bool | int | float | list[str]] = {"storage_compatibility_version": VERSION}
