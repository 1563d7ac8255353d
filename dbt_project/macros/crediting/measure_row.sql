{# The columns of a row of fct_measures, in order; a money measure names its currency, a ratio its denominator. #}
{% macro measure_row(subject_type, subject_id, measure, numerator, business_date, earned_date, unit_key=none, currency=none, denominator=none) -%}
        '{{ subject_type }}' as subject_type,
        {{ subject_id }} as subject_id,
        {{ measure }} as measure,
        cast({{ unit_key or 'null' }} as {{ dbt.type_string() }}) as unit_key,
        cast({{ currency or 'null' }} as {{ dbt.type_string() }}) as currency,
        cast({{ numerator }} as bigint) as numerator,
        cast({{ denominator or 'null' }} as bigint) as denominator,
        {{ business_date }} as business_date,
        {{ earned_date }} as earned_date
{%- endmacro %}
