{# The texts of a group joined with a separator, in the order of another expression. #}
{% macro ordered_text_list(text, separator, order_by) -%}
    {{ adapter.dispatch('ordered_text_list', 'incentives_warehouse')(text, separator, order_by) }}
{%- endmacro %}

{% macro default__ordered_text_list(text, separator, order_by) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro spark__ordered_text_list(text, separator, order_by) -%}
    array_join(transform(array_sort(collect_list(struct({{ order_by }} as place, {{ text }} as entry))), item -> item.entry), '{{ separator }}')
{%- endmacro %}
