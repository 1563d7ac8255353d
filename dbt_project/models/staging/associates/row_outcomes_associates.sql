-- Generated from the contract of associates by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_associates') }}

),

repeated_keys as (

    select
        associate_id
    from parsed
    where fault is null
    group by associate_id
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.associate_id,
        parsed.source_updated_at,
        {{ payload([
            'pay_group',
            'customer_source',
            'customer_id',
            'hired_on',
            'left_on',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (associate_id)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['associate_id']) }}

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
