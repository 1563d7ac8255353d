{#
    Decimal text to a whole number of 10^-scale, exactly, or null where it is no plain decimal, has more digits after
    the point than `scale` (a literal or an expression of at most `scale_max`), or more than 18 digits in all. The
    text's digits are moved, so that no binary or rounded number is ever involved.
#}
{% macro read_scaled(text, scale, scale_max=none) -%}
    {%- set digits_after = scale_max or scale -%}
    case
            when {{ full_match(text, '[+-]?0*[0-9]{1,' ~ (18 - digits_after) ~ '}([.][0-9]{1,' ~ digits_after ~ '})?') }}
                and {{ digits_after_point(text) }} <= {{ scale }}
                then cast(concat(replace({{ text }}, '.', ''), repeat('0', cast({{ scale }} - {{ digits_after_point(text) }} as integer))) as bigint)
        end
{%- endmacro %}

{% macro digits_after_point(text) -%}
    (case when instr({{ text }}, '.') = 0 then 0 else length({{ text }}) - instr({{ text }}, '.') end)
{%- endmacro %}
