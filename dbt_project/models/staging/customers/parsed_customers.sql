-- Generated from the contract of customers by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'customers') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'customers'

),

typed as (

    select
        *,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_timestamp('created_at', 'source_zone') }} as typed_created_at,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        source,
        customer_id,
        residence_country,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_created_at as created_at,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('source') }}
            {{ fault_if_missing('customer_id') }}
            {{ fault_if_separator_in(['source']) }}
            {{ fault_if_other_source() }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_unread_timestamp('created_at', 'typed_created_at') }}
        end as fault
    from typed

)

select * from final
