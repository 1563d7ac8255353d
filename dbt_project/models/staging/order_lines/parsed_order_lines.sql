-- Generated from the contract of order_lines by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for,
        currency_codes.digits as currency_digits
    from {{ source('bronze', 'order_lines') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'order_lines'
    left join {{ source('config', 'currencies') }} as currency_codes
        on delivered.currency = currency_codes.currency

),

typed as (

    select
        *,
        {{ read_scaled('quantity', 3) }} as quantity_milli,
        {{ read_scaled('net_amount', 'currency_digits', 4) }} as net_minor,
        {{ read_scaled('gross_amount', 'currency_digits', 4) }} as gross_minor,
        {{ read_scaled('discount_amount', 'currency_digits', 4) }} as discount_minor,
        {{ read_scaled('tax_amount', 'currency_digits', 4) }} as tax_minor,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_timestamp('ordered_at', 'source_zone') }} as typed_ordered_at,
        {{ read_timestamp('completed_at', 'source_zone') }} as typed_completed_at,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
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
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_ordered_at as ordered_at,
        typed_completed_at as completed_at,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('source') }}
            {{ fault_if_missing('order_id') }}
            {{ fault_if_missing('line_id') }}
            {{ fault_if_separator_in(['source', 'order_id', 'line_id', 'location_id', 'original_source', 'original_order_id', 'original_line_id', 'fulfilment_location_id']) }}
            {{ fault_if_other_source() }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('kind') }}
            {{ fault_if_missing('channel') }}
            {{ fault_if_missing('ordered_at') }}
            {{ fault_if_missing('quantity') }}
            {{ fault_if_missing('currency') }}
            {{ fault_if_missing('net_amount') }}
            {{ fault_if_unread('currency', 'currency_digits', 'unknown_currency') }}
            {{ fault_if_not_one_of('kind', ['sale', 'return']) }}
            {{ fault_if_bad_sellers('associate_id') }}
            {{ fault_if_unread_timestamp('ordered_at', 'typed_ordered_at') }}
            {{ fault_if_unread_timestamp('completed_at', 'typed_completed_at') }}
            {{ fault_if_unread_decimal('quantity', 'quantity_milli', 3) }}
            {{ fault_if_unread_amount('net_amount', 'net_minor', 'currency_digits') }}
            {{ fault_if_unread_amount('gross_amount', 'gross_minor', 'currency_digits') }}
            {{ fault_if_unread_amount('discount_amount', 'discount_minor', 'currency_digits') }}
            {{ fault_if_unread_amount('tax_amount', 'tax_minor', 'currency_digits') }}
            {{ fault_if_sign_contradicts_kind() }}
        end as fault
    from typed

)

select * from final
