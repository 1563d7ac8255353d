-- Generated from the contract of calendars by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'calendars') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'calendars'

),

typed as (

    select
        *,
        {{ read_boolean('is_working') }} as typed_is_working,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('date') }} as typed_date,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        calendar_id,
        typed_is_working as is_working,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_date as date,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('calendar_id') }}
            {{ fault_if_missing('date') }}
            {{ fault_if_separator_in(['calendar_id']) }}
            {{ fault_if_unread('date', 'typed_date', 'bad_date') }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('is_working') }}
            {{ fault_if_unread('is_working', 'typed_is_working', 'bad_boolean') }}
        end as fault
    from typed

)

select * from final
