"""Places for a new ledger: a SQLite file, or a database of its own on this process's PostgreSQL server."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from support_postgres import Server, postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
STORES = (SQLITE, POSTGRESQL)
_numbers = count(1)


@cache
def server() -> Server:
    """The server of this process, started when it is first asked for and gone with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(postgres())


def database() -> str:
    """The name of a new, empty database."""
    name = f"ledger_{next(_numbers)}"
    with server().connect() as connection:
        connection.execute(f"create database {name}")
    return name


def new_place(store: str, folder: Path) -> Path | str:
    """A place for a new ledger."""
    return folder / "ledger.db" if store == SQLITE else server().url.removesuffix("/postgres") + f"/{database()}"


def refusal(engine: Engine, sql: str) -> str:
    """What a store says to a statement that it refuses."""
    with pytest.raises(DBAPIError) as refused:
        change(engine, sql)
    return str(refused.value.orig)


def change(engine: Engine, *statements: str) -> None:
    """Change rows behind the product's back."""
    with engine.connect() as connection:
        for sql in statements:
            connection.execute(text(sql))
        connection.commit()


def drop_trigger(engine: Engine, table: str, name: str) -> None:
    """Take a guard away."""
    change(engine, f"drop trigger {name}" if engine.dialect.name == SQLITE else f"drop trigger {name} on {table}")
