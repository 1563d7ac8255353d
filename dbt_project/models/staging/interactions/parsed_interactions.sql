-- Generated from the contract of interactions by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'interactions') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'interactions'

),

typed as (

    select
        *,
        {{ read_scaled('score', 2) }} as score_centi,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_timestamp('started_at', 'source_zone') }} as typed_started_at,
        {{ read_timestamp('ended_at', 'source_zone') }} as typed_ended_at,
        {{ read_timestamp('recorded_at', 'source_zone') }} as typed_recorded_at,
        {{ read_timestamp('booked_at', 'source_zone') }} as typed_booked_at,
        {{ read_timestamp('responded_at', 'source_zone') }} as typed_responded_at,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        source,
        interaction_id,
        kind,
        channel,
        associate_id,
        location_id,
        customer_id,
        customer_email,
        customer_phone,
        loyalty_id,
        social_handle,
        direction,
        method,
        outcome,
        order_source,
        order_id,
        score_centi,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_started_at as started_at,
        typed_ended_at as ended_at,
        typed_recorded_at as recorded_at,
        typed_booked_at as booked_at,
        typed_responded_at as responded_at,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('source') }}
            {{ fault_if_missing('interaction_id') }}
            {{ fault_if_separator_in(['source', 'interaction_id', 'associate_id', 'location_id', 'order_source', 'order_id']) }}
            {{ fault_if_other_source() }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('kind') }}
            {{ fault_if_missing('channel') }}
            {{ fault_if_missing('associate_id') }}
            {{ fault_if_missing('started_at') }}
            {{ fault_if_not_one_of('kind', ['consultation', 'conversation', 'outreach', 'appointment', 'event', 'service_case', 'return_handling', 'fulfilment', 'follow_up']) }}
            {{ fault_if_unread_timestamp('started_at', 'typed_started_at') }}
            {{ fault_if_unread_timestamp('ended_at', 'typed_ended_at') }}
            {{ fault_if_unread_timestamp('recorded_at', 'typed_recorded_at') }}
            {{ fault_if_unread_timestamp('booked_at', 'typed_booked_at') }}
            {{ fault_if_not_one_of('direction', ['inbound', 'outbound']) }}
            {{ fault_if_not_one_of('method', ['message', 'phone', 'email', 'post']) }}
            {{ fault_if_unread_timestamp('responded_at', 'typed_responded_at') }}
            {{ fault_if_unread_decimal('score', 'score_centi', 2) }}
            {{ fault_if_outside('score', 'score_centi', 0, 1000) }}
        end as fault
    from typed

)

select * from final
