{#
    Which refused rows a later delivery mended; one row per mended row (load_id, file_ordinal, delivered_row,
    closed_by_load). `refused`: refused rows, at least those three columns.
#}

{# A later load brought a usable row with the same key. #}
{% macro mended_by_key(refused, parsed, key) -%}
    select
        broken.load_id,
        broken.file_ordinal,
        broken.delivered_row,
        min(later.load_id) as closed_by_load
    from {{ refused }} as refused
    inner join {{ parsed }} as broken using (load_id, file_ordinal, delivered_row)
    inner join {{ parsed }} as later
        on broken.load_id < later.load_id
        {%- for column in key %}
        and broken.{{ column }} = later.{{ column }}
        {%- endfor %}
        and later.fault is null
    group by broken.load_id, broken.file_ordinal, broken.delivered_row
{%- endmacro %}

{#
    The same bytes were read again, with another mapping, and the row in that place is usable.

    A row without a readable key is known by its place alone: a later file of the same name and source repeats rows
    delivered before (so it is the file again, not the next day's) and has a usable row in that place.
#}
{% macro mended_by_file(refused, parsed, key, outcomes, files) -%}
    select
        refused.load_id,
        refused.file_ordinal,
        refused.delivered_row,
        min(again.load_id) as closed_by_load
    from {{ refused }} as refused
    inner join {{ files }} as delivered
        on refused.load_id = delivered.load_id and refused.file_ordinal = delivered.file_ordinal
    inner join {{ files }} as again
        on delivered.source = again.source
        and delivered.feed = again.feed
        and delivered.file_name = again.file_name
        and delivered.load_id < again.load_id
    inner join {{ outcomes }} as mended
        on again.load_id = mended.load_id
        and again.file_ordinal = mended.file_ordinal
        and refused.delivered_row = mended.delivered_row
        and mended.outcome <> 'quarantined'
    left join {{ parsed }} as broken
        on refused.load_id = broken.load_id
        and refused.file_ordinal = broken.file_ordinal
        and refused.delivered_row = broken.delivered_row
    where
        delivered.delivered_sha256 = again.delivered_sha256
        or (
            (refused.reason = 'bad_key'{% for column in key %} or broken.{{ column }} is null{% endfor %})
            and exists (
                select 1
                from {{ outcomes }} as repeated
                where
                    repeated.load_id = again.load_id
                    and repeated.file_ordinal = again.file_ordinal
                    and repeated.outcome = 'duplicate'
            )
        )
    group by refused.load_id, refused.file_ordinal, refused.delivered_row
{%- endmacro %}
