{# Whole quotient of two integers, truncated toward zero: -7 by 2 is -3 on every engine. #}
{% macro int_div(dividend, divisor) -%}
    {{ adapter.dispatch('int_div', 'incentives_warehouse')(dividend, divisor) }}
{%- endmacro %}

{% macro default__int_div(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{% macro spark__int_div(dividend, divisor) -%}
    (({{ dividend }}) div ({{ divisor }}))
{%- endmacro %}
