-- Generated from the contract of hours by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_hours') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_hours') }}
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
        associate_id,
        activity,
        hours_centi,
        scheduled_hours_centi,
        is_withdrawn,
        work_date,
        source_updated_at
    from in_force

)

select * from final
