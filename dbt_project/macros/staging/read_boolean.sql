{# Text true, false, 1 or 0 (in any case of letters) to a boolean, or null where it is anything else. #}
{% macro read_boolean(text) -%}
    case lower({{ text }}) when 'true' then true when '1' then true when 'false' then false when '0' then false end
{%- endmacro %}
