-- Generated from the contract of customers by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_customers') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_customers') }}
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
        customer_id,
        residence_country,
        is_withdrawn,
        created_at,
        source_updated_at
    from in_force

)

select * from final
