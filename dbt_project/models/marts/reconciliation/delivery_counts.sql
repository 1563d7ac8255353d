-- Every row of a file whose bytes were delivered before is a duplicate; of a file refused whole no row was loaded.
with

files as (

    select * from {{ ref('int_delivered_files') }}

),

counts as (

    select * from {{ ref('int_outcome_counts') }}

),

final as (

    select
        files.load_id,
        files.file_ordinal,
        files.source,
        files.feed,
        files.file_name,
        files.outcome,
        files.reason,
        files.rows_delivered as delivered,
        coalesce(counts.accepted, 0) as accepted,
        coalesce(counts.duplicate, case when files.outcome = 'known' then files.rows_delivered end, 0) as duplicate,
        coalesce(counts.superseded, 0) as superseded,
        coalesce(counts.quarantined, 0) as quarantined
    from files
    left join counts using (load_id, file_ordinal)

)

select * from final
