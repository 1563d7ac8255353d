{#
    The identifier that names the customer of a row without customer_id: the first of its columns that holds one and is
    no hub. The relation must have been joined by join_hubs.
#}
{% macro first_usable_identifier(relation, columns) -%}
    case
        {%- for column in columns %}
        when {{ relation }}.{{ column }} is not null and hub_of_{{ column }}.identifier is null then {{ relation }}.{{ column }}
        {%- endfor %}
    end
{%- endmacro %}

{# Left joins to the hubs, one for each identifier column of a relation; an identifier is a hub in several sources once. #}
{% macro join_hubs(relation, columns) -%}
    {%- for column in columns %}
    left join (select distinct identifier from {{ ref('int_identity_hubs') }}) as hub_of_{{ column }}
        on {{ relation }}.{{ column }} = hub_of_{{ column }}.identifier
    {%- endfor %}
{%- endmacro %}

{# Key of the record that stands for an identifier which rows name without a customer_id. #}
{% macro identifier_record_key(identifier) -%}
    {{ hex_to_bigint("substr(md5(concat_ws(chr(31), 'identifier', " ~ identifier ~ ")), 1, 15)") }}
{%- endmacro %}
