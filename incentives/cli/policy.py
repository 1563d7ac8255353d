"""`incentives policy`: check crediting policies, and see what one would change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.money import format_minor
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.services.policy_diff import PersonDifference, PolicyDiff

COLUMNS = ("file", "policy", "valid_from", "valid_to", "countries", "roles", "model", "warnings")

DIFFERENCES = (
    "recipient",
    "currency",
    "credit_before",
    "credit_after",
    "gain",
    "payout_before",
    "payout_after",
    "payout_gain",
)


@click.group("policy")
def policy() -> None:
    """Check crediting policies, and see what one would change before it goes live."""


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


@policy.command("diff")
@click.argument("before", metavar="BEFORE", type=click.Path(exists=True, path_type=Path))
@click.argument("after", metavar="AFTER", type=click.Path(exists=True, path_type=Path))
@click.option("--period", "period_text", required=True, metavar="PERIOD", help="A past one: 2026-03, 2026-Q1, 2026-H1 or 2026.")
@workspace_option
@format_option
def diff(before: Path, after: Path, period_text: str, workspace: Workspace, output_format: OutputFormat) -> None:
    """Say who would gain and who would lose in PERIOD if AFTER had held in the place of BEFORE, and how much.

    Each is a policy file or a folder of them. A folder is taken as it is; a file is taken as if it had always held in
    the place of the workspace's versions of that policy. Credit and payouts count by earned date. Nothing is written.
    """
    from incentives.periods import Period
    from incentives.services.policy_diff import diff_policies

    found = diff_policies(workspace, before, after, Period.parse(period_text))
    emit([_difference(person) for person in found.people], DIFFERENCES, output_format)
    if output_format == "table":
        click.echo("\n".join(["", *_summary(found)]))


def _summary(found: PolicyDiff) -> list[str]:
    text = [f"{found.period}: {found.changed:,} of {found.lines:,} order lines are divided otherwise."]
    for currency in sorted({person.currency for person in found.people}):
        people = [person for person in found.people if person.currency == currency and person.recipient != "house"]
        gains = [person.gain for person in people if person.gain > 0]
        losses = [person.gain for person in people if person.gain < 0]
        total = sum(person.credit_after for person in found.people if person.currency == currency)
        text.append(
            f"{currency}: {len(gains)} gain {format_minor(sum(gains), currency)}, {len(losses)} lose "
            f"{format_minor(-sum(losses), currency)} of credit; {format_minor(total, currency)} is credited either way."
        )
        paid = [(person.payout_before or 0, person.payout_after or 0) for person in people]
        if any(any(pair) for pair in paid):
            cost = sum(after - before for before, after in paid)
            text.append(f"{currency}: payouts change by {format_minor(cost, currency)} in all.")
    return text


def _difference(person: PersonDifference) -> dict[str, Cell]:
    def money(minor: int | None) -> str | None:
        return None if minor is None else format_minor(minor, person.currency)

    pays = person.payout_before is not None or person.payout_after is not None
    return {
        "recipient": person.recipient,
        "currency": person.currency,
        "credit_before": money(person.credit_before),
        "credit_after": money(person.credit_after),
        "gain": money(person.gain),
        "payout_before": money(person.payout_before),
        "payout_after": money(person.payout_after),
        "payout_gain": money((person.payout_after or 0) - (person.payout_before or 0)) if pays else None,
    }
