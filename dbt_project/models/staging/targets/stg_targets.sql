-- Generated from the contract of targets by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_targets') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_targets') }}
    where outcome <> 'accepted'

),

in_force as (

    select
        parsed.*
    from parsed
    {{ anti_join() }} elsewhere using (load_id, file_ordinal, delivered_row)

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        subject_type,
        subject_id,
        measure,
        currency,
        value_minor,
        value_milli,
        is_withdrawn,
        period_start,
        period_end,
        source_updated_at
    from in_force

)

select * from final
