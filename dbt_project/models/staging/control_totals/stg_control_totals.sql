-- Generated from the contract of control_totals by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_control_totals') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_control_totals') }}
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
        source,
        currency,
        basis,
        lines,
        net_minor,
        is_withdrawn,
        business_date,
        as_of,
        source_updated_at
    from in_force

)

select * from final
