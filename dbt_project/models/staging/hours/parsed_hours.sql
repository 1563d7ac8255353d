-- Generated from the contract of hours by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'hours') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'hours'

),

typed as (

    select
        *,
        {{ read_scaled('hours', 2) }} as hours_centi,
        {{ read_scaled('scheduled_hours', 2) }} as scheduled_hours_centi,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('work_date') }} as typed_work_date,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        associate_id,
        activity,
        hours_centi,
        scheduled_hours_centi,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_work_date as work_date,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('associate_id') }}
            {{ fault_if_missing('work_date') }}
            {{ fault_if_missing('activity') }}
            {{ fault_if_separator_in(['associate_id']) }}
            {{ fault_if_unread('work_date', 'typed_work_date', 'bad_date') }}
            {{ fault_if_not_one_of('activity', ['boutique', 'online', 'social', 'contact_centre', 'training', 'leave']) }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('hours') }}
            {{ fault_if_unread_decimal('hours', 'hours_centi', 2) }}
            {{ fault_if_unread_decimal('scheduled_hours', 'scheduled_hours_centi', 2) }}
            {{ fault_if_outside('hours', 'hours_centi', 0, 2400) }}
            {{ fault_if_outside('scheduled_hours', 'scheduled_hours_centi', 0, 2400) }}
        end as fault
    from typed

)

select * from final
