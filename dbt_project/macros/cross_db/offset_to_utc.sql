{#
    Text of a timestamp with Z or an offset, which has matched the grammar of read_timestamp, as a UTC timestamp
    (without zone); null where there is no such day. Digits after the microsecond are cut.
#}
{% macro offset_to_utc(text) -%}
    {{ adapter.dispatch('offset_to_utc', 'incentives_warehouse')(text) }}
{%- endmacro %}

{#- By arithmetic: engines disagree about offsets in casts. -#}
{% macro default__offset_to_utc(text) -%}
    {%- set local_part = 'try_cast(substr(' ~ regexp_part(text, '^[0-9-]{10}[T ][0-9:.]+', 0) ~ ', 1, 26) as timestamp)' -%}
    {%- set offset = '([+-])([0-9]{2}):?([0-9]{2})?$' -%}
    {{ add_seconds(
        local_part,
        '(case ' ~ regexp_part(text, offset, 1) ~ " when '+' then -1 when '-' then 1 else 0 end"
        ~ ' * (3600 * coalesce(cast(nullif(' ~ regexp_part(text, offset, 2) ~ ", '') as bigint), 0)"
        ~ ' + 60 * coalesce(cast(nullif(' ~ regexp_part(text, offset, 3) ~ ", '') as bigint), 0)))"
    ) }}
{%- endmacro %}

{#- Its own cast reads offsets as the arithmetic does, at a quarter of the time; it only wants the seconds. -#}
{% macro duckdb__offset_to_utc(text) -%}
    timezone('UTC', try_cast(case when substr({{ text }}, 17, 1) = ':' then {{ text }} else concat(substr({{ text }}, 1, 16), ':00', substr({{ text }}, 17)) end as timestamptz))
{%- endmacro %}
