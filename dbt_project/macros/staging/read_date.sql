{# Text YYYY-MM-DD to a date, or null where it is anything else or no day of the calendar. #}
{% macro read_date(text) -%}
    case when {{ full_match(text, '[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}') }} then try_cast({{ text }} as date) end
{%- endmacro %}
