{# A timestamp moved by a whole number of seconds (an expression). #}
{% macro add_seconds(timestamp, seconds) -%}
    {{ adapter.dispatch('add_seconds', 'incentives_warehouse')(timestamp, seconds) }}
{%- endmacro %}

{% macro default__add_seconds(timestamp, seconds) -%}
    ({{ timestamp }} + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro spark__add_seconds(timestamp, seconds) -%}
    timestampadd(second, {{ seconds }}, {{ timestamp }})
{%- endmacro %}
