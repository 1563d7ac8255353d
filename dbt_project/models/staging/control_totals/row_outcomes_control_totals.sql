-- Generated from the contract of control_totals by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_control_totals') }}

),

repeated_keys as (

    select
        source,
        business_date,
        currency,
        basis
    from parsed
    where fault is null
    group by source, business_date, currency, basis
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.source,
        parsed.business_date,
        parsed.currency,
        parsed.basis,
        parsed.source_updated_at,
        {{ payload([
            'lines',
            'net_minor',
            'as_of',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (source, business_date, currency, basis)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['source', 'business_date', 'currency', 'basis']) }}

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
