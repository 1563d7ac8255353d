{# The remainder of a * b by c, exact where a * b exceeds 64 bits; a, b >= 0 and c > 0. #}
{% macro mulmod(a, b, c) -%}
    {{ adapter.dispatch('mulmod', 'incentives_warehouse')(a, b, c) }}
{%- endmacro %}

{% macro default__mulmod(a, b, c) -%}
    cast((cast({{ a }} as hugeint) * cast({{ b }} as hugeint)) % cast({{ c }} as hugeint) as bigint)
{%- endmacro %}

{% macro spark__mulmod(a, b, c) -%}
    cast((cast({{ a }} as decimal(38, 0)) * cast({{ b }} as decimal(38, 0))) % cast({{ c }} as decimal(38, 0)) as bigint)
{%- endmacro %}
