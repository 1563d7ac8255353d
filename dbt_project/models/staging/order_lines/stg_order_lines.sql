-- Generated from the contract of order_lines by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_order_lines') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_order_lines') }}
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
        {{ hash_key(['source', 'order_id', 'line_id']) }} as order_line_key,
        {{ hash_key(['source', 'order_id']) }} as order_key,
        case when source is not null and customer_id is not null then {{ hash_key(['source', 'customer_id']) }} end as customer_record_key,
        load_id,
        file_ordinal,
        delivered_row,
        source,
        order_id,
        line_id,
        kind,
        channel,
        location_id,
        associate_id,
        customer_id,
        customer_email,
        customer_phone,
        loyalty_id,
        sku,
        category,
        currency,
        original_source,
        original_order_id,
        original_line_id,
        fulfilment_location_id,
        quantity_milli,
        net_minor,
        gross_minor,
        discount_minor,
        tax_minor,
        is_withdrawn,
        ordered_at,
        completed_at,
        source_updated_at
    from in_force

)

select * from final
