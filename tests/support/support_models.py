"""Runs the dbt project's models on DuckDB without dbt: the same SQL and macros, rendered by Jinja alone.

For tests that build crediting hundreds of times. Schemas are the folders' names, as in dbt; staging tables are
there already or made by the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2

from incentives.feeds.contracts import FEEDS

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
REFERENCE = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")


def models_under(*folders: str) -> tuple[str, ...]:
    """Return the names of the models in folders of `models/`, each after those that it reads."""
    files = {path.stem: path for folder in folders for path in (PROJECT / "models" / folder).rglob("*.sql")}
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in files and name not in ordered:
            for read in sorted(reads(files[name])):
                visit(read)
            ordered.append(name)

    for name in sorted(files):
        visit(name)
    return tuple(ordered)


def reads(path: Path) -> set[str]:
    """Return the models that a model's SQL reads, through macros too."""
    text = path.read_text(encoding="utf-8")
    found = set(REFERENCE.findall(text)) | ({"int_identity_hubs"} if "join_hubs" in text else set())
    kinds = re.findall(r"ref\('(\w+_)' ~ feed\)", text)
    return found | {f"{kind}{feed}" for kind in kinds for feed in FEEDS}


def build(connection: duckdb.DuckDBPyConnection, models: Iterable[str]) -> None:
    """Create the table of each model, in the given order."""
    for schema in ("staging", "intermediate", "marts"):
        connection.execute(f"create schema if not exists {schema}")
    for seed in (PROJECT / "seeds").glob("*.csv"):
        connection.execute(f"create or replace table marts.{seed.stem} as select * from read_csv('{seed}')")
    for name in models:
        connection.execute(f"create or replace table {_layer(name)}.{name} as {render(name)}")


@cache
def render(model: str) -> str:
    """Return a model's SQL as dbt compiles it for DuckDB."""
    return _environment().from_string(_path(model).read_text(encoding="utf-8")).render()


@cache
def _path(model: str) -> Path:
    return next((PROJECT / "models").rglob(f"{model}.sql"))


@cache
def _layer(model: str) -> str:
    if (PROJECT / "seeds" / f"{model}.csv").is_file():
        return "marts"
    return _path(model).relative_to(PROJECT / "models").parts[0]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    environment.globals.update(
        ref=lambda name: f"{_layer(name)}.{name}",
        source=lambda schema, name: f"{schema}.{name}",
        config=lambda **_settings: "",
        dbt=SimpleNamespace(type_string=lambda: "varchar"),
        target=SimpleNamespace(type="duckdb"),
        **{"return": lambda value: value},
    )
    macros: dict[str, Any] = {}
    environment.globals["adapter"] = SimpleNamespace(
        dispatch=lambda name, _package: macros.get(f"duckdb__{name}", macros.get(f"default__{name}"))
    )
    # How relations are made, which dbt's own tags say, is not what they hold.
    files = [path for path in sorted((PROJECT / "macros").rglob("*.sql")) if path.parent.name != "project"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    module = environment.from_string(text).module
    for name in re.findall(r"{%-?\s*macro\s+(\w+)\(", text):
        macros[name] = getattr(module, name)
    environment.globals.update(macros)
    # A macro of this Jinja gives text alone.
    environment.globals["feed_names"] = lambda: list(FEEDS)
    return environment
