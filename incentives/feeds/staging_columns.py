"""How a contract's columns become typed columns of staging: names, SQL to read them, faults that reading can find.

The SQL is Jinja calling the macros of the dbt project; nothing here knows an engine. One invariant: a value that
was delivered and cannot be read is null in its typed column and has a fault, never one without the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from incentives.feeds.columns import Column, ColumnType, Feed, Personal

_SCALE_NAMES = {2: "centi", 3: "milli", 9: "e9"}
CURRENCY_DIGITS_MAX = 4
# What an empty optional value means, where the contract gives it a meaning.
DEFAULT_VALUES = {("control_totals", "basis"): "completed"}
# Tables of rates hold currencies of before (the French franc); no amount is read in them, so they need no digits.
FEEDS_OF_OLD_CURRENCIES = ("fx_rates",)

# Rules across columns of one row, after each column was read.
ROW_RULES: dict[str, tuple[str, ...]] = {
    "order_lines": ("fault_if_sign_contradicts_kind()",),
    "interactions": ("fault_if_outside('score', 'score_centi', 0, 1000)",),
    "assignments": (
        "fault_if_not_after('valid_to', 'typed_valid_from', 'typed_valid_to')",
        "fault_if_outside('fte', 'fte_milli', 0, 1000)",
    ),
    "feedback": ("fault_if_pulse_without_team()",),
    "client_ownership": ("fault_if_not_after('valid_to', 'typed_valid_from', 'typed_valid_to')",),
    "targets": ("fault_if_not_after('period_end', 'typed_period_start', 'typed_period_end')",),
    "fx_rates": ("fault_if_outside('rate', 'rate_e9', 1)",),
    "hours": (
        "fault_if_outside('hours', 'hours_centi', 0, 2400)",
        "fault_if_outside('scheduled_hours', 'scheduled_hours_centi', 0, 2400)",
    ),
    "control_totals": ("fault_if_outside('lines', 'typed_lines', 0)",),
}


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """One column of a typed relation.

    Attributes:
        name: As readers see it.
        data_type: Portable SQL type.
        source: Expression that gives it after reading: the delivered column itself, or `typed_<name>`.
        reading: Jinja expression that reads it from text; empty where the text is the value.
    """

    name: str
    data_type: str
    source: str
    reading: str = ""


def typed_columns(feed: Feed) -> tuple[TypedColumn, ...]:
    """Return the typed columns of a feed's record: text first, then numbers, booleans, dates and timestamps."""
    order = ("varchar", "bigint", "boolean", "date", "timestamp")
    found = [typed for column in feed.fact_columns for typed in _typed(feed, column)]
    return tuple(sorted(found, key=lambda typed: order.index(typed.data_type)))


def payload_columns(feed: Feed) -> tuple[str, ...]:
    """Return the typed columns that two rows of one key are compared by."""
    return tuple(typed.name for typed in typed_columns(feed) if typed.name not in (*feed.key, "is_withdrawn"))


def faults(feed: Feed) -> tuple[str, ...]:
    """Return the branches of the fault expression, in order; the first that holds is the row's fault.

    First what makes the key unusable, then who delivered it and when; a withdrawal needs no more. Then what is
    required, each column, and rules across columns.
    """
    by_name = {column.name: column for column in feed.fact_columns}
    keys = [by_name[name] for name in feed.key]
    rest = [column for column in feed.fact_columns if column.name not in (*feed.key, "source_updated_at", "deleted")]
    parts = [column.name for column in feed.fact_columns if _is_key_part(feed, column)]
    branches = [f"{{{{ fault_if_missing('{column.name}') }}}}" for column in keys if column.required]
    if parts:
        branches.append(f"{{{{ fault_if_separator_in({parts}) }}}}")
    branches += [branch for column in keys for branch in _unread(feed, column)]
    if "source" in feed.key:
        branches.append("{{ fault_if_other_source() }}")
    branches += _unread(feed, by_name["source_updated_at"])
    branches += _unread(feed, by_name["deleted"])
    branches.append("when typed_deleted then null")
    branches += [f"{{{{ fault_if_missing('{column.name}') }}}}" for column in rest if column.required]
    branches += [branch for column in rest if column.type is ColumnType.CURRENCY for branch in _unread(feed, column)]
    branches += [branch for column in rest if column.type is not ColumnType.CURRENCY for branch in _unread(feed, column)]
    branches += [f"{{{{ {rule} }}}}" for rule in ROW_RULES.get(feed.name, ())]
    return tuple(branches)


def _typed(feed: Feed, column: Column) -> tuple[TypedColumn, ...]:
    name = column.name
    typed = f"typed_{name}"
    match column.type:
        case ColumnType.TIMESTAMP:
            return (TypedColumn(name, "timestamp", typed, f"read_timestamp('{name}', 'source_zone')"),)
        case ColumnType.DATE:
            return (TypedColumn(name, "date", typed, f"read_date('{name}')"),)
        case ColumnType.BOOLEAN if name == "deleted":
            return (TypedColumn("is_withdrawn", "boolean", f"coalesce({typed}, false)", "read_boolean('deleted')"),)
        case ColumnType.BOOLEAN:
            return (TypedColumn(name, "boolean", typed, f"read_boolean('{name}')"),)
        case ColumnType.AMOUNT:
            minor = f"{name.removesuffix('_amount')}_minor"
            return (TypedColumn(minor, "bigint", minor, f"read_scaled('{name}', 'currency_digits', {CURRENCY_DIGITS_MAX})"),)
        case ColumnType.DECIMAL:
            scaled = f"{name}_{_SCALE_NAMES[column.scale]}"
            reading = f"read_scaled('{name}', {column.scale})"
            if feed.name != "targets":
                return (TypedColumn(scaled, "bigint", scaled, reading),)
            minor = f"read_scaled('{name}', 'currency_digits', {CURRENCY_DIGITS_MAX})"
            return (
                TypedColumn("value_minor", "bigint", "value_minor", minor),
                TypedColumn(scaled, "bigint", f"case when currency is null then {scaled} end", reading),
            )
        case ColumnType.INTEGER:
            return (TypedColumn(name, "bigint", typed, f"read_integer('{name}')"),)
    default = DEFAULT_VALUES.get((feed.name, name))
    return (TypedColumn(name, "varchar", f"coalesce({name}, '{default}')" if default else name),)


def _unread(feed: Feed, column: Column) -> list[str]:
    """Return the branches for a value that was delivered and cannot be read."""
    name = column.name
    match column.type:
        case ColumnType.TIMESTAMP:
            call = f"fault_if_unread_timestamp('{name}', 'typed_{name}')"
        case ColumnType.DATE:
            call = f"fault_if_unread('{name}', 'typed_{name}', 'bad_date')"
        case ColumnType.BOOLEAN:
            call = f"fault_if_unread('{name}', 'typed_{name}', 'bad_boolean')"
        case ColumnType.INTEGER:
            call = f"fault_if_unread('{name}', 'typed_{name}', 'bad_number')"
        case ColumnType.ENUM:
            call = f"fault_if_not_one_of('{name}', {list(column.values)})"
        case ColumnType.CURRENCY if feed.name in FEEDS_OF_OLD_CURRENCIES:
            call = f"fault_if_no_currency_code('{name}')"
        case ColumnType.CURRENCY:
            call = f"fault_if_unread('{name}', '{name}_digits', 'unknown_currency')"
        case ColumnType.TIME_ZONE:
            call = f"fault_if_unread('{name}', 'known_time_zone', 'unknown_time_zone')"
        case ColumnType.AMOUNT:
            call = f"fault_if_unread_amount('{name}', '{name.removesuffix('_amount')}_minor', 'currency_digits')"
        case ColumnType.DECIMAL if feed.name == "targets":
            call = "fault_if_unread_target()"
        case ColumnType.DECIMAL:
            call = f"fault_if_unread_decimal('{name}', '{name}_{_SCALE_NAMES[column.scale]}', {column.scale})"
        case ColumnType.SELLERS:
            call = f"fault_if_bad_sellers('{name}')"
        case _:
            return []
    return [f"{{{{ {call} }}}}"]


def _is_key_part(feed: Feed, column: Column) -> bool:
    """Whether a column takes part in a key, its own record's or another one's, as text of the source."""
    if column.type is not ColumnType.TEXT or column.personal not in (None, Personal.BY_TYPE):
        return False
    return column.name in feed.key or column.name.endswith(("_id", "source"))
