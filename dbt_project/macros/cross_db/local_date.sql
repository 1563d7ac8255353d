{# The local calendar date of a UTC timestamp (without zone) in an IANA time zone. #}
{% macro local_date(utc_timestamp, time_zone) -%}
    {{ adapter.dispatch('local_date', 'incentives_warehouse')(utc_timestamp, time_zone) }}
{%- endmacro %}

{% macro default__local_date(utc_timestamp, time_zone) -%}
    cast({{ utc_to_local(utc_timestamp, time_zone) }} as date)
{%- endmacro %}
