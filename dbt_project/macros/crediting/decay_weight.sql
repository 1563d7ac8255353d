{#
    The weight of a touch that halves with every half-life, in whole numbers: the kind's weight times
    max(1, 2^36 x 0.5^(age / half-life)), the power by a polynomial in 64 bits so that every engine agrees in every bit.
    Relative error below 1e-8; whole half-lives are exact; never rising with age.

    x: the age's place within its half-life, from decay_position (a column: it is used six times).
#}
{% macro decay_weight(kind_weight, age_s, half_life_s, x) -%}
    {%- set halvings = "least(" ~ int_div(age_s, half_life_s) ~ ", 62)" -%}
    {{ kind_weight }} * greatest(1, {{ int_div("(" ~ decay_curve(x) ~ ") * 64", shift_left_one(halvings)) }})
{%- endmacro %}

{# How far an age has gone into its half-life, 0 to 2^30. #}
{% macro decay_position(age_s, half_life_s) -%}
    {{ int_div("(" ~ age_s ~ " % " ~ half_life_s ~ ") * 1073741824", half_life_s) }}
{%- endmacro %}

{# 2^30 x 0.5^(x / 2^30), by Horner's rule. #}
{% macro decay_curve(x) -%}
    {%- set curve = namespace(y="117391") -%}
    {%- for coefficient in (1369601, 10286296, 59582935, 257938912, 744260973, 1073741824) -%}
        {%- set curve.y = "(" ~ coefficient ~ " - " ~ int_div(x ~ " * " ~ curve.y, 1073741824) ~ ")" -%}
    {%- endfor -%}
    {{ curve.y }}
{%- endmacro %}
