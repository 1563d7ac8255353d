-- Generated from the contract of targets by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_targets') }}

),

outcomes as (

    select * from {{ ref('row_outcomes_targets') }}

),

files as (

    select * from {{ source('bronze', 'files') }}
    where feed = 'targets' and outcome = 'loaded'

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
    where feed = 'targets'

),

mended_by_key as (

    {{ mended_by_key('refused', 'parsed', ['subject_type', 'subject_id', 'measure', 'period_start']) }}

),

mended_by_file as (

    {{ mended_by_file('refused', 'parsed', ['subject_type', 'subject_id', 'measure', 'period_start'], 'outcomes', 'files') }}

),

final as (

    select
        'targets' as feed,
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
