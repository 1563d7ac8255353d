-- Generated from the contract of assignments by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_assignments') }}

),

outcomes as (

    select * from {{ ref('row_outcomes_assignments') }}

),

files as (

    select * from {{ source('bronze', 'files') }}
    where feed = 'assignments' and outcome = 'loaded'

),

refused as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        split_part(fault, chr(31), 1) as reason,
        {{ quarantine_sentence('split_part(fault, chr(31), 1)', 'split_part(fault, chr(31), 2)', 'split_part(fault, chr(31), 3)') }} as sentence
    from outcomes
    where outcome = 'quarantined'

    union all

    select
        load_id,
        file_ordinal,
        delivered_row,
        reason,
        sentence
    from {{ source('bronze', 'rejects') }}
    where feed = 'assignments'

),

mended_by_key as (

    {{ mended_by_key('refused', 'parsed', ['associate_id', 'valid_from']) }}

),

mended_by_file as (

    {{ mended_by_file('refused', 'parsed', ['associate_id', 'valid_from'], 'outcomes', 'files') }}

),

final as (

    select
        'assignments' as feed,
        refused.load_id,
        refused.file_ordinal,
        refused.delivered_row,
        refused.reason,
        refused.sentence,
        least(mended_by_key.closed_by_load, mended_by_file.closed_by_load) as closed_by_load
    from refused
    left join mended_by_key using (load_id, file_ordinal, delivered_row)
    left join mended_by_file using (load_id, file_ordinal, delivered_row)

)

select * from final
