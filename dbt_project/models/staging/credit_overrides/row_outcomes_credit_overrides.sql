-- Generated from the contract of credit_overrides by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_credit_overrides') }}

),

repeated_keys as (

    select
        override_id
    from parsed
    where fault is null
    group by override_id
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.override_id,
        parsed.source_updated_at,
        {{ payload([
            'source',
            'order_id',
            'line_id',
            'associate_id',
            'reason',
            'question_id',
            'entered_by',
            'approved_by',
            'decided_at',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (override_id)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['override_id']) }}

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
