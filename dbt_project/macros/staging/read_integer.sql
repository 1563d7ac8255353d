{# Text of up to 18 digits to a whole number, or null where it is anything else. #}
{% macro read_integer(text) -%}
    case when {{ full_match(text, '[+-]?[0-9]{1,18}') }} then cast({{ text }} as bigint) end
{%- endmacro %}
