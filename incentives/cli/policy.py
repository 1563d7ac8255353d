"""`incentives policy`: check crediting policies."""

from __future__ import annotations

from pathlib import Path

import click

from incentives.cli.options import format_option
from incentives.cli.output import Cell, OutputFormat, emit

COLUMNS = ("file", "policy", "valid_from", "valid_to", "countries", "roles", "model", "warnings")


@click.group("policy")
def policy() -> None:
    """Check crediting policies."""


@policy.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@format_option
def check(files: tuple[Path, ...], output_format: OutputFormat) -> None:
    """Check policy files, or folders of them, one by one and against each other.

    Every mistake is named with file, line and key. Warnings do not fail the check: they name what people are
    tempted to do under a policy.
    """
    from incentives.policies import load_policies
    from incentives.policies.load import policy_files
    from incentives.policies.warnings import policy_warnings

    versions = load_policies([file for place in files for file in policy_files(place)])
    rows: list[dict[str, Cell]] = []
    for version in versions:
        warnings = policy_warnings(version.policy)
        rows.append(
            {
                "file": str(version.file),
                "policy": version.policy.policy,
                "valid_from": version.policy.valid_from.isoformat(),
                "valid_to": version.valid_to.isoformat() if version.valid_to else None,
                "countries": " ".join(version.policy.countries) or "all",
                "roles": " ".join(f"{role} {weight}" for role, weight in version.policy.roles.items()),
                "model": version.policy.advisor.model,
                "warnings": len(warnings) if output_format == "table" else " ".join(warnings),
            }
        )
        if output_format == "table":
            for warning in warnings:
                click.echo(f"warning: {version.file}: {warning}", err=True)
    emit(rows, COLUMNS, output_format)
