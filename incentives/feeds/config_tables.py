"""The workspace's configuration as tables that SQL reads: settings, sources, currencies and time zones."""

from __future__ import annotations

from datetime import datetime

import duckdb

from incentives.feeds.contracts import FEEDS
from incentives.feeds.sql_rows import Value, insert_rows
from incentives.money import CURRENCIES, currency_digits
from incentives.settings import ALL, Config

SCHEMA = "config"
# Stands around each name in a list of sources; no key may hold it.
SEPARATOR = "\x1f"


def create_config(connection: duckdb.DuckDBPyConnection, config: Config, as_of: datetime) -> None:
    """Create schema `config` with the tables that do not come from policies.

    Args:
        connection: A DuckDB database without that schema.
        config: The configuration to show.
        as_of: The moment for which stock figures are computed, in UTC.
    """
    connection.execute(f"create schema {SCHEMA}")
    settings = {
        "key_salt": config.workspace.key_salt,
        "house_account_over": str(config.workspace.house_account_over),
        "time_zone": config.workspace.time_zone,
        "max_customers_per_identifier": str(config.identity.max_customers_per_identifier),
        "control_total_tolerance_minor": str(config.quality.control_total_tolerance_minor),
        "as_of": as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **{f"signal.{name}": config.signals.agreement for name in config.signals.agreed},
    }
    _create(connection, "settings", "name varchar, value varchar", list(settings.items()))
    _create(connection, "pay_currencies", "currency varchar", [(currency,) for currency in config.workspace.pay_currencies])
    _create(connection, "currencies", "currency varchar, digits integer", [(code, currency_digits(code)) for code in CURRENCIES])
    _create(connection, "sources", "source varchar, feed varchar, time_zone varchar, delivers_for varchar", _sources(config))
    # Staging lets a time zone through only where the engine can compute with it.
    connection.execute(
        f"create table {SCHEMA}.time_zones as select distinct name as time_zone from pg_timezone_names() where name like '%/%' or name = 'UTC'"
    )


def _sources(config: Config) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for name, source in config.sources.items():
        allowed = source.delivers_for or (name,)
        listed = ALL if ALL in allowed else SEPARATOR + SEPARATOR.join(allowed) + SEPARATOR
        rows += [(name, feed, source.time_zone, listed) for feed in FEEDS if source.may_deliver(feed)]
    return rows


def _create(connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple[Value, ...]]) -> None:
    connection.execute(f"create table {SCHEMA}.{name} ({columns})")
    insert_rows(connection, f"{SCHEMA}.{name}", rows)
