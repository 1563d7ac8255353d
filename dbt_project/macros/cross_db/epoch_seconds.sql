{# Whole seconds since 1970-01-01 of a UTC timestamp (without zone), a fraction dropped. #}
{% macro epoch_seconds(utc_timestamp) -%}
    {{ adapter.dispatch('epoch_seconds', 'incentives_warehouse')(utc_timestamp) }}
{%- endmacro %}

{#- Not epoch(): it is a double. -#}
{% macro default__epoch_seconds(utc_timestamp) -%}
    (epoch_us({{ utc_timestamp }}) // 1000000)
{%- endmacro %}

{% macro spark__epoch_seconds(utc_timestamp) -%}
    unix_seconds({{ utc_timestamp }})
{%- endmacro %}
