{# 2 to the power of a whole number from 0 to 62, as a bigint. #}
{% macro shift_left_one(exponent) -%}
    {{ adapter.dispatch('shift_left_one', 'incentives_warehouse')(exponent) }}
{%- endmacro %}

{% macro default__shift_left_one(exponent) -%}
    (cast(1 as bigint) << cast({{ exponent }} as bigint))
{%- endmacro %}

{% macro spark__shift_left_one(exponent) -%}
    shiftleft(cast(1 as bigint), cast({{ exponent }} as int))
{%- endmacro %}
