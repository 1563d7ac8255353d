-- Generated from the contract of feedback by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_feedback') }}

),

repeated_keys as (

    select
        source,
        feedback_id
    from parsed
    where fault is null
    group by source, feedback_id
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.source,
        parsed.feedback_id,
        parsed.source_updated_at,
        {{ payload([
            'kind',
            'customer_source',
            'customer_id',
            'associate_id',
            'team_id',
            'interaction_source',
            'interaction_id',
            'order_source',
            'order_id',
            'score_centi',
            'given_at',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (source, feedback_id)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['source', 'feedback_id']) }}

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
