{#
    Decides between several valid rows of one key; one row per row of `rows`.

    rows: a relation of rows whose key occurs more than once: load_id, file_ordinal, delivered_row, the key,
        source_updated_at, payload.
    key: the natural key's columns.

    - Two different rows of one load that source_updated_at does not decide between are both quarantined.
    - In force is the row with the greater source_updated_at; where one of two has none, the later load. As an order:
      a row without it begins a new era of its key, and the later era is in force.
    - A row equal to the version that is in force when it arrives is a duplicate; of the others one ends in force,
      the rest are superseded. Within a load rows arrive in order of source_updated_at, file and row.
#}
{% macro decide_versions(rows, key) -%}
    {%- set key = key | join(', ') -%}
    with compared as (

        select
            *,
            min(payload) over (partition by {{ key }}, load_id, source_updated_at)
            <> max(payload) over (partition by {{ key }}, load_id, source_updated_at) as is_undecided_in_time,
            min(payload) over (partition by {{ key }}, load_id)
            <> max(payload) over (partition by {{ key }}, load_id) as is_different,
            count(*) over (partition by {{ key }}, load_id)
            <> count(source_updated_at) over (partition by {{ key }}, load_id) as is_without_time
        from {{ rows }}

    ),

    usable as (

        select
            *,
            coalesce(max(case when source_updated_at is null then load_id end) over (partition by {{ key }} order by load_id), 0) as era
        from compared
        where not is_undecided_in_time and not (is_different and is_without_time)

    ),

    numbered as (

        select
            *,
            row_number() over (
                partition by {{ key }}
                order by era, source_updated_at nulls first, load_id, file_ordinal, delivered_row
            ) as version_number,
            row_number() over (
                partition by {{ key }}
                order by load_id, source_updated_at nulls first, file_ordinal, delivered_row
            ) as arrival_number
        from usable

    ),

    arrived as (

        select
            *,
            coalesce(payload = max_by(payload, version_number) over (
                partition by {{ key }}
                order by arrival_number
                rows between unbounded preceding and 1 preceding
            ), false) as is_duplicate
        from numbered

    ),

    decided as (

        select
            load_id,
            file_ordinal,
            delivered_row,
            case
                when is_duplicate then 'duplicate'
                when version_number = max(case when not is_duplicate then version_number end) over (partition by {{ key }}) then 'accepted'
                else 'superseded'
            end as outcome,
            cast(null as {{ dbt.type_string() }}) as fault
        from arrived

    )

    select * from decided

    union all

    select
        load_id,
        file_ordinal,
        delivered_row,
        'quarantined' as outcome,
        {{ fault('conflicting_rows', key, "''") }} as fault
    from compared
    where is_undecided_in_time or (is_different and is_without_time)
{%- endmacro %}
