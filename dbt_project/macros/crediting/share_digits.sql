{#
    Decimal digits of a ratio numerator / denominator by long division, as a chain of select columns: with 12 digits
    <name>_quotient is the ratio in whole trillionths, rounded down, and <name>_rest what is left of the numerator.
    All within 64 bits while the denominator is at most 9 x 10^17.

    Each step is a column that reads the one before it, so that the expression does not grow.
#}
{% macro long_division(name, numerator, denominator, digits) -%}
    {{ int_div(numerator, denominator) }} as {{ name }}_quotient_0,
    ({{ numerator }}) % {{ denominator }} as {{ name }}_rest_0,
    {%- for step in range(1, digits + 1) %}
    {{ name }}_quotient_{{ step - 1 }} * 10 + {{ int_div(name ~ "_rest_" ~ (step - 1) ~ " * 10", denominator) }} as {{ name }}_quotient_{{ step }},
    ({{ name }}_rest_{{ step - 1 }} * 10) % {{ denominator }} as {{ name }}_rest_{{ step }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
