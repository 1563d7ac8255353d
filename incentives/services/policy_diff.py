"""Use case: what a policy would change over a past period, before it goes live: who gains, who loses, how much.

Each side is a whole warehouse by its policies; the period's credits and payouts are compared person by person. The
total is the same on both sides: a policy divides, it does not create. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from incentives.feeds.bronze_index import BronzeIndex
from incentives.periods import Period
from incentives.policies.compile import policy_tables
from incentives.policies.load import PolicyVersion, in_order, load_policies, load_policy_texts, read_policy
from incentives.services.built_apart import built_apart, divided_anew, last_build
from incentives.services.trial_payouts import Payer, worth
from incentives.warehouse.documents import landed_policies
from incentives.warehouse.record import Build
from incentives.workspace import Workspace

_CREDITS = """
select recipient, currency, cast(sum(credit_minor) as bigint) from marts.fct_credits
where earned_date >= $start and earned_date < $end group by all
"""
_CHANGED_LINES = """
select count(distinct order_line_key) from (
    (select order_line_key, role, recipient, credit_minor from one.marts.fct_credits where {period}
     except all select order_line_key, role, recipient, credit_minor from other.marts.fct_credits where {period})
    union all
    (select order_line_key, role, recipient, credit_minor from other.marts.fct_credits where {period}
     except all select order_line_key, role, recipient, credit_minor from one.marts.fct_credits where {period}))
"""
_PERIOD = "earned_date >= $start and earned_date < $end"


@dataclass(frozen=True, slots=True)
class PersonDifference:
    """One recipient and currency under both sides, minor units; `house` is nobody. Payouts only where a plan pays."""

    recipient: str
    currency: str
    credit_before: int
    credit_after: int
    payout_before: int | None
    payout_after: int | None

    @property
    def gain(self) -> int:
        """What the credit changes by."""
        return self.credit_after - self.credit_before


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    """A period under two sets of policies; `people` by currency, the greatest gain first.

    `lines` is the number of order lines of the period, `changed` how many of them are divided otherwise.
    """

    period: str
    lines: int
    changed: int
    people: tuple[PersonDifference, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side's warehouse says of the period."""

    credit: Mapping[tuple[str, str], int]
    paid: Mapping[tuple[str, str], int] = field(default_factory=dict)


def diff_policies(ws: Workspace, before: Path, after: Path, period: Period) -> PolicyDiff:
    """Compare a period's credits and payouts under two policies.

    Args:
        ws: The workspace; it is read only.
        before: A policy file or a folder of them.
        after: The same.
        period: By earned date.

    A folder is taken as it is. A file takes the place of every version of its policy that the workspace has in force
    for its scope, as if it had always held; the workspace's other policies stay.

    Raises:
        InputError: The last build is not of today's loads and rules.
        DocumentError: A policy has mistakes, or competes with another.
        CheckFailedError: A day with order lines has no policy.
    """
    build = last_build(ws)
    landed = landed_policies(ws.root, BronzeIndex(ws.bronze_index).files(build.last_load))
    in_force = load_policy_texts(landed.items())
    sides = [_versions(place, in_force) for place in (before, after)]
    with closing(duckdb.connect(str(build.database), read_only=True)) as connection:
        payer = Payer.of(ws, connection, period)
    with _warehouse(ws, build, in_force, sides[0]) as one, _warehouse(ws, build, in_force, sides[1]) as other:
        found = [_side(database, payer, period) for database in (one, other)]
        lines, changed = _lines(one, other, period)
    return PolicyDiff(period.label, lines, changed, tuple(_people(*found)))


def _versions(place: Path, in_force: tuple[PolicyVersion, ...]) -> tuple[PolicyVersion, ...]:
    if place.is_dir():
        return load_policies(place)
    policy = read_policy(place)
    others = [
        (version.file, version.policy)
        for version in in_force
        if (version.policy.policy, version.policy.countries) != (policy.policy, policy.countries)
    ]
    return in_order([*others, (place, policy.model_copy(update={"valid_from": date.min}))])


@contextmanager
def _warehouse(
    ws: Workspace, build: Build, in_force: tuple[PolicyVersion, ...], versions: tuple[PolicyVersion, ...]
) -> Iterator[Path]:
    """Give a side's warehouse, in which nothing is locked: the last build where the policies are those that it was made by."""
    if policy_tables(versions) == policy_tables(in_force):
        with divided_anew(ws, build) as database:
            yield database
    else:
        with built_apart(ws, build.last_load, policies=versions) as database:
            yield database


def _side(database: Path, payer: Payer, period: Period) -> _Side:
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        rows = connection.execute(_CREDITS, {"start": period.start, "end": period.end}).fetchall()
        paid: dict[tuple[str, str], int] = {}
        for person, currency, minor in worth(payer.payouts(connection)):
            paid[person, currency] = paid.get((person, currency), 0) + minor
    return _Side({(str(recipient), str(currency)): int(minor) for recipient, currency, minor in rows}, paid)


def _lines(one: Path, other: Path, period: Period) -> tuple[int, int]:
    window = {"start": period.start, "end": period.end}
    with closing(duckdb.connect()) as connection:
        for name, database in (("one", one), ("other", other)):
            connection.execute(f"attach '{str(database).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        lines = connection.execute(
            f"select count(distinct order_line_key) from one.marts.fct_credits where {_PERIOD}", window
        ).fetchone()
        changed = connection.execute(_CHANGED_LINES.format(period=_PERIOD), window).fetchone()
    assert lines is not None
    assert changed is not None
    return int(lines[0]), int(changed[0])


def _people(before: _Side, after: _Side) -> list[PersonDifference]:
    keys = before.credit.keys() | after.credit.keys() | before.paid.keys() | after.paid.keys()
    people = [
        PersonDifference(
            recipient,
            currency,
            before.credit.get((recipient, currency), 0),
            after.credit.get((recipient, currency), 0),
            before.paid.get((recipient, currency)),
            after.paid.get((recipient, currency)),
        )
        for recipient, currency in keys
    ]
    return sorted(people, key=lambda person: (person.currency, -person.gain, person.recipient))
