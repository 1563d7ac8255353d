-- Generated from the contract of assignments by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_assignments') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_assignments') }}
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
        team_id,
        role,
        location_id,
        manager_id,
        currency,
        fte_milli,
        is_withdrawn,
        valid_from,
        valid_to,
        source_updated_at
    from in_force

)

select * from final
