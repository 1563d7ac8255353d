{#
    Everything a record says besides its key, as one text: two rows with one key and one payload are the same record.
    A withdrawal says nothing else.
#}
{% macro payload(columns) -%}
    case
            when is_withdrawn then concat_ws(chr(31), 'withdrawn', cast(source_updated_at as {{ dbt.type_string() }}))
            else concat_ws(
                chr(31),
                {%- for column in columns %}
                coalesce(cast({{ column }} as {{ dbt.type_string() }}), chr(30)){{ "," if not loop.last }}
                {%- endfor %}
            )
        end
{%- endmacro %}
