-- Generated from the contract of calendars by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_calendars') }}

),

repeated_keys as (

    select
        calendar_id,
        date
    from parsed
    where fault is null
    group by calendar_id, date
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.calendar_id,
        parsed.date,
        parsed.source_updated_at,
        {{ payload([
            'is_working',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (calendar_id, date)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['calendar_id', 'date']) }}

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
