-- Generated from the contract of customer_identifiers by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_customer_identifiers') }}

),

outcomes as (

    select * from {{ ref('row_outcomes_customer_identifiers') }}

),

files as (

    select * from {{ source('bronze', 'files') }}
    where feed = 'customer_identifiers' and outcome = 'loaded'

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
    where feed = 'customer_identifiers'

),

mended_by_key as (

    {{ mended_by_key('refused', 'parsed', ['source', 'customer_id', 'identifier_type', 'identifier_value']) }}

),

mended_by_file as (

    {{ mended_by_file('refused', 'parsed', ['source', 'customer_id', 'identifier_type', 'identifier_value'], 'outcomes', 'files') }}

),

final as (

    select
        'customer_identifiers' as feed,
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
