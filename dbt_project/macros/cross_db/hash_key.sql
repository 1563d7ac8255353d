{#
    Key of an entity inside the warehouse: the first 15 hex digits of md5 over its natural key's parts, joined with
    char(31), and the workspace's salt. The same on every engine and in every order of arrival. char(31) is refused
    inside a key part by staging, so that two keys cannot run together.

    parts: list of text expressions, none of them null.
#}
{% macro hash_key(parts) -%}
    {{ hex_to_bigint("substr(md5(concat_ws(chr(31), " ~ parts | join(", ") ~ ", " ~ key_salt() ~ ")), 1, 15)") }}
{%- endmacro %}

{% macro key_salt() -%}
    (select settings.value from {{ source('config', 'settings') }} as settings where settings.name = 'key_salt')
{%- endmacro %}
