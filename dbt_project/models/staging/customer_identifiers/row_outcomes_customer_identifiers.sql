-- Generated from the contract of customer_identifiers by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_customer_identifiers') }}

),

repeated_keys as (

    select
        source,
        customer_id,
        identifier_type,
        identifier_value
    from parsed
    where fault is null
    group by source, customer_id, identifier_type, identifier_value
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.source,
        parsed.customer_id,
        parsed.identifier_type,
        parsed.identifier_value,
        parsed.source_updated_at,
        {{ payload([
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (source, customer_id, identifier_type, identifier_value)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['source', 'customer_id', 'identifier_type', 'identifier_value']) }}

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
