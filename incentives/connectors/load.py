"""Reading connectors' files: every mistake with file, line and key, and what the workspace allows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from incentives import documents
from incentives.connectors.fields import SourceName
from incentives.connectors.files_model import FilesConnector
from incentives.connectors.kinds import KINDS, Connector
from incentives.documents import KeyPath
from incentives.errors import DocumentError, InputError
from incentives.feeds.columns import Column
from incentives.settings import CONFIG_NAME
from incentives.workspace import Workspace

SENT_COLUMN = "source_updated_at"


@dataclass(frozen=True, slots=True)
class Described:
    """A connector as its file describes it; its name is the file's."""

    name: str
    path: Path
    connector: Connector


def connector_folder(ws: Workspace) -> Path:
    """Return the folder of connectors' files and states."""
    return ws.root / "connectors"


def read_connector(ws: Workspace, path: Path) -> Described:
    """Read one connector and check it against the workspace.

    Raises:
        DocumentError: One line per mistake: `file:line: key: what was expected`.
    """
    document = documents.load(path)
    kind = document.root.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise DocumentError([f"{document.where(('kind',))}: kind: expected one of {', '.join(KINDS)}."])
    try:
        TypeAdapter(SourceName).validate_python(path.stem)
    except ValidationError as error:
        raise DocumentError([f"{path}:1: (file name): expected lower-case letters, digits, - and _."]) from error
    connector: Connector = documents.validate(document, model)
    problems = []
    section = ws.config.sources.get(connector.source)
    if section is None:
        where = document.where(("source",))
        problems.append(
            f"{where}: source: '{connector.source}' is not listed in {CONFIG_NAME}; add [sources.{connector.source}]."
        )
    else:
        for number, feed in enumerate(connector.feeds):
            if not section.may_deliver(feed):
                key: KeyPath = ("feed",) if isinstance(connector, FilesConnector) else ("deliver", number, "feed")
                listed = ", ".join(section.feeds)
                problems.append(
                    f"{document.where(key)}: {'.'.join(map(str, key))}: '{connector.source}' may not deliver {feed}; "
                    f"{CONFIG_NAME} lists {listed}."
                )
    if problems:
        raise DocumentError(problems)
    return Described(path.stem, path, connector)


def read_connectors(ws: Workspace) -> tuple[Described, ...]:
    """Read every connector of a workspace, by name.

    Raises:
        DocumentError: Every mistake of every file.
    """
    folder = connector_folder(ws)
    paths = sorted(path for path in folder.glob("*.yaml") if path.is_file()) if folder.is_dir() else []
    found: list[Described] = []
    problems: list[str] = []
    for path in paths:
        try:
            found.append(read_connector(ws, path))
        except DocumentError as error:
            problems.extend(error.problems)
    if problems:
        raise DocumentError(problems)
    return tuple(found)


def connector_names(ws: Workspace) -> tuple[str, ...]:
    """Return the names of a workspace's connectors, whatever their files say."""
    folder = connector_folder(ws)
    return tuple(sorted(file.stem for file in folder.glob("*.yaml"))) if folder.is_dir() else ()


def named_connector(ws: Workspace, name: str) -> Described:
    """Read the connector of a name.

    Raises:
        InputError: There is none; lists those that there are.
        DocumentError: Its file has mistakes.
    """
    folder = connector_folder(ws)
    path = folder / f"{name}.yaml"
    names = connector_names(ws)
    if name not in names:
        raise InputError(
            f"there is no connector '{name}'.",
            where=str(folder),
            remedy=f"There are: {', '.join(names)}." if names else f"Copy an example, {name}.yaml.example, to {name}.yaml.",
        )
    return read_connector(ws, path)


def warnings_of(described: Described) -> tuple[str, ...]:
    """Return what is no mistake and yet loses or holds up rows one day."""
    warnings: list[str] = []
    if isinstance(described.connector, FilesConnector):
        return ()
    for output in described.connector.deliver:
        if SENT_COLUMN not in output.header:
            warnings.append(
                f"{output.feed}: no column {SENT_COLUMN}: where a record changes twice before it lands, "
                "nobody can tell which version is later, and both are quarantined."
            )
        unset = [column.name for column in output.contract.columns if _is_filled_badly(column, output.constants)]
        if unset:
            warnings.append(f"{output.feed}: the constant of {', '.join(unset)} is not one of the values of the contract.")
    return tuple(warnings)


def _is_filled_badly(column: Column, constants: dict[str, str]) -> bool:
    return bool(column.values) and column.name in constants and constants[column.name] not in column.values
