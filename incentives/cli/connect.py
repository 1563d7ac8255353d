"""`incentives connect`: pull or receive what sources hold, as files of the inbox."""

from __future__ import annotations

from pathlib import Path

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.cli.serve import is_loopback, listen
from incentives.errors import InputError
from incentives.workspace import Workspace

DEFAULT_PORT = 8330
CONNECTIONS_MAX = 1_000
LIST_COLUMNS = ("name", "kind", "source", "feeds", "warnings")
RUN_COLUMNS = ("connector", "feed", "rows")
PULL_COLUMNS = ("connector", "files", "rows", "problem")


@click.group("connect")
def connect() -> None:
    """Pull or receive what sources hold, as files of the inbox; `incentives land` takes them from there."""


@connect.command("run")
@click.argument("name")
@click.option("--again", is_flag=True, help="Forget the position and read everything once more; landing knows equal rows.")
@workspace_option
@format_option
def run(name: str, again: bool, workspace: Workspace, output_format: OutputFormat) -> None:
    """Pull what is new in a connector's source into the inbox.

    A run that is cut off goes on from its last page when it is started again.
    """
    from incentives import clock
    from incentives.services import connecting

    report = connecting.run(workspace, name, now=clock.now(), again=again)
    emit([{"connector": name, "feed": feed, "rows": rows} for feed, rows in report.rows.items()], RUN_COLUMNS, output_format)
    if output_format == "table":
        click.echo(f"{len(report.files)} files for the inbox; {report.unchanged} rows read again, unchanged.", err=True)


@connect.command("pull")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@workspace_option
@format_option
def pull(names: tuple[str, ...], workspace: Workspace, output_format: OutputFormat) -> None:
    """Pull what is new in every connector's source, or in those named; for a timer.

    One that fails keeps none of the others from pulling: its problem is told, and the command ends with the code of the
    worst one. What was pulled lies in the inbox.
    """
    from incentives import clock
    from incentives.services import connecting

    pulled = connecting.pull(workspace, names, now=clock.now())
    rows: list[dict[str, Cell]] = [
        {"connector": one.name, "files": one.files, "rows": one.rows, "problem": one.problem} for one in pulled
    ]
    emit(rows, PULL_COLUMNS, output_format)
    worst = max((one.exit_code for one in pulled), default=0)
    if worst:
        raise click.exceptions.Exit(worst)


@connect.command("list")
@workspace_option
@format_option
def list_command(workspace: Workspace, output_format: OutputFormat) -> None:
    """List the connectors of the workspace: the files connectors/*.yaml."""
    from incentives.services import connecting

    emit([_row(described) for described in connecting.list_connectors(workspace)], LIST_COLUMNS, output_format)


@connect.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@workspace_option
@format_option
def check(file: Path, workspace: Workspace, output_format: OutputFormat) -> None:
    """Check a connector's file, without speaking to its source.

    Every mistake is named with file, line and key. Warnings do not fail the check.
    """
    from incentives.services import connecting

    described = connecting.check(workspace, file)
    emit([_row(described)], LIST_COLUMNS, output_format)
    for warning in connecting.warnings(described):
        click.echo(f"warning: {file}: {warning}", err=True)


@connect.command("serve")
@workspace_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="Port; 0 = a free one.")
@click.option(
    "--tls-certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file of the certificate."
)
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file of its key.")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front of it ends TLS.")
def serve(
    workspace: Workspace, host: str, port: int, tls_certificate: Path | None, tls_key: Path | None, behind_proxy: bool
) -> None:
    """Receive signed messages for every webhook of the workspace, under /hooks/NAME.

    A message is answered once it is on the disk. Sources send from elsewhere: put a proxy that ends TLS in front.
    """
    import logging

    import uvicorn

    from incentives import clock
    from incentives.services import connecting

    if (tls_certificate is None) != (tls_key is None):
        raise InputError("TLS needs both --tls-certificate and --tls-key.")
    if not (is_loopback(host) or tls_certificate or behind_proxy):
        raise InputError(
            "on this address messages would travel unencrypted.",
            where=host,
            remedy="Give --tls-certificate and --tls-key, or say --behind-proxy where a proxy ends TLS.",
        )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with connecting.webhooks(workspace, now=clock.now) as app:
        listener = listen(host, port)
        # Before the address is printed: who connects meanwhile waits and is not refused.
        listener.listen()
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if tls_certificate else "http"
        click.echo(f"receiving under {scheme}://{shown}:{listener.getsockname()[1]}{app.path}NAME; stop with Ctrl-C.")
        config = uvicorn.Config(
            app,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=30,
            ssl_certfile=tls_certificate,
            ssl_keyfile=tls_key,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _row(described: object) -> dict[str, Cell]:
    from incentives.services import connecting

    assert isinstance(described, connecting.Described)
    connector = described.connector
    return {
        "name": described.name,
        "kind": connector.kind,
        "source": connector.source,
        "feeds": " ".join(dict.fromkeys(connector.feeds)),
        "warnings": len(connecting.warnings(described)),
    }
