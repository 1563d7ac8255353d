-- Generated from the contract of feedback by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'feedback') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'feedback'

),

typed as (

    select
        *,
        {{ read_scaled('score', 2) }} as score_centi,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_timestamp('given_at', 'source_zone') }} as typed_given_at,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        source,
        feedback_id,
        kind,
        customer_source,
        customer_id,
        associate_id,
        team_id,
        interaction_source,
        interaction_id,
        order_source,
        order_id,
        score_centi,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_given_at as given_at,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('source') }}
            {{ fault_if_missing('feedback_id') }}
            {{ fault_if_separator_in(['source', 'feedback_id', 'customer_source', 'associate_id', 'team_id', 'interaction_source', 'interaction_id', 'order_source', 'order_id']) }}
            {{ fault_if_other_source() }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('kind') }}
            {{ fault_if_missing('score') }}
            {{ fault_if_missing('given_at') }}
            {{ fault_if_not_one_of('kind', ['csat', 'nps', 'employee_pulse']) }}
            {{ fault_if_unread_decimal('score', 'score_centi', 2) }}
            {{ fault_if_unread_timestamp('given_at', 'typed_given_at') }}
            {{ fault_if_pulse_without_team() }}
        end as fault
    from typed

)

select * from final
