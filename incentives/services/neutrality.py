"""Use case: audit that credit and pay never look at the channel, over a real period.

Everything that landed is built again under other labels (relabelling.py), by the same code, and each credit, measure
and payout of the period is compared with the real ones. Nothing may differ. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from incentives.periods import Period
from incentives.services.built_apart import built_apart, divided_anew, last_build
from incentives.services.channels_of_work import ChannelOfWork, by_channel, credit_by_channel
from incentives.services.relabelling import LOCATIONS, Relabelling, erased, permuted
from incentives.services.trial_payouts import Payer, Payouts, worth
from incentives.workspace import Workspace

SHOWN_MAX = 20
CREDITS, PAY_CREDITS, MEASURES, PAY_MEASURES, PAYOUTS = "credits", "pay credits", "measures", "pay measures", "payouts"
# The opening hours of a place are no label: measured time changes with them, and nothing is paid on it.
_BY_OPENING_HOURS = ("response_minutes",)
_OF_PERIOD = "((earned_date >= $start and earned_date < $end) or (business_date >= $start and business_date < $end))"
# What is compared: the rows of a mart without the columns that carry a label or only describe.
_COMPARED: Mapping[str, str] = {
    CREDITS: (
        "select concat_ws(' ', source, order_id || '/' || line_id, coalesce(role, 'no role'), recipient) as what, "
        "credit_minor as amount, currency, share_e12, reason, policy_key, business_date, earned_date "
        f"from {{catalog}}.marts.fct_credits where {_OF_PERIOD}"
    ),
    PAY_CREDITS: (
        "select concat_ws(' ', cast(order_line_key as varchar), coalesce(role, 'no role'), recipient) as what, "
        "credit_minor as amount, pay_currency as currency, business_date, earned_date "
        f"from {{catalog}}.marts.fct_pay_credits where {_OF_PERIOD}"
    ),
    MEASURES: (
        "select concat_ws(' ', measure, 'of', subject_type, coalesce(renamed.old, subject_id), unit_key) as what, "
        "numerator as amount, currency, denominator, business_date, earned_date "
        "from {catalog}.marts.fct_measures left join renamed "
        "on subject_type = renamed.subject_type_renamed and subject_id = renamed.new "
        f"where {_OF_PERIOD} and measure not in (select unnest($left_out))"
    ),
    PAY_MEASURES: (
        "select concat_ws(' ', measure, 'of', subject_type, coalesce(renamed.old, subject_id)) as what, "
        "numerator as amount, currency, business_date, earned_date "
        "from {catalog}.marts.fct_pay_measures left join renamed "
        "on subject_type = renamed.subject_type_renamed and subject_id = renamed.new "
        f"where {_OF_PERIOD}"
    ),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One row that is not the same under other labels; an amount is None where the row is missing on that side."""

    labels: str
    kind: str
    what: str
    currency: str | None
    as_delivered: int | None
    relabelled: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of result under one relabelling.

    Attributes:
        labels: `permuted` or `erased`.
        kind: What was compared.
        compared: Rows of the period as they really are.
        changed: Rows that are not the same.
        examples: The first changed rows, at most `SHOWN_MAX`.
    """

    labels: str
    kind: str
    compared: int
    changed: int
    examples: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class NeutralityAudit:
    """What a relabelled period looks like beside the real one.

    Attributes:
        period: The period's label.
        last_load: The load up to which everything was compared.
        moved: How many labels of each kind changed places.
        comparisons: One for each relabelling and kind of result.
        work: Credit and pay by the channel in which the work came in, as they really are.
    """

    period: str
    last_load: int
    moved: Mapping[str, int]
    comparisons: tuple[Comparison, ...]
    work: tuple[ChannelOfWork, ...]

    @property
    def changed(self) -> int:
        """Rows that changed, in all."""
        return sum(comparison.changed for comparison in self.comparisons)


def audit_neutrality(ws: Workspace, period: Period) -> NeutralityAudit:
    """Build what has landed under other labels, and compare a period's credits, measures and payouts.

    Channels, activities of equal credit and places that differ in kind alone change names one for one: no credit, no
    measure and no payout may change. Then every channel gets one name: no credit may change (a measure that counts
    channels for a report may). Nothing is locked on either side, so that no division hides behind an earlier one. Payouts are those of every pay group whose calendar has the period.

    Raises:
        InputError: The last build is not of today's loads and rules.
        DocumentError: A plan has mistakes.
    """
    build = last_build(ws)
    comparisons: list[Comparison] = []
    with divided_anew(ws, build) as real:
        with closing(duckdb.connect(str(real), read_only=True)) as connection:
            payer = Payer.of(ws, connection, period)
            paid = payer.payouts(connection)
            work = by_channel(credit_by_channel(connection, period), worth(paid))
            relabellings = (permuted(connection), erased(connection))
        for relabelling in relabellings:
            with built_apart(ws, build.last_load, alter=relabelling.show) as database:
                kinds = list(_COMPARED) if relabelling.name == "permuted" else [CREDITS, PAY_CREDITS]
                comparisons += _compared(real, database, relabelling, kinds, period)
                if relabelling.name == "permuted":
                    with closing(duckdb.connect(str(database), read_only=True)) as connection:
                        comparisons.append(_paid_alike(paid, payer.payouts(connection)))
    moves = {kind: len(labels) for kind, labels in relabellings[0].labels.items()}
    return NeutralityAudit(period.label, build.last_load, moves, tuple(comparisons), work)


def _compared(real: Path, apart: Path, relabelling: Relabelling, kinds: Sequence[str], period: Period) -> Iterator[Comparison]:
    """Yield how the rows of two warehouses differ; both are read only."""
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach '{_quoted(real)}' as real_one (read_only)")
        connection.execute(f"attach '{_quoted(apart)}' as relabelled (read_only)")
        for kind in kinds:
            rows = {
                "real_one": _query(kind, "real_one", {}),
                "relabelled": _query(kind, "relabelled", relabelling.labels.get(LOCATIONS, {})),
            }
            parameters: dict[str, object] = {"start": period.start, "end": period.end}
            if kind == MEASURES:
                parameters["left_out"] = list(_BY_OPENING_HOURS)
            for name, sql in rows.items():
                connection.execute(f"create or replace temporary table rows_of_{name} as {sql}", parameters)
            yield _difference(connection, relabelling.name, kind)


def _query(kind: str, catalog: str, locations: Mapping[str, str]) -> str:
    """Return the query of a side's rows; places are called as they were delivered on both sides."""
    sql = _COMPARED[kind].format(catalog=catalog)
    if "renamed" not in sql:
        return sql
    pairs = ", ".join(
        f"('location', '{old.replace(chr(39), chr(39) * 2)}', '{new.replace(chr(39), chr(39) * 2)}')"
        for old, new in locations.items()
    )
    values = f"values {pairs}" if pairs else "select null, null, null where false"
    return f"with renamed (subject_type_renamed, old, new) as ({values}) {sql}"


def _difference(connection: duckdb.DuckDBPyConnection, labels: str, kind: str) -> Comparison:
    connection.execute(
        "create or replace temporary table changed as "
        "select what, currency, max(real_amount) as real_amount, max(other_amount) as other_amount, count(*) as rows_ from ("
        "select what, currency, amount as real_amount, null as other_amount from "
        "(select * from rows_of_real_one except all select * from rows_of_relabelled) as lost union all "
        "select what, currency, null, amount from "
        "(select * from rows_of_relabelled except all select * from rows_of_real_one) as gained) as both_sides group by what, currency"
    )
    compared = _number(connection, "select count(*) from rows_of_real_one")
    changed = _number(connection, "select count(*) from changed")
    rows = connection.execute(
        "select what, currency, real_amount, other_amount from changed order by what, currency limit ?", [SHOWN_MAX]
    ).fetchall()
    examples = tuple(Change(labels, kind, str(what), currency, before, after) for what, currency, before, after in rows)
    return Comparison(labels, kind, compared, changed, examples)


def _paid_alike(real: Payouts, relabelled: Payouts) -> Comparison:
    changes = [
        Change(
            "permuted",
            PAYOUTS,
            f"{payee.pay_group} {payee.associate_id} {payee.plan} {payee.component or 'in all'}",
            payee.currency,
            real.get(payee),
            relabelled.get(payee),
        )
        for payee in sorted(real.keys() | relabelled.keys())
        if real.get(payee) != relabelled.get(payee)
    ]
    return Comparison("permuted", PAYOUTS, len(real), len(changes), tuple(changes[:SHOWN_MAX]))


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
