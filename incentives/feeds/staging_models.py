"""Writes the staging models of the dbt project from the contracts.

Four models per feed, checked in so that they are read and reviewed as SQL:

- `parsed_<feed>`: every delivered row with its values typed, and its first fault;
- `row_outcomes_<feed>`: where every delivered row ended;
- `stg_<feed>`: one row per key, the version in force;
- `quarantine_<feed>`: the refused rows with reason and sentence.

    python -m incentives.feeds.staging_models            write them
    python -m incentives.feeds.staging_models --check    exit with 1 where a file is not what the contracts say
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from incentives.feeds.contracts import FEEDS
from incentives.feeds.dbt_files import project_dir
from incentives.feeds.staging_sql import feed_names_macro, outcomes_sql, parsed_sql, quarantine_sql, staging_sql
from incentives.feeds.staging_yaml import models_yaml, sources_yaml

FOLDER = Path("models") / "staging"
NAMES_MACRO = "../../macros/staging/feed_names.sql"


def staging_files() -> dict[str, str]:
    """Return the text of every generated file by its path below `models/staging`."""
    files = {"_staging__sources.yml": sources_yaml(), "_staging__models.yml": models_yaml()}
    files[NAMES_MACRO] = feed_names_macro()
    for feed in FEEDS.values():
        files[f"{feed.name}/parsed_{feed.name}.sql"] = parsed_sql(feed)
        files[f"{feed.name}/row_outcomes_{feed.name}.sql"] = outcomes_sql(feed)
        files[f"{feed.name}/stg_{feed.name}.sql"] = staging_sql(feed)
        files[f"{feed.name}/quarantine_{feed.name}.sql"] = quarantine_sql(feed)
    return files


def stale_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return the generated files that differ from what is checked in, and those that no feed has any more."""
    differing = [
        name for name, text in files.items() if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]
    generated = {folder / name for name in files}
    left_over = [
        str(path.relative_to(folder))
        for path in folder.rglob("*.sql")
        if path not in generated and path.name.startswith(("parsed_", "row_outcomes_", "quarantine_"))
    ]
    return sorted(differing + left_over)


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file is stale.")
def main(check: bool) -> None:
    """Write the staging models from the contracts, or check that they are current."""
    folder = project_dir() / FOLDER
    files = staging_files()
    stale = stale_files(folder, files)
    if check:
        for name in stale:
            click.echo(f"{folder / name}: not what the contracts say; run `python -m incentives.feeds.staging_models`.", err=True)
        sys.exit(1 if stale else 0)
    for name in stale:
        if name not in files:
            (folder / name).unlink()
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(files[name], encoding="utf-8")
    click.echo(f"{len(stale)} of {len(files)} files changed.")


if __name__ == "__main__":
    main()
