"""The text of the four staging models of a feed, in the house style of the dbt project."""

from __future__ import annotations

from collections.abc import Iterable

from incentives.feeds.columns import ColumnType, Feed
from incentives.feeds.contracts import FEEDS
from incentives.feeds.staging_columns import FEEDS_OF_OLD_CURRENCIES, faults, payload_columns, typed_columns

HEADER = "-- Generated from the contract of {feed} by `python -m incentives.feeds.staging_models`: change the contract, not this file.\n"
PLACE = ("load_id", "file_ordinal", "delivered_row")
PLACE_LIST = ", ".join(PLACE)
# Feeds whose records in force are compared with each other, and the macro that finds those that cannot stand.
SPAN_RULES = {"targets": "overlapping_targets", "assignments": "overlapping_assignments"}
# Keys as integers, for joins: name -> natural key's parts; the last part may be empty where it is optional.
_CUSTOMER_KEYS = (("source", "customer_id"), ("customer_source", "customer_id"))


def parsed_sql(feed: Feed) -> str:
    """Return `parsed_<feed>`: one row per delivered row, typed, with its first fault."""
    typed = typed_columns(feed)
    has_digits = feed.name not in FEEDS_OF_OLD_CURRENCIES
    currencies = [column.name for column in feed.fact_columns if column.type is ColumnType.CURRENCY and has_digits]
    zones = [column.name for column in feed.fact_columns if column.type is ColumnType.TIME_ZONE]
    carried = ["delivered.*", "sources.time_zone as source_zone", "sources.delivers_for"]
    joins = [
        "left join {{ source('config', 'sources') }} as sources",
        f"    on delivered.delivered_by = sources.source and sources.feed = '{feed.name}'",
    ]
    for name in currencies:
        carried.append(f"{name}_codes.digits as {name}_digits")
        joins += [
            f"left join {{{{ source('config', 'currencies') }}}} as {name}_codes",
            f"    on delivered.{name} = {name}_codes.currency",
        ]
    for name in zones:
        carried.append("zones.time_zone as known_time_zone")
        joins += ["left join {{ source('config', 'time_zones') }} as zones", f"    on delivered.{name} = zones.time_zone"]
    readings = [f"{{{{ {column.reading} }}}} as {_alias(column.source, column.name)}" for column in typed if column.reading]
    columns = [
        *PLACE,
        *(column.source if column.source == column.name else f"{column.source} as {column.name}" for column in typed),
    ]
    case = "case\n" + "".join(f"            {branch}\n" for branch in faults(feed)) + "        end as fault"
    return _model(
        feed,
        {
            "delivered": _select(carried, f"{{{{ source('bronze', '{feed.name}') }}}} as delivered", joins),
            "typed": _select(["*", *readings], "delivered"),
            "final": _select([*columns, case], "typed"),
        },
    )


def outcomes_sql(feed: Feed) -> str:
    """Return `row_outcomes_<feed>`: one row per delivered row and where it ended."""
    key = list(feed.key)
    payload = (
        "{{ payload([\n" + "".join(f"            '{name}',\n" for name in payload_columns(feed)) + "        ]) }} as payload"
    )
    steps = {
        "parsed": _select(["*"], f"{{{{ ref('parsed_{feed.name}') }}}}"),
        "repeated_keys": _select(key, "parsed", ["where fault is null", f"group by {', '.join(key)}", "having count(*) > 1"]),
        "repeated": _select(
            [*(f"parsed.{name}" for name in (*PLACE, *_without(key, PLACE), "source_updated_at")), payload],
            "parsed",
            [f"inner join repeated_keys using ({', '.join(key)})", "where parsed.fault is null"],
        ),
        "decided": f"    {{{{ decide_versions('repeated', {key}) }}}}",
    }
    found = "coalesce(parsed.fault, decided.fault)"
    join_decided = [f"left join decided using ({PLACE_LIST})"]
    if feed.name in SPAN_RULES:
        steps["in_force"] = _select(
            ["parsed.*"],
            "parsed",
            [
                *join_decided,
                "where parsed.fault is null and coalesce(decided.outcome, 'accepted') = 'accepted' and not parsed.is_withdrawn",
            ],
        )
        steps["refused"] = f"    {{{{ {SPAN_RULES[feed.name]}('in_force') }}}}"
        join_decided += [f"left join refused using ({PLACE_LIST})"]
        found = "coalesce(parsed.fault, decided.fault, refused.fault)"
    outcome = f"case when {found} is not null then 'quarantined' else coalesce(decided.outcome, 'accepted') end as outcome"
    steps["final"] = _select([*(f"parsed.{name}" for name in PLACE), outcome, f"{found} as fault"], "parsed", join_decided)
    return _model(feed, steps)


def staging_sql(feed: Feed) -> str:
    """Return `stg_<feed>`: one row per key, the version in force, withdrawn ones too."""
    columns = [*PLACE, *(column.name for column in typed_columns(feed))]
    return _model(
        feed,
        {
            "parsed": _select(["*"], f"{{{{ ref('parsed_{feed.name}') }}}}"),
            "elsewhere": _select(list(PLACE), f"{{{{ ref('row_outcomes_{feed.name}') }}}}", ["where outcome <> 'accepted'"]),
            "in_force": _select(["parsed.*"], "parsed", [f"{{{{ anti_join() }}}} elsewhere using ({PLACE_LIST})"]),
            "final": _select([*_keys(feed), *columns], "in_force"),
        },
    )


def quarantine_sql(feed: Feed) -> str:
    """Return `quarantine_<feed>`: one row per refused row, with reason, sentence and the load that mended it."""
    fault_part = "split_part(fault, chr(31), {0})"
    refused = _select(
        [
            *PLACE,
            f"{fault_part.format(1)} as reason",
            f"{{{{ quarantine_sentence('{fault_part.format(1)}', '{fault_part.format(2)}', '{fault_part.format(3)}') }}}} as sentence",
        ],
        "outcomes",
        ["where outcome = 'quarantined'"],
    )
    broken = _select([*PLACE, "reason", "sentence"], "{{ source('bronze', 'rejects') }}", [f"where feed = '{feed.name}'"])
    closed = "least(mended_by_key.closed_by_load, mended_by_file.closed_by_load) as closed_by_load"
    return _model(
        feed,
        {
            "parsed": _select(["*"], f"{{{{ ref('parsed_{feed.name}') }}}}"),
            "outcomes": _select(["*"], f"{{{{ ref('row_outcomes_{feed.name}') }}}}"),
            "files": _select(["*"], "{{ source('bronze', 'files') }}", [f"where feed = '{feed.name}' and outcome = 'loaded'"]),
            "refused": f"{refused}\n\n    union all\n\n{broken}",
            "mended_by_key": f"    {{{{ mended_by_key('refused', 'parsed', {list(feed.key)}) }}}}",
            "mended_by_file": f"    {{{{ mended_by_file('refused', 'parsed', {list(feed.key)}, 'outcomes', 'files') }}}}",
            "final": _select(
                [f"'{feed.name}' as feed", *(f"refused.{name}" for name in (*PLACE, "reason", "sentence")), closed],
                "refused",
                [f"left join mended_by_key using ({PLACE_LIST})", f"left join mended_by_file using ({PLACE_LIST})"],
            ),
        },
    )


def feed_names_macro() -> str:
    """Return the macro that lists the feeds, for models that unite them."""
    names = "".join(f"        '{name}',\n" for name in FEEDS)
    return (
        "{# Generated from the contracts by `python -m incentives.feeds.staging_models`: change the contract, not this file. #}\n"
        f"{{% macro feed_names() %}}\n    {{{{ return([\n{names}    ]) }}}}\n{{% endmacro %}}\n"
    )


def key_columns(feed: Feed) -> tuple[str, ...]:
    """Return the names of the integer keys that `stg_<feed>` has."""
    return tuple(line.rsplit(" as ", 1)[1] for line in _keys(feed))


def _keys(feed: Feed) -> list[str]:
    names = [column.name for column in feed.fact_columns]
    keys = []
    if {"source", "order_id", "line_id"} <= set(names):
        keys.append("{{ hash_key(['source', 'order_id', 'line_id']) }} as order_line_key")
        keys.append("{{ hash_key(['source', 'order_id']) }} as order_key")
    for parts in _CUSTOMER_KEYS:
        if set(parts) <= set(names):
            call = f"{{{{ hash_key({list(parts)}) }}}}"
            keys.append(
                f"case when {' and '.join(f'{part} is not null' for part in parts)} then {call} end as customer_record_key"
            )
            break
    return keys


def _alias(source: str, name: str) -> str:
    """Return the name under which a column is read: apart from the delivered column of the same name."""
    if source in (name, f"typed_{name}"):
        return source
    return "typed_deleted" if name == "is_withdrawn" else name


def _without(names: Iterable[str], others: Iterable[str]) -> list[str]:
    left_out = set(others)
    return [name for name in names if name not in left_out]


def _select(columns: list[str], relation: str, clauses: Iterable[str] = ()) -> str:
    if columns == ["*"]:
        head = f"    select * from {relation}"
    else:
        head = "    select\n" + ",\n".join(f"        {column}" for column in columns) + f"\n    from {relation}"
    return "\n".join([head, *(f"    {clause}" for clause in clauses)])


def _model(feed: Feed, steps: dict[str, str]) -> str:
    ctes = ",\n\n".join(f"{name} as (\n\n{body}\n\n)" for name, body in steps.items())
    return f"{HEADER.format(feed=feed.name)}with\n\n{ctes}\n\nselect * from final\n"
