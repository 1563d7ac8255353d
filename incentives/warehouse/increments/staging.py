"""What was delivered: every version of each record that came, decided anew together with those of before."""

from __future__ import annotations

from incentives.feeds.columns import Feed
from incentives.feeds.contracts import FEEDS
from incentives.warehouse.increments.scratch import BEFORE, PLACE, Scratch

# Their records are compared with each other, not only with those of their own key.
WHOLE_FEEDS = frozenset({"assignments", "targets"})


def delivered_feeds(scratch: Scratch) -> list[Feed]:
    """Return the feeds of which rows came."""
    rows = scratch.connection.execute(
        f"select distinct feed from bronze.files where outcome = 'loaded' and load_id > {scratch.since_load}"
    ).fetchall()
    return [FEEDS[str(feed)] for (feed,) in rows if feed in FEEDS]


def stage(scratch: Scratch, feed: Feed) -> None:
    """Work out the records of a feed that came, and by which rows its staging differs.

    Leaves the four models of the feed for the keys that came, `removed.stg_<feed>`, `added.stg_<feed>` and `now.stg_<feed>`.
    """
    parsed, staged = f"parsed_{feed.name}", f"stg_{feed.name}"
    scratch.run(parsed)
    if feed.name not in WHOLE_FEEDS:
        _carry(scratch, feed)
    scratch.run(f"row_outcomes_{feed.name}", f"quarantine_{feed.name}", staged)
    place = ", ".join(PLACE)
    # A row of staging is what its delivered row says: the place names it, and two rows of one place are equal.
    before = f"{BEFORE}.staging.{staged}"
    scratch.table(
        f"removed.{staged}",
        f"select * from {before} semi join staging.{parsed} using ({place}) anti join staging.{staged} using ({place})",
    )
    scratch.table(f"added.{staged}", f"select * from staging.{staged} anti join {before} using ({place})")
    scratch.show_now(staged, PLACE)
    if feed.name not in WHOLE_FEEDS:
        scratch.view(f"staging.{staged}", f"select * from now.{staged}")


def _carry(scratch: Scratch, feed: Feed) -> None:
    """Add the rows of before that are decided together with those that came.

    That is every row with the key of one that came, and what a file of the same name may mend: the refused rows of earlier
    files of that name, with every row of their keys.
    """
    parsed = f"parsed_{feed.name}"
    before = f"{BEFORE}.staging.{parsed}"
    key, place = ", ".join(feed.key), ", ".join(PLACE)
    scratch.table(
        "scope.earlier_files",
        "select distinct earlier.load_id, earlier.file_ordinal from bronze.files as earlier inner join bronze.files as came "
        "on earlier.source = came.source and earlier.feed = came.feed and earlier.file_name = came.file_name "
        f"where earlier.load_id <= {scratch.since_load} and came.load_id > {scratch.since_load} "
        f"and earlier.outcome = 'loaded' and came.outcome = 'loaded' and came.feed = '{feed.name}'",
    )
    scratch.table(
        "scope.open_places",
        f"select {place} from {BEFORE}.staging.quarantine_{feed.name} semi join scope.earlier_files using (load_id, file_ordinal) "
        "where closed_by_load is null",
    )
    scratch.table(
        "scope.keys",
        f"select distinct {key} from (select {key} from staging.{parsed} union all "
        f"select {key} from {before} semi join scope.open_places using ({place}))",
    )
    # using () compares no empty values: a row without its key is carried by its place.
    scratch.table(
        "scope.carried",
        f"select {place} from {before} semi join scope.keys using ({key}) union "
        f"select {place} from {before} semi join scope.open_places using ({place})",
    )
    scratch.sql(f"insert into staging.{parsed} by name select * from {before} semi join scope.carried using ({place})")
    scratch.sql(
        f"insert into bronze.rejects select * from {BEFORE}.bronze.rejects semi join scope.earlier_files using (load_id, file_ordinal) "
        f"where feed = '{feed.name}'"
    )
