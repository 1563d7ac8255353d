-- Generated from the contract of credit_overrides by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'credit_overrides') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'credit_overrides'

),

typed as (

    select
        *,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_timestamp('decided_at', 'source_zone') }} as typed_decided_at,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        override_id,
        source,
        order_id,
        line_id,
        associate_id,
        reason,
        question_id,
        entered_by,
        approved_by,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_decided_at as decided_at,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('override_id') }}
            {{ fault_if_separator_in(['override_id', 'source', 'order_id', 'line_id', 'question_id']) }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('source') }}
            {{ fault_if_missing('order_id') }}
            {{ fault_if_missing('line_id') }}
            {{ fault_if_missing('associate_id') }}
            {{ fault_if_missing('reason') }}
            {{ fault_if_missing('decided_at') }}
            {{ fault_if_missing('entered_by') }}
            {{ fault_if_bad_sellers('associate_id') }}
            {{ fault_if_unread_timestamp('decided_at', 'typed_decided_at') }}
        end as fault
    from typed

)

select * from final
