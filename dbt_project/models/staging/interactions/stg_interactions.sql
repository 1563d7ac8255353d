-- Generated from the contract of interactions by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_interactions') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_interactions') }}
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
        case when source is not null and customer_id is not null then {{ hash_key(['source', 'customer_id']) }} end as customer_record_key,
        load_id,
        file_ordinal,
        delivered_row,
        source,
        interaction_id,
        kind,
        channel,
        associate_id,
        location_id,
        customer_id,
        customer_email,
        customer_phone,
        loyalty_id,
        social_handle,
        direction,
        method,
        outcome,
        order_source,
        order_id,
        score_centi,
        is_withdrawn,
        started_at,
        ended_at,
        recorded_at,
        booked_at,
        responded_at,
        source_updated_at
    from in_force

)

select * from final
