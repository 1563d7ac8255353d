-- Generated from the contract of locations by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for,
        zones.time_zone as known_time_zone
    from {{ source('bronze', 'locations') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'locations'
    left join {{ source('config', 'time_zones') }} as zones
        on delivered.time_zone = zones.time_zone

),

typed as (

    select
        *,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        location_id,
        name,
        country,
        region,
        time_zone,
        calendar_id,
        opening_hours,
        kind,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('location_id') }}
            {{ fault_if_separator_in(['location_id', 'calendar_id']) }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_unread('time_zone', 'known_time_zone', 'unknown_time_zone') }}
            {{ fault_if_not_one_of('kind', ['boutique', 'contact_centre', 'studio', 'online', 'warehouse']) }}
        end as fault
    from typed

)

select * from final
