{#
    a * b div c, exact where a * b exceeds 64 bits; a, b >= 0 and c > 0. Slow (hugeint): for hot paths with known
    bounds use 64-bit limbs.
#}
{% macro muldiv(a, b, c) -%}
    {{ adapter.dispatch('muldiv', 'incentives_warehouse')(a, b, c) }}
{%- endmacro %}

{% macro default__muldiv(a, b, c) -%}
    cast((cast({{ a }} as hugeint) * cast({{ b }} as hugeint)) // cast({{ c }} as hugeint) as bigint)
{%- endmacro %}

{% macro spark__muldiv(a, b, c) -%}
    cast((cast({{ a }} as decimal(38, 0)) * cast({{ b }} as decimal(38, 0))) div cast({{ c }} as decimal(38, 0)) as bigint)
{%- endmacro %}
