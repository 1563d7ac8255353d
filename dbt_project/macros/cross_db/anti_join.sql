{# The keyword of a join that keeps the left rows without a match. #}
{% macro anti_join() -%}
    {{ adapter.dispatch('anti_join', 'incentives_warehouse')() }}
{%- endmacro %}

{% macro default__anti_join() -%}
    anti join
{%- endmacro %}

{% macro spark__anti_join() -%}
    left anti join
{%- endmacro %}
