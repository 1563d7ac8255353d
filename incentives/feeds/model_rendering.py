"""Turns a staging model of the dbt project into plain SQL for DuckDB, without dbt.

The same files and the same macros that dbt builds from: a count taken at landing cannot mean something else than
the warehouse. Only what staging uses is known here; a model that asks for more fails with its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType

from jinja2 import Environment, StrictUndefined, Template
from jinja2.runtime import Macro

_MACRO_FOLDERS = ("macros/cross_db", "macros/staging")
_PREFIXES = ("duckdb__", "default__")


class ModelRenderer:
    """Renders models of one project; `source` and `ref` become the relations that the caller names."""

    def __init__(self, project: Path, *, sources: Mapping[str, str], models: Mapping[str, str]) -> None:
        """Read the project's macros.

        Args:
            project: The dbt project.
            sources: Relation by schema of the source; its table is added with a point.
            models: Relation by name of a model.
        """
        self._project = project
        self._environment = _environment()
        self._environment.globals.update(
            adapter=_Adapter(self._macro),
            dbt=_Types(),
            ref=lambda name: models[name],
            source=lambda schema, table: f"{sources[schema]}.{table}",
        )
        texts = [
            path.read_text(encoding="utf-8") for folder in _MACRO_FOLDERS for path in sorted((project / folder).glob("*.sql"))
        ]
        self._macros = vars(self._template("\n".join(texts)).module)
        self._environment.globals.update({name: macro for name, macro in self._macros.items() if isinstance(macro, Macro)})

    def render(self, model: str) -> str:
        """Return the SQL of a model of staging, by name."""
        path = next((self._project / "models" / "staging").rglob(f"{model}.sql"))
        return self.render_text(path.read_text(encoding="utf-8"))

    def render_text(self, text: str) -> str:
        """Return the SQL of a text that calls the project's macros."""
        return self._template(text).render()

    def _template(self, text: str) -> Template:
        return Template.from_code(self._environment, _compiled(text), self._environment.make_globals(None))

    def _macro(self, name: str) -> Macro | None:
        found = self._macros.get(name)
        return found if isinstance(found, Macro) else None


def _environment() -> Environment:
    return Environment(
        undefined=StrictUndefined,
        extensions=["jinja2.ext.do"],
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (SQL, not HTML)
    )


@lru_cache(maxsize=256)
def _compiled(text: str) -> CodeType:
    """Return what Jinja makes of a text, made once however many renderers name other relations: it costs more than rendering."""
    return _environment().compile(text)


class _Adapter:
    """What macros know of the engine: which of their versions is for it."""

    def __init__(self, find: Callable[[str], Macro | None]) -> None:
        self._find = find

    def dispatch(self, name: str, _package: str = "") -> Macro:
        """Return DuckDB's version of a macro, or the default one."""
        return next(macro for prefix in _PREFIXES if (macro := self._find(f"{prefix}{name}")) is not None)


class _Types:
    """Names of types that differ between engines."""

    def type_string(self) -> str:
        """Return the name of the type of text."""
        return "varchar"
