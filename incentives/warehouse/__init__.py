"""The warehouse's build: landed documents, dbt in this process, and the record of the last build."""
