{# The number of parts of a text between separators (one character, literal). #}
{% macro split_length(text, separator) -%}
    (length({{ text }}) - length(replace({{ text }}, '{{ separator }}', '')) + 1)
{%- endmacro %}
