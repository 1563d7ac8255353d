"""Policies as the tables that crediting reads: plain values, spans in seconds, one row per thing.

The SQL of crediting joins these tables and knows no file; this is the only bridge between the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from incentives.policies.load import PolicyVersion

Value = str | int | bool | date | None

# Table -> columns with their types, in the order of the tuples of `policy_tables`.
POLICY_TABLE_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "policy_versions": (
        ("policy_key", "varchar"),
        ("policy", "varchar"),
        ("valid_from", "date"),
        ("valid_to", "date"),
        ("specificity", "integer"),
        ("lookback_s", "bigint"),
        ("model", "varchar"),
        ("half_life_s", "bigint"),
        ("position_first", "integer"),
        ("position_middle", "integer"),
        ("position_last", "integer"),
        ("outreach_response_s", "bigint"),
        ("own_sale_s", "bigint"),
        ("one_per_day", "boolean"),
        ("max_per_order", "integer"),
        ("late_logging_s", "bigint"),
        ("settle_s", "bigint"),
        ("active_s", "bigint"),
        ("unclaimed", "varchar"),
        ("unidentified", "varchar"),
        ("self_purchase", "boolean"),
        ("returns_unmatched", "varchar"),
        ("normalised", "varchar"),
    ),
    "policy_countries": (("policy_key", "varchar"), ("country", "varchar")),
    "policy_roles": (("policy_key", "varchar"), ("role", "varchar"), ("role_order", "integer"), ("weight", "integer")),
    "policy_kind_weights": (("policy_key", "varchar"), ("kind", "varchar"), ("weight", "integer")),
    "policy_excluded_categories": (("policy_key", "varchar"), ("category", "varchar")),
}


def policy_tables_ddl(schema: str = "config") -> tuple[str, ...]:
    """Return one `create or replace table` statement per policy table."""
    return tuple(
        f"create or replace table {schema}.{table} ({', '.join(f'{name} {type_}' for name, type_ in columns)})"
        for table, columns in POLICY_TABLE_COLUMNS.items()
    )


def policy_tables(versions: Iterable[PolicyVersion]) -> dict[str, list[tuple[Value, ...]]]:
    """Return the rows of every policy table, keyed by table name.

    Roles and kinds of weight 0 have no row: they hold nothing and count nothing. `own_sale_hours` and
    `outreach_needs_response_days` of 0 are off, as left out.
    """
    tables: dict[str, list[tuple[Value, ...]]] = {name: [] for name in POLICY_TABLE_COLUMNS}
    for version in versions:
        policy, advisor = version.policy, version.policy.advisor
        key = policy.key
        first, middle, last = advisor.position or (None, None, None)
        tables["policy_versions"].append(
            (
                key,
                policy.policy,
                policy.valid_from,
                version.valid_to,
                policy.specificity,
                advisor.lookback_days,
                advisor.model,
                advisor.half_life_days,
                first,
                middle,
                last,
                advisor.outreach_needs_response_days or None,
                advisor.own_sale_hours or None,
                advisor.one_per_day,
                advisor.max_per_order,
                advisor.late_logging_hours,
                policy.relationship.settle_days,
                policy.relationship.active_days,
                policy.unclaimed,
                policy.unidentified,
                policy.exclude.self_purchase,
                policy.returns.unmatched,
                policy.normalised,
            )
        )
        tables["policy_countries"] += [(key, country) for country in policy.countries]
        tables["policy_roles"] += [
            (key, role, order, weight) for order, (role, weight) in enumerate(policy.roles.items(), start=1) if weight
        ]
        tables["policy_kind_weights"] += [(key, kind, weight) for kind, weight in advisor.weights.items() if weight]
        tables["policy_excluded_categories"] += [(key, category) for category in policy.exclude.categories]
    return tables
