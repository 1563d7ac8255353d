-- Generated from the contract of hours by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_hours') }}

),

repeated_keys as (

    select
        associate_id,
        work_date,
        activity
    from parsed
    where fault is null
    group by associate_id, work_date, activity
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.associate_id,
        parsed.work_date,
        parsed.activity,
        parsed.source_updated_at,
        {{ payload([
            'hours_centi',
            'scheduled_hours_centi',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (associate_id, work_date, activity)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['associate_id', 'work_date', 'activity']) }}

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
