-- Generated from the contract of scores by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_scores') }}

),

repeated_keys as (

    select
        associate_id,
        measure,
        score_date
    from parsed
    where fault is null
    group by associate_id, measure, score_date
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.associate_id,
        parsed.measure,
        parsed.score_date,
        parsed.source_updated_at,
        {{ payload([
            'value_milli',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (associate_id, measure, score_date)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['associate_id', 'measure', 'score_date']) }}

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
