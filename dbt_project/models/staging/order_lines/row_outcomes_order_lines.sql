-- Generated from the contract of order_lines by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_order_lines') }}

),

repeated_keys as (

    select
        source,
        order_id,
        line_id
    from parsed
    where fault is null
    group by source, order_id, line_id
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.source,
        parsed.order_id,
        parsed.line_id,
        parsed.source_updated_at,
        {{ payload([
            'kind',
            'channel',
            'location_id',
            'associate_id',
            'customer_id',
            'customer_email',
            'customer_phone',
            'loyalty_id',
            'sku',
            'category',
            'currency',
            'original_source',
            'original_order_id',
            'original_line_id',
            'fulfilment_location_id',
            'quantity_milli',
            'net_minor',
            'gross_minor',
            'discount_minor',
            'tax_minor',
            'ordered_at',
            'completed_at',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (source, order_id, line_id)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['source', 'order_id', 'line_id']) }}

),

final as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        case when coalesce(parsed.fault, decided.fault) is not null then 'quarantined' else coalesce(decided.outcome, 'accepted') end as outcome,
        coalesce(parsed.fault, decided.fault) as fault
    from parsed
    left join decided using (load_id, file_ordinal, delivered_row)

)

select * from final
