-- Generated from the contract of client_ownership by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_client_ownership') }}

),

repeated_keys as (

    select
        customer_source,
        customer_id,
        associate_id,
        valid_from
    from parsed
    where fault is null
    group by customer_source, customer_id, associate_id, valid_from
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.customer_source,
        parsed.customer_id,
        parsed.associate_id,
        parsed.valid_from,
        parsed.source_updated_at,
        {{ payload([
            'valid_to',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (customer_source, customer_id, associate_id, valid_from)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['customer_source', 'customer_id', 'associate_id', 'valid_from']) }}

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
