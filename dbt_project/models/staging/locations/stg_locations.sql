-- Generated from the contract of locations by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_locations') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_locations') }}
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
        location_id,
        name,
        country,
        region,
        time_zone,
        calendar_id,
        opening_hours,
        kind,
        is_withdrawn,
        source_updated_at
    from in_force

)

select * from final
