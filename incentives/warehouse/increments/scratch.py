"""The database, in memory, in which an increment is worked out: beside the warehouse, by the selects that made it.

Schemas, besides those of the models: `now` shows tables of the warehouse as they will be, `added` and `removed` hold the rows
by which they differ, `scope` what is to be worked out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from incentives.feeds.contracts import FEEDS
from incentives.warehouse.increments.compiled import CompiledModel, read_models

# The catalogues: the warehouse as it was, named as its own views name it, and what stands in memory.
BEFORE = "warehouse"
SCRATCH = "memory"
PLACE = ("load_id", "file_ordinal", "delivered_row")


@dataclass(slots=True)
class Scratch:
    """An increment's database.

    Attributes:
        connection: To a database in memory; the warehouse of before is attached to it and only read.
        models: The selects by the name of their model.
        since_load: The last load that the warehouse of before holds.
        views: Relations that stand as views, by schema and name.
    """

    connection: duckdb.DuckDBPyConnection
    models: Mapping[str, CompiledModel]
    since_load: int
    views: set[str] = field(default_factory=set)

    def sql(self, statement: str) -> None:
        """Run a statement."""
        self.connection.execute(statement)

    def table(self, name: str, select: str) -> None:
        """Make a table, in the place of what stood under the name."""
        self._clear(name)
        self.sql(f"create table {name} as {select}")

    def view(self, name: str, select: str) -> None:
        """Make a view, in the place of what stood under the name."""
        self._clear(name)
        self.sql(f"create view {name} as {select}")
        self.views.add(name)

    def run(self, *names: str) -> None:
        """Make models, by the selects of the full build, of the relations that stand under the names which they read."""
        for name in names:
            model = self.models[name]
            place = self.place(name)
            (self.view if model.is_view else self.table)(place, model.sql)

    def place(self, name: str) -> str:
        """Return schema and name of a model's relation."""
        return f"{self.models[name].schema}.{name}"

    def look_up_dates(self) -> None:
        """Work out the local dates of the lines and interactions that staging shows, and keep those worked out before."""
        self.run("int_local_dates")
        self.sql("insert into added.int_local_dates select * from intermediate.int_local_dates")

    def differ(self, name: str, scope: str, *, computed: str = "") -> None:
        """Compare a model with the warehouse of before, row by row, and show it as it will be.

        Args:
            name: The model, just made for a scope; where something else holds its rows, `computed` says what.
            scope: A join that keeps the scope's rows of before.
            computed: A select of the scope's rows as they are now.
        """
        place = self.place(name)
        columns = ", ".join(self.columns(f"{BEFORE}.{place}"))
        # Whole tables are passed over once, not once for each side.
        self.table("scope.compared", f"select * from {BEFORE}.{place} {scope}")
        now = f"select {columns} from ({computed or f'select * from {place}'})"
        self.table(f"removed.{name}", f"select * from scope.compared except all {now}")
        self.table(f"added.{name}", f"{now} except all select * from scope.compared")
        self.sql("drop table scope.compared")

    def show_now(self, name: str, key: Iterable[str]) -> None:
        """Show a model as it will be: before, without the rows whose key changed, with those that were added.

        Args:
            name: The model, compared.
            key: Columns that name a row among those of before.
        """
        place = self.place(name)
        self.view(
            f"now.{name}",
            f"select * from {BEFORE}.{place} anti join removed.{name} using ({', '.join(key)}) union all by name select * from added.{name}",
        )

    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns."""
        return [str(row[0]) for row in self.connection.execute(f"describe select * from {relation}").fetchall()]

    def count(self, relation: str) -> int:
        """Return how many rows a relation has."""
        row = self.connection.execute(f"select count(*) from {relation}").fetchone()
        return int(row[0]) if row else 0

    def _clear(self, name: str) -> None:
        self.sql(f"drop {'view' if name in self.views else 'table'} if exists {name}")
        self.views.discard(name)


def changed(name: str) -> str:
    """Return a relation of the rows of a model that went or came."""
    return f"(select * from removed.{name} union all by name select * from added.{name})"


def open_scratch(connection: duckdb.DuckDBPyConnection, since_load: int) -> Scratch:
    """Show the models what a delivery does not change.

    Args:
        connection: To a database filled by `fill_database`, its feeds showing what came after `since_load`; the warehouse of
            before is attached to it.
        since_load: The last load that it holds.
    """
    for schema in ("staging", "intermediate", "marts", "now", "added", "removed", "scope"):
        connection.execute(f"create schema if not exists {schema}")
    scratch = Scratch(connection, read_models(connection, BEFORE), since_load)
    scratch.run(*(name for name, model in scratch.models.items() if model.schema == "staging" and model.is_view))
    scratch.view("marts.measure_registry", f"select * from {BEFORE}.marts.measure_registry")
    scratch.table("added.int_local_dates", f"select * from {BEFORE}.intermediate.int_local_dates limit 0")
    for feed in FEEDS:
        name = f"stg_{feed}"
        for side in ("added", "removed"):
            scratch.table(f"{side}.{name}", f"select * from {BEFORE}.staging.{name} limit 0")
        scratch.view(f"now.{name}", f"select * from {BEFORE}.staging.{name}")
        scratch.view(f"staging.{name}", f"select * from now.{name}")
    return scratch
