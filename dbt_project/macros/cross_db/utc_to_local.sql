{# The wall clock (timestamp without zone) in an IANA time zone at a UTC timestamp (without zone). #}
{% macro utc_to_local(utc_timestamp, time_zone) -%}
    {{ adapter.dispatch('utc_to_local', 'incentives_warehouse')(utc_timestamp, time_zone) }}
{%- endmacro %}

{% macro default__utc_to_local(utc_timestamp, time_zone) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ utc_timestamp }}))
{%- endmacro %}

{% macro spark__utc_to_local(utc_timestamp, time_zone) -%}
    from_utc_timestamp({{ utc_timestamp }}, {{ time_zone }})
{%- endmacro %}
