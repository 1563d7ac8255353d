{#
    The UTC timestamp at which a wall clock in an IANA time zone shows a local timestamp. A time that the clock shows
    twice is the earlier one on every engine; one that it skips gives a timestamp that reads differently when taken
    back with utc_to_local, which is how staging finds it.
#}
{% macro local_to_utc(local_timestamp, time_zone) -%}
    {{ adapter.dispatch('local_to_utc', 'incentives_warehouse')(local_timestamp, time_zone) }}
{%- endmacro %}

{#- DuckDB takes the later of the two; an hour before it reads the same exactly when the clock shows the time twice. -#}
{% macro default__local_to_utc(local_timestamp, time_zone) -%}
    {%- set later = "timezone('UTC', timezone(" ~ time_zone ~ ", " ~ local_timestamp ~ "))" -%}
    {%- set earlier = later ~ " - interval 1 hour" -%}
    case when {{ utc_to_local(earlier, time_zone) }} = {{ local_timestamp }} then {{ earlier }} else {{ later }} end
{%- endmacro %}

{% macro spark__local_to_utc(local_timestamp, time_zone) -%}
    to_utc_timestamp({{ local_timestamp }}, {{ time_zone }})
{%- endmacro %}
