{# A relation (n) of the whole numbers from 1 to a literal maximum. #}
{% macro integer_series(maximum) -%}
    {{ adapter.dispatch('integer_series', 'incentives_warehouse')(maximum) }}
{%- endmacro %}

{% macro default__integer_series(maximum) -%}
    (select cast(series.n as integer) as n from range(1, {{ maximum }} + 1) as series (n))
{%- endmacro %}

{% macro spark__integer_series(maximum) -%}
    (select cast(series.id as int) as n from range(1, {{ maximum }} + 1) as series)
{%- endmacro %}
