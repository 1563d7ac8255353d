{# The sum of the shares in a text such as a1:70|a2:30; null where a share is no whole number. #}
{% macro share_sum(sellers) -%}
    {{ adapter.dispatch('share_sum', 'incentives_warehouse')(sellers) }}
{%- endmacro %}

{% macro default__share_sum(sellers) -%}
    list_sum([try_cast(split_part(seller, ':', 2) as integer) for seller in string_split({{ sellers }}, '|')])
{%- endmacro %}

{% macro spark__share_sum(sellers) -%}
    aggregate(transform(split({{ sellers }}, '[|]'), seller -> try_cast(split_part(seller, ':', 2) as int)), 0, (total, share) -> total + share)
{%- endmacro %}
