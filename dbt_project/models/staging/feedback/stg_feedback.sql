-- Generated from the contract of feedback by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_feedback') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_feedback') }}
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
        feedback_id,
        kind,
        customer_source,
        customer_id,
        associate_id,
        team_id,
        interaction_source,
        interaction_id,
        order_source,
        order_id,
        score_centi,
        is_withdrawn,
        given_at,
        source_updated_at
    from in_force

)

select * from final
