{# The last day of a date's month. #}
{% macro month_end(day) -%}
    {{ add_days("cast(date_trunc('month', " ~ add_days("cast(date_trunc('month', " ~ day ~ ") as date)", 31) ~ ") as date)", -1) }}
{%- endmacro %}
