"""`incentives serve`: the portal of one workspace, on this machine unless it is told how it is protected elsewhere."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives.cli.options import workspace_option
from incentives.errors import BusyError, InputError, OutsideError
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import uvicorn

DEFAULT_PORT = 8321
WORKERS_MAX = 4


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a portal beyond this machine is protected: its own TLS, or named proxies in front of it."""

    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def is_protected(self) -> bool:
        """Whether what travels is encrypted before it leaves a machine."""
        return self.certificate is not None or bool(self.proxies)


@click.command()
@workspace_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="Port; 0 = a free one.")
@click.option(
    "--tls-certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file of the certificate."
)
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file of its key.")
@click.option(
    "--behind-proxy", "proxies", multiple=True, metavar="ADDRESS", help="A proxy that ends TLS and is trusted; repeatable."
)
@click.option("--name", "names", multiple=True, metavar="HOST", help="Name under which people reach it; repeatable.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help=f"Processes that answer. [default: one for each processor, at most {WORKERS_MAX}]",
)
def serve(
    workspace: Workspace,
    host: str,
    port: int,
    tls_certificate: Path | None,
    tls_key: Path | None,
    proxies: tuple[str, ...],
    names: tuple[str, ...],
    workers: int | None,
) -> None:
    """Serve the portal: what counts for whom and why, the team, the bonus cycles."""
    serve_portal(workspace, host=host, port=port, exposure=Exposure(tls_certificate, tls_key, proxies, names), workers=workers)


def serve_portal(
    workspace: Workspace, *, host: str, port: int, exposure: Exposure | None = None, workers: int | None = None
) -> None:
    """Serve a workspace's portal until it is stopped.

    Raises:
        InputError: The address would be open without protection, or a demo would leave this machine.
        OutsideError: The port is taken, or a process that answers ended.
    """
    from incentives import clock
    from incentives.cli.workers import serve_by
    from incentives.portal.serving import make_portal
    from incentives.services.accounts import refuse_demo_accounts
    from incentives.services.erased_everywhere import forget_restored

    exposure = exposure or Exposure()
    check_exposure(workspace, host, exposure)
    refuse_demo_accounts(workspace)
    # Whoever holds the lock meanwhile begins with the same.
    with contextlib.suppress(BusyError):
        forget_restored(workspace, clock.now())
    # Makes its store of sessions, before several processes ask for it at once.
    make_portal(workspace, now=clock.now, secure=exposure.is_protected)
    listener = listen(host, port)
    scheme = "https" if exposure.certificate else "http"
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"portal       {scheme}://{shown}:{listener.getsockname()[1]}/")
    if workspace.config.workspace.demo:
        _show_demo_users(workspace)
    click.echo("             Stop it with Ctrl-C.")
    serve_by(workers or min(os.cpu_count() or 1, WORKERS_MAX), partial(_config, workspace.root, host, exposure), listener)


def _config(root: Path, host: str, exposure: Exposure) -> uvicorn.Config:
    """Return a server of a workspace's portal; made in each process that answers."""
    import uvicorn

    from incentives import clock
    from incentives.portal.app import LOOPBACK_HOSTS, create_app
    from incentives.portal.serving import make_portal

    portal = make_portal(Workspace.open(root), now=clock.now, secure=exposure.is_protected)
    return uvicorn.Config(
        create_app(portal, hosts=[*LOOPBACK_HOSTS, host, *exposure.names]),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(exposure.proxies),
        forwarded_allow_ips=list(exposure.proxies),
        ssl_certfile=exposure.certificate,
        ssl_keyfile=exposure.key,
    )


def check_exposure(workspace: Workspace, host: str, exposure: Exposure) -> None:
    """Refuse to listen where passwords and pay would travel in the clear, or where a demo would be seen.

    Raises:
        InputError: Says what is missing.
    """
    if (exposure.certificate is None) != (exposure.key is None):
        raise InputError("TLS needs both --tls-certificate and --tls-key.")
    if exposure.is_protected and not exposure.names:
        raise InputError("under which name do people reach it?", remedy="Give it with --name HOST; other names are refused.")
    for proxy in exposure.proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            raise InputError(f"'{proxy}' is not the address of a proxy.", remedy="Name it as 10.0.0.5 or 10.0.0.0/24.") from error
    if is_loopback(host):
        return
    if workspace.config.workspace.demo:
        raise InputError("a demo is served on this machine only.", where=host, remedy="Leave --host out.")
    if not exposure.is_protected:
        raise InputError(
            "on this address passwords and pay would travel unencrypted.",
            where=host,
            remedy="Give --tls-certificate and --tls-key, or name the proxy that ends TLS with --behind-proxy.",
        )


def is_loopback(host: str) -> bool:
    """Whether an address is on this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that the address is known before it is printed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on a caller waits for the server instead of being turned away.
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OutsideError(
            f"nothing can listen there: {error.strerror or error}.",
            where=f"{host}:{port}",
            remedy="Choose another port with --port; 0 takes a free one.",
        ) from error
    return listener


def _show_demo_users(workspace: Workspace) -> None:
    from incentives import clock
    from incentives.services.demo_users import ensure_demo_users

    click.echo("sign in as   (passwords of this start)")
    for user in ensure_demo_users(workspace, now=clock.now()):
        click.echo(f"             {user.role:<10} {user.person_id:<20} {user.password}")
