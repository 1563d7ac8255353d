-- Generated from the contract of locations by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

refused as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        split_part(fault, chr(31), 1) as reason,
        split_part(fault, chr(31), 2) as column_name,
        split_part(fault, chr(31), 3) as column_value
    from {{ ref('row_outcomes_locations') }}
    where outcome = 'quarantined'

),

broken as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        reason,
        sentence
    from {{ source('bronze', 'rejects') }}
    where feed = 'locations'

),

final as (

    select
        'locations' as feed,
        load_id,
        file_ordinal,
        delivered_row,
        reason,
        {{ quarantine_sentence('reason', 'column_name', 'column_value') }} as sentence
    from refused

    union all

    select
        'locations' as feed,
        load_id,
        file_ordinal,
        delivered_row,
        reason,
        sentence
    from broken

)

select * from final
