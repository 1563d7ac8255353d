-- Generated from the contract of associates by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'associates') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'associates'

),

typed as (

    select
        *,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('hired_on') }} as typed_hired_on,
        {{ read_date('left_on') }} as typed_left_on,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        associate_id,
        pay_group,
        customer_source,
        customer_id,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_hired_on as hired_on,
        typed_left_on as left_on,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('associate_id') }}
            {{ fault_if_separator_in(['associate_id', 'customer_source']) }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_unread('hired_on', 'typed_hired_on', 'bad_date') }}
            {{ fault_if_unread('left_on', 'typed_left_on', 'bad_date') }}
        end as fault
    from typed

)

select * from final
