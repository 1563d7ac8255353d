{#
    A label under another name: a bijection on the whole numbers below 2^60, another one in each round. The lower 30 bits
    change places with the upper ones, and a square of them is added, so that any order of labels becomes a shuffled one.
    All within 64 bits: the square is of a number below 2^31.
#}
{% macro renamed_label(label, round) -%}
    {%- set low = "(" ~ label ~ " % 1073741824)" -%}
    {%- set high = int_div(label, 1073741824) -%}
    {%- set spread = "((" ~ low ~ " * 1103515245 + " ~ (round * 12345677) ~ ") % 2147483647)" -%}
    ({{ low }} * 1073741824 + ({{ high }} + {{ int_div(spread ~ " * " ~ spread, 65536) }}) % 1073741824)
{%- endmacro %}
