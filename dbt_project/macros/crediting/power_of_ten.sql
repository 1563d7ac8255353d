{# 10 to the power of a whole number from 0 to 4, the most that two currencies' digits differ; 1 below. #}
{% macro power_of_ten(exponent) -%}
    cast(case {{ exponent }} when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 else 1 end as bigint)
{%- endmacro %}
