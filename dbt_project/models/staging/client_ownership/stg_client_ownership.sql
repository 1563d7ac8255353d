-- Generated from the contract of client_ownership by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_client_ownership') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_client_ownership') }}
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
        case when customer_source is not null and customer_id is not null then {{ hash_key(['customer_source', 'customer_id']) }} end as customer_record_key,
        load_id,
        file_ordinal,
        delivered_row,
        customer_source,
        customer_id,
        associate_id,
        is_withdrawn,
        valid_from,
        valid_to,
        source_updated_at
    from in_force

)

select * from final
