{#
    amount x share / 10^12 in 64 bits: both are cut into limbs of 10^6. For 0 <= amount <= 9 x 10^12 and
    0 <= share <= 10^12 no product exceeds 2 x 10^13 but the first, which is the result itself.
#}
{% macro allocated_floor(amount, share) -%}
    ({{ int_div(amount, 1000000) }} * {{ int_div(share, 1000000) }}
        + {{ int_div(allocated_middle(amount, share), 1000000) }}
        + {{ int_div(allocated_low(amount, share), 1000000000000) }})
{%- endmacro %}

{# What the division of amount x share by 10^12 leaves. #}
{% macro allocated_remainder(amount, share) -%}
    (({{ allocated_low(amount, share) }}) % 1000000000000)
{%- endmacro %}

{% macro allocated_middle(amount, share) -%}
    {{ int_div(amount, 1000000) }} * ({{ share }} % 1000000) + ({{ amount }} % 1000000) * {{ int_div(share, 1000000) }}
{%- endmacro %}

{% macro allocated_low(amount, share) -%}
    (({{ allocated_middle(amount, share) }}) % 1000000) * 1000000 + ({{ amount }} % 1000000) * ({{ share }} % 1000000)
{%- endmacro %}
