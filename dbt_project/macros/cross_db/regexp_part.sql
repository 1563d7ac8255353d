{# One group of the first match of a regular expression (RE2 and Java alike); empty text where nothing matches. #}
{% macro regexp_part(text, pattern, group) -%}
    regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}
