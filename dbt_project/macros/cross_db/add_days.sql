{# A date some whole days later. #}
{% macro add_days(day, days) -%}
    {{ adapter.dispatch('add_days', 'incentives_warehouse')(day, days) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    ({{ day }} + {{ days }})
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, {{ days }})
{%- endmacro %}
