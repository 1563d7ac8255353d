-- Generated from the contract of fx_rates by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_fx_rates') }}

),

repeated_keys as (

    select
        rate_date,
        from_currency,
        to_currency
    from parsed
    where fault is null
    group by rate_date, from_currency, to_currency
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.rate_date,
        parsed.from_currency,
        parsed.to_currency,
        parsed.source_updated_at,
        {{ payload([
            'rate_e9',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (rate_date, from_currency, to_currency)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['rate_date', 'from_currency', 'to_currency']) }}

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
