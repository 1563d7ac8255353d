"""`incentives generate`: a sample retailer's feeds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from incentives.cli.options import format_option
from incentives.cli.output import Cell, OutputFormat, emit


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--order-lines", type=int, required=True, metavar="N", help="Order lines, returns among them.")
@click.option("--seed", type=int, required=True, metavar="S", help="Equal seeds give equal bytes.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2026-01-01", show_default=True, help="First of a month.")
@click.option("--months", type=int, default=12, show_default=True, help="How many months.")
@click.option("--interactions", type=int, metavar="M", show_default="3 N", help="Interactions.")
@click.option("--gulf/--no-gulf", default=True, show_default=True, help="With boutiques that sell and pay in dirham.")
@click.option("--gzip", "compressed", is_flag=True, help="Write the large feeds as .csv.gz.")
@format_option
def generate(
    directory: Path,
    order_lines: int,
    seed: int,
    start: datetime,
    months: int,
    interactions: int | None,
    gulf: bool,
    compressed: bool,
    output_format: OutputFormat,
) -> None:
    """Write a sample retailer's feeds into DIR/<source>/, in the layout of a workspace's inbox."""
    from incentives.feeds.sample import generate_sample

    summary = generate_sample(
        directory,
        order_lines=order_lines,
        seed=seed,
        start=start.date(),
        months=months,
        interactions=interactions,
        gulf=gulf,
        compressed=compressed,
    )
    rows: list[dict[str, Cell]] = []
    for place, count in summary.rows_delivered.items():
        source, _, feed = place.partition("/")
        rows.append({"source": source, "feed": feed, "rows": count})
    emit(rows, ("source", "feed", "rows"), output_format)
