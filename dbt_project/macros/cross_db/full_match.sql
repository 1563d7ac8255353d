{# Whether a regular expression (RE2 and Java alike, no back references) matches the whole of a text. #}
{% macro full_match(text, pattern) -%}
    {{ adapter.dispatch('full_match', 'incentives_warehouse')(text, pattern) }}
{%- endmacro %}

{% macro default__full_match(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__full_match(text, pattern) -%}
    ({{ text }} rlike '^(?:{{ pattern }})$')
{%- endmacro %}
