{# An amount >= 0 times a fraction of whole numbers, to the nearest whole number, a tie to the even one. #}
{% macro converted(amount, numerator, denominator) -%}
    case
            when {{ mulmod(amount, numerator, denominator) }} * 2 > {{ denominator }}
                or (
                    {{ mulmod(amount, numerator, denominator) }} * 2 = {{ denominator }}
                    and {{ muldiv(amount, numerator, denominator) }} % 2 = 1
                )
                then {{ muldiv(amount, numerator, denominator) }} + 1
            else {{ muldiv(amount, numerator, denominator) }}
        end
{%- endmacro %}
