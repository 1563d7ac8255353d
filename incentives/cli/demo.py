"""`incentives demo`: the whole way once, on a made-up retailer, and then the portal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives.errors import CheckFailedError

if TYPE_CHECKING:
    from incentives.services.demo import DemoReport

ORDER_LINES = 200_000


@click.command()
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(path_type=Path))
@click.option("--order-lines", type=click.IntRange(min=100), default=ORDER_LINES, show_default=True, help="Size of the sample.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Equal seeds give equal deliveries.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="Port of the portal; 0 = a free one."
)
@click.option("--serve/--no-serve", default=True, show_default=True, help="Serve the portal at the end.")
def demo(folder: Path, order_lines: int, seed: int, port: int, serve: bool) -> None:
    """Make a sample retailer in DIR, land, build and check it, lock a bonus cycle, and serve the portal.

    Run again, it continues with what is there.
    """
    from incentives import clock
    from incentives.services.demo import prepare_demo

    started = time.monotonic()

    def say(step: str) -> None:
        click.echo(f"[{time.monotonic() - started:5.1f} s] {step}", err=True)

    workspace, report = prepare_demo(folder, order_lines=order_lines, seed=seed, now=clock.now(), say=say)
    _summary(report, time.monotonic() - started)
    differs = [total.currency for total in report.credits if total.credited_minor != total.net_minor]
    if differs:
        raise CheckFailedError(f"credits and net sales differ in {', '.join(differs)}.", where=str(folder))
    if serve:
        from incentives.cli.serve import serve_portal

        serve_portal(workspace, host="127.0.0.1", port=port)


def _summary(report: DemoReport, seconds: float) -> None:
    from incentives.money import format_minor

    quarantined = sum(report.quarantined.values())
    click.echo(f"\nlanded       {report.delivered:,} rows in {report.files:,} files, {report.accepted:,} accepted")
    click.echo(f"quarantined  {quarantined:,} rows")
    for reason, rows in report.quarantined.items():
        click.echo(f"             {rows:>7,}  {reason}")
    for total in report.credits:
        verdict = "=" if total.credited_minor == total.net_minor else "DIFFERS FROM"
        click.echo(
            f"credited     {format_minor(total.credited_minor, total.currency)} {verdict} net sales "
            f"{format_minor(total.net_minor, total.currency)} {total.currency} "
            f"(of it for nobody: {format_minor(total.house_minor, total.currency)})"
        )
    for locked in report.cycles:
        totals = ", ".join(f"{format_minor(total.worth_minor, total.currency)} {total.currency}" for total in locked.totals)
        click.echo(f"paid         {locked.people:,} people of {locked.pay_group} for {locked.period}, locked: {totals}")
    click.echo(f"in review    {report.draft_period}")
    click.echo(f"took         {seconds:.0f} s\n")
