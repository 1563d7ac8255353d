-- Generated from the contract of targets by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_targets') }}

),

repeated_keys as (

    select
        subject_type,
        subject_id,
        measure,
        period_start
    from parsed
    where fault is null
    group by subject_type, subject_id, measure, period_start
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.subject_type,
        parsed.subject_id,
        parsed.measure,
        parsed.period_start,
        parsed.source_updated_at,
        {{ payload([
            'currency',
            'value_minor',
            'value_milli',
            'period_end',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (subject_type, subject_id, measure, period_start)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['subject_type', 'subject_id', 'measure', 'period_start']) }}

),

in_force as (

    select
        parsed.*
    from parsed
    left join decided using (load_id, file_ordinal, delivered_row)
    where parsed.fault is null and coalesce(decided.outcome, 'accepted') = 'accepted' and not parsed.is_withdrawn

),

refused as (

    {{ overlapping_targets('in_force') }}

),

final as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        case when coalesce(parsed.fault, decided.fault, refused.fault) is not null then 'quarantined' else coalesce(decided.outcome, 'accepted') end as outcome,
        coalesce(parsed.fault, decided.fault, refused.fault) as fault
    from parsed
    left join decided using (load_id, file_ordinal, delivered_row)
    left join refused using (load_id, file_ordinal, delivered_row)

)

select * from final
