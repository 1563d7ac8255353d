{#
    The columns of a row of signal_cases, in order, from a relation and `agreed`, which `where_agreed` joins. `line`, the order line, may be missing where the
    case is an interaction.
#}
{% macro signal_case(name, associate_id, day, is_hit, line=none, source=none, interaction=none, with=none) -%}
        '{{ name }}' as signal,
        {{ associate_id }} as associate_id,
        cast({{ with or 'null' }} as {{ dbt.type_string() }}) as with_associate_id,
        agreed.agreement,
        cast({{ line or 'null' }} as bigint) as order_line_key,
        cast({{ source or 'null' }} as {{ dbt.type_string() }}) as interaction_source,
        cast({{ interaction or 'null' }} as {{ dbt.type_string() }}) as interaction_id,
        {{ is_hit }} as is_hit,
        {{ day }} as day
{%- endmacro %}

{# No case of a signal that was not agreed on. #}
{% macro where_agreed(name) -%}
    inner join agreed on agreed.signal = '{{ name }}'
{%- endmacro %}
