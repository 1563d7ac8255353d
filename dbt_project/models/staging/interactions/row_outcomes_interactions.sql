-- Generated from the contract of interactions by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_interactions') }}

),

repeated_keys as (

    select
        source,
        interaction_id
    from parsed
    where fault is null
    group by source, interaction_id
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.source,
        parsed.interaction_id,
        parsed.source_updated_at,
        {{ payload([
            'kind',
            'channel',
            'associate_id',
            'location_id',
            'customer_id',
            'customer_email',
            'customer_phone',
            'loyalty_id',
            'social_handle',
            'direction',
            'method',
            'outcome',
            'order_source',
            'order_id',
            'score_centi',
            'started_at',
            'ended_at',
            'recorded_at',
            'booked_at',
            'responded_at',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (source, interaction_id)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['source', 'interaction_id']) }}

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
